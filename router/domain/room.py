"""余量 of one agent (room): in each pool the cap that decides now, and what that comes to for the agent as a whole."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from router.domain.assignment import Duty
from router.domain.capacity import Limit, effective

WARN_PERCENT = 80  # for whoever is in no pool that says otherwise

Room = Literal["free", "near", "turn", "full"]
"""``turn``: the turns of this round are used up, and nothing else is; ``near``: from the pool's warning on."""

State = Literal[
    "free",
    "near",
    "turn",
    "partly",
    "full",
    "off_duty",
    "off_shift",
    "paused",
    "offline",
    "unavailable",
    "no_pool",
    "no_ways",
    "archived",
]
"""What an agent comes to: the person first, then the room. ``partly``: full somewhere, with room elsewhere."""


@dataclass(frozen=True, slots=True)
class WarnFrom:
    """From which percent of a cap on to warn, by id: agents have that of the strictest of their pools, codes that of
    their own pool. A cap that an agent has within a pool or a code belongs to the pool or the code."""

    agents: Mapping[int, int]
    pools: Mapping[int, int]
    codes: Mapping[int, int]

    def percent(self, subject: str) -> int:
        """That of ``agent:3``, ``pool:2``, ``agent:3@code:5``, …"""
        noun, _, id = subject.rpartition("@")[2].partition(":")
        found = {"agent": self.agents, "pool": self.pools, "code": self.codes}[noun]
        return found.get(int(id), WARN_PERCENT)


@dataclass(frozen=True, slots=True)
class RoomIn:
    """The cap that decides for the customers who come through this pool and code; None when nothing is capped.

    ``code_id`` 0: through every code of the pool that has no line of its own; ``pool_id`` 0: in every pool.
    """

    pool_id: int
    code_id: int
    limit: Limit | None
    room: Room

    @property
    def headroom(self) -> int | None:
        """Places left; None: no cap."""
        return None if self.limit is None else self.limit.headroom


def deciding(limits: Sequence[Limit]) -> Limit | None:
    """The limit that leaves the least: of those used up, one that no new round would lift."""
    lasting = [limit for limit in limits if limit.headroom == 0 and not _is_lifted_by_a_round(limit)]
    return effective(lasting or limits)


def room_under(limit: Limit | None, warn_percent: int) -> Room:
    """How much room the deciding cap leaves; rounds end by themselves, so nobody is warned of one."""
    if limit is None:
        return "free"
    if limit.headroom == 0:
        return "turn" if _is_lifted_by_a_round(limit) else "full"
    is_near = limit.window != "round" and limit.taken * 100 >= warn_percent * limit.places
    return "near" if is_near else "free"


def gathered(found: Iterable[RoomIn]) -> tuple[RoomIn, ...]:
    """One line for codes of a pool, and then for pools, in all of which the same cap decides; least room first."""
    by_pool = groupby(sorted(found, key=lambda each: each.pool_id), key=lambda each: each.pool_id)
    lines = [line for _, of_pool in by_pool for line in _one_if_same(list(of_pool), "code_id")]
    return tuple(sorted(_one_if_same(lines, "pool_id"), key=_least_first))


def state_of(
    rooms: Collection[RoomIn], duty: Duty, *, available: bool, is_in_pool: bool, has_ways: bool, is_archived: bool
) -> State:
    """What the agent comes to; ``has_ways``: whether a contact way is in stock."""
    if is_archived:
        return "archived"
    if not available:
        return "unavailable"
    if duty != "on":
        return duty
    if not is_in_pool:
        return "no_pool"
    states = {each.room for each in rooms}
    if states <= {"turn", "full"}:
        return "turn" if "turn" in states else "full"
    if not has_ways:
        return "no_ways"
    if states & {"turn", "full"}:
        return "partly"
    return "near" if "near" in states else "free"


def _is_lifted_by_a_round(limit: Limit) -> bool:
    return limit.window == "round" and limit.places > 0


def _one_if_same(lines: list[RoomIn], within: Literal["code_id", "pool_id"]) -> Iterator[RoomIn]:
    is_same = len({(each.limit, each.room) for each in lines}) == 1
    if is_same and within == "code_id":
        yield replace(lines[0], code_id=0)
    elif is_same and not any(each.code_id for each in lines):
        yield replace(lines[0], pool_id=0)
    else:
        yield from lines


def _least_first(line: RoomIn) -> tuple[bool, int, int, int]:
    return line.headroom is None, line.headroom or 0, line.pool_id, line.code_id
