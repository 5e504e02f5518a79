"""群活码 (group codes): which group's QR a scan is shown, and why every other group is not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

GroupSource = Literal["join_way", "imported"]
GroupStatus = Literal["making", "ready", "failed", "retired"]
GroupExclusion = Literal["making", "failed", "retired", "expired", "full"]


@dataclass(frozen=True, slots=True)
class Chat:
    """A group of the platform as it was last read; ``people`` is None before the first reading."""

    id: str
    name: str = ""
    people: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """One QR behind a group code.

    A join way leads to several ``chats``, among which the platform chooses; with ``makes_rooms`` it never runs out. The
    people of an imported QR without a chat are estimated from the visitors who were shown it. ``expires_at`` is in ms.
    """

    id: int
    name: str
    link: str
    source: GroupSource
    status: GroupStatus
    person_limit: int
    people: int = 0
    chats: tuple[Chat, ...] = ()
    makes_rooms: bool = False
    expires_at: int | None = None

    @property
    def is_estimated(self) -> bool:
        """Whether ``people`` are counted by us because the platform does not say how many there are."""
        return not self.chats

    @property
    def places(self) -> int:
        """People that all its chats hold together."""
        return self.person_limit * max(1, len(self.chats))

    @property
    def taken(self) -> int:
        """People who are in, or probably in."""
        return self.people if self.is_estimated else sum(chat.people or 0 for chat in self.chats)

    @property
    def is_full(self) -> bool:
        """Whether nobody else fits into any of its chats."""
        if self.makes_rooms:
            return False
        if self.is_estimated:
            return self.people >= self.person_limit
        return all((chat.people or 0) >= self.person_limit for chat in self.chats)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A group that is not shown now."""

    group_id: int
    reason: GroupExclusion


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """The group to show, None when none is left, and those that stand before it or would follow but cannot."""

    shown: Group | None
    passed_over: tuple[PassedOver, ...]

    @property
    def waits_for_platform(self) -> bool:
        """Whether none is shown only because the platform is still making one."""
        return self.shown is None and any(each.reason == "making" for each in self.passed_over)


def choose(groups: Sequence[Group], now: int) -> GroupChoice:
    """The first group, in their order, that is ready, not expired and not full at ``now`` (ms).

    A QR that expires at this very instant is expired: a visitor needs a moment to scan it.
    """
    reasons = {group.id: _exclusion(group, now) for group in groups}
    shown = next((group for group in groups if reasons[group.id] is None), None)
    return GroupChoice(shown, tuple(PassedOver(id, reason) for id, reason in reasons.items() if reason is not None))


def changes_at(groups: Sequence[Group], now: int) -> int | None:
    """When the shown group expires (ms), None when it does not, or none is shown."""
    shown = choose(groups, now).shown
    return None if shown is None else shown.expires_at


def _exclusion(group: Group, now: int) -> GroupExclusion | None:
    if group.status != "ready":
        return group.status
    if group.expires_at is not None and group.expires_at <= now:
        return "expired"
    return "full" if group.is_full else None
