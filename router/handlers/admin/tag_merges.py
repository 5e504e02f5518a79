"""合并 tags: show what would become of everything, do it, take it back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from router.db.queries import rule_sets, tag_merges, tags
from router.db.queries.edits import begin_edit
from router.db.queries.page import EVERY
from router.db.queries.rule_sets import EditedRuleSet
from router.db.queries.tag_merges import Merge
from router.db.queries.tags import TagNode
from router.handlers import tag_upkeep
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import TAG, Missing, Refusal, archived, conflict
from router.handlers.admin.rules_in_use import rules_with_tags
from router.handlers.admin.tags import refusal_of, saved, settle
from tagtree.merge import Merged, merge, with_tags_replaced
from tagtree.tree import Tag, TagTree


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge would do; paths read "产品 / 衬衫".

    ``customers`` would carry the other tag instead; ``excluded`` of them carry a tag that excludes it. They keep both
    until one of the two is put on anew. ``hidden``: the platform would not see the tag any more.
    """

    tag: TagNode
    into: TagNode
    customers: int
    excluded: int
    moved: tuple[str, ...]
    joined: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    codes: tuple[str, ...]
    pools: tuple[str, ...]
    hidden: bool


def preview_merge(connection: Connection, tag_id: int, into_id: int) -> MergePreview | Refusal:
    """What `merge_tags` would do; changes nothing."""
    found = _attempt(connection, tag_id, into_id)
    if not isinstance(found, _Attempt):
        return found
    tree, after, replaced = found.tree, found.merged.tree, found.merged.replaced
    gone = list(replaced)
    customers, excluded = tag_merges.count_carriers(connection, gone, sorted(tree.excluded_by(into_id)))
    return MergePreview(
        tag=found.tag,
        into=found.into,
        customers=customers,
        excluded=excluded,
        moved=tuple(tree.path_name(tag.id) for tag in after.tags if tag.parent_id != tree.get(tag.id).parent_id),
        joined=tuple((tree.path_name(one), tree.path_name(other)) for one, other in replaced.items()),
        rules=tuple(rules_with_tags(connection, set(gone))),
        codes=tags.codes_with_tags(connection, gone),
        pools=tags.pools_with_tags(connection, gone),
        hidden=after.is_internal(into_id) and not tree.is_internal(tag_id),
    )


def merge_tags(connection: Connection, act: Act, tag_id: int, into_id: int) -> TagNode | Refusal:
    """One tag takes the place of another: its customers, the tags under it, the rules, live codes and pools naming it.

    Rule sets in force that name it get a new version. Returns the tag that took its place.
    """
    begin_edit(connection)
    found = _attempt(connection, tag_id, into_id)
    if not isinstance(found, _Attempt):
        return found
    replaced = found.merged.replaced
    content = {
        "replaced": list(replaced.items()),
        "changed": _write_tree(connection, found.tree, found.merged.tree),
        "codes": [_hand_codes_on(connection, *pair) for pair in replaced.items()],
        "pools": [_hand_pools_on(connection, *pair) for pair in replaced.items()],
        "rule_sets": _rewrite_rules(connection, act, replaced, f"{found.tag.tag.name} → {found.into.tag.name}"),
    }
    for one, other in replaced.items():
        tag_merges.move_edges(connection, one, other, act.now)
        tags.set_tag_merged(connection, one, other, act.now)
    tag_merges.insert_merge(connection, tag_id, into_id, content, act.now)
    settle(connection, act, found.tree)
    tag_upkeep.marks_follow(connection, replaced, act.now)
    saved(connection, act, "tag.merge", tag_id, found.tag)
    return saved(connection, act, "tag.merge_into", into_id, found.into)


def undo_merge(connection: Connection, act: Act, tag_id: int) -> TagNode | Refusal:
    """Take back the merge by which this tag left the tree; returns the tag.

    What came since stays where it came: new customers of the other tag, and rules edited since. Refused when its place
    in the tree is taken, or the other tag has left the tree too.
    """
    begin_edit(connection)
    before = tags.get_tag(connection, tag_id)
    if before is None:
        return Missing(TAG)
    done = tag_merges.merge_of(connection, tag_id)
    tree = tags.load_tree(connection)
    if done is None or before.merged_into_id is None:
        return _NOT_MERGED
    if any(into_id not in tree for _, into_id in done.replaced):
        return _GONE_ON
    refusal = _write_tree_before(connection, tree, done)
    if refusal is not None:
        return refusal
    _hand_back(connection, act, done)
    tag_merges.set_undone(connection, done.id, act.now)
    settle(connection, act, tree)
    tag_upkeep.marks_follow(connection, (tag_id for pair in done.replaced for tag_id in pair), act.now)
    return saved(connection, act, "tag.merge_undo", tag_id, before)


@dataclass(frozen=True, slots=True)
class _Attempt:
    tree: TagTree
    tag: TagNode
    into: TagNode
    merged: Merged


def _attempt(connection: Connection, tag_id: int, into_id: int) -> _Attempt | Refusal:
    tag, into = tags.get_tag(connection, tag_id), tags.get_tag(connection, into_id)
    if tag is None or into is None:
        return Missing(TAG)
    if tag.archived_at is not None or into.archived_at is not None:
        return archived(TAG)
    tree = tags.load_tree(connection)
    outcome = merge(tree, tag_id, into_id)
    if isinstance(outcome, Merged):
        return _Attempt(tree, tag, into, outcome)
    return refusal_of(outcome, tree.tags) or Missing(TAG)


def _write_tree(connection: Connection, before: TagTree, after: TagTree) -> list[dict[str, Any]]:
    """Write the tags that changed; returns what changed about each."""
    changed = [tag for tag in after.tags if tag != before.get(tag.id)]
    for tag in changed:
        tags.update_tag(connection, tag)
    return [{"id": tag.id, "before": _place(before.get(tag.id)), "after": _place(tag)} for tag in changed]


def _place(tag: Tag) -> dict[str, Any]:
    return {"parent_id": tag.parent_id, "aliases": list(tag.aliases)}


def _write_tree_before(connection: Connection, tree: TagTree, done: Merge) -> Refusal | None:
    """Write the tree as it was, as far as nobody edited it since; or why that gives no tree."""
    restored = [node.tag for tag_id, _ in done.replaced if (node := tags.get_tag(connection, tag_id)) is not None]
    moved_back = [_moved_back(tree.get(each["id"]), each) for each in done.content["changed"] if each["id"] in tree]
    kept = {tag.id: tag for tag in (*tree.tags, *moved_back)}
    as_it_was = (*kept.values(), *restored)
    refusal = refusal_of(TagTree.checked(as_it_was), as_it_was)
    if refusal is None:
        for tag in moved_back:
            tags.update_tag(connection, tag)
        tags.set_tags_archived(connection, [tag.id for tag in restored], None)
    return refusal


def _moved_back(tag: Tag, change: dict[str, Any]) -> Tag:
    gained = set(change["after"]["aliases"]).difference(change["before"]["aliases"])
    aliases = tuple(alias for alias in tag.aliases if alias not in gained)
    lost = [alias for alias in change["before"]["aliases"] if alias not in change["after"]["aliases"]]
    stayed = tag.parent_id == change["after"]["parent_id"]
    parent_id = change["before"]["parent_id"] if stayed else tag.parent_id
    return replace(tag, parent_id=parent_id, aliases=(*aliases, *lost))


def _hand_codes_on(connection: Connection, tag_id: int, into_id: int) -> dict[str, Any]:
    codes = tag_merges.codes_of(connection, tag_id)
    both = sorted(set(codes).intersection(tag_merges.codes_of(connection, into_id)))
    tag_merges.add_to_codes(connection, into_id, codes)
    tag_merges.take_from_codes(connection, tag_id, codes)
    return {"tag_id": tag_id, "into_id": into_id, "codes": codes, "both": both}


def _hand_pools_on(connection: Connection, tag_id: int, into_id: int) -> dict[str, Any]:
    pools = tag_merges.pools_of(connection, tag_id)
    tag_merges.hand_pools_on(connection, tag_id, into_id, pools)
    return {"tag_id": tag_id, "into_id": into_id, "pools": pools}


def _rewrite_rules(connection: Connection, act: Act, replaced: Mapping[int, int], note: str) -> list[dict[str, Any]]:
    """Have drafts and what is in force name the tags that took the place of others; returns how it was."""
    return [
        each
        for rule_set in _every_rule_set(connection)
        if (each := _rewrite_rule_set(connection, act, rule_set, replaced, note)) is not None
    ]


def _rewrite_rule_set(
    connection: Connection, act: Act, rule_set: EditedRuleSet, replaced: Mapping[int, int], note: str
) -> dict[str, Any] | None:
    draft, in_force = with_tags_replaced(rule_set.draft, replaced), rule_set.published
    if draft != rule_set.draft:
        rule_sets.save_draft(connection, rule_set.id, draft)
    content = with_tags_replaced(in_force.content, replaced) if in_force else None
    version_id = None
    if in_force is not None and content is not None and content != in_force.content:
        version_id = rule_sets.publish(connection, rule_set.id, content, act.now, act.actor, note)
    if draft == rule_set.draft and version_id is None:
        return None
    return {
        "id": rule_set.id,
        "draft": rule_set.draft if draft != rule_set.draft else None,
        "from": in_force.id if in_force and version_id is not None else None,
        "to": version_id,
    }


def _hand_back(connection: Connection, act: Act, done: Merge) -> None:
    for tag_id, into_id in done.replaced:
        tag_merges.move_edges_back(connection, tag_id, into_id, done.at, act.now)
    for each in done.content["codes"]:
        codes = sorted(set(each["codes"]).intersection(tag_merges.codes_of(connection, each["into_id"])))
        tag_merges.add_to_codes(connection, each["tag_id"], codes)
        tag_merges.take_from_codes(connection, each["into_id"], sorted(set(codes).difference(each["both"])))
    for each in done.content["pools"]:
        tag_merges.hand_pools_on(connection, each["into_id"], each["tag_id"], each["pools"])
    sets = {rule_set.id: rule_set for rule_set in _every_rule_set(connection)}
    for each in done.content["rule_sets"]:
        _write_rules_before(connection, act, sets[each["id"]], each, dict(done.replaced))


def _write_rules_before(
    connection: Connection, act: Act, rule_set: EditedRuleSet, before: dict[str, Any], replaced: Mapping[int, int]
) -> None:
    if before["draft"] is not None and rule_set.draft == with_tags_replaced(before["draft"], replaced):
        rule_sets.save_draft(connection, rule_set.id, before["draft"])
    if before["to"] is not None and rule_set.published is not None and rule_set.published.id == before["to"]:
        earlier = rule_sets.versions_by_id(connection, [before["from"]])[before["from"]]
        rule_sets.publish(connection, rule_set.id, earlier.content, act.now, act.actor, copy_of=earlier.number)


def _every_rule_set(connection: Connection) -> list[EditedRuleSet]:
    return [
        rule_set
        for is_archived in (False, True)
        for rule_set in rule_sets.list_rule_sets(connection, archived=is_archived, limit=EVERY).items
    ]


_NOT_MERGED = conflict(
    "",
    ("This tag did not leave the tree by a merge of its own.", "该标签不是通过单独的合并离开标签树的。"),
    ("If it was merged with the tag above it, take that merge back.", "若它是随上级一起合并的，请撤销上级的合并。"),
)
_GONE_ON = conflict(
    "",
    ("The tag that took its place has left the tree too.", "取代它的标签后来也离开了标签树。"),
    ("Take that back first: restore the tag, or undo its merge.", "请先恢复该标签或撤销它的合并。"),
)
