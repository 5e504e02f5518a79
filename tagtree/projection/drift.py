"""漂移 (drift): what changed on the platform without us, and how soon it will be full."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from tagtree.projection.steps import RemoteTag

GROWTH_DAYS: Final = 30
_DAY: Final = 86_400_000  # ms


@dataclass(frozen=True, slots=True)
class Renamed:
    """A tag has another name."""

    remote_id: str
    ours: bool
    group: str
    was: str
    name: str


@dataclass(frozen=True, slots=True)
class GroupRenamed:
    """A group has another name; `ours` when a tag of ours is in it."""

    group_id: str
    ours: bool
    was: str
    name: str


@dataclass(frozen=True, slots=True)
class Regrouped:
    """A tag stands in another group."""

    remote_id: str
    ours: bool
    was: str
    group: str
    name: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A tag is deleted; the platform took it off everybody without a word."""

    remote_id: str
    ours: bool
    group: str
    name: str


@dataclass(frozen=True, slots=True)
class Appeared:
    """Somebody else made a tag."""

    remote_id: str
    group: str
    name: str

    @property
    def ours(self) -> bool:
        return False


Difference: TypeAlias = Renamed | GroupRenamed | Regrouped | Gone | Appeared


def drift(before: Iterable[RemoteTag], after: Iterable[RemoteTag]) -> tuple[Difference, ...]:
    """What differs between what we know, our own changes included, and what the platform lists now; by id."""
    known, listed = _by_id(before), _by_id(after)
    differences: list[Difference] = list(_groups_renamed(known, listed))
    renamed_groups = {each.group_id for each in differences if isinstance(each, GroupRenamed)}
    for remote_id, tag in listed.items():
        was = known.get(remote_id)
        if was is None:
            differences.append(Appeared(remote_id, tag.group, tag.name))
            continue
        if was.name != tag.name:
            differences.append(Renamed(remote_id, was.ours, tag.group, was.name, tag.name))
        if (was.group_id, was.group) != (tag.group_id, tag.group) and tag.group_id not in renamed_groups:
            differences.append(Regrouped(remote_id, was.ours, was.group, tag.group, tag.name))
    gone = (tag for remote_id, tag in known.items() if remote_id not in listed)
    return (*differences, *(Gone(tag.id, tag.ours, tag.group, tag.name) for tag in gone))


def touched(differences: Iterable[Difference], after: Iterable[RemoteTag], links: Mapping[int, str]) -> frozenset[int]:
    """The tags of ours that the differences concern."""
    differences = tuple(differences)
    groups = {each.group_id for each in differences if isinstance(each, GroupRenamed)}
    remote_ids = {each.remote_id for each in differences if not isinstance(each, GroupRenamed)}
    remote_ids |= {tag.id for tag in after if tag.group_id in groups}
    return frozenset(tag_id for tag_id, remote_id in links.items() if remote_id in remote_ids)


@dataclass(frozen=True, slots=True)
class Forecast:
    """`grown`: tags that came in the last 30 days; `days_left` until the platform is full at that pace, None: never."""

    grown: int
    days_left: int | None


def forecast(created_at: Collection[int], used: int, limit: int, now: int) -> Forecast:
    """``created_at``: when each tag on the platform was made (ms); ``used`` of ``limit`` are taken."""
    grown = sum(now - GROWTH_DAYS * _DAY < at <= now for at in created_at)
    if used >= limit:
        return Forecast(grown, 0)
    return Forecast(grown, (limit - used) * GROWTH_DAYS // grown if grown else None)


def _by_id(tags: Iterable[RemoteTag]) -> dict[str, RemoteTag]:
    return {tag.id: tag for tag in sorted(tags, key=lambda tag: tag.id)}


def _groups_renamed(known: Mapping[str, RemoteTag], listed: Mapping[str, RemoteTag]) -> list[GroupRenamed]:
    was = {tag.group_id: tag.group for tag in known.values()}
    now = {tag.group_id: tag.group for tag in listed.values()}
    with_ours = {tag.group_id for tag in known.values() if tag.ours}
    return [
        GroupRenamed(group_id, group_id in with_ours, was[group_id], name)
        for group_id, name in sorted(now.items())
        if group_id in was and was[group_id] != name
    ]
