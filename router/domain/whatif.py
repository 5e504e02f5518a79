"""假设分析 (what-if): a past day's arrivals, received by other caps, weights, policies and schedules. Writes nothing.

Every arrival is ranked as a scan ranks it. What a simulation cannot know it assumes, and says so: whoever was received
on that day stays or leaves as they did; whoever was not, and now is, adds; contact ways are never short.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from heapq import heappop, heappush
from typing import Literal

from router.domain.assignment import Ask, Candidate, Duty, Ranking, Role, rank
from router.domain.capacity import Limit, Place, Window, agent_subject, period
from router.domain.policies import Policy

MINUTE = 60_000  # ms

FLOWS: tuple[Window, ...] = ("hour", "day", "total")  # how full the stocks were on a past day is not known

Fate = Literal["stays", "leaves"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A visitor for whom a pool was ranked at ``at`` (ms), and whether the place was used or came back."""

    at: int
    code_id: int
    visitor: str
    fate: Fate = "stays"


@dataclass(frozen=True, slots=True)
class Member:
    """An agent in one pool. ``duty`` answers for an instant in ms; it changes at full minutes only."""

    agent_id: int
    name: str
    weight: int
    duty: Callable[[int], Duty]
    available: bool = True
    position: int = 0
    role: Role = "member"
    skills: tuple[str, ...] = ()
    department: str = ""


@dataclass(frozen=True, slots=True)
class SimulatedPool:
    policy: Policy
    backup_percent: int
    members: tuple[Member, ...]
    fallback_pool_id: int | None = None


@dataclass(frozen=True, slots=True)
class SimulatedCode:
    pool_id: int
    skill: str = ""
    department: str = ""
    hold_minutes: int = 20


@dataclass(frozen=True, slots=True)
class Setup:
    """Who may be assigned and under which caps: (subject, window) → places."""

    pools: Mapping[int, SimulatedPool]
    codes: Mapping[int, SimulatedCode]
    caps: Mapping[tuple[str, Window], int]
    zone: tzinfo


@dataclass(slots=True)
class Outcome:
    """What became of the arrivals: customers by agent and by (code, agent), those nobody could receive by code."""

    by_agent: Counter[int] = field(default_factory=Counter)
    by_code: Counter[tuple[int, int]] = field(default_factory=Counter)
    full: Counter[int] = field(default_factory=Counter)
    again: int = 0  # arrivals of visitors who had a place already

    @property
    def received(self) -> int:
        """Customers somebody received."""
        return self.by_agent.total()

    @property
    def by_live_code(self) -> Counter[int]:
        """Customers somebody received, by live code."""
        found: Counter[int] = Counter()
        for (code_id, _agent_id), customers in self.by_code.items():
            found[code_id] += customers
        return found


def simulate(
    arrivals: Sequence[Arrival], setup: Setup, progress: Callable[[int], None] = lambda _done: None
) -> Outcome:
    """Receive the arrivals in order of their instants; ``progress`` hears how many are done."""
    simulation = _Simulation(setup)
    for number, arrival in enumerate(sorted(arrivals, key=lambda each: each.at)):
        simulation.receive(arrival, seed=number)
        if number % 1000 == 0:
            progress(number)
    return simulation.outcome


@dataclass(slots=True)
class _Asked:
    """One pool as it is asked, in the minute it was looked at last; ``code_id`` 0: by every code whose caps on agents
    are those of the pool."""

    pool_id: int
    code_id: int
    minute: int
    members: dict[int, Member]
    candidates: dict[int, Candidate]
    knows_shared: bool  # caps of pool and code stand with each candidate: a place taken by one changes all


@dataclass(slots=True)
class _Simulation:
    setup: Setup
    outcome: Outcome = field(default_factory=Outcome)
    taken: Counter[tuple[str, Window, int]] = field(default_factory=Counter)
    rounds: Counter[int] = field(default_factory=Counter)
    periods: dict[tuple[Window, int], int] = field(default_factory=dict)
    asked: dict[tuple[int, int], _Asked] = field(default_factory=dict)
    codes_with_own: frozenset[int] = field(init=False)
    holding: set[tuple[int, str]] = field(default_factory=set)
    held: int = 0
    returning: list[tuple[int, int, Place, int, tuple[int, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        caps = (subject.rpartition("@code:") for subject, _ in self.setup.caps)
        self.codes_with_own = frozenset(int(code) for agent, _, code in caps if agent)

    def receive(self, arrival: Arrival, seed: int) -> None:
        """One visitor: the code's pool, then its fallbacks, each once."""
        self._return_places(arrival.at)
        visitor = (arrival.code_id, arrival.visitor)
        if visitor in self.holding:
            self.outcome.again += 1
            return
        code = self.setup.codes[arrival.code_id]
        pool_id: int | None = code.pool_id
        asked: set[int] = set()
        while pool_id is not None and pool_id in self.setup.pools and pool_id not in asked:
            asked.add(pool_id)
            if self._has_room(pool_id, arrival):
                ranking = self._rank(pool_id, arrival, code, seed)
                if ranking.order:
                    self._take(ranking.order[0], pool_id, arrival, code)
                    return
            pool_id = self.setup.pools[pool_id].fallback_pool_id
        self.outcome.full[arrival.code_id] += 1

    def _has_room(self, pool_id: int, arrival: Arrival) -> bool:
        """Whether the caps of pool and code, which bind all its agents alike, leave a place."""
        return all(
            self._used(subject, window, arrival.at) < self.setup.caps[subject, window]
            for subject, window in self._shared(pool_id, arrival.code_id)
        )

    def _shared(self, pool_id: int, code_id: int) -> list[tuple[str, Window]]:
        return [
            (subject, window)
            for subject in (f"pool:{pool_id}", f"code:{code_id}")
            for window in FLOWS
            if (subject, window) in self.setup.caps
        ]

    def _rank(self, pool_id: int, arrival: Arrival, code: SimulatedCode, seed: int) -> Ranking:
        pool = self.setup.pools[pool_id]
        ask = Ask(
            policy=pool.policy,
            skill=code.skill,
            department=code.department,
            backup_percent=pool.backup_percent,
            seed=seed,
        )
        ranking = rank(self._candidates(pool_id, arrival), ask)
        if ranking.round_is_over:
            self.rounds[pool_id] += 1
            self.asked = {key: each for key, each in self.asked.items() if each.pool_id != pool_id}
            ranking = rank(self._candidates(pool_id, arrival), ask)
        return ranking

    def _candidates(self, pool_id: int, arrival: Arrival) -> list[Candidate]:
        """Built once an hour, and kept in step with each place taken and each change of duty meanwhile."""
        is_own = arrival.code_id in self.codes_with_own or self._knows_shared(pool_id)
        key = (pool_id, arrival.code_id if is_own else 0)
        known = self.asked.get(key)
        if known is None or self._period("hour", known.minute * MINUTE) != self._period("hour", arrival.at):
            known = self.asked[key] = self._look(*key, arrival.at)
        elif known.minute != arrival.at // MINUTE:
            self._look_at_duties(known, arrival.at)
        return list(known.candidates.values())

    def _look_at_duties(self, known: _Asked, at: int) -> None:
        known.minute = at // MINUTE
        for agent_id, member in known.members.items():
            candidate = known.candidates[agent_id]
            if (duty := member.duty(at)) != candidate.duty:
                known.candidates[agent_id] = replace(candidate, duty=duty)

    def _look(self, pool_id: int, code_id: int, at: int) -> _Asked:
        members = {member.agent_id: member for member in self.setup.pools[pool_id].members}
        candidates = {id: self._candidate(member, pool_id, code_id, at) for id, member in members.items()}
        knows_shared = self._knows_shared(pool_id) and bool(self._shared(pool_id, code_id))
        return _Asked(pool_id, code_id, at // MINUTE, members, candidates, knows_shared)

    def _knows_shared(self, pool_id: int) -> bool:
        """Only early backups look at how full a shared cap is; for all else it matters only whether it is full."""
        return self.setup.pools[pool_id].backup_percent < 100

    def _candidate(self, member: Member, pool_id: int, code_id: int, at: int) -> Candidate:
        place = Place(member.agent_id, pool_id, code_id, self.rounds[pool_id])
        subject = agent_subject(member.agent_id)
        return Candidate(
            agent_id=member.agent_id,
            userid="",
            name=member.name,
            weight=member.weight,
            load=self._used(subject, "day", at),
            duty=member.duty(at),
            available=member.available,
            ready_ways=1,
            limits=self._limits(place, at),
            position=member.position,
            role=member.role,
            turns=self._used(f"{subject}@pool:{pool_id}", "day", at),
            skills=member.skills,
            department=member.department,
        )

    def _limits(self, place: Place, at: int) -> tuple[Limit, ...]:
        caps = self.setup.caps
        knows_shared = self._knows_shared(place.pool_id)
        subjects = (each for each in place.subjects if knows_shared or each.startswith("agent:"))
        found = [
            Limit(subject, window, caps[subject, window], self._used(subject, window, at), subject)
            for subject in subjects
            for window in FLOWS
            if (subject, window) in caps
        ]
        own, pool = f"{agent_subject(place.agent_id)}@pool:{place.pool_id}", f"pool:{place.pool_id}"
        source = next((each for each in (own, pool) if (each, "round") in caps), None)
        if source is not None:
            found.append(Limit(own, "round", caps[source, "round"], self.taken[own, "round", place.round], source))
        return tuple(found)

    def _used(self, subject: str, window: Window, at: int) -> int:
        return self.taken.get((subject, window, self._period(window, at)), 0)

    def _period(self, window: Window, at: int, round: int = 0) -> int:
        if window == "round":
            return round
        key = (window, at // MINUTE)
        if key not in self.periods:
            self.periods[key] = period(window, at, self.setup.zone)
        return self.periods[key]

    def _take(self, chosen: Candidate, pool_id: int, arrival: Arrival, code: SimulatedCode) -> None:
        place = Place(chosen.agent_id, pool_id, arrival.code_id, self.rounds[pool_id])
        self._count(place, arrival.at, 1)
        self.outcome.by_agent[chosen.agent_id] += 1
        self.outcome.by_code[arrival.code_id, chosen.agent_id] += 1
        visitor = (arrival.code_id, arrival.visitor)
        self.holding.add(visitor)
        if arrival.fate == "leaves":
            ends = arrival.at + code.hold_minutes * MINUTE
            self.held += 1
            heappush(self.returning, (ends, self.held, place, arrival.at, visitor))

    def _return_places(self, now: int) -> None:
        while self.returning and self.returning[0][0] <= now:
            _, _, place, taken_at, visitor = heappop(self.returning)
            self._count(place, taken_at, -1)
            self.holding.discard(visitor)

    def _count(self, place: Place, at: int, change: int) -> None:
        counted = {
            *place.counted,
            *((limit.subject, limit.window) for limit in self._limits(place, at)),
            *self._shared(place.pool_id, place.code_id),
        }
        for subject, window in counted:
            self.taken[subject, window, self._period(window, at, place.round)] += change
        self._refresh(place, at)

    def _refresh(self, place: Place, at: int) -> None:
        """Bring every pool looked at in this minute in step with a place that was taken or came back."""
        for key, each in list(self.asked.items()):
            if each.knows_shared:
                del self.asked[key]  # looked at anew when it is asked again
            elif place.agent_id in each.candidates:
                member, now = each.members[place.agent_id], max(at, each.minute * MINUTE)
                each.candidates[place.agent_id] = self._candidate(member, each.pool_id, each.code_id, now)
