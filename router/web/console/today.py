"""The figures of the overview: what happened since midnight in the corporation's zone."""

from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import Connection

from router.db.queries.capacity import bounds
from router.db.sql import Sql

DAY = 86_400_000  # ms

# A visitor known from an earlier day counts once today: scans are kept per visitor, not per day.
_FIGURES = Sql(
    "SELECT (SELECT coalesce(sum(CASE WHEN first_at >= :since THEN scans ELSE 1 END), 0) FROM visit"
    "  WHERE last_at >= :since),"
    " (SELECT count(*) FROM visit WHERE last_at >= :since),"
    " (SELECT count(*) FROM reservation WHERE held_at >= :since),"
    " (SELECT count(*) FROM reservation WHERE status = 'held'),"
    " (SELECT count(*) FROM assignment WHERE at >= :since AND how <> 'moved'),"
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
    row = _FIGURES.row(connection, since=bounds("day", now, zone)[0])
    assert row is not None
    scans, *figures = row
    return Today(int(scans), *figures)  # PostgreSQL sums to a decimal
