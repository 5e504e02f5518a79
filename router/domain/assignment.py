"""分配 (assignment): which agent gets the next customer, and why every other one did not."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm
from typing import Literal

from router.domain.capacity import Limit, effective

Exclusion = Literal["off_duty", "unavailable", "at_cap", "no_contact_way"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent of the pool as the ledger sees it at the moment of the scan."""

    agent_id: int
    userid: str
    name: str
    weight: int
    load: int  # customers taken today, across all codes
    on_duty: bool
    available: bool
    ready_ways: int
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A candidate who may not be assigned now, with the cap that says so when it is a cap."""

    agent_id: int
    reason: Exclusion
    limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who may be assigned, best first, and who may not."""

    candidates: tuple[Candidate, ...]
    sticky_agent_id: int | None
    order: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def waits_for_ways(self) -> bool:
        """Whether somebody has a free place and only the stock of contact ways is empty."""
        return any(each.reason == "no_contact_way" for each in self.left_out)


def rank(candidates: Sequence[Candidate], sticky_agent_id: int | None = None) -> Ranking:
    """Weighted idle-first (加权空闲优先): least load per weight first; the visitor's last agent before all others.

    The order is a function of the values alone, so a stored decision can be replayed. The caller walks it with a
    guarded update per candidate: between this ranking and that update another process may have taken the last place.
    """
    left_out = tuple(refusal for each in candidates if (refusal := _refusal(each)) is not None)
    refused = {each.agent_id for each in left_out}
    free = [each for each in candidates if each.agent_id not in refused]
    scale = lcm(*(_weight(each) for each in free))
    order = sorted(free, key=lambda each: (each.agent_id != sticky_agent_id, _busyness(each, scale), each.agent_id))
    return Ranking(tuple(candidates), sticky_agent_id, tuple(order), left_out)


def _busyness(candidate: Candidate, scale: int) -> int:
    """Load per weight, times a common multiple of all weights: exact, because 1/3 + 1/3 must not rank before 2/3."""
    return candidate.load * (scale // _weight(candidate))


def _weight(candidate: Candidate) -> int:
    return max(1, candidate.weight)


def _refusal(candidate: Candidate) -> LeftOut | None:
    if not candidate.available:
        return LeftOut(candidate.agent_id, "unavailable")
    if not candidate.on_duty:
        return LeftOut(candidate.agent_id, "off_duty")
    limit = effective(candidate.limits)
    if limit is not None and limit.headroom == 0:
        return LeftOut(candidate.agent_id, "at_cap", limit)
    if candidate.ready_ways == 0:
        return LeftOut(candidate.agent_id, "no_contact_way")
    return None
