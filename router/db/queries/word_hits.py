"""敏感词记录: which sensitive word was found in which message, and what was done about it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from sqlalchemy import Connection

from router.db.queries.page import Page, page_of
from router.db.sql import Sql
from tagtree.sensitive.finder import Find

Message: TypeAlias = Literal["customer", "reply", "welcome", "app"]
Done: TypeAlias = Literal["flagged", "replaced", "blocked"]

MESSAGES: tuple[Message, ...] = get_args(Message)
DEEDS: tuple[Done, ...] = get_args(Done)
LONGEST_TEXT = 4_000  # characters of a message that are kept around a word
LONGEST_WRITTEN = 128
MOST_HITS = 20  # of one message: a text full of them is told by its first

_INSERT = Sql(
    "INSERT INTO word_hit (at, message, done, set_id, word, written, how, span_start, span_end, text, party, inbox_id,"
    " outbox_id) VALUES (:at, :message, :done, :set_id, :word, :written, :how, :start, :end, :text, :party, :inbox_id,"
    " :outbox_id)"
)
_PAGE = Sql(
    "SELECT h.id, h.at, h.message, h.done, h.set_id, s.name, h.word, h.written, h.how, h.span_start, h.span_end,"
    " h.text, h.party, h.inbox_id, h.outbox_id FROM word_hit AS h JOIN word_set AS s ON s.id = h.set_id"
    " WHERE h.id < :before AND (:set_id = 0 OR h.set_id = :set_id) AND (:done = '' OR h.done = :done)"
    " AND (:message = '' OR h.message = :message) AND (:party = '' OR h.party = :party)"
    " AND (:inbox_id = 0 OR h.inbox_id = :inbox_id) ORDER BY h.id DESC LIMIT :rows"
)
_OF_EVENTS = Sql("SELECT DISTINCT inbox_id FROM word_hit WHERE inbox_id {among:ids} AND message = 'customer'")


@dataclass(frozen=True, slots=True)
class HitMessage:
    """The message words were found in: its kind, whom it is from or for, the rows it came from or went out by."""

    message: Message
    text: str
    party: str
    inbox_id: int | None = None
    outbox_id: int | None = None


@dataclass(frozen=True, slots=True)
class WordHit:
    """``text[start:end]`` is ``written``, as far as the text is kept; ``party`` is an external_userid or a userid."""

    id: int
    at: int
    message: Message
    done: Done
    set_id: int
    set_name: str
    word: str
    written: str
    how: str
    start: int
    end: int
    text: str
    party: str
    inbox_id: int | None
    outbox_id: int | None


def record_hits(connection: Connection, found: Sequence[tuple[HitMessage, Done, Sequence[Find]]], now: int) -> None:
    """Remember what was found; nothing is written when nothing was."""
    rows = [_row(message, done, each, now) for message, done, finds in found for each in finds[:MOST_HITS]]
    _INSERT.run_many(connection, rows)


def list_hits(
    connection: Connection,
    *,
    set_id: int = 0,
    done: str = "",
    message: str = "",
    party: str = "",
    inbox_id: int = 0,
    before: int = 0,
    limit: int = 50,
) -> Page[WordHit]:
    """Latest first; ``before`` continues a page."""
    rows = _PAGE.rows(
        connection,
        set_id=set_id,
        done=done,
        message=message,
        party=party,
        inbox_id=inbox_id,
        before=before or 2**62,
        rows=limit + 1,
    )
    return page_of([WordHit(*row) for row in rows], limit, lambda hit: hit.id)


def flagged_events(connection: Connection, event_ids: Collection[int]) -> frozenset[int]:
    """Those of these events whose text a customer wrote with a sensitive word in it."""
    return frozenset(row[0] for row in _OF_EVENTS.rows(connection, ids=list(event_ids)))


def _row(message: HitMessage, done: Done, find: Find, now: int) -> dict[str, object]:
    text = message.text.replace("\0", "\ufffd")  # which PostgreSQL cannot hold; as long, so that places stay right
    return {
        "at": now,
        "message": message.message,
        "done": done,
        "set_id": find.set_id,
        "word": find.word,
        "written": text[find.start : find.end][:LONGEST_WRITTEN],
        "how": find.how,
        "start": find.start,
        "end": find.end,
        "text": text[:LONGEST_TEXT],
        "party": message.party[:64],
        "inbox_id": message.inbox_id,
        "outbox_id": message.outbox_id,
    }
