"""合并: one tag takes the place of another, with everything under it; what referred to the old one finds the new."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tagtree.refusals import MergeIntoItself, NoSuchTag, TreeRefusal
from tagtree.tree import MAX_ALIASES, Tag, TagTree, reading_of


@dataclass(frozen=True, slots=True)
class Merged:
    """The tree after a merge. `replaced`: which tag went, and which took its place; the latter all stand in `tree`."""

    tree: TagTree
    replaced: Mapping[int, int]


def merge(tree: TagTree, tag_id: int, into_id: int) -> Merged | TreeRefusal:
    """The tree without the tag, its children under `into_id`, or why not.

    A child whose name is a name of a child of `into_id` is merged into that one in turn. The names of what went become
    aliases of what took its place, unless a sibling has them or there are too many. All else about the latter stays.
    """
    for each in (tag_id, into_id):
        if each not in tree:
            return NoSuchTag(each)
    if any(step.id == tag_id for step in tree.path(into_id)):
        return MergeIntoItself(tag_id)
    merging = _Merging(tree)
    merging.merge(tag_id, into_id)
    merging.pass_names_on()
    after = TagTree.checked(merging.tags.values())
    return Merged(after, merging.replaced) if isinstance(after, TagTree) else after


def with_tags_replaced(content: Any, replaced: Mapping[int, int]) -> Any:
    """JSON of rules that names the tags which took the place of others; a list that then says a thing twice says it
    once."""
    match content:
        case dict():
            # The name that goes with an id is that of the old tag.
            stale = {"tag_name"} if content.get("tag_id") in replaced else set[str]()
            return {key: _member(key, value, replaced) for key, value in content.items() if key not in stale}
        case list():
            members = [with_tags_replaced(each, replaced) for each in content]
            return members if members == content else _once(members)
        case _:
            return content


def tags_named(content: Any) -> set[int]:
    """The tags that JSON of rules names, in conditions and in actions."""
    match content:
        case dict():
            single = {content["tag_id"]} if isinstance(content.get("tag_id"), int) else set[int]()
            several = content.get("tag_ids")
            listed = {each for each in several if isinstance(each, int)} if isinstance(several, list) else set[int]()
            return single.union(listed, *map(tags_named, content.values()))
        case list():
            return set[int]().union(*map(tags_named, content))
        case _:
            return set()


def _member(key: str, value: Any, replaced: Mapping[int, int]) -> Any:
    if key == "tag_id" and isinstance(value, int):
        return replaced.get(value, value)
    if key == "tag_ids" and isinstance(value, list):
        return _once([replaced.get(each, each) if isinstance(each, int) else each for each in value])
    return with_tags_replaced(value, replaced)


def _once(members: list[Any]) -> list[Any]:
    first: dict[str, Any] = {}
    for each in members:
        first.setdefault(json.dumps(each, sort_keys=True), each)  # not by comparing: there may be 20,000 of them
    return list(first.values())


class _Merging:
    """One merge under way: `tags` as they stand so far, `before` as they stood."""

    def __init__(self, before: TagTree) -> None:
        self.before = before
        self.tags = {tag.id: tag for tag in before.tags}
        self.replaced: dict[int, int] = {}
        self._moved: dict[int | None, list[int]] = {}

    def merge(self, tag_id: int, into_id: int) -> None:
        self.replaced[tag_id] = into_id
        del self.tags[tag_id]
        for child in self.before.children(tag_id):
            twin = self._twin(child, into_id)
            if twin is None:
                self._move(child, into_id)
            else:
                self.merge(child.id, twin.id)

    def pass_names_on(self) -> None:
        """Once all places are settled, for a name may have become free by what went."""
        for tag_id, into_id in self.replaced.items():
            heir = self.tags[into_id]
            taken = self._names_under(heir.parent_id)
            new = [name for name in self.before.get(tag_id).names if reading_of(name) not in taken]
            self.tags[into_id] = replace(heir, aliases=(*heir.aliases, *new)[:MAX_ALIASES])

    def _move(self, child: Tag, parent_id: int) -> None:
        taken = self._names_under(parent_id)
        aliases = tuple(alias for alias in child.aliases if reading_of(alias) not in taken)
        self.tags[child.id] = replace(child, parent_id=parent_id, aliases=aliases)
        self._moved.setdefault(parent_id, []).append(child.id)

    def _twin(self, child: Tag, parent_id: int) -> Tag | None:
        wanted = reading_of(child.name)
        return next((tag for tag in self._children(parent_id) if wanted in map(reading_of, tag.names)), None)

    def _names_under(self, parent_id: int | None) -> set[str]:
        return {reading_of(name) for tag in self._children(parent_id) for name in tag.names}

    def _children(self, parent_id: int | None) -> list[Tag]:
        ids = [*(tag.id for tag in self.before.children(parent_id)), *self._moved.get(parent_id, ())]
        return [self.tags[tag_id] for tag_id in ids if tag_id in self.tags and self.tags[tag_id].parent_id == parent_id]
