"""标签树: tags in a tree of any shape up to 32 levels. A TagTree that exists is valid."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from tagtree.errors import InvalidTreeError, UnknownTagError
from tagtree.refusals import (
    AliasRepeated,
    BadColour,
    BadExpiry,
    Cycle,
    HasChildren,
    IdTaken,
    NameEmpty,
    NameTaken,
    NameTooLong,
    NoSuchParent,
    NoSuchTag,
    TooDeep,
    TooManyAliases,
    TooManyTags,
    TreeRefusal,
)
from tagtree.text import normalise

MAX_TAGS: Final = 20_000
MAX_DEPTH: Final = 32
"""Deeper than anyone grows by hand; it bounds every walk up the tree."""

MAX_ALIASES: Final = 20
MAX_EXPIRY_DAYS: Final = 3_650
MAX_NAME_CHARACTERS: Final = 30
"""WeCom takes names of at most 30 characters for tags and tag groups (W-92117)."""

_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Tag:
    """标签: one node.

    `weight`: heavier tags stand first on the contact card. `colour`: `#rrggbb` or empty.
    `exclusive`: its children exclude one another. `internal`: it and everything under it is ours alone, never shown
    to the platform. `aliases`: other names by which it is found; among siblings no two names or aliases read the same.
    `expires_after_days`: a customer on whom nothing renews the tag for so long loses it; None: never.
    """

    id: int
    parent_id: int | None
    name: str
    weight: int = 0
    colour: str = ""
    exclusive: bool = False
    internal: bool = False
    aliases: tuple[str, ...] = ()
    expires_after_days: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The name and the aliases."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class TagTree:
    """All tags of one corporation; raises InvalidTreeError when they do not form a tree.

    Changes return a new tree, or the reason why not. Questions about a tag that is not there raise UnknownTagError.
    """

    tags: tuple[Tag, ...] = ()
    _by_id: Mapping[int, Tag] = field(init=False, repr=False, compare=False)
    _children: Mapping[int | None, tuple[Tag, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        refusal = _fault(self.tags)
        if refusal is not None:
            raise InvalidTreeError(refusal)
        object.__setattr__(self, "tags", tuple(sorted(self.tags, key=lambda tag: tag.id)))
        object.__setattr__(self, "_by_id", {tag.id: tag for tag in self.tags})
        object.__setattr__(self, "_children", _children_by_parent(self.tags))

    @classmethod
    def of(cls, tags: Iterable[Tag]) -> "TagTree":
        """The tree of these tags, in whatever order; raises InvalidTreeError."""
        return cls(tuple(tags))

    @classmethod
    def checked(cls, tags: Iterable[Tag]) -> "TagTree | TreeRefusal":
        """The tree of tags that come from outside, or why they are none."""
        try:
            return cls(tuple(tags))
        except InvalidTreeError as error:
            return error.refusal

    def __contains__(self, tag_id: object) -> bool:
        return tag_id in self._by_id

    def get(self, tag_id: int) -> Tag:
        tag = self._by_id.get(tag_id)
        if tag is None:
            raise UnknownTagError(tag_id)
        return tag

    def path(self, tag_id: int) -> tuple[Tag, ...]:
        """From the root down to the tag itself."""
        return tuple(reversed(list(self._upwards(tag_id))))

    def path_name(self, tag_id: int) -> str:
        """Such as "产品 / 衬衫"."""
        return " / ".join(tag.name for tag in self.path(tag_id))

    def is_internal(self, tag_id: int) -> bool:
        """Whether the platform never sees it: it is internal, or stands under a tag that is."""
        return any(tag.internal for tag in self._upwards(tag_id))

    def shown(self) -> frozenset[int]:
        """The tags that the platform may see: neither internal nor under one that is."""
        shown: set[int] = set()
        waiting = list(self.children(None))
        while waiting:
            tag = waiting.pop()
            if not tag.internal:
                shown.add(tag.id)
                waiting.extend(self._children.get(tag.id, ()))
        return frozenset(shown)

    def named(self, name: str) -> tuple[Tag, ...]:
        """The tags with this name or alias, wherever they stand, by id; case, width and script make no difference."""
        wanted = reading_of(name)
        return tuple(tag for tag in self.tags if wanted in map(reading_of, tag.names))

    def child_named(self, parent_id: int | None, name: str) -> Tag | None:
        """The one tag directly under the parent, or among the roots for None, with this name or alias."""
        wanted = reading_of(name)
        return next((tag for tag in self.children(parent_id) if wanted in map(reading_of, tag.names)), None)

    def at_path(self, names: Iterable[str]) -> Tag | None:
        """The tag to which these names or aliases lead from the root; None when there is none, or no names."""
        tag: Tag | None = None
        for name in names:
            tag = self.child_named(tag.id if tag else None, name)
            if tag is None:
                return None
        return tag

    def children(self, tag_id: int | None) -> tuple[Tag, ...]:
        """Directly under the tag, or the roots for None; heavier first, then by name."""
        if tag_id is not None:
            self.get(tag_id)
        return self._children.get(tag_id, ())

    def descendants(self, tag_id: int) -> tuple[Tag, ...]:
        """Everything under the tag, each parent before its children, without the tag itself."""
        found: list[Tag] = []
        waiting = list(reversed(self.children(tag_id)))
        while waiting:
            tag = waiting.pop()
            found.append(tag)
            waiting.extend(reversed(self._children.get(tag.id, ())))
        return tuple(found)

    def excluded_by(self, tag_id: int) -> frozenset[int]:
        """The tags that must go when this one is put on.

        Wherever the way up passes an exclusive parent, the sibling branches with everything under them. The
        relation is symmetric: if A excludes B, B excludes A.
        """
        excluded: set[int] = set()
        for tag in self._upwards(tag_id):
            if tag.parent_id is None or not self._by_id[tag.parent_id].exclusive:
                continue
            for sibling in self._children[tag.parent_id]:
                if sibling.id != tag.id:
                    excluded.add(sibling.id)
                    excluded.update(below.id for below in self.descendants(sibling.id))
        return frozenset(excluded)

    def sorted_for_card(self, tag_ids: Iterable[int]) -> tuple[Tag, ...]:
        """Heaviest first, then along the tree. Ids that have left the tree are left out: a card shows what exists."""
        tags = [self._by_id[tag_id] for tag_id in set(tag_ids) if tag_id in self._by_id]
        return tuple(sorted(tags, key=lambda tag: (-tag.weight, [step.name for step in self.path(tag.id)], tag.id)))

    def add(self, tag: Tag) -> "TagTree | TreeRefusal":
        return TagTree.checked((*self.tags, tag))

    def rename(self, tag_id: int, name: str) -> "TagTree | TreeRefusal":
        if tag_id not in self:
            return NoSuchTag(tag_id)
        return self._with(replace(self.get(tag_id), name=name))

    def move(self, tag_id: int, parent_id: int | None) -> "TagTree | TreeRefusal":
        """The tag with everything under it goes under another parent; None makes it a root."""
        if tag_id not in self:
            return NoSuchTag(tag_id)
        return self._with(replace(self.get(tag_id), parent_id=parent_id))

    def remove(self, tag_id: int, *, whole_branch: bool = False) -> "TagTree | TreeRefusal":
        """Without the tag; one that has children goes only with its whole branch."""
        if tag_id not in self:
            return NoSuchTag(tag_id)
        below = self.descendants(tag_id)
        if below and not whole_branch:
            return HasChildren(tag_id, len(below))
        gone = {tag_id, *(tag.id for tag in below)}
        return TagTree.of(tag for tag in self.tags if tag.id not in gone)

    def edited(self, changed: Tag) -> "TagTree | TreeRefusal":
        """With the tag of this id as it is given here."""
        if changed.id not in self:
            return NoSuchTag(changed.id)
        return self._with(changed)

    def _with(self, changed: Tag) -> "TagTree | TreeRefusal":
        return TagTree.checked(changed if tag.id == changed.id else tag for tag in self.tags)

    def _upwards(self, tag_id: int) -> Iterator[Tag]:
        tag = self.get(tag_id)
        yield tag
        while tag.parent_id is not None:
            tag = self._by_id[tag.parent_id]
            yield tag


def reading_of(name: str) -> str:
    """What two names have in common that read the same: levelled in case, width, script and blanks."""
    return normalise(name).text


def _children_by_parent(tags: Iterable[Tag]) -> dict[int | None, tuple[Tag, ...]]:
    children: dict[int | None, list[Tag]] = {}
    for tag in sorted(tags, key=lambda tag: (-tag.weight, tag.name, tag.id)):
        children.setdefault(tag.parent_id, []).append(tag)
    return {parent_id: tuple(siblings) for parent_id, siblings in children.items()}


def _fault(tags: tuple[Tag, ...]) -> TreeRefusal | None:
    """The first reason, in the order that makes the later checks safe."""
    if len(tags) > MAX_TAGS:
        return TooManyTags(MAX_TAGS)
    by_id: dict[int, Tag] = {}
    for tag in tags:
        if tag.id in by_id:
            return IdTaken(tag.id)
        by_id[tag.id] = tag
    for tag in tags:
        fault = _fault_in_looks(tag) or _fault_in_place(tag, by_id)
        if fault is not None:
            return fault
    return _fault_among_siblings(tags)


def _fault_in_looks(tag: Tag) -> TreeRefusal | None:
    for name in tag.names:
        if len(name) > MAX_NAME_CHARACTERS:
            return NameTooLong(tag.id, MAX_NAME_CHARACTERS)
        if not reading_of(name):
            return NameEmpty(tag.id)
    if len(tag.aliases) > MAX_ALIASES:
        return TooManyAliases(tag.id, MAX_ALIASES)
    if tag.colour and not _COLOUR.fullmatch(tag.colour):
        return BadColour(tag.id, tag.colour)
    if tag.expires_after_days is not None and not 1 <= tag.expires_after_days <= MAX_EXPIRY_DAYS:
        return BadExpiry(tag.id, tag.expires_after_days, MAX_EXPIRY_DAYS)
    return None


def _fault_in_place(tag: Tag, by_id: Mapping[int, Tag]) -> TreeRefusal | None:
    seen = {tag.id}
    above = tag
    while above.parent_id is not None:
        if above.parent_id not in by_id:
            return NoSuchParent(above.id, above.parent_id)
        above = by_id[above.parent_id]
        if above.id in seen:
            return Cycle(tag.id)
        seen.add(above.id)
        if len(seen) > MAX_DEPTH:
            return TooDeep(tag.id, MAX_DEPTH)
    return None


def _fault_among_siblings(tags: tuple[Tag, ...]) -> TreeRefusal | None:
    taken: dict[tuple[int | None, str], int] = {}
    for tag in tags:
        for place, name in enumerate(tag.names):
            holder_id = taken.setdefault((tag.parent_id, reading_of(name)), tag.id)
            if holder_id != tag.id:
                holder = next(each for each in tags if each.id == holder_id)
                return NameTaken(name, holder_id, holder.name)
            if place and reading_of(name) in map(reading_of, tag.names[:place]):
                return AliasRepeated(tag.id, name)
    return None
