"""A pool's agents as candidates: who they are, whether they are on duty, what they may take and have in stock."""

from collections.abc import Collection
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
from router.domain.spill import WAITING_PAGE, SpillPolicy, read_spill_policy

_POOLS = Sql(
    "SELECT id, policy, backup_percent, ramp_per_minute, round, spill_policy FROM pool"
    " WHERE id {among:pools} AND archived_at IS NULL"
)
_MEMBERS = Sql(
    "SELECT m.pool_id, a.id, a.userid, a.name, a.weight, a.available, a.skills, a.department, m.position, m.role"
    " FROM pool_member AS m JOIN agent AS a ON a.id = m.agent_id"
    " WHERE m.pool_id {among:pools} AND a.archived_at IS NULL ORDER BY m.position, a.id"
)


@dataclass(frozen=True, slots=True)
class AskedPool:
    """A pool as it is asked: how it chooses, in which of its rounds, its agents, and what it does when all are full."""

    id: int
    policy: Policy
    backup_percent: int
    round: int
    candidates: tuple[Candidate, ...]
    spill_policy: SpillPolicy = WAITING_PAGE


def asked_pool(
    connection: Connection, pool_id: int, code_id: int, now: int, zone: tzinfo, windows: Windows
) -> AskedPool:
    """The pool as this code asks it; code 0 is for an assignment through no code, which needs no contact way."""
    return asked_pools(connection, {(pool_id, code_id)}, now, zone, windows)[pool_id, code_id]


def asked_pools(
    connection: Connection, asked: Collection[tuple[int, int]], now: int, zone: tzinfo, windows: Windows
) -> dict[tuple[int, int], AskedPool]:
    """Each of these pools as its code asks it, read together; an archived pool has no candidates."""
    pool_ids = sorted({pool_id for pool_id, _ in asked})
    terms = {row[0]: row[1:] for row in _POOLS.rows(connection, pools=pool_ids)}
    members: dict[int, list[Row]] = {pool_id: [] for pool_id in terms}
    for pool_id, *member in _MEMBERS.rows(connection, pools=list(terms)):
        members[pool_id].append(tuple(member))
    places = {
        (pool_id, code_id): [Place(member[0], pool_id, code_id, terms[pool_id][3]) for member in members[pool_id]]
        for pool_id, code_id in asked
        if pool_id in terms
    }
    agent_ids = sorted({member[0] for of_pool in members.values() for member in of_pool})
    found = books(connection, [place for of_pool in places.values() for place in of_pool], now, zone, windows)
    duties = duty.duty_of(connection, agent_ids, now, zone)
    ramps = {
        pool_id: duty.ramp_left(connection, [member[0] for member in members[pool_id]], ramp_per_minute, now, zone)
        for pool_id, (_, _, ramp_per_minute, _, _) in terms.items()
    }
    needs_way = any(code_id for _, code_id in asked)
    ready = stock.ready_ways(connection, agent_ids) if needs_way else dict.fromkeys(agent_ids, 1)

    def pool(pool_id: int, places: list[Place]) -> AskedPool:
        policy, backup_percent, _, round, spill_policy = terms[pool_id]
        candidates = tuple(
            Candidate(
                agent_id=id,
                userid=userid,
                name=name,
                weight=weight,
                load=found.used(agent_subject(id), "day"),
                duty=duties[id],
                available=bool(available),
                ready_ways=ready.get(id, 0),
                limits=found.limits(place, windows),
                position=position,
                role=role,
                turns=found.used(f"{agent_subject(id)}@pool:{pool_id}", "day"),
                skills=tuple(json.load(skills)),
                department=department,
                ramp_left=ramps[pool_id].get(id),
            )
            for place, (id, userid, name, weight, available, skills, department, position, role) in zip(
                places, members[pool_id], strict=True
            )
        )
        return AskedPool(pool_id, policy, backup_percent, round, candidates, read_spill_policy(json.load(spill_policy)))

    archived = {key: AskedPool(key[0], "idle_first", 100, 0, ()) for key in asked if key not in places}
    return archived | {key: pool(key[0], of_pool) for key, of_pool in places.items()}
