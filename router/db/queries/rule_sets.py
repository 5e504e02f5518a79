"""规则集 (rule sets): the draft that admins edit, and the published versions that decide."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from router.db import json
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql

_SETS = Sql(
    "SELECT s.id, s.name, s.draft, s.created_at, s.archived_at, v.id, v.number, v.content, v.published_at,"
    " v.published_by, v.note, v.copy_of FROM rule_set AS s"
    " LEFT JOIN rule_set_version AS v ON v.id = s.published_version_id"
    " WHERE (:id = 0 OR s.id = :id) AND s.id > :after AND (:id <> 0 OR (s.archived_at IS NOT NULL) = :archived)"
    " ORDER BY s.id LIMIT :rows"
)
_INSERT = Sql(
    "INSERT INTO rule_set (name, draft, created_at) VALUES (:name, :draft, :now) ON CONFLICT DO NOTHING RETURNING id"
)
_RENAME = Sql("UPDATE rule_set SET name = :name WHERE id = :id")
_NAMED = Sql("SELECT id FROM rule_set WHERE name = :name")
_DRAFT = Sql("UPDATE rule_set SET draft = :draft WHERE id = :id")
_IN_FORCE = Sql("UPDATE rule_set SET published_version_id = :version_id WHERE id = :id")
_ARCHIVE = Sql("UPDATE rule_set SET archived_at = :archived_at WHERE id = :id")
_VERSIONS = Sql(
    "SELECT id, number, content, published_at, published_by, note, copy_of FROM rule_set_version"
    " WHERE rule_set_id = :rule_set_id AND number < :before AND (:number = 0 OR number = :number)"
    " ORDER BY number DESC LIMIT :rows"
)
_NUMBERS = Sql("SELECT number FROM rule_set_version WHERE rule_set_id = :rule_set_id ORDER BY number DESC LIMIT :rows")
_PUBLISH = Sql(
    "INSERT INTO rule_set_version (rule_set_id, number, content, published_at, published_by, note, copy_of)"
    " SELECT :rule_set_id, coalesce(max(number), 0) + 1, :content, :now, :actor, :note, :copy_of FROM rule_set_version"
    " WHERE rule_set_id = :rule_set_id RETURNING id"
)
_VERSION_BY_ID = Sql(
    "SELECT id, number, content, published_at, published_by, note, copy_of FROM rule_set_version WHERE id {among:ids}"
)


@dataclass(frozen=True, slots=True)
class RuleSetVersion:
    """One published version; ``content`` is the rule set's JSON, never edited again.

    ``note`` is what the publisher wrote of it; ``copy_of`` the number of the version that a roll-back copied.
    """

    id: int
    number: int
    content: dict[str, Any]
    published_at: int
    published_by: str
    note: str = ""
    copy_of: int | None = None


@dataclass(frozen=True, slots=True)
class EditedRuleSet:
    """A rule set with its draft and the version in force."""

    id: int
    name: str
    draft: dict[str, Any]
    published: RuleSetVersion | None
    created_at: int
    archived_at: int | None

    @property
    def is_changed(self) -> bool:
        """Whether the draft differs from what is in force."""
        return self.published is None or self.published.content != self.draft


def list_rule_sets(
    connection: Connection, *, archived: bool = False, after: int = 0, limit: int = 200
) -> Page[EditedRuleSet]:
    """Rule sets by id; ``after`` continues a page."""
    rows = _SETS.rows(connection, id=0, after=after, archived=archived, rows=limit + 1)
    return page_of([_rule_set(row) for row in rows], limit, lambda each: each.id)


def get_rule_set(connection: Connection, rule_set_id: int) -> EditedRuleSet | None:
    """One rule set, archived or not."""
    rows = _SETS.rows(connection, id=rule_set_id, after=0, archived=False, rows=1)
    return next((_rule_set(row) for row in rows), None)


def insert_rule_set(connection: Connection, name: str, draft: dict[str, Any], now: int) -> int | None:
    """The new rule set's id, or None when the name is taken."""
    row = _INSERT.row(connection, name=name, draft=json.dump(draft), now=now)
    return None if row is None else int(row[0])


def rule_set_named(connection: Connection, name: str) -> int | None:
    """The id of the rule set with this name, archived or not."""
    row = _NAMED.row(connection, name=name)
    return None if row is None else int(row[0])


def rename_rule_set(connection: Connection, rule_set_id: int, name: str) -> None:
    _RENAME.run(connection, id=rule_set_id, name=name)


def save_draft(connection: Connection, rule_set_id: int, draft: dict[str, Any]) -> None:
    _DRAFT.run(connection, id=rule_set_id, draft=json.dump(draft))


def set_rule_set_archived(connection: Connection, rule_set_id: int, archived_at: int | None) -> None:
    """Take out of force and sight, or back with None."""
    _ARCHIVE.run(connection, id=rule_set_id, archived_at=archived_at)


def publish(
    connection: Connection,
    rule_set_id: int,
    content: dict[str, Any],
    now: int,
    actor: str,
    note: str = "",
    copy_of: int | None = None,
) -> int:
    """Write the next version and put it in force; returns its id."""
    row = _PUBLISH.row(
        connection,
        rule_set_id=rule_set_id,
        content=json.dump(content),
        now=now,
        actor=actor[:64],
        note=note,
        copy_of=copy_of,
    )
    assert row is not None
    _IN_FORCE.run(connection, id=rule_set_id, version_id=row[0])
    return int(row[0])


def list_versions(
    connection: Connection, rule_set_id: int, *, before: int = 0, limit: int = 50
) -> Page[RuleSetVersion]:
    """Latest first; ``before`` is the number to continue under."""
    rows = _VERSIONS.rows(connection, rule_set_id=rule_set_id, number=0, before=before or 2**31 - 1, rows=limit + 1)
    return page_of([_version(row) for row in rows], limit, lambda version: version.number)


def version_numbers(connection: Connection, rule_set_id: int, limit: int = 200) -> tuple[int, ...]:
    """The numbers of the latest versions, latest first, without their rules."""
    return tuple(row[0] for row in _NUMBERS.rows(connection, rule_set_id=rule_set_id, rows=limit))


def get_version(connection: Connection, rule_set_id: int, number: int) -> RuleSetVersion | None:
    """One published version by its number."""
    rows = _VERSIONS.rows(connection, rule_set_id=rule_set_id, number=number, before=2**31 - 1, rows=1)
    return next((_version(row) for row in rows), None)


def versions_by_id(connection: Connection, version_ids: list[int]) -> dict[int, RuleSetVersion]:
    """Versions by row id: what the reason of a tag points to."""
    return {row[0]: _version(row) for row in _VERSION_BY_ID.rows(connection, ids=version_ids)}


def rule_name(version: RuleSetVersion | None, rule_id: str) -> str:
    """The rule's name in the version that set the tag; its id when that version is unknown."""
    rules = version.content.get("rules", []) if version else []
    return next((rule.get("name", rule_id) for rule in rules if rule.get("id") == rule_id), rule_id)


def _rule_set(row: Row) -> EditedRuleSet:
    id, name, draft, created_at, archived_at, *version = row
    published = _version(tuple(version)) if version[0] is not None else None
    return EditedRuleSet(id, name, json.load(draft), published, created_at, archived_at)


def _version(row: Row) -> RuleSetVersion:
    id, number, content, published_at, published_by, note, copy_of = row
    return RuleSetVersion(id, number, json.load(content), published_at, published_by, note, copy_of)
