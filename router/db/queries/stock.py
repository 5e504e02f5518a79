"""Contact ways (联系我) made ahead per agent: the stock that scans lease from."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.sql import Sql
from router.domain.assignment import PLENTY

# SQLite uses a partial index only where the statement repeats the condition of the index.
_READY = Sql(
    "SELECT a.id, (SELECT count(*) FROM (SELECT 1 FROM contact_way AS w WHERE w.agent_id = a.id AND w.status = 'ready'"
    " AND w.status IN ('making', 'ready') LIMIT :enough) AS first_ones) FROM agent AS a WHERE a.id {among:agents}"
)
_IN_STOCK = Sql("SELECT count(*) FROM contact_way WHERE agent_id = :agent_id AND status IN ('making', 'ready')")
_OLDEST = Sql(
    "SELECT id, link, (SELECT photo IS NOT NULL FROM agent WHERE id = :agent_id) FROM contact_way"
    " WHERE agent_id = :agent_id AND status = 'ready' AND status IN ('making', 'ready') ORDER BY id LIMIT :at_most"
    " {skip_locked}"
)
_LEASE = Sql("UPDATE contact_way SET status = 'leased' WHERE id = :id AND status = 'ready'")
_INSERT = Sql(
    "INSERT INTO contact_way (agent_id, state, status, link, reason, created_at)"
    " VALUES (:agent_id, :state, 'making', '', '', :now) RETURNING id"
)
_MADE = Sql(
    "UPDATE contact_way SET status = 'ready', config_id = :config_id, link = :link, picture = :picture, ready_at = :now"
    " WHERE id = :id AND status = 'making'"
)
_FAILED = Sql(
    "UPDATE contact_way SET status = 'failed', reason = :reason, ended_at = :now WHERE id = :id AND status = 'making'"
)
_RETIRE = Sql(
    "UPDATE contact_way SET status = 'retiring' WHERE id = :id AND status IN ('ready', 'leased') RETURNING config_id"
)
_DELETED = Sql(
    "UPDATE contact_way SET status = 'deleted', picture = NULL, ended_at = :now WHERE id = :id AND status = 'retiring'"
)
_REFUSED = Sql(
    "SELECT 1 FROM contact_way WHERE agent_id = :agent_id AND status = 'failed' AND ended_at > :since LIMIT 1"
)
_KNOWN = Sql("SELECT config_id FROM contact_way WHERE config_id {among:config_ids}")


@dataclass(frozen=True, slots=True)
class LeasableWay:
    """``agent_has_photo``: a photo stands beside the picture of the way."""

    id: int
    link: str
    agent_has_photo: bool


def ready_ways(connection: Connection, agent_ids: list[int]) -> dict[int, int]:
    """How many contact ways each agent has ready to be leased, counted up to `PLENTY`."""
    return dict(_READY.rows(connection, agents=agent_ids, enough=PLENTY))


def in_stock(connection: Connection, agent_id: int) -> int:
    """Ready ones and those being made."""
    row = _IN_STOCK.row(connection, agent_id=agent_id)
    return row[0] if row else 0


def oldest_ready(connection: Connection, agent_id: int, at_most: int) -> list[LeasableWay]:
    """The oldest ready ways of an agent; on PostgreSQL they are locked, and those that others locked left out."""
    rows = _OLDEST.rows(connection, agent_id=agent_id, at_most=at_most)
    return [LeasableWay(id, link, bool(has_photo)) for id, link, has_photo in rows]


def lease_all(connection: Connection, way_ids: Sequence[int]) -> bool:
    """Take these ways out of the stock; False when one of them was not ready any more."""
    return _LEASE.run_many(connection, [{"id": id} for id in sorted(way_ids)]) == len(way_ids)


def add(connection: Connection, agent_id: int, state: str, now: int) -> int:
    """A way that is about to be made; returns its id."""
    row = _INSERT.row(connection, agent_id=agent_id, state=state, now=now)
    assert row is not None
    return int(row[0])


def made(connection: Connection, way_id: int, config_id: str, link: str, picture: bytes, now: int) -> bool:
    """The platform made it: it may be leased from now on. False when it is no longer being made."""
    return bool(_MADE.run(connection, id=way_id, config_id=config_id, link=link, picture=picture, now=now))


def failed(connection: Connection, way_id: int, reason: str, now: int) -> None:
    """The platform will not make it."""
    _FAILED.run(connection, id=way_id, reason=reason, now=now)


def retire(connection: Connection, way_id: int) -> str | None:
    """Take a shown way out of use; returns its config_id, or None when that was done before."""
    row = _RETIRE.row(connection, id=way_id)
    return row[0] if row else None


def deleted(connection: Connection, way_id: int, now: int) -> bool:
    """The platform acknowledged the deletion; False when that was recorded before."""
    return bool(_DELETED.run(connection, id=way_id, now=now))


def refused_since(connection: Connection, agent_id: int, since: int) -> bool:
    """Whether the platform refused to make a way for this agent after ``since`` (ms)."""
    return _REFUSED.row(connection, agent_id=agent_id, since=since) is not None


def known_config_ids(connection: Connection, config_ids: list[str]) -> set[str]:
    """Those of the given platform ids that are ours."""
    return {row[0] for row in _KNOWN.rows(connection, config_ids=config_ids)}
