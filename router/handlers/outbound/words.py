"""The one way out for text of ours: whatever is said to a customer or an employee is screened for sensitive words here,
as it will be read, right before the platform is called."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries.outbox import Claimed
from router.db.queries.word_hits import Done, HitMessage, Message, record_hits
from router.handlers.outbound.platform import Platform, Record
from tagtree.sensitive.finder import CompiledWords, Find
from tagtree.sensitive.screening import Blocked, Passed, Replaced, screen


@dataclass(frozen=True, slots=True)
class Cleared:
    """``text`` may leave; ``record`` notes what was found in it, once it has left."""

    text: str
    record: Record


@dataclass(frozen=True, slots=True)
class Stopped:
    """The text does not leave; ``reason`` says for whom it may concern, ``record`` notes it."""

    reason: str
    record: Record


async def clear(platform: Platform, text: str, message: Message, party: str, claimed: Claimed) -> Cleared | Stopped:
    """Screen a text that is about to leave."""
    words = platform.words.latest
    if words is None:
        words = await platform.ledger.read(platform.words.current)
    about = HitMessage(message, text, party, claimed.inbox_id, claimed.id)
    match screen(words, text):
        case Passed(kept, finds):
            return Cleared(kept, _noted(about, "flagged", finds))
        case Replaced(kept, finds):
            return Cleared(kept, _noted(about, "replaced", finds))
        case Blocked(finds):
            return Stopped(_why(words, finds), _noted(about, "blocked", finds))


def followed_by(*records: Record | None) -> Record:
    """Several records as one, in this order."""

    def record(connection: Connection, now: int) -> None:
        for each in records:
            if each is not None:
                each(connection, now)

    return record


def _noted(about: HitMessage, done: Done, finds: tuple[Find, ...]) -> Record:
    def record(connection: Connection, now: int) -> None:
        record_hits(connection, [(about, done, finds)], now)

    return record


def _why(words: CompiledWords, finds: tuple[Find, ...]) -> str:
    at_fault = [each for each in finds if words.by_id[each.set_id].policy != "flag"]
    if not at_fault:
        return "not sent: it holds more sensitive words than can be looked at"
    said = ", ".join(dict.fromkeys(f"{each.word} ({words.by_id[each.set_id].name})" for each in at_fault[:5]))
    return f"not sent: it holds a sensitive word: {said}"
