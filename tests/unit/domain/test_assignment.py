"""Who gets the next customer, and why every other one did not."""

from fractions import Fraction
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.assignment import Ask, Candidate, Duty, Exclusion, LeftOut, Role, rank
from router.domain.capacity import WINDOWS, Limit
from router.domain.policies import Policy


def candidate(agent_id: int, **given: Any) -> Candidate:
    """An agent who may be assigned, unless something else is given."""
    usual: dict[str, Any] = {
        "userid": f"user-{agent_id}",
        "name": f"Agent {agent_id}",
        "weight": 1,
        "load": 0,
        "duty": "on",
        "available": True,
        "ready_ways": 5,
        "limits": (),
    }
    return Candidate(agent_id=agent_id, **(usual | given))


def capped(places: int, taken: int) -> tuple[Limit, ...]:
    return (Limit("agent:1", "day", places, taken),)


def order(*candidates: Candidate, sticky: int | None = None) -> list[int]:
    return [each.agent_id for each in rank(candidates, Ask(sticky_agent_id=sticky)).order]


def test_the_idlest_agent_comes_first() -> None:
    assert order(candidate(1, load=3), candidate(2, load=1), candidate(3, load=2)) == [2, 3, 1]


def test_load_counts_per_weight() -> None:
    assert order(candidate(1, load=2, weight=1), candidate(2, load=3, weight=3)) == [2, 1]


def test_of_equally_idle_agents_the_earlier_one_comes_first() -> None:
    assert order(candidate(2, load=1, weight=2), candidate(1, load=2, weight=4)) == [1, 2]


def test_the_visitors_last_agent_comes_before_idler_ones() -> None:
    assert order(candidate(1, load=9), candidate(2), sticky=1) == [1, 2]


def test_the_visitors_last_agent_is_not_assigned_beyond_the_cap() -> None:
    ranking = rank([candidate(1, limits=capped(2, 2)), candidate(2)], Ask(sticky_agent_id=1))

    assert [each.agent_id for each in ranking.order] == [2]


def test_an_agent_of_weight_zero_is_treated_as_weight_one_rather_than_dividing_by_it() -> None:
    assert order(candidate(1, load=1, weight=0), candidate(2, load=2, weight=1)) == [1, 2]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param({"available": False}, "unavailable", id="the platform cannot reach them"),
        pytest.param({"duty": "off_duty"}, "off_duty", id="off duty"),
        pytest.param({"limits": capped(2, 2)}, "at_cap", id="at the cap"),
        pytest.param({"limits": capped(2, 5)}, "at_cap", id="above the cap, by late adds"),
        pytest.param({"limits": capped(0, 0)}, "at_cap", id="a cap of zero"),
        pytest.param({"ready_ways": 0}, "no_contact_way", id="no contact way ready"),
        pytest.param({"available": False, "duty": "off_duty"}, "unavailable", id="unreachable comes before off duty"),
        pytest.param({"duty": "off_duty", "limits": capped(0, 0)}, "off_duty", id="off duty comes before the cap"),
        pytest.param({"limits": capped(0, 0), "ready_ways": 0}, "at_cap", id="the cap comes before the stock"),
    ],
)
def test_who_may_not_be_assigned_is_left_out_with_the_reason(given: dict[str, Any], reason: Exclusion) -> None:
    ranking = rank([candidate(1, **given)], Ask())

    assert ranking.order == ()
    assert [(each.agent_id, each.reason) for each in ranking.left_out] == [(1, reason)]


def test_the_cap_that_leaves_somebody_out_is_named() -> None:
    hour, day = Limit("agent:1", "hour", 2, 2), Limit("agent:1", "day", 10, 4)

    assert rank([candidate(1, limits=(day, hour))], Ask()).left_out == (LeftOut(1, "at_cap", hour),)


@pytest.mark.parametrize(
    ("given", "waits"),
    [
        pytest.param({"ready_ways": 0}, True, id="only the stock is empty"),
        pytest.param({"limits": capped(1, 1), "ready_ways": 0}, False, id="full as well"),
        pytest.param({"duty": "off_duty"}, False, id="off duty"),
    ],
)
def test_waiting_for_a_contact_way_is_told_from_being_full(given: dict[str, Any], waits: bool) -> None:
    assert rank([candidate(1, **given), candidate(2, duty="off_duty")], Ask()).waits_for_ways is waits


def test_an_empty_pool_ranks_nobody() -> None:
    assert rank([], Ask()).order == ()


# --- laws ----------------------------------------------------------------------------------------------------------

limits = st.builds(Limit, st.just("agent:1"), st.sampled_from(WINDOWS), st.integers(0, 5), st.integers(0, 6))
candidates = st.lists(
    st.builds(
        Candidate,
        agent_id=st.integers(1, 9),
        userid=st.just("u"),
        name=st.just("n"),
        weight=st.integers(1, 4),
        load=st.integers(0, 9),
        duty=st.sampled_from(get_args(Duty)),
        available=st.booleans(),
        ready_ways=st.integers(0, 2),
        limits=st.lists(limits, max_size=2).map(tuple),
        position=st.integers(0, 3),
        role=st.sampled_from(get_args(Role)),
        turns=st.integers(0, 9),
        skills=st.sampled_from([(), ("shoes",), ("shoes", "bags")]),
        department=st.sampled_from(["", "south"]),
        ramp_left=st.sampled_from([None, 0, 2]),
    ),
    max_size=7,
    unique_by=lambda each: each.agent_id,
)
asks = st.builds(
    Ask,
    policy=st.sampled_from(get_args(Policy)),
    sticky_agent_id=st.one_of(st.none(), st.integers(1, 9)),
    skill=st.sampled_from(["", "shoes"]),
    department=st.sampled_from(["", "south"]),
    backup_percent=st.integers(0, 100),
    seed=st.integers(0, 2**53 - 1),
)
by_load = st.builds(Ask, sticky_agent_id=st.one_of(st.none(), st.integers(1, 9)))


@given(candidates, st.randoms(use_true_random=False), asks)
def test_the_order_in_which_agents_are_listed_does_not_matter(listed: list[Candidate], chance: Any, ask: Ask) -> None:
    shuffled = listed.copy()
    chance.shuffle(shuffled)

    assert rank(shuffled, ask).order == rank(listed, ask).order


@given(candidates, asks)
def test_everybody_is_either_ranked_or_left_out_with_one_reason(listed: list[Candidate], ask: Ask) -> None:
    ranking = rank(listed, ask)

    named = [each.agent_id for each in ranking.order] + [each.agent_id for each in ranking.left_out]
    assert sorted(named) == sorted(each.agent_id for each in listed)


@given(candidates, by_load)
def test_nobody_is_ranked_behind_a_busier_agent_who_is_not_the_visitors_last(listed: list[Candidate], ask: Ask) -> None:
    others = [each for each in rank(listed, ask).order if each.agent_id != ask.sticky_agent_id]

    idleness = [Fraction(each.load, each.weight) for each in others]
    assert idleness == sorted(idleness)
