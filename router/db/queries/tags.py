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
    " w.remote_id, t.created_at, t.archived_at, t.merged_into_id, coalesce(e.customers, 0) FROM tag AS t"
    " LEFT JOIN tag_twin AS w ON w.tag_id = t.id AND w.target = 'wecom' LEFT JOIN"
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
_ARCHIVE = Sql("UPDATE tag SET archived_at = :archived_at, merged_into_id = NULL WHERE id {among:ids}")
_MERGED = Sql("UPDATE tag SET archived_at = :now, merged_into_id = :into_id WHERE id = :id")
_UNDER_INTERNAL = Sql("UPDATE tag SET under_internal = :under WHERE id {among:ids} AND under_internal <> :under")
_ARCHIVED_WITH = Sql(
    "SELECT id, parent_id, name, weight, colour, exclusive, internal, aliases, expires_after_days FROM tag"
    " WHERE archived_at = :at AND merged_into_id IS NULL ORDER BY id"
)
_HEIRS = Sql("SELECT id, merged_into_id FROM tag WHERE merged_into_id IS NOT NULL")
_CODES = Sql(
    "SELECT DISTINCT c.id, c.name FROM live_code_tag AS t JOIN live_code AS c ON c.id = t.code_id"
    " WHERE t.tag_id {among:ids} AND c.archived_at IS NULL ORDER BY c.id"
)
_POOLS = Sql("SELECT name FROM pool WHERE vip_tag_id {among:ids} AND archived_at IS NULL ORDER BY id")
_CARRIERS = Sql(
    "SELECT DISTINCT customer_id FROM tag_edge WHERE tag_id = :tag_id AND customer_id > :after"
    " ORDER BY customer_id LIMIT :at_most"
)


@dataclass(frozen=True, slots=True)
class TagNode:
    """A tag with its twin on WeCom (``remote_id``) and the number of customers who carry it.

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


def set_tag_merged(connection: Connection, tag_id: int, into_id: int, now: int) -> None:
    """Take out of the tree; what names it is sent on to the tag that took its place."""
    _MERGED.run(connection, id=tag_id, into_id=into_id, now=now)


def archived_with(connection: Connection, tag: TagNode) -> tuple[Tag, ...]:
    """The archived tag and what was archived in the same act under it, parents before children."""
    together = {each.id: each for each in map(_tag, _ARCHIVED_WITH.rows(connection, at=tag.archived_at))}
    branch = [tag.tag]
    for parent in branch:  # grows while it is walked
        branch.extend(each for each in together.values() if each.parent_id == parent.id)
    return tuple(branch)


def note_what_is_under_internal(connection: Connection, tree: TagTree) -> None:
    """Keep `under_internal` of all tags in line with the tree."""
    under = [tag.id for tag in tree.tags if tag.parent_id is not None and tree.is_internal(tag.parent_id)]
    _UNDER_INTERNAL.run(connection, ids=under, under=True)
    _UNDER_INTERNAL.run(connection, ids=sorted({tag.id for tag in tree.tags}.difference(under)), under=False)


def heirs(connection: Connection) -> dict[int, int]:
    """Which tag of the tree stands in the place of each that was merged, however often in a row."""
    into: dict[int, int] = dict(_HEIRS.rows(connection))
    return {tag_id: _heir(into, tag_id) for tag_id in into}


def customers_with(connection: Connection, tag_id: int, after: int, at_most: int) -> list[int]:
    """Ids of customers who carry the tag or once did, ascending, above ``after``."""
    return [row[0] for row in _CARRIERS.rows(connection, tag_id=tag_id, after=after, at_most=at_most)]


def pools_with_tags(connection: Connection, tag_ids: list[int]) -> tuple[str, ...]:
    """Names of the pools that receive the customers of one of these tags."""
    return tuple(row[0] for row in _POOLS.rows(connection, ids=tag_ids))


def codes_with_tags(connection: Connection, tag_ids: list[int]) -> tuple[str, ...]:
    """Names of the live codes that put one of these tags on."""
    return tuple(row[1] for row in _CODES.rows(connection, ids=tag_ids))


def _heir(into: dict[int, int], tag_id: int) -> int:
    seen = {tag_id}
    while into.get(tag_id, tag_id) not in seen:
        tag_id = into[tag_id]
        seen.add(tag_id)
    return tag_id


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
