"""消息类别 (message classes): what admins edit, and what is in force."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.sql import Row, Sql
from tagtree.meaning.classes import MessageClass
from tagtree.meaning.keyword_lines import read_lines

_COLUMNS = (
    "SELECT c.id, c.name, c.keywords, c.lexicon, c.lexicon_percent, c.template, c.pool_id, coalesce(p.name, ''),"
    " c.target_minutes, c.priority, c.created_at, c.archived_at"
    " FROM message_class AS c LEFT JOIN pool AS p ON p.id = c.pool_id"
)
_LIST = Sql(f"{_COLUMNS} WHERE (c.archived_at IS NOT NULL) = :archived ORDER BY c.priority DESC, c.id")
_GET = Sql(f"{_COLUMNS} WHERE c.id = :id")
_NAMED = Sql("SELECT id FROM message_class WHERE name = :name")
_OF_POOL = Sql("SELECT name FROM message_class WHERE pool_id = :pool_id AND archived_at IS NULL ORDER BY id LIMIT 20")
_INSERT = Sql(
    "INSERT INTO message_class (name, keywords, lexicon, lexicon_percent, template, pool_id, target_minutes, priority,"
    " created_at) VALUES (:name, :keywords, :lexicon, :lexicon_percent, :template, :pool_id, :target_minutes,"
    " :priority, :now) ON CONFLICT DO NOTHING RETURNING id"
)
_UPDATE = Sql(
    "UPDATE message_class SET name = :name, keywords = :keywords, lexicon = :lexicon,"
    " lexicon_percent = :lexicon_percent, template = :template, pool_id = :pool_id, target_minutes = :target_minutes,"
    " priority = :priority WHERE id = :id"
)
_ARCHIVE = Sql("UPDATE message_class SET archived_at = :archived_at WHERE id = :id")


@dataclass(frozen=True, slots=True)
class EditedClass:
    """A class as it is stored; ``keywords`` are lines as in `tagtree.meaning.keyword_lines`."""

    id: int
    name: str
    keywords: str
    lexicon: str
    lexicon_percent: int
    template: str
    pool_id: int | None
    pool_name: str
    target_minutes: int | None
    priority: int
    created_at: int
    archived_at: int | None

    def as_class(self) -> MessageClass:
        """The class to read messages with."""
        keywords = tuple(each.keyword for each in read_lines(self.keywords))
        return MessageClass(self.name, keywords, self.lexicon, self.lexicon_percent, self.priority)


def list_classes(connection: Connection, *, archived: bool = False) -> tuple[EditedClass, ...]:
    """All classes, the most urgent first."""
    return tuple(EditedClass(*row) for row in rows_of_classes(connection, archived=archived))


def rows_of_classes(connection: Connection, *, archived: bool = False) -> tuple[Row, ...]:
    """`list_classes` as rows, to be compared with what was read before."""
    return tuple(_LIST.rows(connection, archived=archived))


def get_class(connection: Connection, class_id: int) -> EditedClass | None:
    """One class, archived or not."""
    row = _GET.row(connection, id=class_id)
    return None if row is None else EditedClass(*row)


def class_named(connection: Connection, name: str) -> int | None:
    """The id of the class with this name, archived or not."""
    row = _NAMED.row(connection, name=name)
    return None if row is None else int(row[0])


def classes_of_pool(connection: Connection, pool_id: int) -> tuple[str, ...]:
    """Names of the classes in use that the pool owns (at most 20)."""
    return tuple(row[0] for row in _OF_POOL.rows(connection, pool_id=pool_id))


def insert_class(connection: Connection, new: EditedClass, now: int) -> int | None:
    """The new class's id, or None when the name is taken."""
    row = _INSERT.row(connection, **_written(new), now=now)
    return None if row is None else int(row[0])


def update_class(connection: Connection, edited: EditedClass) -> None:
    """Write what an admin may edit."""
    _UPDATE.run(connection, id=edited.id, **_written(edited))


def set_class_archived(connection: Connection, class_id: int, archived_at: int | None) -> None:
    """Take out of sight, or back with None."""
    _ARCHIVE.run(connection, id=class_id, archived_at=archived_at)


def _written(edited: EditedClass) -> dict[str, object]:
    return {
        "name": edited.name,
        "keywords": edited.keywords,
        "lexicon": edited.lexicon,
        "lexicon_percent": edited.lexicon_percent,
        "template": edited.template,
        "pool_id": edited.pool_id,
        "target_minutes": edited.target_minutes,
        "priority": edited.priority,
    }
