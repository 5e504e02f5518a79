"""A rule moves a customer to another pool: one of its agents is taken under the caps, as a scan would take one."""

import secrets
from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import Connection

from router.db import json
from router.db.queries import capacity, scan
from router.db.queries.candidates import AskedPool, asked_pool
from router.db.sql import Sql
from router.domain.assignment import Ask, Ranking, rank
from router.domain.capacity import SESSION, Place
from router.handlers.received import Situation
from router.handlers.why import Asked, describe

NOT_TAKEN = "the agent could not take the session: it waits in the human queue"

_UNDO = Sql(
    "UPDATE assignment SET own_place = false, reason = :reason"
    " WHERE customer_id = :customer_id AND inbox_id = :inbox_id AND how = 'moved' AND own_place"
    " RETURNING agent_id, coalesce(pool_id, 0), round, at"
)


@dataclass(frozen=True, slots=True)
class Taker:
    """The agent who takes the customer, and by which decision."""

    agent_id: int
    userid: str
    name: str
    round: int
    decision: str


def take_agent(connection: Connection, pool_id: int, situation: Situation) -> Taker | None:
    """The idlest agent of the pool with a place left, one place taken; None when all are full: the queue takes over."""
    scan.lock_pools(connection, {pool_id})
    pool, ranking = _rank(connection, pool_id, situation)
    if ranking.round_is_over:
        capacity.next_round(connection, pool_id, pool.round)
        pool, ranking = _rank(connection, pool_id, situation)
    for each in ranking.order:
        place = Place(each.agent_id, pool_id, round=pool.round)
        if capacity.try_take(connection, place, each.limits, situation.now, situation.zone):
            decision = describe([Asked(pool_id, pool.round, ranking)], each)
            return Taker(each.agent_id, each.userid, each.name, pool.round, decision)
    return None


def _rank(connection: Connection, pool_id: int, situation: Situation) -> tuple[AskedPool, Ranking]:
    pool = asked_pool(connection, pool_id, 0, situation.now, situation.zone, SESSION)
    ask = Ask(pool.policy, backup_percent=pool.backup_percent, seed=secrets.randbits(53))
    return pool, rank(pool.candidates, ask)


def give_back(connection: Connection, customer_id: int, inbox_id: int | None, zone: tzinfo) -> None:
    """The agent could not take the session after all: the place goes back, the record of the attempt stays."""
    row = _UNDO.row(connection, customer_id=customer_id, inbox_id=inbox_id, reason=json.dump({"reason": NOT_TAKEN}))
    if row is None:
        return
    agent_id, pool_id, round, at = row
    capacity.give_back(connection, Place(agent_id, pool_id, round=round), SESSION, at, zone)


def assignment(taker: Taker, customer_id: int, pool_id: int | None, inbox_id: int, now: int) -> dict[str, object]:
    """The row that says so; no reservation holds its place, so it counts by itself."""
    return {
        "customer_id": customer_id,
        "agent_id": taker.agent_id,
        "code_id": None,
        "pool_id": pool_id,
        "reservation_id": None,
        "inbox_id": inbox_id,
        "how": "moved",
        "own_place": True,
        "round": taker.round,
        "at": now,
        "decision": taker.decision,
        "reason": json.dump({"reason": "a rule moved the customer to this pool"}),
    }
