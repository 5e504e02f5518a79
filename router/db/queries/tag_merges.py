"""合并 of tags in the ledger: edges, live codes and pools go over to the tag in the place of another, and back."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from router.db import json
from router.db.sql import Row, Sql
from router.domain.taken_off import MergedInto, MergeUndone, stored

# An edge of the same source on both tags is one edge from now on; every other edge is carried on by a copy.
_JOIN = Sql(
    "UPDATE tag_edge SET hits = tag_edge.hits + o.hits,"
    " created_at = CASE WHEN o.created_at < tag_edge.created_at THEN o.created_at ELSE tag_edge.created_at END,"
    " last_at = CASE WHEN o.last_at > tag_edge.last_at THEN o.last_at ELSE tag_edge.last_at END"
    " FROM (SELECT customer_id, source, hits, created_at, last_at FROM tag_edge"
    " WHERE tag_id = :tag_id AND removed_at IS NULL) AS o"
    " WHERE tag_edge.tag_id = :into_id AND tag_edge.removed_at IS NULL"
    " AND tag_edge.customer_id = o.customer_id AND tag_edge.source = o.source"
)
_CARRY_ON = Sql(
    "INSERT INTO tag_edge (customer_id, tag_id, source, rule_set_version_id, inbox_id, span_start, span_end, evidence,"
    " hits, created_at, last_at, removed_reason, last_version_id, last_inbox_id, merged_from_id)"
    " SELECT o.customer_id, :into_id, o.source, o.rule_set_version_id, o.inbox_id, o.span_start, o.span_end,"
    " o.evidence, o.hits, o.created_at, o.last_at, '', o.last_version_id, o.last_inbox_id, o.id FROM tag_edge AS o"
    " WHERE o.tag_id = :tag_id AND o.removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM tag_edge AS e"
    " WHERE e.customer_id = o.customer_id AND e.tag_id = :into_id AND e.source = o.source AND e.removed_at IS NULL)"
)
_CLOSE = Sql(
    "UPDATE tag_edge SET removed_at = :now, removed_reason = :reason WHERE tag_id = :tag_id AND removed_at IS NULL"
)
# Back: what the other tag still carries of an edge decides whether it stands again, and with how much.
_REOPEN = Sql(
    "UPDATE tag_edge SET removed_at = NULL, removed_reason = '',"
    " hits = CASE WHEN o.merged_from_id = tag_edge.id THEN o.hits ELSE tag_edge.hits END, last_at = o.last_at"
    " FROM (SELECT customer_id, source, hits, last_at, merged_from_id FROM tag_edge"
    " WHERE tag_id = :into_id AND removed_at IS NULL) AS o"
    " WHERE tag_edge.tag_id = :tag_id AND tag_edge.removed_at >= :at AND tag_edge.removed_reason = :reason"
    " AND tag_edge.customer_id = o.customer_id AND tag_edge.source = o.source"
)
_GIVE_UP = Sql(
    "UPDATE tag_edge SET removed_at = :now, removed_reason = :reason WHERE tag_id = :into_id AND removed_at IS NULL"
    " AND merged_from_id IN (SELECT id FROM tag_edge WHERE tag_id = :tag_id AND removed_at IS NULL)"
)
_PART = Sql(
    "UPDATE tag_edge SET hits = tag_edge.hits - o.hits FROM (SELECT customer_id, source, hits FROM tag_edge"
    " WHERE tag_id = :tag_id AND removed_at IS NULL) AS o WHERE tag_edge.tag_id = :into_id"
    " AND tag_edge.removed_at IS NULL AND tag_edge.customer_id = o.customer_id AND tag_edge.source = o.source"
)
_CODES = Sql("SELECT code_id FROM live_code_tag WHERE tag_id = :tag_id ORDER BY code_id")
_ADD_CODES = Sql(
    "INSERT INTO live_code_tag (code_id, tag_id) SELECT id, :tag_id FROM live_code WHERE id {among:ids}"
    " ON CONFLICT DO NOTHING"
)
_CLEAR_CODES = Sql("DELETE FROM live_code_tag WHERE tag_id = :tag_id AND code_id {among:ids}")
_POOLS = Sql("SELECT id FROM pool WHERE vip_tag_id = :tag_id ORDER BY id")
_SET_POOLS = Sql("UPDATE pool SET vip_tag_id = :into_id WHERE vip_tag_id = :tag_id AND id {among:ids}")
_INSERT = Sql(
    "INSERT INTO tag_merge (tag_id, into_id, content, at) VALUES (:tag_id, :into_id, :content, :at) RETURNING id"
)
_LATEST = Sql(
    "SELECT id, tag_id, into_id, content, at FROM tag_merge WHERE tag_id = :tag_id AND undone_at IS NULL"
    " ORDER BY id DESC LIMIT 1"
)
_STANDING = Sql("SELECT tag_id FROM tag_merge WHERE undone_at IS NULL")
_CARRIED = Sql(
    "SELECT t.id FROM tag AS t WHERE t.merged_into_id IS NOT NULL AND EXISTS"
    " (SELECT 1 FROM tag_edge AS e WHERE e.tag_id = t.id AND e.removed_at IS NULL) ORDER BY t.id"
)
_UNDONE = Sql("UPDATE tag_merge SET undone_at = :now WHERE id = :id")
_BOTH = Sql(
    "SELECT count(DISTINCT e.customer_id), count(DISTINCT o.customer_id) FROM tag_edge AS e LEFT JOIN tag_edge AS o"
    " ON o.customer_id = e.customer_id AND o.removed_at IS NULL AND o.tag_id {among:excluded}"
    " WHERE e.tag_id {among:tags} AND e.removed_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class Merge:
    """One merge that stands: ``content`` is what is needed to take it back."""

    id: int
    tag_id: int
    into_id: int
    content: dict[str, Any]
    at: int

    @property
    def replaced(self) -> list[tuple[int, int]]:
        """Which tag went, and which took its place; the tag that people merged stands first."""
        return [(tag_id, into_id) for tag_id, into_id in self.content["replaced"]]


def move_edges(connection: Connection, tag_id: int, into_id: int, now: int) -> int:
    """Whoever carries the one carries the other instead, for the same reasons; returns the number of edges moved."""
    _JOIN.run(connection, tag_id=tag_id, into_id=into_id)
    _CARRY_ON.run(connection, tag_id=tag_id, into_id=into_id)
    return _CLOSE.run(connection, tag_id=tag_id, reason=stored(MergedInto(into_id)), now=now)


def move_edges_back(connection: Connection, tag_id: int, into_id: int, at: int, now: int) -> int:
    """Undo `move_edges` since the instant ``at``; an edge taken off since stays off. Returns how many stand again."""
    merged, undone = stored(MergedInto(into_id)), stored(MergeUndone(tag_id))
    reopened = _REOPEN.run(connection, tag_id=tag_id, into_id=into_id, reason=merged, at=at)
    _GIVE_UP.run(connection, tag_id=tag_id, into_id=into_id, reason=undone, now=now)
    _PART.run(connection, tag_id=tag_id, into_id=into_id)
    return reopened


def codes_of(connection: Connection, tag_id: int) -> list[int]:
    """Ids of the live codes that put the tag on, archived ones too."""
    return [row[0] for row in _CODES.rows(connection, tag_id=tag_id)]


def pools_of(connection: Connection, tag_id: int) -> list[int]:
    """Ids of the pools that receive its customers, archived ones too."""
    return [row[0] for row in _POOLS.rows(connection, tag_id=tag_id)]


def add_to_codes(connection: Connection, tag_id: int, code_ids: list[int]) -> None:
    """Have these codes put the tag on too."""
    _ADD_CODES.run(connection, tag_id=tag_id, ids=code_ids)


def take_from_codes(connection: Connection, tag_id: int, code_ids: list[int]) -> None:
    """Have these codes not put the tag on."""
    _CLEAR_CODES.run(connection, tag_id=tag_id, ids=code_ids)


def hand_pools_on(connection: Connection, tag_id: int, into_id: int, pool_ids: list[int]) -> None:
    """Have those of these pools that receive the customers of one tag receive those of the other."""
    _SET_POOLS.run(connection, tag_id=tag_id, into_id=into_id, ids=pool_ids)


def insert_merge(connection: Connection, tag_id: int, into_id: int, content: dict[str, Any], now: int) -> int:
    """Remember a merge; returns its id."""
    row = _INSERT.row(connection, tag_id=tag_id, into_id=into_id, content=json.dump(content), at=now)
    assert row is not None
    return int(row[0])


def merge_of(connection: Connection, tag_id: int) -> Merge | None:
    """The merge by which this tag left the tree, when it was the one that people merged."""
    row: Row | None = _LATEST.row(connection, tag_id=tag_id)
    return None if row is None else Merge(row[0], row[1], row[2], json.load(row[3]), row[4])


def merged_by_themselves(connection: Connection) -> frozenset[int]:
    """Tags that left the tree by a merge of their own, which can be taken back; the others went along with one."""
    return frozenset(row[0] for row in _STANDING.rows(connection))


def merged_but_carried(connection: Connection) -> list[int]:
    """Merged tags that some customer got all the same."""
    return [row[0] for row in _CARRIED.rows(connection)]


def set_undone(connection: Connection, merge_id: int, now: int) -> None:
    """The merge is taken back."""
    _UNDONE.run(connection, id=merge_id, now=now)


def count_carriers(connection: Connection, tag_ids: list[int], excluded: list[int]) -> tuple[int, int]:
    """Customers who carry one of the tags, and how many of them carry one of ``excluded`` too."""
    row = _BOTH.row(connection, tags=tag_ids, excluded=excluded)
    assert row is not None
    return int(row[0]), int(row[1])
