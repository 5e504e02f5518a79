"""What becomes of a visitor whom nobody could receive: the pool's spill policy (溢出策略)."""

from typing import assert_never

from sqlalchemy import Connection

from router.db.queries import alerts, pools, waiting
from router.db.queries.scan import Code
from router.domain.scan import AsksForNumber, Full, SentToGroup, SentToKf, Spilled, Waiting
from router.domain.spill import (
    ClosedPage,
    FallbackPool,
    GroupCode,
    KfAccount,
    LeaveNumber,
    SpillPolicy,
    WaitingPage,
)

BUSY = "every consultant is busy right now"
IN_LINE = "every consultant is busy right now; {ahead} before you"


def answer_full(
    connection: Connection, code: Code, visitor: str, policy: SpillPolicy, now: int, pool_id: int = 0
) -> Spilled:
    """What the visitor is told and offered, once the pool and those that it falls back to are full.

    ``policy`` is that of the pool asked last; ``pool_id`` names the pool asked first, which is the one to wait for
    (0: the code's own). A policy that leads nowhere (a circle of pools, a group code that was closed) waits instead:
    a print always answers.
    """
    pool_id = pool_id or code.pool_id
    match policy:
        case ClosedPage(text=text):
            answer: Spilled = Full(text)
        case KfAccount(url=url):
            answer = SentToKf(url, BUSY)
        case GroupCode(code_id=code_id) if (slug := pools.open_group_slug(connection, code_id)) is not None:
            answer = SentToGroup(slug, BUSY)
        case LeaveNumber(consent=consent, title=title):
            answer = AsksForNumber(title, consent, BUSY)
        case WaitingPage() | FallbackPool() | GroupCode():
            return _in_line(connection, code, pool_id, visitor, now)
        case _:
            assert_never(policy)
    _alert(connection, pool_id, now)
    return answer


def _in_line(connection: Connection, code: Code, pool_id: int, visitor: str, now: int) -> Waiting:
    found = waiting.enter(connection, code.id, pool_id, visitor, now)
    if found.entered:
        _alert(connection, pool_id, now)
    reason = IN_LINE.format(ahead=found.position - 1) if found.position > 1 else BUSY
    return Waiting(found.position, found.of, reason, is_new=found.entered)


def _alert(connection: Connection, pool_id: int, now: int) -> None:
    alerts.raise_(connection, "pool_full", f"pool:{pool_id}", now, name=dict(pools.pool_names(connection)).get(pool_id))
