"""What tests read from a ledger."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from router.db.queries import capacity
from router.db.sql import Sql
from router.domain.capacity import Window, period
from tests.factories import NOW, ZONE

_TAKEN = Sql('SELECT taken FROM counter WHERE subject = :subject AND "window" = :window AND period = :period')
# Those that are kept: each agent's of the day, across all codes and within each pool; of a subject while it has a cap;
# and each member's of the round while the pool caps that.
_COUNTERS = Sql(
    'SELECT subject, "window", period, taken FROM counter AS k'
    " WHERE (\"window\" = 'day' AND subject LIKE 'agent:%' AND subject NOT LIKE '%@code:%')"
    ' OR EXISTS (SELECT 1 FROM cap AS c WHERE c."window" = k."window" AND (c.subject = k.subject'
    " OR (c.\"window\" = 'round' AND k.subject LIKE '%@' || c.subject)))"
    ' ORDER BY subject, "window", period'
)


def rows(statement: str, **parameters: Any) -> Callable[[Connection], list[tuple[Any, ...]]]:
    """The rows of a statement, parameters written ``:name``."""
    return lambda connection: Sql(statement).rows(connection, **parameters)


def column(statement: str, **parameters: Any) -> Callable[[Connection], list[Any]]:
    """The first value of each row."""
    return lambda connection: [row[0] for row in Sql(statement).rows(connection, **parameters)]


def one(statement: str, **parameters: Any) -> Callable[[Connection], Any]:
    """The only value of the only row."""

    def read(connection: Connection) -> Any:
        ((value,),) = Sql(statement).rows(connection, **parameters)
        return value

    return read


def taken(subject: str, window: Window = "day", now: int = NOW, round: int = 0) -> Callable[[Connection], int]:
    """The counter of a subject in the period of ``now``, or in that round; 0 when nothing was counted."""

    def read(connection: Connection) -> int:
        row = _TAKEN.row(connection, subject=subject, window=window, period=period(window, now, ZONE, round))
        return int(row[0]) if row else 0

    return read


def counters_that_lie(now: int = NOW) -> Callable[[Connection], list[tuple[str, str, int, int]]]:
    """Counters of the present period that differ from what the rows say: subject, window, counter, rows."""

    def read(connection: Connection) -> list[tuple[str, str, int, int]]:
        found = []
        for subject, window, when, count in _COUNTERS.rows(connection):
            if when == period(window, now, ZONE, _round_of(connection, subject)):
                said = capacity.recount(connection, subject, window, now, ZONE)
                if said != count:
                    found.append((subject, window, count, said))
        return found

    return read


def _round_of(connection: Connection, subject: str) -> int:
    """The round that the subject's pool is in; 0 without a pool."""
    _, _, pool_id = subject.partition("pool:")
    return capacity.round_of(connection, int(pool_id)) if pool_id else 0
