"""The relation between a customer and an agent ended; what the customer is called and tagged stays ours."""

from collections.abc import Sequence

from sqlalchemy import Connection

from router.db import json
from router.db.queries import arrivals, capacity, tally
from router.db.queries.inbox import Verdict
from router.domain.events import CustomerLost
from router.handlers.received import Received, Situation

EVENT = "customer_lost"


def handle(connection: Connection, batch: Sequence[Received[CustomerLost]], situation: Situation) -> list[Verdict]:
    """End relations that stand; a loss without a relation is remembered, as the add may still be on its way."""
    agents = arrivals.agents(connection, [each.event.userid for each in batch])
    customers = arrivals.ensure_customers(connection, [each.event.external_userid for each in batch], situation.now)
    return [_end(connection, each, agents, customers, situation) for each in batch]


def _end(
    connection: Connection,
    each: Received[CustomerLost],
    agents: dict[str, arrivals.KnownAgent],
    customers: dict[str, int],
    situation: Situation,
) -> Verdict:
    agent = agents.get(each.event.userid)
    if agent is None:
        return Verdict(each.inbox_id, "ignored", EVENT, f"no agent {each.event.userid!r} in liveqr")
    status = "lost" if each.event.by_customer else "removed"
    customer_id = customers[each.event.external_userid]
    if not arrivals.end_follow(connection, agent.id, customer_id, status, each.event.at):
        arrivals.found_ended(connection, agent.id, customer_id, status, each.event.at)
        return Verdict(each.inbox_id, "ignored", EVENT, "no relation stood between this customer and this agent")
    capacity.no_longer_held(connection, agent.id)
    loss = tally.Loss(customer_id, agent.id, each.event.by_customer)
    tally.count_all(connection, situation.now, situation.zone, tally.of_losses(connection, [loss], situation.now))
    return Verdict(each.inbox_id, "done", EVENT, decision=json.dump({"follow": status, "agent_id": agent.id}))
