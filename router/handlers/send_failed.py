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
    """Put each session into the human queue."""
    customers = arrivals.ensure_customers(connection, [each.event.external_userid for each in batch], situation.now)
    orders = []
    verdicts = []
    for each in batch:
        event = each.event
        conversations.change(
            connection, event.open_kfid, customers[event.external_userid], "waiting", None, situation.now
        )
        orders.append(
            Order(HandToHuman(event.open_kfid, event.external_userid, "", f"fail:{event.message_id}"), each.inbox_id)
        )
        said = json.dump({"hand_over": f"our message was not delivered: {event.reason}"})
        verdicts.append(Verdict(each.inbox_id, "done", EVENT, decision=said))
    outbox.add_all(connection, orders, situation.now)
    return verdicts
