"""What a projection consists of: the platform's tags, the steps that change them, and what stands in the way."""

from dataclasses import dataclass
from typing import TypeAlias

from tagtree.projection.placement import Placement, SameName, TooLong


@dataclass(frozen=True, slots=True)
class RemoteTag:
    """A tag as the platform lists it; only what we made (`ours`) may be edited, any may be put on customers."""

    id: str
    group_id: str
    group: str
    name: str
    ours: bool


@dataclass(frozen=True, slots=True)
class Create:
    """Make a tag; its group comes into being with its first tag."""

    tag_id: int
    group: str
    name: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a tag another name in its group."""

    tag_id: int
    remote_id: str
    group: str
    name: str


@dataclass(frozen=True, slots=True)
class RenameGroup:
    """Give a group, which holds nothing but ours, another name."""

    group_id: str
    was: str
    name: str


@dataclass(frozen=True, slots=True)
class Move:
    """Make the tag anew in another group and put it on everybody who carries the old one, which a `Delete` ends.

    No platform moves a tag between groups.
    """

    tag_id: int
    remote_id: str
    group: str
    name: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a tag of ours that nothing stands for any more; the platform takes it off everybody."""

    remote_id: str
    group: str
    name: str


@dataclass(frozen=True, slots=True)
class Adopt:
    """Mark with a tag that somebody else made, as a person chose; it is never edited."""

    tag_id: int
    remote_id: str
    group: str
    name: str


@dataclass(frozen=True, slots=True)
class Release:
    """Mark no longer with a tag that somebody else made."""

    tag_id: int
    remote_id: str


Step: TypeAlias = Create | Rename | RenameGroup | Move | Delete | Adopt | Release


@dataclass(frozen=True, slots=True)
class NameTaken:
    """Somebody else's tag has the place; a person may choose to use it."""

    tag_id: int
    remote_id: str
    group: str
    name: str


@dataclass(frozen=True, slots=True)
class CountExceeded:
    """The platform holds as many tags as it can; the heaviest of ours went first."""

    tag_id: int
    limit: int


Conflict: TypeAlias = TooLong | SameName | NameTaken | CountExceeded


@dataclass(frozen=True, slots=True)
class Quota:
    """Tags on the platform now and after the plan, everybody's counted, and the most it holds."""

    used: int
    after: int
    limit: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in the order to take them, and the tags that get none and why."""

    steps: tuple[Step, ...]
    conflicts: tuple[Conflict, ...]
    quota: Quota
    placement: Placement
