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
    """Put each session that the bot has into the human queue; a person has the others, or is on the way."""
    customers = arrivals.ensure_customers(connection, [each.event.external_userid for each in batch], situation.now)
    orders = []
    verdicts = []
    for each in batch:
        event, customer_id = each.event, customers[each.event.external_userid]
        if conversations.turn_to_people(connection, event.open_kfid, customer_id, situation.now):
            hand_over = HandToHuman(event.open_kfid, event.external_userid, "", f"fail:{event.message_id}")
            orders.append(Order(hand_over, each.inbox_id))
            said = {"hand_over": f"our message was not delivered: {event.reason}"}
        else:
            said = {"hand_over": "", "reason": "the bot does not have this session any more"}
        verdicts.append(Verdict(each.inbox_id, "done", EVENT, decision=json.dump(said)))
    outbox.add_all(connection, orders, situation.now)
    return verdicts
