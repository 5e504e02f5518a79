"""Classes and catalogue in force (消息类别、商品目录): read once, compiled once, renewed after a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from router.db import json
from router.db.ledger import wake
from router.db.queries import catalogue, meanings, message_classes
from router.db.queries.meanings import SlotSeen
from router.db.queries.message_classes import EditedClass
from router.db.sql import Row
from tagtree.meaning.catalogue import WHEN
from tagtree.meaning.reading import DEFAULT_MARGIN, NOTHING, Meaning, Understood, compile_meaning

CHANGED = "meaning"  # what a commit says that changed a class or the catalogue
REVIEWS = "reviews"  # what a commit says after which more messages wait for a person's word


@dataclass(frozen=True, slots=True)
class MeaningOfMessages:
    """One consistent view of classes and catalogue; without any, every message says nothing."""

    compiled: Meaning | None = None
    classes: Mapping[str, EditedClass] = field(default_factory=dict)

    def read(self, text: str) -> Understood:
        """What a message is about."""
        return NOTHING if self.compiled is None else self.compiled.read(text)


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
    """Hands out classes and catalogue of the last commit, compiled anew only when they are others."""

    def __init__(self, margin: int = DEFAULT_MARGIN) -> None:
        self._rows: tuple[tuple[Row, ...], tuple[Row, ...]] | None = None
        self._current = MeaningOfMessages()
        self._outdated = True
        self._margin = margin

    def outdate(self) -> None:
        """A class or the catalogue changed: whoever asks next reads them anew."""
        self._outdated = True

    def current(self, connection: Connection, margin: int = DEFAULT_MARGIN) -> MeaningOfMessages:
        """As this connection sees them; ``margin`` in percent makes a class certain."""
        if self._outdated or margin != self._margin:
            self._outdated = False  # before reading: a change made meanwhile outdates what is being read
            try:
                self._renew(connection, margin)
            except BaseException:
                self._outdated = True
                raise
        return self._current

    def _renew(self, connection: Connection, margin: int) -> None:
        rows = message_classes.rows_of_classes(connection), catalogue.rows_in_force(connection)
        if rows == self._rows and margin == self._margin:
            return
        classes = {each.name: each for each in (EditedClass(*row) for row in rows[0])}
        compiled = compile_meaning(
            [each.as_class() for each in classes.values()], [catalogue.item_of(row) for row in rows[1]], margin
        )
        self._current, self._rows, self._margin = MeaningOfMessages(compiled, classes), rows, margin


def remember(connection: Connection, read: Sequence[ReadMessage], now: int) -> None:
    """Keep what messages were read as, those that say something; what is not certain waits for a person."""
    said = [each for each in read if each.understood.confidence != "none" or each.understood.slots or each.class_name]
    rows = [_row(each) for each in said]
    meanings.save(connection, rows)
    if any(row["review"] == "open" for row in rows):
        wake(connection, REVIEWS)
    catalogue.tally_unknown(
        connection,
        [(word, each.text.replace("\0", " ")) for each in said for word in each.understood.unknown_words],
        now,
    )


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
