"""Where each tag of the tree stands on a platform that has one or two levels, and short names."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from tagtree.tree import Tag, TagTree

ROOT_GROUP: Final = "liveqr"
"""Group of tags that stand at the top of our tree: a platform with two levels has no tag without a group."""

Unit: TypeAlias = Literal["characters", "bytes"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a platform holds: `levels` (2: groups and tags, 1: tags alone), at most `tags` of them, names of at most
    `name` characters or bytes of UTF-8.
    """

    levels: Literal[1, 2]
    tags: int
    name: int
    unit: Unit = "characters"

    def fits(self, name: str) -> bool:
        return len(name if self.unit == "characters" else name.encode()) <= self.name


CORP_TAGS: Final = Shape(2, 10_000, 30)
"""企业标签 of WeCom (W-92117); errcode 40126 speaks of 3,000 tags and 40072 of 32 characters."""
FAN_TAGS: Final = Shape(1, 100, 30, "bytes")
"""Tags of an Official Account's fans: 45056 and 45158; the documentation says characters, the error says bytes."""


@dataclass(frozen=True, slots=True)
class Twin:
    """The tag on the platform that stands for one of ours; `group` is empty where there is one level."""

    tag_id: int
    group: str
    name: str
    weight: int = 0


@dataclass(frozen=True, slots=True)
class TooLong:
    """Even the tag's own name, or that of its group, is longer than the platform takes."""

    tag_id: int
    name: str
    limit: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class SameName:
    """Another tag of ours has, or keeps, the place that this one would get."""

    tag_id: int
    other_id: int
    group: str
    name: str


@dataclass(frozen=True, slots=True)
class Placement:
    """A twin for each tag that is shown, or why it has none."""

    twins: tuple[Twin, ...]
    conflicts: tuple[TooLong | SameName, ...]


def place(tree: TagTree, shape: Shape, chosen: frozenset[int] | None = None) -> Placement:
    """Place every tag outside internal branches, of ``chosen`` ones only when given.

    A name is the path below the group, without as many of its first parts as it takes to fit. Where two tags get the
    same place the older one (the smaller id) keeps it.
    """
    keeper: dict[tuple[str, str], int] = {}
    twins: list[Twin] = []
    conflicts: list[TooLong | SameName] = []
    for tag in tree.tags:
        path = tree.path(tag.id)
        if tree.is_internal(tag.id) or (chosen is not None and tag.id not in chosen):
            continue
        twin = _twin(path, shape)
        if isinstance(twin, Twin):
            other_id = keeper.setdefault((twin.group, twin.name), tag.id)
            if other_id != tag.id:
                conflicts.append(SameName(tag.id, other_id, twin.group, twin.name))
                continue
            twins.append(twin)
        else:
            conflicts.append(twin)
    return Placement(tuple(twins), tuple(conflicts))


def branches(tree: TagTree, single: frozenset[int], whole: frozenset[int]) -> frozenset[int]:
    """The tags chosen one by one, and with everything under them; those that left the tree are passed over."""
    below = {each.id for tag_id in whole if tag_id in tree for each in tree.descendants(tag_id)}
    return frozenset({tag_id for tag_id in single | whole if tag_id in tree} | below)


def _twin(path: tuple[Tag, ...], shape: Shape) -> Twin | TooLong:
    tag = path[-1]
    group, parts = _levels([each.name for each in path], shape)
    if not shape.fits(group):
        return TooLong(tag.id, group, shape.name, shape.unit)
    name = next(filter(shape.fits, _shorter_and_shorter(parts)), None)
    if name is None:
        return TooLong(tag.id, tag.name, shape.name, shape.unit)
    return Twin(tag.id, group, name, tag.weight)


def _levels(names: list[str], shape: Shape) -> tuple[str, list[str]]:
    if shape.levels == 1:
        return "", names
    return (names[0], names[1:]) if len(names) > 1 else (ROOT_GROUP, names)


def _shorter_and_shorter(parts: list[str]) -> Iterator[str]:
    return ("/".join(parts[first:]) for first in range(len(parts)))
