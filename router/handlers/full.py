"""What becomes of a visitor whom nobody could receive: the pool's spill policy (溢出策略)."""

from sqlalchemy import Connection

from router.db.queries.pools import ClosedPage, SpillPolicy
from router.db.queries.scan import Code
from router.domain.scan import Full, Spilled, Waiting

BUSY = "every consultant is busy right now"


def answer_full(_connection: Connection, _code: Code, _visitor: str, policy: SpillPolicy, _now: int) -> Spilled:
    """What the visitor is told and offered."""
    match policy:
        case ClosedPage(text=text):
            return Full(text)
        case _:
            return Waiting(1, 1, BUSY)
