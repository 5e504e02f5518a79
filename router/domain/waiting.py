"""排队 (waiting): who of those that wait for a pool may ask for its free places."""

from collections.abc import Mapping, Sequence

from router.domain.assignment import PLENTY, Ask, Candidate, can_be_had
from router.domain.capacity import UNLIMITED, Limit
from router.domain.spill import FallbackPool, SpillPolicy


def free_places(candidates: Sequence[Candidate], *asks: Ask) -> int:
    """How many visitors these agents could be given now, one after the other; with several ``asks``, by all of them.

    What an agent may take is bounded by its caps, its contact ways and its return ramp; all of them together by the
    caps of pool and code. Backups count: they join when the members are full. So do those whose turns of the round are
    used up: when only they are left, the next round begins.
    """
    bound = [(ask, can_be_had(candidates, ask.sticky_agent_id)) for ask in asks]
    serving = [each for each in candidates if all(_serves(each, *ask) for ask in bound)]
    together = (limit.headroom for each in serving for limit in each.limits if not limit.subject.startswith("agent:"))
    return min(sum(_places_of(each) for each in serving), *together, UNLIMITED)


def _serves(candidate: Candidate, ask: Ask, is_bound: bool) -> bool:
    if not candidate.available or candidate.duty != "on":
        return False
    if ask.skill and ask.skill not in candidate.skills:
        return False
    if ask.department and ask.department != candidate.department:
        return False
    return ask.policy != "exclusive" or not is_bound or ask.sticky_agent_id == candidate.agent_id


def _places_of(candidate: Candidate) -> int:
    own = (limit.headroom for limit in candidate.limits if _is_own(limit))
    ramp = UNLIMITED if candidate.ramp_left is None else candidate.ramp_left
    ways = candidate.ready_ways if candidate.ready_ways < PLENTY else UNLIMITED
    return min(ways, ramp, *own)


def _is_own(limit: Limit) -> bool:
    return limit.subject.startswith("agent:") and limit.window != "round"


def leading_to(pool_id: int, policies: Mapping[int, SpillPolicy]) -> frozenset[int]:
    """This pool and every pool that falls back to it, directly or through others; a circle of fallbacks ends."""
    found = {pool_id}
    while True:
        before = {id for id, policy in policies.items() if isinstance(policy, FallbackPool) and policy.pool_id in found}
        if before <= found:
            return frozenset(found)
        found |= before
