"""An employee wrote to the app: the same rules, answered in the app's chat; no customer is concerned."""

from collections.abc import Sequence

from sqlalchemy import Connection

from router.db import json
from router.db.queries import outbox
from router.db.queries.inbox import Verdict
from router.db.queries.outbox import Order
from router.domain.effects import SendAppText
from router.domain.events import EmployeeWrote
from router.domain.reply import fill
from router.handlers.received import Received, Situation
from tagtree.decision import Decision
from tagtree.facts import Facts

EVENT = "employee_wrote"
CHANNEL = "app"


def handle(connection: Connection, batch: Sequence[Received[EmployeeWrote]], situation: Situation) -> list[Verdict]:
    """Evaluate the published rule sets; replies go out, everything else is told as not applying to an employee."""
    decided = [
        (each, [decision for _, decision in situation.catalog.decide(Facts(each.event.text, CHANNEL, each.event.kind))])
        for each in batch
    ]
    outbox.add_all(
        connection,
        [Order(effect, each.inbox_id) for each, decisions in decided for effect in _replies(each, decisions)],
        situation.now,
    )
    return [_verdict(each, decisions) for each, decisions in decided]


def _replies(each: Received[EmployeeWrote], decisions: list[Decision]) -> list[SendAppText]:
    texts = (reply.text for decision in decisions for reply in decision.replies)
    return [
        SendAppText(each.event.userid, fill(text, customer="", agent=""), f"{each.inbox_id}:{position}")
        for position, text in enumerate(texts)
    ]


def _verdict(each: Received[EmployeeWrote], decisions: list[Decision]) -> Verdict:
    fired = [fired for decision in decisions for fired in decision.fired]
    if not fired:
        return Verdict(each.inbox_id, "done", EVENT)
    return Verdict(each.inbox_id, "done", EVENT, decision=json.dump({"fired": fired}))
