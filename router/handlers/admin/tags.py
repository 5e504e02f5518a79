"""Grow and prune the tag tree (标签树)."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.queries import changes, tags
from router.db.queries.edits import begin_edit
from router.db.queries.tags import TagNode
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import (
    TAG,
    Conflict,
    Invalid,
    Missing,
    Refusal,
    archived,
    conflict,
    problem,
    range_problems,
    text_problems,
)
from router.handlers.admin.rules_in_use import rules_with_tags
from tagtree.refusals import (
    BadColour,
    Cycle,
    NameEmpty,
    NameTaken,
    NameTooLong,
    NoSuchParent,
    TooDeep,
    TreeRefusal,
    wording_of,
)
from tagtree.tree import MAX_NAME_CHARACTERS, Tag, TagTree
from tagtree.wording import Problem

MAX_WEIGHT = 1_000


@dataclass(frozen=True, slots=True)
class NewTag:
    """A tag to be put under ``parent_id`` (None: a root)."""

    name: str
    parent_id: int | None = None
    weight: int = 0
    colour: str = ""
    exclusive: bool = False
    internal: bool = False


@dataclass(frozen=True, slots=True)
class TagEdit:
    """What to change; None leaves a field as it is (moving is `move_tag`)."""

    name: str | None = None
    weight: int | None = None
    colour: str | None = None
    exclusive: bool | None = None
    internal: bool | None = None


def create_tag(connection: Connection, act: Act, new: NewTag) -> TagNode | Refusal:
    """A new tag."""
    begin_edit(connection)
    tree = tags.load_tree(connection)
    tag = Tag(_unused_id(tree), new.parent_id, new.name, new.weight, new.colour, new.exclusive, new.internal)
    refusal = _looks_refusal(tag) or _tree_refusal(tree.add(tag))
    if refusal is not None:
        return refusal
    return _saved(connection, act, "tag.create", tags.insert_tag(connection, tag, act.now), None)


def update_tag(connection: Connection, act: Act, tag_id: int, edit: TagEdit) -> TagNode | Refusal:
    """Rename, weigh, colour; whether its children exclude one another; whether the platform sees it."""
    begin_edit(connection)
    before = tags.get_tag(connection, tag_id)
    if before is None or before.archived_at is not None:
        return Missing(TAG) if before is None else archived(TAG)
    fields = ("name", "weight", "colour", "exclusive", "internal")
    given = {name: value for name in fields if (value := getattr(edit, name)) is not None}
    return _replaced(connection, act, "tag.update", before, replace(before.tag, **given))


def move_tag(connection: Connection, act: Act, tag_id: int, parent_id: int | None) -> TagNode | Refusal:
    """Put a tag with everything under it under another one; None makes it a root."""
    begin_edit(connection)
    before = tags.get_tag(connection, tag_id)
    if before is None or before.archived_at is not None:
        return Missing(TAG) if before is None else archived(TAG)
    return _replaced(connection, act, "tag.move", before, replace(before.tag, parent_id=parent_id))


def archive_tag(connection: Connection, act: Act, tag_id: int) -> TagNode | Refusal:
    """Take a tag out of the tree; refused while tags stand under it, or rules or codes use it."""
    begin_edit(connection)
    before = tags.get_tag(connection, tag_id)
    if before is None:
        return Missing(TAG)
    if before.archived_at is not None:
        return before
    refusal = _tree_refusal(tags.load_tree(connection).remove(tag_id))
    if refusal is not None:
        return refusal
    users = [*rules_with_tags(connection, {tag_id}), *tags.codes_with_tags(connection, [tag_id])]
    if users:
        return conflict(
            "",
            (f"Still used by: {', '.join(users)}.", f"仍被使用：{'、'.join(users)}。"),
            ("Take it out of these rules and codes first.", "请先从这些规则和活码中移除。"),
        )
    tags.set_tags_archived(connection, [tag_id], act.now)
    return _saved(connection, act, "tag.archive", tag_id, before)


def restore_tag(connection: Connection, act: Act, tag_id: int) -> TagNode | Refusal:
    """Undo `archive_tag`; refused when its place in the tree was taken meanwhile."""
    begin_edit(connection)
    before = tags.get_tag(connection, tag_id)
    if before is None:
        return Missing(TAG)
    if before.archived_at is None:
        return before
    refusal = _tree_refusal(tags.load_tree(connection).add(before.tag))
    if refusal is not None:
        return refusal
    tags.set_tags_archived(connection, [tag_id], None)
    return _saved(connection, act, "tag.restore", tag_id, before)


def _replaced(connection: Connection, act: Act, what: str, before: TagNode, after: Tag) -> TagNode | Refusal:
    others = (tag for tag in tags.load_tree(connection).tags if tag.id != after.id)
    refusal = _looks_refusal(after) or _tree_refusal(TagTree.checked((*others, after)))
    if refusal is not None:
        return refusal
    tags.update_tag(connection, after)
    return _saved(connection, act, what, after.id, before)


def _saved(connection: Connection, act: Act, what: str, tag_id: int, before: TagNode | None) -> TagNode:
    after = tags.get_tag(connection, tag_id)
    assert after is not None
    changes.record(connection, what, f"tag:{tag_id}", before, after, actor=act.actor, now=act.now)
    wake(connection, "catalog")
    return after


def _looks_refusal(tag: Tag) -> Invalid | None:
    problems = text_problems("name", tag.name, MAX_NAME_CHARACTERS)
    problems += range_problems("weight", tag.weight, -MAX_WEIGHT, MAX_WEIGHT)
    return Invalid(tuple(problems)) if problems else None


def _tree_refusal(outcome: TagTree | TreeRefusal) -> Refusal | None:
    match outcome:
        case TagTree():
            return None
        case NameEmpty() | NameTooLong():
            return Invalid((_tree_problem("name", outcome),))
        case BadColour():
            return Invalid((_tree_problem("colour", outcome),))
        case NameTaken():
            return Conflict((_tree_problem("name", outcome),))
        case NoSuchParent() | Cycle() | TooDeep():
            return Conflict((_tree_problem("parent_id", outcome),))
        case _:
            return Conflict((_tree_problem("", outcome),))


def _tree_problem(path: str, refusal: TreeRefusal) -> Problem:
    wording = wording_of(refusal)
    return problem(path, (wording.en, wording.zh), ("Correct it and try again.", "请修改后重试。"))


def _unused_id(tree: TagTree) -> int:
    return max((tag.id for tag in tree.tags), default=0) + 1
