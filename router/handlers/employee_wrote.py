"""An employee wrote to the app: the same rules, answered in the app's chat; no customer is concerned."""

from collections.abc import Sequence

from sqlalchemy import Connection

from router.db import json
from router.db.queries import outbox
from router.db.queries.inbox import Verdict
from router.db.queries.outbox import Order
from router.domain.effects import SendAppText
from router.domain.events import EmployeeWrote
from router.domain.reply import fill, fill_slots
from router.handlers import known, rule_actions
from router.handlers.compilation import RuleSetInForce
from router.handlers.received import Received, Situation
from router.handlers.rule_actions import Decided
from tagtree.rules.decision import Decision
from tagtree.rules.facts import Facts, Sender

EVENT = "employee_wrote"
CHANNEL = "app"


def handle(connection: Connection, batch: Sequence[Received[EmployeeWrote]], situation: Situation) -> list[Verdict]:
    """Evaluate the published rule sets: replies, tasks and calls follow; tags and pools are no matter of employees."""
    decided = [(each, situation.catalog.decide(_facts(each.event, situation))) for each in batch]
    said = [(each, [decision for _, decision in decisions]) for each, decisions in decided]
    orders = [Order(effect, each.inbox_id) for each, decisions in said for effect in _replies(each, decisions)]
    orders += rule_actions.carry(connection, [_asked(*each) for each in decided], situation.now)
    outbox.add_all(connection, orders, situation.now)
    return [_verdict(*each) for each in decided]


def _facts(event: EmployeeWrote, situation: Situation) -> Facts:
    """What belongs to a customer is unknown: no rule that asks for it is met."""
    at = known.local_time(event.at, situation.zone)
    return Facts(event.text, CHANNEL, event.kind, sender=Sender.EMPLOYEE, at=at)


def _asked(each: Received[EmployeeWrote], decisions: list[tuple[RuleSetInForce, Decision]]) -> Decided:
    event = each.event
    return Decided(each.inbox_id, CHANNEL, event.text, event.at, decisions, userid=event.userid)


def _replies(each: Received[EmployeeWrote], decisions: list[Decision]) -> list[SendAppText]:
    texts = (reply.text for decision in decisions for reply in decision.replies)
    return [
        SendAppText(each.event.userid, fill(fill_slots(text, {}), customer="", agent=""), f"{each.inbox_id}:{position}")
        for position, text in enumerate(texts)
    ]


def _verdict(each: Received[EmployeeWrote], decisions: list[tuple[RuleSetInForce, Decision]]) -> Verdict:
    fired = [fired for _, decision in decisions for fired in decision.fired]
    if not fired:
        return Verdict(each.inbox_id, "done", EVENT)
    return Verdict(each.inbox_id, "done", EVENT, decision=json.dump({"fired": fired}), fired=known.fired_in(decisions))
