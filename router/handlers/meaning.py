"""Classes and catalogue in force (消息类别、商品目录), and what messages were read as by them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from router.db import json
from router.db.ledger import wake
from router.db.queries import catalogue, meanings, message_classes
from router.db.queries.meanings import SlotSeen
from router.db.queries.message_classes import EditedClass
from router.handlers.compilation import RunBeside, run_now
from router.handlers.in_force import InForce, Rows
from tagtree.meaning.catalogue import WHEN
from tagtree.meaning.reading import DEFAULT_MARGIN, NOTHING, Meaning, Understood, compile_meaning

CHANGED = "meaning"  # what a commit says that changed a class or the catalogue
_CLASS, _ITEM = "class", "item"  # what a row is of
REVIEWS = "reviews"  # what a commit says after which more messages wait for a person's word


@dataclass(frozen=True, slots=True)
class MeaningOfMessages:
    """One consistent view of classes and catalogue; without any, every message says nothing."""

    compiled: Meaning | None = None
    classes: Mapping[str, EditedClass] = field(default_factory=dict)

    def read(self, text: str) -> Understood:
        """What a message is about."""
        return NOTHING if self.compiled is None else self.compiled.read(text)

    def with_margin(self, margin: int) -> "MeaningOfMessages":
        """The same with another lead, in percent, that makes a class certain."""
        if self.compiled is None or self.compiled.margin == margin:
            return self
        return replace(self, compiled=replace(self.compiled, margin=margin))


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """A message as it was read; ``class_name`` is in force: a rule's word stands before the lexicon's."""

    inbox_id: int
    customer_id: int
    open_kfid: str
    at: int
    text: str
    understood: Understood
    class_name: str


class MeaningInForce:
    """Hands out classes and catalogue of the last commit."""

    def __init__(self, run_beside: RunBeside = run_now) -> None:
        self._in_force = InForce(_rows, _compiled, MeaningOfMessages(), run_beside)

    def outdate(self) -> None:
        """A class or the catalogue changed: whoever asks next reads them anew."""
        self._in_force.outdate()

    def current(self, connection: Connection, margin: int = DEFAULT_MARGIN) -> MeaningOfMessages:
        """As this connection sees them; ``margin`` in percent makes a class certain."""
        return self._in_force.current(connection).with_margin(margin)

    def at_hand(self, connection: Connection, margin: int = DEFAULT_MARGIN) -> MeaningOfMessages:
        """`current`, or what was in force before a large change that is being compiled."""
        return self._in_force.at_hand(connection).with_margin(margin)


def _rows(connection: Connection) -> Rows:
    classes, items = message_classes.rows_of_classes(connection), catalogue.rows_in_force(connection)
    return (*((_CLASS, *row) for row in classes), *((_ITEM, *row) for row in items))


def _compiled(rows: Rows) -> MeaningOfMessages:
    classes = {each.name: each for each in (EditedClass(*row) for kind, *row in rows if kind == _CLASS)}
    items = [catalogue.item_of(tuple(row)) for kind, *row in rows if kind == _ITEM]
    return MeaningOfMessages(compile_meaning([each.as_class() for each in classes.values()], items), classes)


def remember(connection: Connection, read: Sequence[ReadMessage]) -> None:
    """Keep what messages were read as, those that say something; what is not certain waits for a person."""
    rows = [_row(each) for each in read if _says_something(each)]
    meanings.save(connection, rows)
    if any(row["review"] == "open" for row in rows):
        wake(connection, REVIEWS)


def unknown_in(read: ReadMessage) -> tuple[tuple[str, str], ...]:
    """(word, message) of each word of the message that the catalogue does not know, to be counted."""
    if not _says_something(read):
        return ()
    text = read.text.replace("\0", " ")
    return tuple((word, text) for word in read.understood.unknown_words)


def count_unknown(connection: Connection, found: Sequence[tuple[str, str]], now: int) -> None:
    """Count the unknown words of a batch of messages.

    To be called once per transaction, as late as can be: whoever decides beside it waits for these few rows.
    """
    catalogue.tally_unknown(connection, found, now)


def slot_texts(understood: Understood) -> dict[str, str]:
    """What replies may take from the message: the first of each kind, a time in the customer's own words."""
    texts = {"intent": understood.intent.name} if understood.intent else {}
    for slot in understood.slots:
        texts.setdefault(slot.kind, slot.words if slot.kind == WHEN else slot.value)
    return texts


def said_of(understood: Understood) -> dict[str, object]:
    """The reading as it stands in the decision of the event."""
    return {
        "class": understood.certain,
        "confidence": understood.confidence,
        "margin": understood.margin,
        "intent": understood.intent.name if understood.intent else "",
        "classes": understood.classes,
        "slots": understood.slots,
        "unknown_words": understood.unknown_words,
        "catalogue_is_empty": understood.catalogue_is_empty,
    }


def _says_something(read: ReadMessage) -> bool:
    return read.understood.confidence != "none" or bool(read.understood.slots or read.class_name)


def _row(each: ReadMessage) -> dict[str, object]:
    understood = each.understood
    is_open = understood.confidence == "low" and not each.class_name
    return {
        "inbox_id": each.inbox_id,
        "customer_id": each.customer_id,
        "open_kfid": each.open_kfid,
        "at": each.at,
        "text": each.text.replace("\0", "\ufffd"),  # which PostgreSQL cannot hold; as long, so that spans stay right
        "class_name": each.class_name,
        "read_as": understood.best,
        "margin": understood.margin,
        "intent": understood.intent.name if understood.intent else "",
        "slots": json.dump([SlotSeen(slot.kind, slot.value, slot.words, *slot.span) for slot in understood.slots]),
        "review": "open" if is_open else "none",
    }
