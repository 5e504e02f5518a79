"""策略 (policies): in which order free agents are asked. Pure, and each with a fairness that can be checked."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import lcm, log
from typing import Any, Literal, Protocol, TypeVar

Policy = Literal["idle_first", "round_robin", "sequential", "weighted_random", "exclusive"]
"""``exclusive``: idle first for new visitors; whoever had an agent before gets that one or nobody."""


class Ranked(Protocol):
    """What a policy looks at."""

    @property
    def agent_id(self) -> int: ...
    @property
    def weight(self) -> int: ...
    @property
    def load(self) -> int: ...
    @property
    def turns(self) -> int: ...
    @property
    def position(self) -> int: ...


R = TypeVar("R", bound=Ranked)


def in_order(policy: Policy, free: Sequence[R], seed: int) -> list[R]:
    """The free agents, the one to be asked first in front. Ties go to the lower position, then the lower id."""
    return sorted(free, key=_KEYS[policy](free, seed))


def _idle_first(free: Sequence[Ranked], _seed: int) -> Callable[[Ranked], Any]:
    """Weighted idle-first (加权空闲优先): least load per weight.

    Times a common multiple of all weights, so it is exact: 1/3 + 1/3 must not rank before 2/3.
    """
    weights = {each.weight for each in free}
    scale = lcm(*(max(1, weight) for weight in weights))
    share = {weight: scale // max(1, weight) for weight in weights}
    return lambda each: (each.load * share[each.weight], each.position, each.agent_id)


def _round_robin(free: Sequence[Ranked], _seed: int) -> Callable[[Ranked], Any]:
    """The quota method of Balinski and Young (1975): after every turn each agent is within one of the weighted share.

    Whoever has reached the upper quota of the next turn waits; of the others the one comes for whom the turn is the
    largest share of the weight.
    """
    weights = sum(weight_of(each) for each in free)
    next_turn = sum(each.turns for each in free) + 1

    def key(each: Ranked) -> Any:
        weight = weight_of(each)
        at_quota = each.turns * weights >= weight * next_turn
        return at_quota, Fraction(each.turns + 1, weight), each.position, each.agent_id

    return key


def _sequential(_free: Sequence[Ranked], _seed: int) -> Callable[[Ranked], Any]:
    """In the pool's order: the first until a cap stops it, then the second."""
    return lambda each: (each.position, each.agent_id)


def _weighted_random(_free: Sequence[Ranked], seed: int) -> Callable[[Ranked], Any]:
    """By chance in proportion to weight: the first to ring, were each a bell that rings ``weight`` times a second."""
    return lambda each: (-log(_chance(seed, each.agent_id)) / weight_of(each), each.agent_id)


def _chance(seed: int, agent_id: int) -> float:
    """A number in (0, 1] that only the seed and the agent decide."""
    digest = hashlib.sha256(f"{seed}:{agent_id}".encode()).digest()
    return (int.from_bytes(digest[:7], "big") + 1) / 2**56


def weight_of(each: Ranked) -> int:
    """A weight of 0 would never be asked: whoever shall not be asked is taken off duty."""
    return max(1, each.weight)


_KEYS: Mapping[Policy, Callable[[Sequence[Ranked], int], Callable[[Ranked], Any]]] = {
    "idle_first": _idle_first,
    "exclusive": _idle_first,
    "round_robin": _round_robin,
    "sequential": _sequential,
    "weighted_random": _weighted_random,
}
