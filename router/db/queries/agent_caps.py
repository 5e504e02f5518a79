"""The caps that single agents have within one live code or one pool, beside those across all codes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

from sqlalchemy import Connection

from router.db.queries.capacity import bounds
from router.db.queries.caps import Caps, caps_of
from router.db.sql import Sql
from router.domain.capacity import agent_subject
from router.domain.code_kinds import CodeKind

_CODE = Sql("SELECT pool_id, archived_at, kind FROM live_code WHERE id = :id")
_POOL = Sql("SELECT id, archived_at, NULL FROM pool WHERE id = :id")
_AGENTS = Sql(
    "SELECT a.id, a.name FROM agent AS a WHERE a.archived_at IS NULL AND ("
    " EXISTS (SELECT 1 FROM pool_member AS m WHERE m.pool_id = :pool_id AND m.agent_id = a.id)"
    " OR EXISTS (SELECT 1 FROM cap AS c WHERE c.subject = 'agent:' || a.id || :within))"
    " ORDER BY a.name, a.id"
)
_NAMED = Sql("SELECT id, name FROM agent WHERE archived_at IS NULL AND id {among:ids} ORDER BY name, id")
_SCOPE = (
    " AND (:code_id = 0 OR code_id = :code_id) AND (:pool_id = 0 OR pool_id = :pool_id) AND agent_id {among:agents}"
    " GROUP BY agent_id"
)
_HELD = Sql(
    "SELECT agent_id, count(*) FROM reservation WHERE place_taken AND held_at >= :since AND held_at < :until" + _SCOPE
)
_OWN = Sql("SELECT agent_id, count(*) FROM assignment WHERE own_place AND at >= :since AND at < :until" + _SCOPE)


@dataclass(frozen=True, slots=True)
class Within:
    """The code or the pool in which agents have caps of their own."""

    noun: Literal["code", "pool"]
    id: int

    def subject(self, agent_id: int) -> str:
        """What is capped: ``agent:3@pool:2``."""
        return f"{agent_subject(agent_id)}@{self.noun}:{self.id}"


@dataclass(frozen=True, slots=True)
class Scope:
    """The pool whose members are listed: itself, or the code's own."""

    pool_id: int
    archived_at: int | None
    kind: CodeKind | None  # of the code; None: a pool


@dataclass(frozen=True, slots=True)
class AgentCaps:
    """``taken_today`` counts the places taken here, with or without a cap."""

    agent_id: int
    name: str
    caps: Caps
    taken_today: int


def scope_of(connection: Connection, within: Within) -> Scope | None:
    """The code or pool, archived or not; None when there is none."""
    row = (_CODE if within.noun == "code" else _POOL).row(connection, id=within.id)
    return None if row is None else Scope(*row)


def agent_caps(connection: Connection, within: Within, scope: Scope, now: int, zone: tzinfo) -> tuple[AgentCaps, ...]:
    """By name the members of the pool, and who is capped here without being one: stores and spills lead elsewhere."""
    rows = _AGENTS.rows(connection, pool_id=scope.pool_id, within=f"@{within.noun}:{within.id}")
    return _with_caps(connection, within, {row[0]: row[1] for row in rows}, now, zone)


def agent_caps_of(
    connection: Connection, within: Within, agent_ids: Iterable[int], now: int, zone: tzinfo
) -> dict[int, AgentCaps]:
    """The caps here of those of the ids that are agents in use, members or not."""
    names = {row[0]: row[1] for row in _NAMED.rows(connection, ids=list(agent_ids))}
    return {each.agent_id: each for each in _with_caps(connection, within, names, now, zone)}


def _with_caps(
    connection: Connection, within: Within, names: dict[int, str], now: int, zone: tzinfo
) -> tuple[AgentCaps, ...]:
    caps = caps_of(connection, [within.subject(id) for id in names])
    taken = _taken(connection, within, list(names), now, zone)
    return tuple(AgentCaps(id, name, caps[within.subject(id)], taken.get(id, 0)) for id, name in names.items())


def _taken(connection: Connection, within: Within, agent_ids: list[int], now: int, zone: tzinfo) -> dict[int, int]:
    """Counted from the rows, as a counter begins: per code there is no counter without a cap."""
    since, until = bounds("day", now, zone)
    ids = {"code_id": 0, "pool_id": 0, f"{within.noun}_id": within.id}
    taken: dict[int, int] = {}
    for query in (_HELD, _OWN):
        for agent_id, count in query.rows(connection, since=since, until=until, agents=agent_ids, **ids):
            taken[agent_id] = taken.get(agent_id, 0) + count
    return taken
