"""商品目录 (catalogue) and the words that it does not know yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db import json
from router.db.queries.page import Page, like, page_of
from router.db.sql import Row, Sql
from tagtree.meaning.catalogue import CatalogueItem

_COLUMNS = "SELECT id, kind, name, synonyms, created_at, archived_at FROM catalogue_item"
_PAGE = Sql(
    f"{_COLUMNS} WHERE id > :after AND (archived_at IS NOT NULL) = :archived AND (:kind = '' OR kind = :kind)"
    " AND (:search = '' OR lower(name) LIKE :like ESCAPE '!' OR lower(synonyms) LIKE :like ESCAPE '!')"
    " ORDER BY id LIMIT :rows"
)
_GET = Sql(f"{_COLUMNS} WHERE id = :id")
_IN_FORCE = Sql("SELECT kind, name, synonyms FROM catalogue_item WHERE archived_at IS NULL ORDER BY id")
_KINDS = Sql("SELECT kind, count(*) FROM catalogue_item WHERE archived_at IS NULL GROUP BY kind ORDER BY kind")
_NAMED = Sql(f"{_COLUMNS} WHERE kind = :kind AND name = :name")
_IN_USE_NAMED = Sql(
    f"{_COLUMNS} WHERE name = :name AND archived_at IS NULL ORDER BY CASE kind WHEN 'product' THEN 0 ELSE 1 END, id"
)
_WRITE = Sql(
    "INSERT INTO catalogue_item (kind, name, synonyms, created_at) VALUES (:kind, :name, :synonyms, :now)"
    " ON CONFLICT (kind, name) DO UPDATE SET synonyms = excluded.synonyms, archived_at = NULL"
)
_UPDATE = Sql("UPDATE catalogue_item SET kind = :kind, name = :name, synonyms = :synonyms WHERE id = :id")
_ARCHIVE = Sql("UPDATE catalogue_item SET archived_at = :archived_at WHERE id = :id")
_TALLY = Sql(
    "INSERT INTO unknown_word (word, times, example, first_at, last_at) VALUES (:word, 1, :example, :now, :now)"
    " ON CONFLICT (word) DO UPDATE SET times = unknown_word.times + 1, example = excluded.example,"
    " last_at = excluded.last_at"
)
_UNKNOWN = Sql(
    "SELECT word, times, example, first_at, last_at FROM unknown_word WHERE dismissed_at IS NULL"
    " ORDER BY times DESC, last_at DESC, word DESC LIMIT :rows OFFSET :passed"
)
_GET_UNKNOWN = Sql(
    "SELECT word, times, example, first_at, last_at FROM unknown_word WHERE word = :word AND dismissed_at IS NULL"
)
_DISMISS = Sql("UPDATE unknown_word SET dismissed_at = :now WHERE word {among:words} AND dismissed_at IS NULL")


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as it is stored."""

    id: int
    item: CatalogueItem
    created_at: int
    archived_at: int | None


@dataclass(frozen=True, slots=True)
class UnknownWord:
    """``example`` is the latest message it stood in."""

    word: str
    times: int
    example: str
    first_at: int
    last_at: int


def list_entries(
    connection: Connection,
    *,
    search: str = "",
    kind: str = "",
    archived: bool = False,
    after: int = 0,
    limit: int = 100,
) -> Page[Entry]:
    """Items by id; ``after`` continues a page."""
    rows = _PAGE.rows(
        connection, search=search, like=like(search), kind=kind, archived=archived, after=after, rows=limit + 1
    )
    return page_of([_entry(row) for row in rows], limit, lambda entry: entry.id)


def get_entry(connection: Connection, entry_id: int) -> Entry | None:
    """One item, archived or not."""
    row = _GET.row(connection, id=entry_id)
    return None if row is None else _entry(row)


def entry_named(connection: Connection, kind: str, name: str) -> Entry | None:
    """The item of this kind and name, archived or not."""
    row = _NAMED.row(connection, kind=kind, name=name)
    return None if row is None else _entry(row)


def entry_in_use_named(connection: Connection, name: str) -> Entry | None:
    """The item in use with this name, of several kinds the product."""
    row = _IN_USE_NAMED.row(connection, name=name)
    return None if row is None else _entry(row)


def rows_in_force(connection: Connection) -> tuple[Row, ...]:
    """Kind, name and synonyms of all items in use, to be compared with what was read before."""
    return tuple(_IN_FORCE.rows(connection))


def item_of(row: Row) -> CatalogueItem:
    """The item in a row of `rows_in_force`."""
    kind, name, synonyms = row
    return CatalogueItem(kind, name, tuple(json.load(synonyms)))


def kinds(connection: Connection) -> dict[str, int]:
    """How many items in use there are of each kind."""
    return dict(_KINDS.rows(connection))


def write_items(connection: Connection, items: Sequence[CatalogueItem], now: int) -> None:
    """Add items; one of the same kind and name gets these synonyms and is in use again."""
    _WRITE.run_many(connection, [{**_written(item), "now": now} for item in items])


def update_item(connection: Connection, entry_id: int, item: CatalogueItem) -> None:
    """Write an item anew."""
    _UPDATE.run(connection, id=entry_id, **_written(item))


def set_item_archived(connection: Connection, entry_id: int, archived_at: int | None) -> None:
    """Take out of use, or back with None."""
    _ARCHIVE.run(connection, id=entry_id, archived_at=archived_at)


def tally_unknown(connection: Connection, found: Sequence[tuple[str, str]], now: int) -> None:
    """Count (word, the message it stood in), in an order that two writers share."""
    _TALLY.run_many(connection, [{"word": word, "example": text, "now": now} for word, text in sorted(found)])


def unknown_words(connection: Connection, *, passed: int = 0, limit: int = 50) -> Page[UnknownWord]:
    """The most frequent first, after ``passed`` of them."""
    rows = _UNKNOWN.rows(connection, passed=passed, rows=limit + 1)
    words = tuple(UnknownWord(*row) for row in rows[:limit])
    return Page(words, passed + limit if len(rows) > limit else None)


def get_unknown(connection: Connection, word: str) -> UnknownWord | None:
    """One word that waits for a decision."""
    row = _GET_UNKNOWN.row(connection, word=word)
    return None if row is None else UnknownWord(*row)


def dismiss_unknown(connection: Connection, words: Sequence[str], now: int) -> None:
    """Report these words no more; they are counted on."""
    _DISMISS.run(connection, words=list(words), now=now)


def _written(item: CatalogueItem) -> dict[str, object]:
    return {"kind": item.kind, "name": item.name, "synonyms": json.dump(item.synonyms)}


def _entry(row: Row) -> Entry:
    id, kind, name, synonyms, created_at, archived_at = row
    return Entry(id, CatalogueItem(kind, name, tuple(json.load(synonyms))), created_at, archived_at)
