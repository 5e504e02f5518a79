"""What a scan reads and writes: the code, the visitor's earlier reservation, the decision, the visit."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import pools
from router.db.sql import Row, Sql
from router.domain.scan import AgentFace
from router.domain.spill import FallbackPool

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
    " a.photo IS NOT NULL"
    " FROM reservation AS r JOIN agent AS a ON a.id = r.agent_id JOIN contact_way AS w ON w.id = r.way_id"
    " LEFT JOIN follow AS f ON f.agent_id = r.agent_id AND f.customer_id = r.customer_id"
    " WHERE r.code_id = :code_id AND r.visitor = :visitor ORDER BY r.id DESC LIMIT 1"
)
_RESERVE = Sql(
    "INSERT INTO reservation (key, code_id, pool_id, agent_id, way_id, visitor, status, place_taken, held_at,"
    " expires_at, decision_id, test, round) VALUES (:key, :code_id, :pool_id, :agent_id, :way_id, :visitor, 'held',"
    " true, :now, :expires_at, :decision_id, :test, :round) RETURNING id"
)
_DECIDED = Sql(
    "INSERT INTO decision (at, code_id, visitor, outcome, agent_id, test, content)"
    " VALUES (:now, :code_id, :visitor, :outcome, :agent_id, :test, :content) RETURNING id"
)
_LAST_OUTCOME = Sql("SELECT outcome FROM visit WHERE code_id = :code_id AND visitor = :visitor")
_VISIT = Sql(
    "INSERT INTO visit (code_id, visitor, first_at, last_at, scans, outcome, decision_id)"
    " VALUES (:code_id, :visitor, :now, :now, 1, :outcome, :decision_id)"
    " ON CONFLICT (code_id, visitor) DO UPDATE SET last_at = excluded.last_at,"
    " scans = visit.scans + CASE WHEN excluded.last_at - visit.last_at > :same_scan THEN 1 ELSE 0 END,"
    " outcome = excluded.outcome, decision_id = coalesce(excluded.decision_id, visit.decision_id)"
)


NEVER = 2**62  # above the number of any pool

SAME_SCAN = 60_000  # ms: a page that asks again within a minute, or is reloaded, is the same scan


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
class Known:
    """The visitor's latest reservation on this code."""

    reservation_id: int
    key: str
    status: str
    agent: AgentFace
    expires_at: int
    way_id: int
    link: str
    follow_stands: bool
    customer_id: int | None


@dataclass(frozen=True, slots=True)
class NewReservation:
    key: str
    code_id: int
    pool_id: int
    agent_id: int
    way_id: int
    visitor: str
    expires_at: int
    decision_id: int
    test: bool
    round: int


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
    wanted = _with_fallbacks(connection, pool_ids) | connection.info.pop("pools_missed", set())
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


def _with_fallbacks(connection: Connection, pool_ids: set[int]) -> set[int]:
    found: set[int] = set()
    while pool_ids:
        found |= pool_ids
        policies = [pools.spill_policy_of(connection, pool_id) for pool_id in pool_ids]
        pool_ids = {policy.pool_id for policy in policies if isinstance(policy, FallbackPool)} - found
    return found


def latest(connection: Connection, code_id: int, visitor: str) -> Known | None:
    """The visitor's latest reservation on this code, if any."""
    row = _LATEST.row(connection, code_id=code_id, visitor=visitor)
    if row is None:
        return None
    id, key, status, agent_id, name, expires_at, way_id, link, follow, customer_id, has_photo = row
    stands = follow in ("half", "full")
    face = AgentFace(agent_id, name, bool(has_photo))
    return Known(id, key, status, face, expires_at, way_id, link, stands, customer_id)


def decided(
    connection: Connection,
    code_id: int,
    visitor: str,
    outcome: str,
    agent_id: int | None,
    content: str,
    test: bool,
    now: int,
) -> int:
    """Keep one run of the ranking; returns its id."""
    row = _DECIDED.row(
        connection,
        now=now,
        code_id=code_id,
        visitor=visitor,
        outcome=outcome,
        agent_id=agent_id,
        test=test,
        content=content,
    )
    assert row is not None
    return int(row[0])


def reserve(connection: Connection, new: NewReservation, now: int) -> int:
    """Write a held reservation; returns its id."""
    row = _RESERVE.row(
        connection,
        key=new.key,
        code_id=new.code_id,
        pool_id=new.pool_id,
        agent_id=new.agent_id,
        way_id=new.way_id,
        visitor=new.visitor,
        now=now,
        expires_at=new.expires_at,
        decision_id=new.decision_id,
        test=new.test,
        round=new.round,
    )
    assert row is not None
    return int(row[0])


def last_outcome(connection: Connection, code_id: int, visitor: str) -> str:
    """What the visitor was told last; empty for somebody new."""
    row = _LAST_OUTCOME.row(connection, code_id=code_id, visitor=visitor)
    return row[0] if row else ""


def visited(
    connection: Connection, code_id: int, visitor: str, outcome: str, decision_id: int | None, now: int
) -> None:
    """Remember what this visitor was told last and how often they scanned; without a decision the last one stays."""
    _VISIT.run(
        connection,
        code_id=code_id,
        visitor=visitor,
        outcome=outcome,
        decision_id=decision_id,
        now=now,
        same_scan=SAME_SCAN,
    )
