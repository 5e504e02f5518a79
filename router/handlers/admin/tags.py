"""Grow and prune the tag tree (标签树)."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.queries import changes, tags
from router.db.queries.edits import begin_edit
from router.db.queries.tags import TagNode
from router.handlers import tag_upkeep
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
    AliasRepeated,
    BadColour,
    BadExpiry,
    Cycle,
    MergeIntoItself,
    NameEmpty,
    NameTaken,
    NameTooLong,
    NoSuchParent,
    TooDeep,
    TooManyAliases,
    TreeRefusal,
    wording_of,
)
from tagtree.tree import MAX_NAME_CHARACTERS, Tag, TagTree
from tagtree.tree_file import MAX_WEIGHT
from tagtree.wording import Problem


@dataclass(frozen=True, slots=True)
class NewTag:
    """A tag to be put under ``parent_id`` (None: a root); ``expires_after_days`` 0 and None: never."""

    name: str
    parent_id: int | None = None
    weight: int = 0
    colour: str = ""
    exclusive: bool = False
    internal: bool = False
    aliases: tuple[str, ...] = ()
    expires_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class TagEdit:
    """What to change; None leaves a field as it is (moving is `move_tag`). ``expires_after_days`` 0: never again."""

    name: str | None = None
    weight: int | None = None
    colour: str | None = None
    exclusive: bool | None = None
    internal: bool | None = None
    aliases: tuple[str, ...] | None = None
    expires_after_days: int | None = None


def create_tag(connection: Connection, act: Act, new: NewTag) -> TagNode | Refusal:
    """A new tag."""
    begin_edit(connection)
    tree = tags.load_tree(connection)
    tag = Tag(
        unused_id(tree),
        new.parent_id,
        new.name,
        new.weight,
        new.colour,
        new.exclusive,
        new.internal,
        new.aliases,
        new.expires_after_days or None,
    )
    refusal = _looks_refusal(tag) or refusal_of(tree.add(tag), (*tree.tags, tag))
    if refusal is not None:
        return refusal
    tag_id = tags.insert_tag(connection, tag, act.now)
    settle(connection, act, tree)
    return saved(connection, act, "tag.create", tag_id, None)


def update_tag(connection: Connection, act: Act, tag_id: int, edit: TagEdit) -> TagNode | Refusal:
    """Rename, weigh, colour; whether its children exclude one another, the platform sees it, customers lose it."""
    begin_edit(connection)
    before = tags.get_tag(connection, tag_id)
    if before is None or before.archived_at is not None:
        return Missing(TAG) if before is None else archived(TAG)
    given = {each.name: value for each in fields(TagEdit) if (value := getattr(edit, each.name)) is not None}
    if edit.expires_after_days == 0:
        given["expires_after_days"] = None
    return _replaced(connection, act, "tag.update", before, replace(before.tag, **given))


def move_tag(connection: Connection, act: Act, tag_id: int, parent_id: int | None) -> TagNode | Refusal:
    """Put a tag with everything under it under another one; None makes it a root. No customer loses it by that."""
    begin_edit(connection)
    before = tags.get_tag(connection, tag_id)
    if before is None or before.archived_at is not None:
        return Missing(TAG) if before is None else archived(TAG)
    return _replaced(connection, act, "tag.move", before, replace(before.tag, parent_id=parent_id))


def archive_tag(connection: Connection, act: Act, tag_id: int, *, whole_branch: bool = False) -> TagNode | Refusal:
    """Take a tag out of the tree, one with tags under it only with its whole branch; refused while anything uses them.

    Whoever carries them keeps the record: it counts again when they are restored.
    """
    begin_edit(connection)
    before = tags.get_tag(connection, tag_id)
    if before is None:
        return Missing(TAG)
    if before.archived_at is not None:
        return before
    tree = tags.load_tree(connection)
    refusal = refusal_of(tree.remove(tag_id, whole_branch=whole_branch), tree.tags)
    if refusal is not None:
        return refusal
    branch = [tag_id, *(tag.id for tag in tree.descendants(tag_id))]
    users = users_of(connection, branch)
    if users:
        return conflict(
            "",
            (f"Still used by: {', '.join(users)}.", f"仍被使用：{'、'.join(users)}。"),
            (
                "Take it out of these first, or merge the tag into another: they then use that one.",
                "请先从这些地方移除，或将该标签合并到另一个标签，引用会随之改为后者。",
            ),
        )
    tags.set_tags_archived(connection, branch, act.now)
    settle(connection, act, tree)
    return saved(connection, act, "tag.archive", tag_id, before)


def restore_tag(connection: Connection, act: Act, tag_id: int) -> TagNode | Refusal:
    """Undo `archive_tag`, with the branch that went with it; refused when its place in the tree was taken meanwhile."""
    begin_edit(connection)
    before = tags.get_tag(connection, tag_id)
    if before is None:
        return Missing(TAG)
    if before.archived_at is None:
        return before
    if before.merged_into_id is not None:
        return conflict(
            "",
            ("A merge took this tag out of the tree.", "该标签已被合并。"),
            ("Take the merge back instead.", "请改用“撤销合并”。"),
        )
    branch = tags.archived_with(connection, before)
    tree = tags.load_tree(connection)
    restored = (*tree.tags, *branch)
    refusal = refusal_of(TagTree.checked(restored), restored)
    if refusal is not None:
        return refusal
    tags.set_tags_archived(connection, [tag.id for tag in branch], None)
    settle(connection, act, tree)
    return saved(connection, act, "tag.restore", tag_id, before)


def users_of(connection: Connection, tag_ids: list[int]) -> list[str]:
    """Names of the rules, live codes and pools that name one of these tags."""
    rules = rules_with_tags(connection, set(tag_ids))
    return [*rules, *tags.codes_with_tags(connection, tag_ids), *tags.pools_with_tags(connection, tag_ids)]


def settle(connection: Connection, act: Act, before: TagTree) -> None:
    """Once the rows of the tree changed: keep what the message path reads, and tell the platform who shows what."""
    after = tags.load_tree(connection)
    tags.note_what_is_under_internal(connection, after)
    tag_upkeep.marks_follow(connection, before.shown() ^ after.shown(), act.now)
    wake(connection, "catalog")


def saved(connection: Connection, act: Act, what: str, tag_id: int, before: TagNode | None) -> TagNode:
    """Record the act; returns the tag as it is now."""
    after = tags.get_tag(connection, tag_id)
    assert after is not None
    changes.record(connection, what, f"tag:{tag_id}", before, after, actor=act.actor, now=act.now)
    return after


def refusal_of(outcome: TagTree | TreeRefusal, involved: Iterable[Tag]) -> Refusal | None:
    """Why the tree refuses, with the field that it concerns; None when it does not. ``involved`` are called by name."""
    match outcome:
        case TagTree():
            return None
        case NameEmpty() | NameTooLong():
            return Invalid((_tree_problem("name", outcome, involved),))
        case AliasRepeated() | TooManyAliases():
            return Invalid((_tree_problem("aliases", outcome, involved),))
        case BadColour():
            return Invalid((_tree_problem("colour", outcome, involved),))
        case BadExpiry():
            return Invalid((_tree_problem("expires_after_days", outcome, involved),))
        case NameTaken():
            return Conflict((_tree_problem("name", outcome, involved),))
        case NoSuchParent() | Cycle() | TooDeep():
            return Conflict((_tree_problem("parent_id", outcome, involved),))
        case MergeIntoItself():
            return Conflict((_tree_problem("into_id", outcome, involved),))
        case _:
            return Conflict((_tree_problem("", outcome, involved),))


def unused_id(tree: TagTree) -> int:
    """An id that stands for a tag not written yet."""
    return max((tag.id for tag in tree.tags), default=0) + 1


def _replaced(connection: Connection, act: Act, what: str, before: TagNode, after: Tag) -> TagNode | Refusal:
    tree = tags.load_tree(connection)
    refusal = _looks_refusal(after) or refusal_of(tree.edited(after), (*tree.tags, after))
    if refusal is not None:
        return refusal
    tags.update_tag(connection, after)
    settle(connection, act, tree)
    return saved(connection, act, what, after.id, before)


def _looks_refusal(tag: Tag) -> Invalid | None:
    problems = text_problems("name", tag.name, MAX_NAME_CHARACTERS)
    for place, alias in enumerate(tag.aliases):
        problems += text_problems(f"aliases[{place}]", alias, MAX_NAME_CHARACTERS)
    problems += range_problems("weight", tag.weight, 0, MAX_WEIGHT)
    return Invalid(tuple(problems)) if problems else None


def _tree_problem(path: str, refusal: TreeRefusal, involved: Iterable[Tag]) -> Problem:
    wording = wording_of(refusal, {tag.id: tag.name for tag in involved})
    return problem(path, (wording.en, wording.zh), ("Correct it and try again.", "请修改后重试。"))
