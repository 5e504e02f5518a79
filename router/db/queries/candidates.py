"""A pool's agents as candidates: who they are, whether they are on duty, what they may take and have in stock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import Connection

from router.db import json
from router.db.queries import duty, stock
from router.db.queries.capacity import Windows, books
from router.db.sql import Row, Sql
from router.domain.assignment import Candidate
from router.domain.capacity import Place, agent_subject
from router.domain.policies import Policy

_POOL = Sql(
    "SELECT policy, backup_percent, ramp_per_minute, round FROM pool WHERE id = :pool_id AND archived_at IS NULL"
)
_MEMBERS = Sql(
    "SELECT a.id, a.userid, a.name, a.weight, a.available, a.skills, a.department, m.position, m.role"
    " FROM pool_member AS m JOIN agent AS a ON a.id = m.agent_id"
    " WHERE m.pool_id = :pool_id AND a.archived_at IS NULL ORDER BY m.position, a.id"
)


@dataclass(frozen=True, slots=True)
class AskedPool:
    """A pool as it is asked: how it chooses, in which of its rounds, and its agents."""

    id: int
    policy: Policy
    backup_percent: int
    round: int
    candidates: tuple[Candidate, ...]


def asked_pool(
    connection: Connection, pool_id: int, code_id: int, now: int, zone: tzinfo, windows: Windows
) -> AskedPool:
    """The pool in a fixed number of queries, whatever its size; an archived pool has no candidates.

    ``code_id`` 0 is for an assignment that comes through no code and needs no contact way.
    """
    pool = _POOL.row(connection, pool_id=pool_id)
    if pool is None:
        return AskedPool(pool_id, "idle_first", 100, 0, ())
    policy, backup_percent, ramp_per_minute, round = pool
    members = _MEMBERS.rows(connection, pool_id=pool_id)
    places = {row[0]: Place(row[0], pool_id, code_id, round) for row in members}
    return AskedPool(
        pool_id,
        policy,
        backup_percent,
        round,
        tuple(_candidates(connection, members, places, ramp_per_minute, now, zone, windows)),
    )


def _candidates(
    connection: Connection,
    members: Sequence[Row],
    places: dict[int, Place],
    ramp_per_minute: int,
    now: int,
    zone: tzinfo,
    windows: Windows,
) -> list[Candidate]:
    ids = list(places)
    found = books(connection, places.values(), now, zone, windows)
    duties = duty.duty_of(connection, ids, now, zone)
    ramps = duty.ramp_left(connection, ids, ramp_per_minute, now, zone) if ramp_per_minute else {}
    needs_way = any(place.code_id for place in places.values())
    ready = stock.ready_ways(connection, ids) if needs_way else dict.fromkeys(ids, 1)
    return [
        Candidate(
            agent_id=id,
            userid=userid,
            name=name,
            weight=weight,
            load=found.used(agent_subject(id), "day"),
            duty=duties[id],
            available=bool(available),
            ready_ways=ready.get(id, 0),
            limits=found.limits(places[id], windows),
            position=position,
            role=role,
            turns=found.used(f"{agent_subject(id)}@pool:{places[id].pool_id}", "day"),
            skills=tuple(json.load(skills)),
            department=department,
            ramp_left=ramps.get(id),
        )
        for id, userid, name, weight, available, skills, department, position, role in members
    ]
