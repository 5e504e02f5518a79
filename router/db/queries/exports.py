"""Rows for spreadsheets: walked by key in batches, and counted beforehand, so that a long export comes in parts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from router.db.queries.numbers import Scope
from router.db.queries.page import like
from router.db.sql import Row, Sql
from router.domain.numbers import Counts, counts_of

_CUSTOMERS_OF = (
    " FROM customer WHERE id < :before"
    " AND (:search = '' OR lower(name) LIKE :like ESCAPE '!' OR lower(external_userid) LIKE :like ESCAPE '!')"
    " AND (:tag_id = 0 OR id IN (SELECT customer_id FROM tag_edge WHERE tag_id = :tag_id AND removed_at IS NULL))"
    " AND (:agent_id = 0 OR id IN (SELECT customer_id FROM follow WHERE agent_id = :agent_id))"
)
_RESERVATIONS_OF = (
    " FROM reservation AS r WHERE r.id < :before AND (:status = '' OR r.status = :status)"
    " AND (:code_id = 0 OR r.code_id = :code_id) AND (:agent_id = 0 OR r.agent_id = :agent_id)"
    " AND +r.held_at >= :since AND +r.held_at < :until"  # the sign keeps its index away: a batch is read by the key
)
_CUSTOMERS = Sql(f"SELECT id, external_userid, name, created_at{_CUSTOMERS_OF} ORDER BY id DESC LIMIT :rows")
_RESERVATIONS = Sql(
    "SELECT r.id, r.key, r.status, c.name, p.name, a.name, r.visitor, r.held_at, r.expires_at, r.ended_at,"
    " u.external_userid, u.name, r.test FROM reservation AS r JOIN live_code AS c ON c.id = r.code_id"
    " JOIN pool AS p ON p.id = r.pool_id JOIN agent AS a ON a.id = r.agent_id"
    " LEFT JOIN customer AS u ON u.id = r.customer_id"
    " WHERE r.id {among:ids} ORDER BY r.id DESC"
)
_RESERVATION_IDS = Sql(f"SELECT r.id{_RESERVATIONS_OF} ORDER BY r.id DESC LIMIT :rows")
_FOLLOWS = Sql(
    "SELECT f.customer_id, a.name FROM follow AS f JOIN agent AS a ON a.id = f.agent_id"
    " WHERE f.status IN ('half', 'full') AND f.customer_id {among:ids} ORDER BY f.since_at DESC"
)
_TAGS = Sql(
    "SELECT DISTINCT customer_id, tag_id FROM tag_edge WHERE removed_at IS NULL AND customer_id {among:ids}"
    " ORDER BY customer_id, tag_id"
)


def _last_of_parts(id: str, scope: str) -> Sql:
    return Sql(
        f"SELECT n, id FROM (SELECT {id} AS id, row_number() OVER (ORDER BY {id} DESC) AS n, count(*) OVER () AS total"
        f"{scope}) AS numbered WHERE n % :rows = 0 OR n = total ORDER BY n"
    )


_CUSTOMER_PARTS = _last_of_parts("id", _CUSTOMERS_OF)
_RESERVATION_PARTS = _last_of_parts("r.id", _RESERVATIONS_OF)
_TALLY = Sql(
    "SELECT hour, code_id, agent_id, test, measure, times FROM tally WHERE hour >= :first AND hour < :after"
    " AND (:with_test OR NOT test) AND (:code_id = 0 OR code_id = :code_id) AND (:agent_id = 0 OR agent_id = :agent_id)"
    " ORDER BY hour, code_id, agent_id, test"
)

LAST = 2**62  # before which every id lies


@dataclass(frozen=True, slots=True)
class Parts:
    """How many rows there are, and the keys (``before``) at which files of at most so many rows begin."""

    rows: int
    begins: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """``agents`` take care of the customer now; ``tag_ids`` are carried now."""

    id: int
    external_userid: str
    name: str
    created_at: int
    agents: tuple[str, ...]
    tag_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReservationLine:
    id: int
    key: str
    status: str
    code: str
    pool: str
    agent: str
    visitor: str
    held_at: int
    expires_at: int
    ended_at: int | None
    external_userid: str | None
    customer: str | None
    test: bool


@dataclass(frozen=True, slots=True)
class TallyLine:
    """The counts of one hour (2026112114), code and agent; 0 where none is concerned."""

    hour: int
    code_id: int
    agent_id: int
    test: bool
    counts: Counts


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """As the list of customers has it."""

    search: str = ""
    tag_id: int = 0
    agent_id: int = 0


@dataclass(frozen=True, slots=True)
class ReservationFilter:
    """As the list of reservations has it; ``since`` and ``until`` (ms) bound the instant they were held at."""

    status: str = ""
    code_id: int = 0
    agent_id: int = 0
    since: int = 0
    until: int = LAST


def customer_parts(connection: Connection, wanted: CustomerFilter, rows: int) -> Parts:
    """The parts of at most ``rows`` rows."""
    return _parts(_CUSTOMER_PARTS.rows(connection, before=LAST, rows=rows, **_customer_scope(wanted)))


def reservation_parts(connection: Connection, wanted: ReservationFilter, rows: int) -> Parts:
    """The parts of at most ``rows`` rows."""
    return _parts(_RESERVATION_PARTS.rows(connection, before=LAST, rows=rows, **asdict(wanted)))


def customer_lines(connection: Connection, wanted: CustomerFilter, before: int, rows: int) -> tuple[CustomerLine, ...]:
    """Up to ``rows`` customers, latest first, in three queries."""
    found = _CUSTOMERS.rows(connection, before=before, rows=rows, **_customer_scope(wanted))
    ids = [row[0] for row in found]
    agents = _gathered(_FOLLOWS.rows(connection, ids=ids))
    tags = _gathered(_TAGS.rows(connection, ids=ids))
    return tuple(
        CustomerLine(id, external_userid, name, created_at, tuple(agents[id]), tuple(tags[id]))
        for id, external_userid, name, created_at in found
    )


def reservation_lines(
    connection: Connection, wanted: ReservationFilter, before: int, rows: int
) -> tuple[ReservationLine, ...]:
    """Up to ``rows`` reservations, latest first."""
    ids = _RESERVATION_IDS.rows(connection, before=before, rows=rows, **asdict(wanted))
    rows_of = _RESERVATIONS.rows(connection, ids=[id for (id,) in ids])
    return tuple(ReservationLine(*(*plain, bool(test))) for *plain, test in rows_of)


def tally_lines(connection: Connection, scope: Scope) -> tuple[TallyLine, ...]:
    """The lines of a range of days, by hour; the caller keeps the range short."""
    first, after = scope.days.hours
    found: defaultdict[tuple[int, int, int, bool], list[tuple[str, int]]] = defaultdict(list)
    for hour, code_id, agent_id, test, measure, times in _TALLY.rows(
        connection,
        first=first,
        after=after,
        with_test=scope.with_test,
        code_id=scope.code_id,
        agent_id=scope.agent_id,
    ):
        found[hour, code_id, agent_id, bool(test)].append((measure, times))
    return tuple(TallyLine(*key, counts_of(times)) for key, times in found.items())


def _customer_scope(wanted: CustomerFilter) -> dict[str, object]:
    search = wanted.search
    return {"search": search, "like": like(search), "tag_id": wanted.tag_id, "agent_id": wanted.agent_id}


def _parts(marks: Sequence[Row]) -> Parts:
    """From the last row of each part."""
    if not marks:
        return Parts(0, (LAST,))
    return Parts(marks[-1][0], (LAST, *(id for _, id in marks[:-1])))


def _gathered(pairs: Sequence[Row]) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found
