"""原生活码 (native codes): whom a printed multi-member contact way should list, and how far a cap may be passed.

The platform chooses the member by a rule it does not publish, and a change of the list needs time: customers who are
under way meanwhile still come. So an agent is taken off while there is room left, and how many customers can be under
way at once is computed, shown, and holds for each cap whatever member the platform chooses.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import ceil, exp, sqrt
from typing import Literal

from router.domain.assignment import Candidate
from router.domain.capacity import Limit, effective

MINUTE = 60_000  # ms
MOST_MEMBERS = 100  # of one contact way, departments expanded (41041)
CHANCE = 1e-6  # of more customers under way than the bound says, at each change of the list
MANY = 500  # arrivals from which six standard deviations stand for the tail, which a float can no longer add up
LEAST_PER_MINUTE = 1  # a code that was quiet may wake up

Kept = Literal["backup", "least_harm", "nobody"]
"""Who stands on the code while no member may: the platform refuses an empty list.

``nobody``: there is not even somebody to keep, so the list stays as it is.
"""


@dataclass(frozen=True, slots=True)
class InFlight:
    """The bound and what it is computed from: customers per minute, and for how many ms each may be under way."""

    per_minute: int
    window: int

    @property
    def customers(self) -> int:
        """超额上限: more than these come in one ``window`` with a chance of `CHANCE` only."""
        return most_arrivals(max(LEAST_PER_MINUTE, self.per_minute) * self.window / MINUTE)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody who is taken off early: a cap leaves ``limit.headroom`` places, and ``margin`` of them must be left."""

    agent_id: int
    limit: Limit
    margin: int


@dataclass(frozen=True, slots=True)
class Roster:
    """名单: the userids that the contact way should list, sorted, and why others are not among them.

    ``pool_id`` is the pool they are of: another than the code's own while that one takes over (0: not said).
    """

    wanted: tuple[str, ...]
    in_flight: InFlight
    leaving: tuple[Leaving, ...] = ()
    kept: Kept | None = None
    pool_id: int = 0


def most_arrivals(mean: float, chance: float = CHANCE) -> int:
    """The least number that arrivals, ``mean`` of them on average, exceed with at most ``chance`` (Poisson)."""
    if mean > MANY:
        return ceil(mean + 6 * sqrt(mean))
    term = total = exp(-mean)
    number = 0
    while 1 - total > chance:
        number += 1
        term *= mean / number
        total += term
    return number


def roster(
    candidates: Sequence[Candidate],
    free: Sequence[Candidate],
    in_flight: InFlight,
    *,
    backup: str = "",
    refused: Collection[str] = (),
) -> Roster:
    """Whom to list, of the ``candidates`` of a pool and those ``free`` among them, best first.

    ``refused`` are the userids that the platform will not have. Each cap of those who are left out as ``leaving`` has
    places in reserve for customers under way.
    """
    able = [each for each in free if each.userid not in refused][:MOST_MEMBERS]
    leaving = {each.agent_id: found for each in able if (found := _leaving(each, len(able), in_flight)) is not None}
    staying = sorted(each.userid for each in able if each.agent_id not in leaving)
    if staying:
        return Roster(tuple(staying), in_flight, tuple(leaving.values()))
    left = tuple(leaving.values())
    if backup and backup not in refused:
        return Roster((backup,), in_flight, left, "backup")
    last = least_harm([each for each in candidates if each.userid not in refused])
    return Roster((last.userid,), in_flight, left, "least_harm") if last else Roster((), in_flight, left, "nobody")


def least_harm(candidates: Sequence[Candidate]) -> Candidate | None:
    """Who stays when nobody should: reachable before unreachable, on duty before off duty, with most room left."""
    return min(candidates, key=_harm, default=None)


def _harm(candidate: Candidate) -> tuple[bool, bool, int, float, int]:
    limit = effective(candidate.limits)
    beyond = limit.taken - limit.places if limit else -(2**31)
    load = candidate.load / max(1, candidate.weight)
    return not candidate.available, candidate.duty != "on", beyond, load, candidate.agent_id


def _leaving(candidate: Candidate, listed: int, in_flight: InFlight) -> Leaving | None:
    """The first cap of this candidate that has too little room left for who may be under way."""
    for limit in candidate.limits:
        margin = _margin(limit, listed, in_flight.customers)
        if limit.headroom <= margin:
            return Leaving(candidate.agent_id, limit, margin)
    return None


def _margin(limit: Limit, listed: int, customers: int) -> int:
    """Places to keep in reserve: an agent's share of those under way, all of them under a cap that all share.

    Never more than half the cap, or small caps would keep everybody off for good; what the reserve cannot take is
    within the bound all the same.
    """
    share = ceil(customers / listed) if limit.subject.startswith("agent:") else customers
    return min(share, limit.places // 2)
