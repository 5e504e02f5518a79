"""What messages were read as, and what people made of it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from router.db import json
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql

Review = Literal["none", "open", "agreed", "corrected", "dismissed"]

_COLUMNS = (
    "SELECT m.inbox_id, m.customer_id, c.external_userid, c.name, m.open_kfid, m.at, m.text, m.class_name, m.read_as,"
    " m.margin, m.intent, m.slots, m.suggested, m.suggested_margin, m.review, m.reviewed_by, m.reviewed_at"
    " FROM message_meaning AS m JOIN customer AS c ON c.id = m.customer_id"
)
_SAVE = Sql(
    "INSERT INTO message_meaning (inbox_id, customer_id, open_kfid, at, text, class_name, read_as, margin, intent,"
    " slots, suggested, review, reviewed_by) VALUES (:inbox_id, :customer_id, :open_kfid, :at, :text, :class_name,"
    " :read_as, :margin, :intent, :slots, '', :review, '') ON CONFLICT (inbox_id) DO NOTHING"
)
_OPEN = Sql(f"{_COLUMNS} WHERE m.review = 'open' AND m.inbox_id < :before ORDER BY m.inbox_id DESC LIMIT :rows")
_COUNT_OPEN = Sql("SELECT count(*) FROM message_meaning WHERE review = 'open'")
_GET = Sql(f"{_COLUMNS} WHERE m.inbox_id = :inbox_id")
_OF_CUSTOMER = Sql(f"{_COLUMNS} WHERE m.customer_id = :customer_id ORDER BY m.inbox_id DESC LIMIT :rows")
_LEADS_TO_WAIT = 3_600_000  # ms: what was written so long before a wait may be what it is about
ABOUT_THE_WAIT = (
    f"(m.at >= v.waiting_since_at OR (m.at >= v.waiting_since_at - {_LEADS_TO_WAIT} AND NOT EXISTS (SELECT 1"
    " FROM inbox AS s WHERE s.subject = c.external_userid AND s.id > m.inbox_id AND s.event = 'session_changed')))"
)
"""Of a message ``m``, its customer ``c`` and their conversation ``v``, which waits: no settled session is meant."""
_LATEST_CLASS = Sql(
    "SELECT last.conversation_id, said.class_name FROM message_meaning AS said JOIN (SELECT v.id AS conversation_id,"
    " max(m.inbox_id) AS inbox_id FROM conversation AS v JOIN customer AS c ON c.id = v.customer_id"
    " JOIN message_meaning AS m ON m.customer_id = v.customer_id AND m.open_kfid = v.open_kfid"
    " WHERE v.id {among:conversations} AND v.status = 'waiting' AND m.class_name <> ''"
    f" AND {ABOUT_THE_WAIT} GROUP BY v.id) AS last ON last.inbox_id = said.inbox_id"
)
_REVIEWED = Sql(
    "UPDATE message_meaning SET review = :review, class_name = :class_name, reviewed_by = :by, reviewed_at = :now"
    " WHERE inbox_id = :inbox_id"
)
_CLASS_RENAMED = Sql(
    "UPDATE message_meaning SET class_name = CASE WHEN class_name = :was THEN :name ELSE class_name END,"
    " read_as = CASE WHEN read_as = :was THEN :name ELSE read_as END,"
    " suggested = CASE WHEN suggested = :was THEN :name ELSE suggested END"
    " WHERE class_name = :was OR read_as = :was OR suggested = :was"
)
_UNSUGGESTED = Sql(
    "SELECT inbox_id, text FROM message_meaning WHERE review = 'open' AND suggested_margin IS NULL"
    " ORDER BY inbox_id DESC LIMIT :rows"
)
_SUGGEST = Sql(
    "UPDATE message_meaning SET suggested = :suggested, suggested_margin = :margin WHERE inbox_id = :inbox_id"
)
_JUDGED = Sql(
    "SELECT read_as, suggested, class_name, count(*) FROM message_meaning WHERE reviewed_at >= :since"
    " AND review IN ('agreed', 'corrected') GROUP BY read_as, suggested, class_name"
)
_LAST_REVIEWED = Sql("SELECT max(reviewed_at) FROM message_meaning WHERE reviewed_at IS NOT NULL")
_LABELLED = Sql(
    "SELECT text, class_name FROM message_meaning WHERE reviewed_at IS NOT NULL AND review IN ('agreed', 'corrected')"
    " AND class_name <> '' ORDER BY reviewed_at DESC LIMIT :rows"
)


@dataclass(frozen=True, slots=True)
class SlotSeen:
    """A slot as stored; the span is of the message."""

    kind: str
    value: str
    words: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class StoredMeaning:
    """``class_name`` is in force; ``read_as`` is the lexicon's best; ``suggested`` the model's."""

    inbox_id: int
    customer_id: int
    external_userid: str
    customer_name: str
    open_kfid: str
    at: int
    text: str
    class_name: str
    read_as: str
    margin: int
    intent: str
    slots: tuple[SlotSeen, ...]
    suggested: str
    suggested_margin: int | None
    review: Review
    reviewed_by: str
    reviewed_at: int | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """What people decided since an instant. ``confusion`` counts (read as, decided); the empty name is none of them."""

    reviewed: int
    lexicon_right: int
    suggested: int
    model_right: int
    both_alike: int
    confusion: Mapping[tuple[str, str], int]

    @property
    def classes(self) -> tuple[str, ...]:
        """Every class that occurs, none last."""
        names = {name for pair in self.confusion for name in pair}
        return (*sorted(names - {""}), *(name for name in ("",) if name in names))


def save(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what messages were read as: the fields of `StoredMeaning` up to ``slots``, and ``review``."""
    _SAVE.run_many(connection, rows)


def open_reviews(connection: Connection, *, before: int = 0, limit: int = 30) -> Page[StoredMeaning]:
    """Messages whose class is not certain, latest first."""
    rows = _OPEN.rows(connection, before=before or 2**62, rows=limit + 1)
    return page_of([_stored(row) for row in rows], limit, lambda each: each.inbox_id)


def count_open(connection: Connection) -> int:
    """How many messages wait for a person's word."""
    row = _COUNT_OPEN.row(connection)
    return int(row[0]) if row else 0


def get_meaning(connection: Connection, inbox_id: int) -> StoredMeaning | None:
    """What one message was read as; None when there was nothing to read."""
    row = _GET.row(connection, inbox_id=inbox_id)
    return None if row is None else _stored(row)


def meanings_of(connection: Connection, customer_id: int, limit: int = 5) -> tuple[StoredMeaning, ...]:
    """The latest messages of a customer that said something, latest first."""
    return tuple(_stored(row) for row in _OF_CUSTOMER.rows(connection, customer_id=customer_id, rows=limit))


def latest_classes(connection: Connection, conversation_ids: Collection[int]) -> dict[int, str]:
    """Conversation that waits → the class of the latest message, of those that have one, of what it waits for."""
    return dict(_LATEST_CLASS.rows(connection, conversations=list(conversation_ids))) if conversation_ids else {}


def set_reviewed(connection: Connection, inbox_id: int, review: Review, class_name: str, *, by: str, now: int) -> None:
    """Write down what a person decided."""
    _REVIEWED.run(connection, inbox_id=inbox_id, review=review, class_name=class_name, by=by[:64], now=now)


def rename_class(connection: Connection, was: str, name: str) -> None:
    """Let every message that is kept go on under its class's new name; one pass over all of them.

    They are as many as came in the days that texts are kept: half a million take half a second. An index on the names
    would cost every message, and a rename is rare.
    """
    _CLASS_RENAMED.run(connection, was=was, name=name)


def unsuggested(connection: Connection, limit: int) -> list[tuple[int, str]]:
    """(event, text) of open messages that the model was not asked about, latest first."""
    return [(inbox_id, text) for inbox_id, text in _UNSUGGESTED.rows(connection, rows=limit)]


def suggest(connection: Connection, suggestions: Sequence[tuple[int, str, int]]) -> None:
    """Keep the model's (event, class, margin in percent)."""
    _SUGGEST.run_many(
        connection, [{"inbox_id": id, "suggested": name, "margin": margin} for id, name, margin in suggestions]
    )


def last_reviewed_at(connection: Connection) -> int | None:
    """When a person last decided about a message (ms)."""
    row = _LAST_REVIEWED.row(connection)
    return row[0] if row else None


def labelled(connection: Connection, limit: int) -> list[tuple[str, str]]:
    """(text, class) that people decided, latest first."""
    return [(text, name) for text, name in _LABELLED.rows(connection, rows=limit)]


def agreement(connection: Connection, since: int) -> Agreement:
    """How often lexicon and model were right in the eyes of people, since an instant (ms)."""
    confusion: Counter[tuple[str, str]] = Counter()
    reviewed = lexicon_right = suggested = model_right = both_alike = 0
    for read_as, model, decided, times in _JUDGED.rows(connection, since=since):
        confusion[read_as, decided] += times
        reviewed += times
        lexicon_right += times * (read_as == decided)
        suggested += times * bool(model)
        model_right += times * (bool(model) and model == decided)
        both_alike += times * (bool(model) and model == read_as)
    return Agreement(reviewed, lexicon_right, suggested, model_right, both_alike, confusion)


def _stored(row: Row) -> StoredMeaning:
    fields = list(row)
    fields[11] = tuple(SlotSeen(**each) for each in json.load(fields[11]) or [])
    return StoredMeaning(*fields)
