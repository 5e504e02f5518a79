"""词库 (word sets): what admins edit, and what is in force."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql
from tagtree.sensitive.word_list import read_list
from tagtree.sensitive.words import Policy, SensitiveWord, WordSet

_COLUMNS = (
    "SELECT id, name, policy, replacement, watches_incoming, makes_task, words, created_at, archived_at FROM word_set"
)
_PAGE = Sql(f"{_COLUMNS} WHERE id > :after AND (archived_at IS NOT NULL) = :archived ORDER BY id LIMIT :rows")
_GET = Sql(f"{_COLUMNS} WHERE id = :id")
_IN_FORCE = Sql(f"{_COLUMNS} WHERE archived_at IS NULL ORDER BY id")
_NAMED = Sql("SELECT id FROM word_set WHERE name = :name")
_INSERT = Sql(
    "INSERT INTO word_set (name, policy, replacement, watches_incoming, makes_task, words, created_at)"
    " VALUES (:name, :policy, :replacement, :watches_incoming, :makes_task, :words, :now)"
    " ON CONFLICT DO NOTHING RETURNING id"
)
_UPDATE = Sql(
    "UPDATE word_set SET name = :name, policy = :policy, replacement = :replacement,"
    " watches_incoming = :watches_incoming, makes_task = :makes_task, words = :words WHERE id = :id"
)
_ARCHIVE = Sql("UPDATE word_set SET archived_at = :archived_at WHERE id = :id")


@dataclass(frozen=True, slots=True)
class EditedWordSet:
    """A set as it is stored; ``lines`` are as in `tagtree.sensitive.word_list`."""

    id: int
    name: str
    policy: Policy
    replacement: str
    watches_incoming: bool
    makes_task: bool
    lines: str
    created_at: int
    archived_at: int | None

    @property
    def how_many(self) -> int:
        """Words of a stored set, whose every line is one, without reading them."""
        return self.lines.count("\n")

    @property
    def words(self) -> tuple[SensitiveWord, ...]:
        """The words of the lines."""
        return read_list(self.lines).words

    def as_set(self) -> WordSet:
        """The set to search with."""
        return WordSet(
            self.id,
            self.name,
            self.words,
            self.policy,
            self.replacement,
            self.watches_incoming,
            self.makes_task,
        )


def list_word_sets(
    connection: Connection, *, archived: bool = False, after: int = 0, limit: int = 50
) -> Page[EditedWordSet]:
    """Sets by id; ``after`` continues a page."""
    rows = _PAGE.rows(connection, after=after, archived=archived, rows=limit + 1)
    return page_of([_word_set(row) for row in rows], limit, lambda each: each.id)


def get_word_set(connection: Connection, set_id: int) -> EditedWordSet | None:
    """One set, archived or not."""
    row = _GET.row(connection, id=set_id)
    return None if row is None else _word_set(row)


def sets_in_force(connection: Connection) -> tuple[Row, ...]:
    """The rows of every set that is not archived, for `edited`; they are equal as long as no set changed."""
    return tuple(_IN_FORCE.rows(connection))


def edited(row: Row) -> EditedWordSet:
    """The set in a row of `sets_in_force`."""
    return _word_set(row)


def word_set_named(connection: Connection, name: str) -> int | None:
    """The id of the set with this name, archived or not."""
    row = _NAMED.row(connection, name=name)
    return None if row is None else int(row[0])


def insert_word_set(connection: Connection, new: EditedWordSet, now: int) -> int | None:
    """The new set's id, or None when the name is taken."""
    row = _INSERT.row(connection, **_values(new), now=now)
    return None if row is None else int(row[0])


def update_word_set(connection: Connection, changed: EditedWordSet) -> None:
    """Write every field that can be edited."""
    _UPDATE.run(connection, **_values(changed), id=changed.id)


def set_word_set_archived(connection: Connection, set_id: int, archived_at: int | None) -> None:
    """Take out of force and sight, or back with None."""
    _ARCHIVE.run(connection, id=set_id, archived_at=archived_at)


def _values(word_set: EditedWordSet) -> dict[str, object]:
    return {
        "name": word_set.name,
        "policy": word_set.policy,
        "replacement": word_set.replacement,
        "watches_incoming": word_set.watches_incoming,
        "makes_task": word_set.makes_task,
        "words": word_set.lines,
    }


def _word_set(row: Row) -> EditedWordSet:
    id, name, policy, replacement, watches, makes_task, lines, created_at, archived_at = row
    return EditedWordSet(id, name, policy, replacement, bool(watches), bool(makes_task), lines, created_at, archived_at)
