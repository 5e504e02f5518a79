"""What rules ask for besides tags, replies and people: tasks, escalation ladders, webhooks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db import json
from router.db.queries import tasks
from router.db.queries.outbox import Order
from router.db.queries.tasks import CustomerTask
from router.domain.effects import CallWebhook
from router.handlers.compilation import RuleSetInForce
from tagtree.rules.decision import Decision, Fired

LADDER_DUE = 2 * 60_000  # ms after the message by which a person should have looked (requirements §5)
MOST_TEXT = 500  # characters of the message that a task or a call tells


@dataclass(frozen=True, slots=True)
class Decided:
    """A message with what the rules said; ``customer_id`` None and ``userid`` given when an employee wrote it."""

    inbox_id: int
    channel: str
    text: str
    at: int
    decisions: Sequence[tuple[RuleSetInForce, Decision]]
    customer_id: int | None = None
    external_userid: str = ""
    userid: str = ""


def carry(connection: Connection, batch: Sequence[Decided], now: int) -> list[Order]:
    """Open the tasks of a batch, and return the calls of webhooks to be written into the outbox.

    A ladder opens a task with its name and a time by which a person should look; steps that climb by themselves are
    not there yet. One that is open for the customer already is not opened twice.
    """
    asked = [task for each in batch for task in _tasks(each)]
    ladders = [each for each in asked if each.kind == tasks.LADDER]
    if ladders:
        open_already = tasks.open_ladders(connection, {each.customer_id for each in ladders if each.customer_id})
        asked = list(_once(asked, open_already))
    tasks.insert_of_customers(connection, asked, now)
    return [Order(call, each.inbox_id) for each in batch for call in _calls(each)]


def _tasks(each: Decided) -> Iterator[CustomerTask]:
    for rule_set, decision in each.decisions:
        for task in decision.tasks:
            content = {**_told(each, rule_set, decision, task.rule_id), "title": task.title, "sort": task.kind}
            yield CustomerTask(tasks.BY_RULE, each.customer_id, content)
        for ladder in decision.ladders:
            told = _told(each, rule_set, decision, ladder.rule_id)
            content = {**told, "ladder": ladder.ladder, "due_at": each.at + LADDER_DUE}
            yield CustomerTask(tasks.LADDER, each.customer_id, content)


def _once(asked: Iterable[CustomerTask], open_already: set[tuple[int, str]]) -> Iterator[CustomerTask]:
    for each in asked:
        if each.kind == tasks.LADDER and each.customer_id is not None:
            key = (each.customer_id, str(each.content["ladder"]))
            if key in open_already:
                continue
            open_already.add(key)
        yield each


def _calls(each: Decided) -> Iterator[CallWebhook]:
    for rule_set, decision in each.decisions:
        for webhook in decision.webhooks:
            told = _told(each, rule_set, decision, webhook.rule_id)
            tags = [{"tag_id": tag.tag_id, "add": tag.add} for tag in decision.tags]
            body = {"webhook": webhook.name, "channel": each.channel, "at": each.at, **told, "tags": tags}
            yield CallWebhook(webhook.name, json.dump(body), f"{each.inbox_id}:{rule_set.id}")


def _told(each: Decided, rule_set: RuleSetInForce, decision: Decision, rule_id: str) -> dict[str, object]:
    fired = next((fired for fired in decision.fired if fired.rule_id == rule_id), Fired(rule_id, rule_id))
    return {
        "rule_set": rule_set.name,
        "version": rule_set.number,
        "rule_id": rule_id,
        "rule_name": fired.name,
        "texts": fired.texts,
        "text": each.text[:MOST_TEXT],
        "event_id": each.inbox_id,
        "external_userid": each.external_userid,
        "userid": each.userid,
    }
