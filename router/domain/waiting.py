"""排队 (waiting): who of those that wait for a pool may ask for its free places, and which are promised to them."""

from collections import deque
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from router.domain.assignment import PLENTY, Ask, Candidate, can_be_had
from router.domain.capacity import UNLIMITED
from router.domain.spill import FallbackPool, SpillPolicy


@dataclass(frozen=True, slots=True)
class Party:
    """``size`` visitors who ask the same of a pool through a live code, to which its agents look like this."""

    code_id: int
    ask: Ask
    candidates: Sequence[Candidate]
    size: int = 1


def free_places(candidates: Sequence[Candidate], ask: Ask) -> int:
    """How many visitors these agents could be given now, one after the other.

    What an agent may take is bounded by its caps, its contact ways and its return ramp; all of them together by the
    caps of pool and code. Backups count: they join when the members are full. So do those whose turns of the round are
    used up: when only they are left, the next round begins.
    """
    free = sum(min(_places_of(each), _places_in_code(each)) for each in _serving(candidates, ask))
    return min(free, _headroom(candidates, "pool:"), _headroom(candidates, "code:"))


def unpromised(mine: Party, ahead: Collection[Party]) -> frozenset[int]:
    """The agents (ids) who can be given to one of mine while those ahead who can be served at all still can be.

    Those ahead are matched with places as a maximum flow (Ford & Fulkerson 1956): from what they ask, within the cap of
    their code, to the agents who suit, within the agents' caps. An agent is promised to nobody if one more visitor of
    this code still finds a way through it.
    """
    left_of_pool = _headroom(mine.candidates, "pool:")
    left_of_code = {each.code_id: _headroom(each.candidates, "code:") for each in (*ahead, mine)}
    places = _Places()
    for party in ahead:
        wanted = min(party.size, left_of_pool, left_of_code[party.code_id])
        given = places.give(party, wanted)
        left_of_pool -= given
        left_of_code[party.code_id] -= given
    if min(left_of_pool, left_of_code[mine.code_id]) == 0:
        return frozenset()
    return places.open_to(mine)


_Node: TypeAlias = tuple[Hashable, ...]
_FREE: _Node = ("free",)


@dataclass(frozen=True, slots=True)
class _Places:
    """What can still flow from one node to the next; what flows already can be taken back the other way."""

    _left: dict[_Node, dict[_Node, int]] = field(default_factory=dict)

    def give(self, party: Party, wanted: int) -> int:
        """Match as many of the party as can be, moving others between agents where that helps; returns how many."""
        start: _Node = ("party", len(self._left))
        for agent_in_code in self._known(party).values():
            self._connect(start, agent_in_code, UNLIMITED)
        given = 0
        while given < wanted and (way := self._way(start)):
            many = min(wanted - given, *(self._left[a][b] for a, b in way))
            for a, b in way:
                self._left[a][b] -= many
                self._left[b][a] += many
            given += many
        return given

    def open_to(self, party: Party) -> frozenset[int]:
        """The agents (ids) through whom one more of this party would find a free place."""
        agents = self._known(party)
        leading: set[_Node] = {_FREE}
        queue = deque(leading)
        while queue:
            node = queue.popleft()
            before = {each for each in self._left.get(node, ()) if self._left[each][node] > 0} - leading
            leading |= before
            queue.extend(before)
        return frozenset(agent_id for agent_id, node in agents.items() if node in leading)

    def _known(self, party: Party) -> dict[int, _Node]:
        """The nodes of the agents who suit and have a place, each as seen through the party's code."""
        nodes: dict[int, _Node] = {}
        for each in _serving(party.candidates, party.ask):
            if (places := _places_of(each)) and (in_code := _places_in_code(each)):
                agent: _Node = ("agent", each.agent_id)
                nodes[each.agent_id] = (*agent, "code", party.code_id)
                self._connect(nodes[each.agent_id], agent, in_code)
                self._connect(agent, _FREE, places)
        return nodes

    def _connect(self, start: _Node, end: _Node, places: int) -> None:
        self._left.setdefault(start, {}).setdefault(end, places)
        self._left.setdefault(end, {}).setdefault(start, 0)

    def _way(self, start: _Node) -> list[tuple[_Node, _Node]]:
        """The steps from ``start`` to a free place; none if there is no way."""
        came_from: dict[_Node, _Node] = {start: start}
        queue = deque([start])
        while queue and _FREE not in came_from:
            node = queue.popleft()
            for after, left in self._left.get(node, {}).items():
                if left > 0 and after not in came_from:
                    came_from[after] = node
                    queue.append(after)
        steps: list[tuple[_Node, _Node]] = []
        node = _FREE
        while node in came_from and node != start:
            steps.append((came_from[node], node))
            node = came_from[node]
        return steps


def _serving(candidates: Sequence[Candidate], ask: Ask) -> list[Candidate]:
    """Those who are on duty and may be given to whoever asks so, whatever their caps say."""
    is_bound = ask.policy == "exclusive" and can_be_had(candidates, ask.sticky_agent_id)
    return [
        each
        for each in candidates
        if each.available
        and each.duty == "on"
        and (not ask.skill or ask.skill in each.skills)
        and (not ask.department or ask.department == each.department)
        and (not is_bound or ask.sticky_agent_id == each.agent_id)
    ]


def _places_of(candidate: Candidate) -> int:
    """What is left of the agent across codes; turns of a round do not count, because the next one brings new ones."""
    own = (
        limit.headroom
        for limit in candidate.limits
        if limit.subject.startswith("agent:") and limit.window != "round" and "@code:" not in limit.subject
    )
    ramp = UNLIMITED if candidate.ramp_left is None else candidate.ramp_left
    ways = candidate.ready_ways if candidate.ready_ways < PLENTY else UNLIMITED
    return min(ways, ramp, *own)


def _places_in_code(candidate: Candidate) -> int:
    return min((limit.headroom for limit in candidate.limits if "@code:" in limit.subject), default=UNLIMITED)


def _headroom(candidates: Sequence[Candidate], subject: str) -> int:
    """What the caps leave that bind all agents together: those of the pool, or of the code."""
    limits = (limit for each in candidates for limit in each.limits if limit.subject.startswith(subject))
    return min((limit.headroom for limit in limits), default=UNLIMITED)


def leading_to(pool_id: int, policies: Mapping[int, SpillPolicy]) -> frozenset[int]:
    """This pool and every pool that falls back to it, directly or through others; a circle of fallbacks ends."""
    found = {pool_id}
    while True:
        before = {id for id, policy in policies.items() if isinstance(policy, FallbackPool) and policy.pool_id in found}
        if before <= found:
            return frozenset(found)
        found |= before
