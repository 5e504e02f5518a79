"""The figures of the overview: what happened since midnight in the corporation's zone."""

from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import Connection

from router.db.queries.capacity import bounds
from router.db.sql import Sql
from router.domain.capacity import period

DAY = 86_400_000  # ms

_FIGURES = Sql(
    "SELECT (SELECT coalesce(sum(times), 0) FROM tally WHERE hour >= :first_hour AND measure = 'scan' AND NOT test),"
    " (SELECT coalesce(sum(times), 0) FROM tally WHERE hour >= :first_hour AND measure = 'visitor' AND NOT test),"
    " (SELECT count(*) FROM reservation WHERE held_at >= :since AND NOT test),"
    " (SELECT count(*) FROM reservation WHERE status = 'held'),"
    " (SELECT coalesce(sum(times), 0) FROM tally WHERE hour >= :first_hour AND measure = 'add' AND NOT test),"
    " (SELECT count(*) FROM assignment WHERE at >= :since AND how = 'late'),"
    " (SELECT count(*) FROM conversation WHERE status = 'waiting'),"
    " (SELECT min(waiting_since_at) FROM conversation WHERE status = 'waiting')"
)


@dataclass(frozen=True, slots=True)
class Today:
    """``late`` are adds with a picture whose reservation had ended; ``waiting_since_at`` begins the longest wait."""

    scans: int
    visitors: int
    reservations: int
    held: int
    adds: int
    late: int
    waiting: int
    waiting_since_at: int | None


def figures_of_today(connection: Connection, now: int, zone: tzinfo) -> Today:
    """All figures in one statement."""
    first_hour = 100 * period("day", now, zone)
    row = _FIGURES.row(connection, since=bounds("day", now, zone)[0], first_hour=first_hour)
    assert row is not None
    return Today(*row)
