"""标签树 (the tag tree) in the ledger."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from router.db import json
from router.db.sql import Row, Sql
from tagtree.tree import Tag, TagTree

_TAGS = Sql(
    "SELECT id, parent_id, name, weight, colour, exclusive, internal, aliases, expires_after_days FROM tag"
    " WHERE archived_at IS NULL ORDER BY id"
)
_NODES = Sql(
    "SELECT t.id, t.parent_id, t.name, t.weight, t.colour, t.exclusive, t.internal, t.aliases, t.expires_after_days,"
    " t.remote_id, t.created_at, t.archived_at, t.merged_into_id, coalesce(e.customers, 0) FROM tag AS t LEFT JOIN"
    " (SELECT tag_id, count(DISTINCT customer_id) AS customers FROM tag_edge WHERE removed_at IS NULL GROUP BY tag_id)"
    " AS e ON e.tag_id = t.id"
    " WHERE (:id = 0 OR t.id = :id) AND (:id <> 0 OR (t.archived_at IS NOT NULL) = :archived) ORDER BY t.id"
)
_INSERT = Sql(
    "INSERT INTO tag (parent_id, name, weight, colour, exclusive, internal, under_internal, aliases,"
    " expires_after_days, created_at) VALUES (:parent_id, :name, :weight, :colour, :exclusive, :internal, false,"
    " :aliases, :expires_after_days, :now) RETURNING id"
)
_UPDATE = Sql(
    "UPDATE tag SET parent_id = :parent_id, name = :name, weight = :weight, colour = :colour, exclusive = :exclusive,"
    " internal = :internal, aliases = :aliases, expires_after_days = :expires_after_days WHERE id = :id"
)
_ARCHIVE = Sql("UPDATE tag SET archived_at = :archived_at WHERE id {among:ids}")
_CODES = Sql(
    "SELECT DISTINCT c.id, c.name FROM live_code_tag AS t JOIN live_code AS c ON c.id = t.code_id"
    " WHERE t.tag_id {among:ids} AND c.archived_at IS NULL ORDER BY c.id"
)


@dataclass(frozen=True, slots=True)
class TagNode:
    """A tag with its twin on the platform (``remote_id``) and the number of customers who carry it.

    ``merged_into_id`` names the tag that took its place, when a merge archived it.
    """

    tag: Tag
    remote_id: str | None
    customers: int
    created_at: int
    archived_at: int | None
    merged_into_id: int | None = None


def load_tree(connection: Connection) -> TagTree:
    """The tree in force."""
    return TagTree.of(_tag(row) for row in _TAGS.rows(connection))


def list_tags(connection: Connection, *, archived: bool = False) -> tuple[TagNode, ...]:
    """All tags by id; the order of the tree is `TagTree`'s to tell."""
    return tuple(_node(row) for row in _NODES.rows(connection, id=0, archived=archived))


def get_tag(connection: Connection, tag_id: int) -> TagNode | None:
    """One tag, archived or not."""
    return next((_node(row) for row in _NODES.rows(connection, id=tag_id, archived=False)), None)


def insert_tag(connection: Connection, tag: Tag, now: int) -> int:
    """Write a tag whose ``id`` is not decided yet; returns it."""
    row = _INSERT.row(connection, now=now, **_columns(tag))
    assert row is not None
    return int(row[0])


def update_tag(connection: Connection, tag: Tag) -> None:
    """Write all that an admin may edit."""
    _UPDATE.run(connection, id=tag.id, **_columns(tag))


def set_tags_archived(connection: Connection, tag_ids: list[int], archived_at: int | None) -> None:
    """Take out of the tree, or back with None."""
    _ARCHIVE.run(connection, ids=tag_ids, archived_at=archived_at)


def codes_with_tags(connection: Connection, tag_ids: list[int]) -> tuple[str, ...]:
    """Names of the live codes that put one of these tags on."""
    return tuple(row[1] for row in _CODES.rows(connection, ids=tag_ids))


def _columns(tag: Tag) -> dict[str, Any]:
    return {
        "parent_id": tag.parent_id,
        "name": tag.name,
        "weight": tag.weight,
        "colour": tag.colour,
        "exclusive": tag.exclusive,
        "internal": tag.internal,
        "aliases": json.dump(tag.aliases),
        "expires_after_days": tag.expires_after_days,
    }


def _tag(row: Row) -> Tag:
    id, parent_id, name, weight, colour, exclusive, internal, aliases, expires_after_days = row[:9]
    names = tuple(json.load(aliases))
    return Tag(id, parent_id, name, weight, colour, bool(exclusive), bool(internal), names, expires_after_days)


def _node(row: Row) -> TagNode:
    remote_id, created_at, archived_at, merged_into_id, customers = row[9:]
    return TagNode(_tag(row), remote_id, customers, created_at, archived_at, merged_into_id)
