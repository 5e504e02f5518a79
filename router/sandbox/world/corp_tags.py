"""Corp tags: two levels, group and tag, each owned by the application that made it (W-92117)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world.records import Tag, TagGroup
from router.sandbox.world.world import World

CONSOLE = "console"


@dataclass(frozen=True, slots=True)
class NewTag:
    name: str
    order: int


@dataclass(frozen=True, slots=True)
class Change:
    """New name and order of a tag or group; None keeps what is there."""

    name: str | None
    order: int | None


def live_groups(world: World) -> list[TagGroup]:
    """What the API lists: nothing deleted, the highest order first."""
    groups = [_without_deleted(group) for group in world.tag_groups.values() if not group.is_deleted]
    return sorted(groups, key=lambda group: -group.order)


def groups_asked_for(world: World, group_ids: Sequence[str], tag_ids: Sequence[str]) -> list[TagGroup]:
    """Groups and tags named by id, deleted ones included; with both kinds of ids the groups win (W-92117)."""
    if group_ids:
        return [group for group_id in group_ids if (group := world.tag_groups.get(group_id))]
    if tag_ids:
        narrowed = (_narrowed(group, tag_ids) for group in world.tag_groups.values())
        return [group for group in narrowed if group.tags]
    return live_groups(world)


def add(world: World, group: TagGroup, tags: Iterable[NewTag], made_by: str, now: int) -> TagGroup:
    """Append tags to a group, new or known; returns the group with the new tags only, as the API answers."""
    wanted = {tag.name: tag for tag in tags}
    existing = {tag.name for tag in group.tags if not tag.is_deleted}
    if taken := existing & wanted.keys():
        raise RefusalError(Errcode.TAG_NAME_EXISTS, f"tag name exists: {min(taken)}")
    if count(world) + len(wanted) > world.config.corp_tag_quota:
        raise RefusalError(Errcode.TAG_QUOTA, "corp tag count full")
    made = tuple(Tag(world.ids.tag_id(), tag.name, tag.order, now, made_by) for tag in wanted.values())
    world.tag_groups[group.group_id] = replace(group, tags=group.tags + made)
    return replace(group, tags=made)


def group_named(world: World, name: str, order: int, made_by: str, now: int) -> TagGroup:
    """The live group of that name, or a new one that is kept once it has a tag."""
    known = (group for group in world.tag_groups.values() if group.name == name and not group.is_deleted)
    return next(known, None) or TagGroup(world.ids.tag_id(), name, order, now, made_by)


def require_group(world: World, group_id: str) -> TagGroup:
    group = world.tag_groups.get(group_id)
    if group is None or group.is_deleted:
        raise RefusalError(Errcode.UNKNOWN_TAG, f"tag group not found: {group_id}")
    return group


def require_tags(world: World, tag_ids: Iterable[str]) -> None:
    groups = world.tag_groups.values()
    known = {tag.tag_id for group in groups for tag in group.tags if not tag.is_deleted}
    for tag_id in tag_ids:
        if tag_id not in known:
            raise RefusalError(Errcode.UNKNOWN_TAG, f"tag not found: {tag_id}")


def edit(world: World, tag_or_group_id: str, change: Change, caller: str) -> None:
    """Rename or reorder; only its maker may."""
    if tag_or_group_id in world.tag_groups:
        group = require_group(world, tag_or_group_id)
        _check_maker(group, caller)
        name = _free_name(change, group.name, [each.name for each in live_groups(world)])
        order = group.order if change.order is None else change.order
        world.tag_groups[group.group_id] = replace(group, name=name, order=order)
        return
    group, tag = require_tag(world, tag_or_group_id)
    _check_maker(tag, caller)
    name = _free_name(change, tag.name, [each.name for each in group.tags if not each.is_deleted])
    _put_tag(world, group, replace(tag, name=name, order=tag.order if change.order is None else change.order))


def delete_tag(world: World, tag_id: str, caller: str) -> None:
    """Takes the tag off every customer, without an event for any of them. A group goes with its last tag."""
    group, tag = require_tag(world, tag_id)
    _check_maker(tag, caller)
    changed = _put_tag(world, group, replace(tag, is_deleted=True))
    if all(each.is_deleted for each in changed.tags):
        world.tag_groups[group.group_id] = replace(changed, is_deleted=True)
    _unmark(world, {tag_id})


def delete_group(world: World, group_id: str, caller: str) -> None:
    group = require_group(world, group_id)
    _check_maker(group, caller)
    gone = tuple(replace(tag, is_deleted=True) for tag in group.tags)
    world.tag_groups[group_id] = replace(group, tags=gone, is_deleted=True)
    _unmark(world, {tag.tag_id for tag in gone})


def require_tag(world: World, tag_id: str) -> tuple[TagGroup, Tag]:
    for group in world.tag_groups.values():
        for tag in group.tags:
            if tag.tag_id == tag_id and not tag.is_deleted:
                return group, tag
    raise RefusalError(Errcode.UNKNOWN_TAG, f"tag not found: {tag_id}")


def count(world: World) -> int:
    return sum(not tag.is_deleted for group in world.tag_groups.values() for tag in group.tags)


def _check_maker(made: Tag | TagGroup, caller: str) -> None:
    # An application changes what it made; an administrator at the console changes everything.
    if caller not in (made.made_by, CONSOLE):
        raise RefusalError(Errcode.NOT_ALLOWED, f"made by {made.made_by}: only its maker may change it")


def _free_name(change: Change, current: str, names: Sequence[str]) -> str:
    name = current if change.name is None else change.name
    if name != current and name in names:
        raise RefusalError(Errcode.TAG_NAME_EXISTS, f"tag name exists: {name}")
    return name


def _put_tag(world: World, group: TagGroup, changed: Tag) -> TagGroup:
    tags = tuple(changed if tag.tag_id == changed.tag_id else tag for tag in group.tags)
    world.tag_groups[group.group_id] = replace(group, tags=tags)
    return world.tag_groups[group.group_id]


def _unmark(world: World, tag_ids: set[str]) -> None:
    for by_member in world.follows.values():
        for key, follow in by_member.items():
            if tag_ids.intersection(follow.tag_ids):
                kept = tuple(tag_id for tag_id in follow.tag_ids if tag_id not in tag_ids)
                by_member[key] = replace(follow, tag_ids=kept)


def _without_deleted(group: TagGroup) -> TagGroup:
    tags = sorted((tag for tag in group.tags if not tag.is_deleted), key=lambda tag: -tag.order)
    return replace(group, tags=tuple(tags))


def _narrowed(group: TagGroup, tag_ids: Sequence[str]) -> TagGroup:
    return replace(group, tags=tuple(tag for tag in group.tags if tag.tag_id in tag_ids))
