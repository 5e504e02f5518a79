"""A rule moves a customer to another pool: one of its agents is taken under the caps, as a scan would take one."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db import json
from router.db.queries import capacity, scan
from router.domain.assignment import rank
from router.handlers.received import Situation


@dataclass(frozen=True, slots=True)
class Taker:
    """The agent who takes the customer."""

    agent_id: int
    userid: str
    name: str


def take_agent(connection: Connection, pool_id: int, situation: Situation) -> Taker | None:
    """The idlest agent of the pool with a place left, one place taken; None when all are full: the queue takes over."""
    scan.lock_pools(connection, {pool_id})
    ranking = rank(scan.members(connection, pool_id, situation.now, situation.zone))
    for each in ranking.order:
        if capacity.try_take(connection, each.agent_id, each.limits, situation.now, situation.zone):
            return Taker(each.agent_id, each.userid, each.name)
    return None


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
        "at": now,
        "reason": json.dump({"reason": "a rule moved the customer to this pool"}),
    }
