"""排队 (waiting): visitors on a waiting page, in the order in which they came.

Whoever has not asked for ``PRESENT`` is passed over, but keeps the place; after ``KEPT`` the place is gone.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.sql import Sql

# ms since the page last asked. A place stays free so long for whoever closed it; one without scripts asks every 4 s.
PRESENT = 6_000
KEPT = 600_000  # ms
COUNTED = 200  # visitors ahead; nobody needs a longer line told exactly, and each page asks every few seconds
LAST = 2**62  # behind everybody

# ms from an answer until the page asks again: near the front, where a place is offered next, and behind those counted.
# With a quarter of jitter and a second for the answer it stays within PRESENT.
ASK_AFTER = 1_500
ASK_AFTER_FAR_BACK = 3_750

_ANYBODY = Sql("SELECT 1 FROM waiting WHERE ended_at IS NULL LIMIT 1")
_LEAVE = Sql("UPDATE waiting SET ended_at = :now, outcome = 'left' WHERE id = :id AND ended_at IS NULL")
_ENTER = Sql(
    "INSERT INTO waiting (code_id, pool_id, visitor, since_at, seen_at, outcome)"
    " VALUES (:code_id, :pool_id, :visitor, :now, :now, '')"
    " ON CONFLICT (code_id, visitor) WHERE ended_at IS NULL DO UPDATE SET seen_at = excluded.seen_at,"
    " pool_id = excluded.pool_id RETURNING id"
)
_PLACE = Sql("SELECT id, seen_at FROM waiting WHERE code_id = :code_id AND visitor = :visitor AND ended_at IS NULL")
_AHEAD = Sql(
    "SELECT code_id, count(*) FROM (SELECT code_id FROM waiting WHERE ended_at IS NULL AND pool_id {among:pools}"
    " AND id < :id AND seen_at >= :since LIMIT :most) AS ahead GROUP BY code_id"
)
_PRESENT_IN = "SELECT 1 FROM waiting WHERE ended_at IS NULL AND pool_id = :pool_id AND seen_at >= :since"
_POSITION = Sql(
    f"SELECT (SELECT count(*) FROM ({_PRESENT_IN} AND id < :id LIMIT :counted) AS ahead),"
    f" (SELECT count(*) FROM ({_PRESENT_IN} LIMIT :counted + 1) AS line)"
)
# The agent who had a visitor last, through this code or else through any; an exclusive pool gives them to nobody else.
_AHEAD_BY_AGENT = Sql(
    "SELECT code_id, agent_id, count(*) FROM (SELECT w.code_id, coalesce("
    "  (SELECT r.agent_id FROM reservation AS r WHERE r.code_id = w.code_id AND r.visitor = w.visitor"
    "   ORDER BY r.id DESC LIMIT 1),"
    "  (SELECT r.agent_id FROM reservation AS r WHERE r.visitor = w.visitor AND r.customer_id IS NOT NULL"
    "   ORDER BY r.id DESC LIMIT 1)) AS agent_id"
    " FROM waiting AS w WHERE w.ended_at IS NULL AND w.pool_id {among:pools} AND w.id < :id AND w.seen_at >= :since"
    " LIMIT :most) AS ahead GROUP BY code_id, agent_id"
)
_END = Sql(
    "UPDATE waiting SET ended_at = :now, outcome = :outcome WHERE code_id = :code_id AND visitor = :visitor"
    " AND ended_at IS NULL"
)
_END_ABSENT = Sql("UPDATE waiting SET ended_at = :now, outcome = 'left' WHERE ended_at IS NULL AND seen_at < :since")
_WANTS = Sql("SELECT id, skill, department FROM live_code WHERE id {among:codes}")


@dataclass(frozen=True, slots=True)
class Wants:
    """What a live code asks of an agent; empty: anybody."""

    skill: str = ""
    department: str = ""


@dataclass(frozen=True, slots=True)
class InLine:
    """``position`` of ``of`` who wait for the same pool, both at most ``COUNTED`` + 1; ``entered`` just now."""

    position: int
    of: int
    entered: bool


def anybody(connection: Connection) -> bool:
    """Whether anybody waits for any pool: the first and, on most days, the only question."""
    return _ANYBODY.row(connection) is not None


def enter(connection: Connection, code_id: int, pool_id: int, visitor: str, now: int, *, place: int | None) -> InLine:
    """Stand in line, or say that one still does; ``place`` is what `place_of` said, and may be lost since."""
    entered = _ENTER.row(connection, code_id=code_id, pool_id=pool_id, visitor=visitor, now=now)
    assert entered is not None
    (own_place,) = entered
    counted = _POSITION.row(connection, pool_id=pool_id, id=own_place, since=now - PRESENT, counted=COUNTED)
    assert counted is not None
    ahead, line = counted
    return InLine(1 + ahead, max(1 + ahead, line), own_place != place)


def ask_after(position: int) -> int:
    """ms that a page at this place of the line waits before it asks again; who counts nobody near asks more rarely."""
    return ASK_AFTER if position <= COUNTED else ASK_AFTER_FAR_BACK


def place_of(connection: Connection, code_id: int, visitor: str, now: int) -> int | None:
    """Where this visitor stands: the smaller, the earlier. None: not in line; a turn of who was away too long ends."""
    row = _PLACE.row(connection, code_id=code_id, visitor=visitor)
    if row is None:
        return None
    place, seen_at = row
    if seen_at < now - KEPT:
        _LEAVE.run(connection, id=place, now=now)
        return None
    return int(place)


def ahead_of(
    connection: Connection, pool_ids: Collection[int], place: int, now: int, most: int = COUNTED
) -> dict[int, int]:
    """How many stand before ``place`` in the lines of these pools and still ask, by live code; ``most`` in all."""
    return dict(_AHEAD.rows(connection, pools=sorted(pool_ids), id=place, since=now - PRESENT, most=most))


def ahead_by_agent(
    connection: Connection, pool_ids: Collection[int], place: int, now: int
) -> dict[tuple[int, int | None], int]:
    """The same, by live code and by the agent whom each of them had last; None for those who come anew."""
    rows = _AHEAD_BY_AGENT.rows(connection, pools=sorted(pool_ids), id=place, since=now - PRESENT, most=COUNTED)
    return {(code_id, agent_id): count for code_id, agent_id, count in rows}


def wants_of(connection: Connection, code_ids: list[int]) -> dict[int, Wants]:
    """What these live codes ask of an agent."""
    rows = _WANTS.rows(connection, codes=code_ids) if code_ids else []
    return {id: Wants(skill, department) for id, skill, department in rows}


def served(connection: Connection, code_id: int, visitor: str, now: int) -> None:
    """The visitor got a place."""
    _END.run(connection, code_id=code_id, visitor=visitor, outcome="served", now=now)


def left_number(connection: Connection, code_id: int, visitor: str, now: int) -> None:
    """The visitor waits no longer, but is to be called back."""
    _END.run(connection, code_id=code_id, visitor=visitor, outcome="left_number", now=now)


def clear_away(connection: Connection, now: int) -> int:
    """End the turns of those who have been away for too long; returns how many."""
    return _END_ABSENT.run(connection, now=now, since=now - KEPT)
