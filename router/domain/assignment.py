"""分配 (assignment): which agent gets the next customer, and why every other one did not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from router.domain.capacity import Limit, effective, kind_of
from router.domain.policies import Policy, in_order

Duty = Literal["on", "off_duty", "off_shift", "paused", "offline"]
"""``off_duty`` is an admin's word, ``off_shift`` the schedule's, ``paused`` and ``offline`` the agent's own."""

Role = Literal["member", "backup"]

Exclusion = Literal[
    "off_duty",
    "off_shift",
    "paused",
    "offline",
    "unavailable",
    "lacks_skill",
    "other_department",
    "not_theirs",
    "promised",
    "returning",
    "at_cap",
    "no_contact_way",
    "backup",
]

Recorded = tuple[tuple[object, ...], Sequence[tuple[object, ...]]]
"""The values of a candidate, and those of each of its limits."""

PLENTY = 20  # contact ways in stock: no more are counted, because none of them is then what decides


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent of the pool as the ledger sees it at the moment of the decision.

    ``load`` counts the customers taken today across all codes, ``turns`` those taken today through this pool.
    ``ready_ways`` is the stock of contact ways, counted up to `PLENTY`. ``ramp_left`` is how many customers somebody
    who has just returned may still take now; None: no ramp.
    """

    agent_id: int
    userid: str
    name: str
    weight: int
    load: int
    duty: Duty
    available: bool
    ready_ways: int
    limits: tuple[Limit, ...]
    position: int = 0
    role: Role = "member"
    turns: int = 0
    skills: tuple[str, ...] = ()
    department: str = ""
    ramp_left: int | None = None
    recorded: tuple[tuple[object, ...], Sequence[tuple[object, ...]]] | None = field(
        default=None, init=False, repr=False, compare=False
    )
    """What `record` makes of it, once: from scan to scan most candidates stay as they are."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a pool is asked for. ``seed`` decides wherever the policy leaves something to chance.

    ``backup_percent``: from which share of the members' places being taken backups join; 100: once all are full.
    ``promised``: agents whose places wait for visitors who came earlier.
    """

    policy: Policy = "idle_first"
    sticky_agent_id: int | None = None
    skill: str = ""
    department: str = ""
    backup_percent: int = 100
    seed: int = 0
    promised: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A candidate who may not be assigned now, with the cap that says so when it is a cap."""

    agent_id: int
    reason: Exclusion
    limit: Limit | None = None


FullFor = Literal["pool", "code", "visitor"]
"""``pool``: nobody there has a place; ``code``: others could have one, who do not come through this code, because its
own caps are used up or nobody who has a place suits it; ``visitor``: others could, but this one has an agent already.
"""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who may be assigned, best first, and who may not."""

    ask: Ask
    candidates: tuple[Candidate, ...]
    order: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def waits_for_ways(self) -> bool:
        """Whether somebody has a free place and only the stock of contact ways is empty."""
        return any(each.reason == "no_contact_way" for each in self.left_out)

    @property
    def full_for(self) -> FullFor:
        """For whom no place is left, where the order is empty: nobody else may have one where it is the whole pool."""
        if self._has_room_but_for(lambda each: each.reason in _ASKED_BY_CODE or _is_of_code(each)):
            return "code"
        return "visitor" if self._has_room_but_for(lambda each: each.reason == "not_theirs") else "pool"

    def _has_room_but_for(self, cause: Callable[[LeftOut], bool]) -> bool:
        """Whether somebody who is there has room under all caps that bind others too, and only ``cause`` is against."""
        left_out = {each.agent_id for each in self.left_out if cause(each)}
        return bool(left_out) and any(
            each.agent_id in left_out
            and each.duty == "on"
            and all(limit.headroom > 0 for limit in each.limits if not _binds_code(limit))
            for each in self.candidates
        )

    @property
    def round_is_over(self) -> bool:
        """Whether no member is free, and one only because its turns of the round are used up; backups come after."""
        at_cap = {each.agent_id for each in self.left_out if each.reason == "at_cap"}
        return all(each.role == "backup" for each in self.order) and any(
            each.role == "member" and each.agent_id in at_cap and _waits_for_a_round(each) for each in self.candidates
        )


_ASKED_BY_CODE: frozenset[Exclusion] = frozenset({"lacks_skill", "other_department"})


def _is_of_code(left_out: LeftOut) -> bool:
    return left_out.limit is not None and _binds_code(left_out.limit)


def _binds_code(limit: Limit) -> bool:
    return kind_of(limit.subject) in ("code", "agent@code")


def rank(candidates: Sequence[Candidate], ask: Ask) -> Ranking:
    """Order the candidates by the pool's policy, the visitor's last agent before all others.

    The order is a function of the values alone, so a stored decision can be replayed. The caller walks it with a
    guarded update per candidate: between this ranking and that update another process may have taken the last place.
    """
    wanted = ask if can_be_had(candidates, ask.sticky_agent_id) else replace(ask, sticky_agent_id=None)
    left_out, free = dict[int, LeftOut](), list[Candidate]()
    for each in candidates:
        if (refusal := _refusal(each, wanted)) is None:
            free.append(each)
        else:
            left_out[each.agent_id] = refusal
    if not _backups_join(candidates, free, ask):
        left_out |= {each.agent_id: LeftOut(each.agent_id, "backup") for each in free if each.role == "backup"}
        free = [each for each in free if each.role == "member"]
    ordered = in_order(ask.policy, free, ask.seed)
    order = ordered if ask.sticky_agent_id is None else _first(ask.sticky_agent_id, ordered)
    return Ranking(ask, tuple(candidates), tuple(order), tuple(left_out.values()))


def _first(agent_id: int, ordered: Sequence[Candidate]) -> list[Candidate]:
    return sorted(ordered, key=lambda each: each.agent_id != agent_id)


def can_be_had(candidates: Sequence[Candidate], agent_id: int | None) -> bool:
    """Whether the visitor's last agent is still one of them: whoever left belongs to nobody's visitors any more."""
    return any(each.agent_id == agent_id and each.available for each in candidates)


def _refusal(candidate: Candidate, ask: Ask) -> LeftOut | None:
    reason = _personal(candidate, ask)
    if reason is not None:
        return LeftOut(candidate.agent_id, reason)
    limit = effective(candidate.limits)
    if limit is not None and limit.taken >= limit.places:
        return LeftOut(candidate.agent_id, "at_cap", limit)
    if candidate.ready_ways == 0:
        return LeftOut(candidate.agent_id, "no_contact_way")
    if candidate.agent_id in ask.promised:
        return LeftOut(candidate.agent_id, "promised")
    return None


def _waits_for_a_round(candidate: Candidate) -> bool:
    """Whether a new round would make room: no other cap is reached, and there are turns in a round at all."""
    return all(limit.window == "round" and limit.places > 0 for limit in candidate.limits if limit.headroom == 0)


def _personal(candidate: Candidate, ask: Ask) -> Exclusion | None:
    """Why this person is out of the question, whatever the caps say."""
    if not candidate.available:
        return "unavailable"
    if candidate.duty != "on":
        return candidate.duty
    if ask.skill and ask.skill not in candidate.skills:
        return "lacks_skill"
    if ask.department and candidate.department != ask.department:
        return "other_department"
    if ask.policy == "exclusive" and ask.sticky_agent_id not in (None, candidate.agent_id):
        return "not_theirs"
    if candidate.ramp_left == 0:
        return "returning"
    return None


def _backups_join(candidates: Sequence[Candidate], free: Sequence[Candidate], ask: Ask) -> bool:
    """Whether no member is free, or so much of the members' places is taken that backups are wanted already."""
    if all(each.role == "backup" for each in free):
        return True
    if ask.backup_percent >= 100:
        return False
    serving = [each for each in candidates if each.role == "member" and _personal(each, ask) is None]
    deciding = [effective(each.limits) for each in serving]
    if None in deciding:
        return False  # a member without a cap has places left for ever
    limits = [limit for limit in deciding if limit is not None]
    taken = sum(min(limit.taken, limit.places) for limit in limits)
    return taken * 100 >= ask.backup_percent * sum(limit.places for limit in limits)
