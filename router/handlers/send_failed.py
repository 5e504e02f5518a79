"""The platform could not deliver an answer after all: a person takes over, so that the customer is not left alone."""

from collections.abc import Sequence

from sqlalchemy import Connection

from router.db import json
from router.db.queries import arrivals, conversations, outbox
from router.db.queries.inbox import Verdict
from router.db.queries.outbox import Order
from router.domain.effects import HandToHuman
from router.domain.events import SendFailed
from router.handlers.received import Received, Situation

EVENT = "send_failed"


def handle(connection: Connection, batch: Sequence[Received[SendFailed]], situation: Situation) -> list[Verdict]:
    """Put each session into the human queue, unless a person has it already."""
    customers = arrivals.ensure_customers(connection, [each.event.external_userid for each in batch], situation.now)
    sessions = conversations.sessions(connection, customers.values())
    orders = []
    verdicts = []
    for each in batch:
        event, customer_id = each.event, customers[each.event.external_userid]
        session = sessions.get((customer_id, event.open_kfid))
        if session is not None and session.status == "human":
            verdicts.append(Verdict(each.inbox_id, "done", EVENT, decision=json.dump({"session": "human"})))
            continue
        conversations.change(connection, event.open_kfid, customer_id, "waiting", None, situation.now)
        orders.append(
            Order(HandToHuman(event.open_kfid, event.external_userid, "", f"fail:{event.message_id}"), each.inbox_id)
        )
        said = json.dump({"hand_over": f"our message was not delivered: {event.reason}"})
        verdicts.append(Verdict(each.inbox_id, "done", EVENT, decision=said))
    outbox.add_all(connection, orders, situation.now)
    return verdicts
