"""What a scan reads and writes: the code, the visitor's last look at it and earlier reservation, the decision."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from sqlalchemy import Connection

from router.db.queries import pools
from router.db.sql import Row, Sql
from router.domain.scan import AgentFace
from router.domain.spill import in_turn

_CODES = Sql(
    "SELECT id, slug, name, kind, pool_id, active, hold_minutes, skill, department, by_place, scan_limit, visitor_limit"
    " FROM live_code WHERE slug {among:slugs} AND archived_at IS NULL"
)
_HIGHEST_LOCKED = Sql(
    "SELECT coalesce(max(CAST(objid AS bigint)), 0) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7001"
    " AND pid = pg_backend_pid() AND granted"
)
_HAS_WRITTEN = Sql("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
_LOCK_POOL = Sql("SELECT pg_advisory_xact_lock(7001, :pool_id)")
_TRY_POOL = Sql("SELECT pg_try_advisory_xact_lock(7001, :pool_id)")
_LATEST = Sql(
    "SELECT r.id, r.key, r.status, r.agent_id, a.name, r.expires_at, w.id, w.link, f.status, r.customer_id,"
    " a.photo IS NOT NULL, a.available AND a.archived_at IS NULL"
    " FROM reservation AS r JOIN agent AS a ON a.id = r.agent_id JOIN contact_way AS w ON w.id = r.way_id"
    " LEFT JOIN follow AS f ON f.agent_id = r.agent_id AND f.customer_id = r.customer_id"
    " WHERE r.code_id = :code_id AND r.visitor = :visitor ORDER BY r.id DESC LIMIT 1"
)
_HAD = Sql(
    "SELECT visitor, agent_id, customer_id FROM reservation WHERE visitor {among:visitors} AND customer_id IS NOT NULL"
    " ORDER BY id"
)
_VISITED = Sql(
    "INSERT INTO visit (code_id, visitor, first_at, last_at, scans, outcome, decision_id)"
    " VALUES (:code_id, :visitor, :now, :now, 1, :outcome, :decision_id)"
    " ON CONFLICT (code_id, visitor) DO UPDATE SET last_at = excluded.last_at,"
    " scans = visit.scans + CASE WHEN excluded.last_at - visit.last_at > :same_scan THEN 1 ELSE 0 END,"
    " outcome = excluded.outcome, decision_id = coalesce(excluded.decision_id, visit.decision_id)"
)
_RESERVE = Sql(
    "INSERT INTO reservation (id, key, code_id, pool_id, agent_id, way_id, visitor, status, place_taken, held_at,"
    " expires_at, decision_id, test, round) VALUES (:id, :key, :code_id, :pool_id, :agent_id, :way_id, :visitor,"
    " 'held', true, :now, :expires_at, :decision_id, :test, :round)"
)
_DECIDED = Sql(
    "INSERT INTO decision (id, at, code_id, visitor, outcome, agent_id, test, content)"
    " VALUES (:id, :now, :code_id, :visitor, :outcome, :agent_id, :test, :content)"
)
_LAST_ID = {table: Sql(f"SELECT coalesce(max(id), 0) FROM {table}") for table in ("decision", "reservation")}
_NEXT_IDS = {
    table: Sql(f"SELECT nextval(pg_get_serial_sequence('{table}', 'id')) FROM generate_series(1, :many)")
    for table in ("decision", "reservation")
}
_VISITS = Sql("SELECT visitor, last_at, outcome FROM visit WHERE code_id = :code_id AND visitor {among:visitors}")


SAME_SCAN = 60_000  # ms: a page that asks again within a minute, or is reloaded, is the same scan
NEVER = 2**62  # above the number of any pool


@dataclass(frozen=True, slots=True)
class Code:
    id: int
    slug: str
    name: str
    kind: str
    pool_id: int
    active: bool
    hold_minutes: int
    skill: str = ""
    department: str = ""
    by_place: bool = False
    scan_limit: int | None = None
    visitor_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """When the visitor last looked at this code, in ms, and what they were told."""

    last_at: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Known:
    """The visitor's latest reservation on this code; an agent out of reach left the corporation, or is archived."""

    reservation_id: int
    key: str
    status: str
    agent: AgentFace
    expires_at: int
    way_id: int
    link: str
    follow_stands: bool
    customer_id: int | None
    agent_in_reach: bool


@dataclass(frozen=True, slots=True)
class Had:
    """The agent who had a visitor last, and the customer whom the visitor is; None: nobody added."""

    agent_id: int
    customer_id: int | None


class NewReservation(TypedDict):
    """A place held from ``now`` until ``expires_at`` (ms)."""

    id: int
    key: str
    code_id: int
    pool_id: int
    agent_id: int
    way_id: int
    visitor: str
    now: int
    expires_at: int
    decision_id: int
    test: bool
    round: int


class NewDecision(TypedDict):
    """One run of the ranking; ``content`` is what it was decided from, as JSON."""

    id: int
    code_id: int
    visitor: str
    now: int
    outcome: str
    agent_id: int | None
    content: str
    test: bool


class NewVisit(TypedDict):
    """A look at a code; without a decision the visitor's last one stays."""

    code_id: int
    visitor: str
    now: int
    outcome: str
    decision_id: int | None


def codes(connection: Connection, slugs: Sequence[str]) -> dict[str, Code]:
    """Live codes by slug, closed ones included."""
    rows = _CODES.rows(connection, slugs=list(slugs))
    return {row[1]: _code(row) for row in rows}


def _code(row: Row) -> Code:
    id, slug, name, kind, pool_id, active, hold_minutes, skill, department, by_place, *limits = row
    return Code(id, slug, name, kind, pool_id, bool(active), hold_minutes, skill, department, bool(by_place), *limits)


class PoolsTakenError(RuntimeError):
    """To wait for this pool could close a circle; the ledger runs the unit again, as after a deadlock."""

    sqlstate = "40P01"


def lock_pools(connection: Connection, pool_ids: set[int], *, may_wait: bool = True) -> None:
    """Let one process at a time assign from these pools and from those that take over when they are full.

    PostgreSQL only; SQLite has one writer anyway. A transaction waits only for a pool above all those it holds, so no
    two wait for each other. One below them, for a later unit of the same transaction, is taken if it is free; otherwise
    `PoolsTakenError` is raised.
    """
    if connection.dialect.name != "postgresql":
        return
    # What this connection missed in a run that was rolled back is taken in its order this time.
    fallbacks = pools.fallbacks(connection)
    wanted = {each for pool_id in pool_ids for each in in_turn(pool_id, fallbacks)}
    wanted |= connection.info.pop("pools_missed", set())
    (highest,) = (_HIGHEST_LOCKED.row(connection) or (0,)) if may_wait else (NEVER,)
    for pool_id in sorted(wanted):
        if pool_id > highest:
            _LOCK_POOL.row(connection, pool_id=pool_id)
        elif _TRY_POOL.row(connection, pool_id=pool_id) != (True,):
            connection.info["pools_missed"] = wanted
            raise PoolsTakenError(f"another process assigns from pool {pool_id}")


def has_written(connection: Connection) -> bool:
    """Whether the transaction holds rows already that somebody who holds a pool may be waiting for (PostgreSQL)."""
    return connection.dialect.name == "postgresql" and _HAS_WRITTEN.row(connection) == (True,)


def latest(connection: Connection, code_id: int, visitor: str) -> Known | None:
    """The visitor's latest reservation on this code, if any."""
    row = _LATEST.row(connection, code_id=code_id, visitor=visitor)
    if row is None:
        return None
    id, key, status, agent_id, name, expires_at, way_id, link, follow, customer_id, has_photo, in_reach = row
    stands = follow in ("half", "full")
    face = AgentFace(agent_id, name, bool(has_photo))
    return Known(id, key, status, face, expires_at, way_id, link, stands, customer_id, bool(in_reach))


def who_had(connection: Connection, visitors: Collection[str]) -> dict[str, Had]:
    """Who had each of these visitors last, through whichever code; those who never became customers are missing."""
    rows = _HAD.rows(connection, visitors=sorted(visitors))
    return {visitor: Had(agent_id, customer_id) for visitor, agent_id, customer_id in rows}


def visits(connection: Connection, code_id: int, visitors: Collection[str]) -> dict[str, Visit]:
    """The last look of each of these visitors at the code; who is missing is new, and has no reservation on it."""
    rows = _VISITS.rows(connection, code_id=code_id, visitors=sorted(visitors))
    return {visitor: Visit(last_at, outcome) for visitor, last_at, outcome in rows}


def new_ids(connection: Connection, table: Literal["decision", "reservation"], many: int) -> Iterator[int]:
    """Numbers for that many new rows: of the sequence where others write too, else those after the last."""
    if connection.dialect.name == "postgresql":
        return (id for (id,) in _NEXT_IDS[table].rows(connection, many=many))
    ((last,),) = _LAST_ID[table].rows(connection)
    return iter(range(last + 1, last + 1 + many))


def add_decisions(connection: Connection, decisions: Sequence[NewDecision]) -> None:
    """Keep what was decided, and from what."""
    _DECIDED.run_many(connection, decisions)


def add_reservations(connection: Connection, reservations: Sequence[NewReservation]) -> None:
    """Write held reservations, whose decisions are kept."""
    _RESERVE.run_many(connection, reservations)


def add_visits(connection: Connection, visits: Sequence[NewVisit]) -> None:
    """Remember what visitors were told last and how often they scanned."""
    _VISITED.run_many(connection, [{**visit, "same_scan": SAME_SCAN} for visit in visits])
