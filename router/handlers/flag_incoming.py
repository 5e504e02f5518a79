"""Flag what customers and employees wrote with a sensitive word in it; the message takes its way all the same."""

from collections.abc import Sequence

from sqlalchemy import Connection

from router.db.queries import arrivals, tasks
from router.db.queries.tasks import CustomerTask
from router.db.queries.word_hits import HitMessage, record_hits
from router.domain.events import CustomerWrote, Event
from router.handlers.received import Received, Situation
from tagtree.sensitive.finder import CompiledWords, Find

TASK = "sensitive_word"
LONGEST_TOLD = 200  # characters of the message that the task shows


def flag_incoming(connection: Connection, batch: Sequence[Received[Event]], situation: Situation) -> None:
    """Record the finds of sets that watch what comes in, and make the tasks that they ask for."""
    words = situation.words
    if not any(each.watches_incoming for each in words.sets):
        return
    found = [(each, finds) for each in batch if (finds := _finds(words, each.event))]
    record_hits(connection, [(_message(each), "flagged", finds) for each, finds in found], situation.now)
    wanted = [(each, finds) for each, finds in found if any(words.by_id[find.set_id].makes_task for find in finds)]
    _make_tasks(connection, wanted, situation.now)


def _finds(words: CompiledWords, event: Event) -> list[Find]:
    if not isinstance(event, CustomerWrote) or not event.text:
        return []
    return [each for each in words.find(event.text).finds if words.by_id[each.set_id].watches_incoming]


def _message(each: Received[Event]) -> HitMessage:
    assert isinstance(each.event, CustomerWrote)
    return HitMessage("customer", each.event.text, each.event.external_userid, each.inbox_id)


def _make_tasks(connection: Connection, wanted: Sequence[tuple[Received[Event], list[Find]]], now: int) -> None:
    if not wanted:
        return
    messages = [_message(each) for each, _ in wanted]
    customers = arrivals.ensure_customers(connection, [each.party for each in messages], now)
    asked = [
        CustomerTask(TASK, customers[message.party], _content(message, finds))
        for message, (_, finds) in zip(messages, wanted, strict=True)
    ]
    tasks.insert_of_customers(connection, asked, now)


def _content(message: HitMessage, finds: Sequence[Find]) -> dict[str, object]:
    return {
        "title": ", ".join(sorted({find.word for find in finds})),
        "text": message.text[:LONGEST_TOLD],
        "external_userid": message.party,
        "event_id": message.inbox_id,
    }
