"""In which order free agents are asked, and how far each policy may stray from a fair share."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import sqrt
from random import Random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.policies import Policy, in_order


@dataclass(frozen=True)
class Agent:
    agent_id: int
    weight: int = 1
    load: int = 0
    turns: int = 0
    position: int = 0


def team(*weights: int) -> list[Agent]:
    """Agents numbered from 1, in the pool's order."""
    return [Agent(number, weight, position=number) for number, weight in enumerate(weights, start=1)]


def first(policy: Policy, agents: Sequence[Agent], seed: int = 0) -> Agent:
    return in_order(policy, agents, seed)[0]


def serves(policy: Policy, agents: list[Agent], customers: int) -> list[list[Agent]]:
    """The agents after each customer who came."""
    prefixes = []
    for _ in range(customers):
        taker = first(policy, agents)
        agents = [replace(each, load=each.load + 1, turns=each.turns + 1) if each == taker else each for each in agents]
        prefixes.append(agents)
    return prefixes


def ids(agents: Sequence[Agent]) -> list[int]:
    return [each.agent_id for each in agents]


weights = st.lists(st.integers(1, 20), min_size=1, max_size=8)


@given(weights, st.integers(1, 120))
def test_in_turn_everybody_is_within_one_of_the_weighted_share_after_any_prefix(given: list[int], n: int) -> None:
    total = sum(given)

    for served, agents in enumerate(serves("round_robin", team(*given), n), start=1):
        assert all(abs(each.turns - Fraction(served * each.weight, total)) < 1 for each in agents)


def test_in_turn_the_weights_come_out_exactly_when_the_turns_divide() -> None:
    *_, last = serves("round_robin", team(5, 3, 2), 10)

    assert [each.turns for each in last] == [5, 3, 2]


def test_turns_count_only_what_came_through_this_pool() -> None:
    busy_elsewhere, idle = Agent(1, load=90, turns=0), Agent(2, load=0, turns=1)

    assert ids(in_order("round_robin", [idle, busy_elsewhere], 0)) == [1, 2]


@given(weights, st.integers(1, 120))
def test_by_idleness_two_agents_never_differ_by_more_than_one_customer_of_the_lightest(
    given: list[int], n: int
) -> None:
    bound = Fraction(1, min(given))

    for agents in serves("idle_first", team(*given), n):
        idleness = [Fraction(each.load, each.weight) for each in agents]
        assert max(idleness) - min(idleness) <= bound


@given(weights, st.lists(st.integers(0, 40), min_size=8, max_size=8))
def test_by_idleness_an_unequal_start_is_never_made_more_unequal(given: list[int], loads: list[int]) -> None:
    agents = [replace(each, load=load) for each, load in zip(team(*given), loads, strict=False)]

    taker = first("idle_first", agents)

    assert all(taker.load * each.weight <= each.load * taker.weight for each in agents)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_in_sequence_the_pools_order_is_the_order(positions: list[int], chance: Random) -> None:
    agents = [
        Agent(
            number, weight=chance.randint(1, 9), load=chance.randint(0, 9), turns=chance.randint(0, 9), position=where
        )
        for number, where in enumerate(positions)
    ]

    order = in_order("sequential", agents, chance.getrandbits(53))

    assert all((a.position, a.agent_id) < (b.position, b.agent_id) for a, b in pairwise(order))


SEEDS = 20_000
DEVIATIONS = 4.5  # of a binomial count: chance alone goes further once in 147,000 counts


def test_by_chance_each_comes_first_in_proportion_to_weight() -> None:
    chance = Random(20261121)
    agents = team(1, 2, 3, 4)

    counted = Counter(first("weighted_random", agents, chance.getrandbits(53)).agent_id for _ in range(SEEDS))

    for each in agents:
        share = each.weight / 10
        assert abs(counted[each.agent_id] - SEEDS * share) <= DEVIATIONS * sqrt(SEEDS * share * (1 - share))


def test_by_chance_those_behind_the_first_come_in_proportion_as_well() -> None:
    chance = Random(20261122)
    orders = (in_order("weighted_random", team(6, 1, 3), chance.getrandbits(53)) for _ in range(SEEDS))

    second = Counter(order[1].agent_id for order in orders if order[0].agent_id == 1)

    share, of = 1 / 4, second.total()
    assert abs(second[2] - of * share) <= DEVIATIONS * sqrt(of * share * (1 - share))


def test_by_chance_one_agents_luck_does_not_hang_on_who_else_is_free() -> None:
    for seed in range(200):
        order = ids(in_order("weighted_random", team(1, 2, 3, 4), seed))

        without_first = [each for each in team(1, 2, 3, 4) if each.agent_id != order[0]]
        assert ids(in_order("weighted_random", without_first, seed)) == order[1:]


@given(weights)
def test_whoever_is_exclusive_to_customers_is_given_new_ones_by_idleness(given: list[int]) -> None:
    agents = [replace(each, load=(each.agent_id * 7) % 5) for each in team(*given)]

    assert in_order("exclusive", agents, 1) == in_order("idle_first", agents, 1)


@pytest.mark.parametrize("policy", get_args(Policy))
@given(
    agents=st.lists(
        st.builds(
            Agent,
            st.integers(1, 9),
            st.integers(0, 4),
            st.integers(0, 9),
            st.integers(0, 9),
            st.integers(0, 3),
        ),
        max_size=8,
        unique_by=lambda each: each.agent_id,
    ),
    seed=st.integers(0, 2**53 - 1),
    chance=st.randoms(use_true_random=False),
)
def test_every_policy_orders_the_same_agents_the_same_way_however_they_are_listed(
    policy: Policy, agents: list[Agent], seed: int, chance: Random
) -> None:
    listed = agents.copy()
    chance.shuffle(listed)

    order = in_order(policy, listed, seed)

    assert order == in_order(policy, agents, seed)
    assert sorted(ids(order)) == sorted(ids(agents))


@pytest.mark.parametrize("policy", get_args(Policy))
def test_a_weight_of_zero_counts_as_one(policy: Policy) -> None:
    light = [Agent(1, 0, 2, 2, 1), Agent(2, 3, 2, 2, 2), Agent(3, 0, 1, 1, 3)]

    order = ids(in_order(policy, light, 7))

    assert order == ids(in_order(policy, [replace(each, weight=max(1, each.weight)) for each in light], 7))
