"""巡检 (patrol) of the platform's contact ways: lightly every hour, in full when a person asks."""

from sqlalchemy import Connection

from router.db.queries import native_ways, outbox, timers, upstream_ways
from router.db.queries.outbox import Order
from router.domain.effects import DeleteOrphan, PatrolContactWays

HOUR = 3_600_000  # ms
LOOKS_BACK = 24 * HOUR  # ms: the light patrol meets what was created since
LEFT_ALONE = HOUR  # ms for which an orphan is only shown: somebody may be making it, or restoring a backup
AT_ONCE = 200  # orphans whose deletion one patrol orders

TIMER = "patrol_ways"


def keep_up(connection: Connection, now: int) -> None:
    """Have a patrol every hour; called at start."""
    if not timers.is_armed(connection, TIMER):
        timers.arm(connection, TIMER, TIMER, now + HOUR, {})


def every_hour(connection: Connection, now: int) -> None:
    """The light patrol; native codes are looked at too, should a word to them have been lost."""
    timers.arm(connection, TIMER, TIMER, now + HOUR, {})
    native_ways.look_at_all(connection, now)
    if not outbox.is_open(connection, PatrolContactWays().key):
        outbox.add_all(connection, [Order(PatrolContactWays(since_at=now - LOOKS_BACK, began_at=now))], now)


def in_full(connection: Connection, now: int, *, with_orphans: bool) -> None:
    """All contact ways there are; with ``with_orphans`` those left over of ours go at once."""
    outbox.add_all(connection, [Order(PatrolContactWays(began_at=now, with_orphans=with_orphans))], now)


def clean_up(connection: Connection, now: int, *, at_once: bool) -> int:
    """Order the deletion of what is left over of ours, long since or ``at_once``; returns of how many."""
    left_over = upstream_ways.orphans(connection, now if at_once else now - LEFT_ALONE, AT_ONCE)
    outbox.add_all(connection, [Order(DeleteOrphan(config_id)) for config_id in left_over], now)
    return len(left_over)
