"""What rules remember of customers is forgotten once no rule in force asks for it: portion by portion, by a timer."""

from sqlalchemy import Connection

from router.db.queries import rule_memory, timers
from router.handlers.catalog import Catalog
from tagtree.rules.facts import Fact

TIMER = "rule_memory"
HOUR = 3_600_000  # ms between two sweeps
PORTION = 500  # rows of each kind in one transaction


def keep_up(connection: Connection, now: int) -> None:
    """Have a sweep every hour; called at start."""
    if not timers.is_armed(connection, TIMER):
        timers.arm(connection, TIMER, TIMER, now, {})


def sweep(connection: Connection, catalog: Catalog, now: int) -> None:
    """Forget the next portion of hits that nothing counts any more, and of turns that nothing asks about."""
    forgotten = rule_memory.forget_hits(connection, now - catalog.looks_back, PORTION)
    if Fact.PREVIOUS not in catalog.asks_for:
        forgotten += rule_memory.forget_turns(connection, PORTION)
    timers.arm(connection, TIMER, TIMER, now if forgotten else now + HOUR, {})
