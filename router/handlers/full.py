"""What becomes of a visitor whom nobody could receive: the pool's spill policy (溢出策略)."""

from collections.abc import Mapping
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
    connection: Connection,
    code: Code,
    visitor: str,
    policy: SpillPolicy,
    now: int,
    *,
    pool_id: int,
    place: int | None,
) -> Spilled:
    """What the visitor is told and offered, once the pool and those that it falls back to are full.

    ``policy`` is that of the pool asked last; ``pool_id`` names the pool asked first, which is the one to wait for, and
    ``place`` where the visitor stands in its line, if anywhere. A policy that leads nowhere (a circle of pools, a group
    code that was closed) waits instead: a print always answers.
    """
    match policy:
        case ClosedPage(text=text):
            return Full(text)
        case KfAccount(url=url):
            return SentToKf(url, BUSY)
        case GroupCode(code_id=code_id) if (slug := pools.open_group_slug(connection, code_id)) is not None:
            return SentToGroup(slug, BUSY)
        case LeaveNumber(consent=consent, title=title):
            return AsksForNumber(title, consent, BUSY)
        case WaitingPage() | FallbackPool() | GroupCode():
            found = waiting.enter(connection, code.id, pool_id, visitor, now, place=place)
            reason = IN_LINE.format(ahead=found.position - 1) if found.position > 1 else BUSY
            return Waiting(found.position, found.of, reason, is_new=found.entered)
        case _:
            assert_never(policy)


def alert(connection: Connection, pool_ids: Mapping[int, int], codes: Mapping[Code, int], now: int) -> None:
    """Say of each pool, and of each code that alone is full, how many more were turned away."""
    names = dict(pools.pool_names(connection)) if pool_ids else {}
    for pool_id, times in sorted(pool_ids.items()):
        alerts.raise_(connection, "pool_full", f"pool:{pool_id}", now, times, name=names.get(pool_id))
    for code, times in sorted(codes.items(), key=lambda each: each[0].id):
        alerts.raise_(connection, "code_full", f"code:{code.id}", now, times, name=code.name)
