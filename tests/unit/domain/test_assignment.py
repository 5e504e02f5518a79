"""Who gets the next customer, and why every other one did not."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.assignment import Ask, Candidate, Duty, Exclusion, LeftOut, rank
from router.domain.capacity import Limit
from router.domain.policies import Policy, weight_of
from tests.unit.rankings import asks, candidates


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


def ids(candidates: Sequence[Candidate]) -> list[int]:
    return [each.agent_id for each in candidates]


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


# --- who is out of the question ------------------------------------------------------------------------------------


@pytest.mark.parametrize("duty", sorted(set(get_args(Duty)) - {"on"}))
def test_whoever_is_not_on_duty_is_left_out_with_whose_word_that_is(duty: Any) -> None:
    ranking = rank([candidate(1, duty=duty), candidate(2)], Ask())

    assert ids(ranking.order) == [2]
    assert ranking.left_out == (LeftOut(1, duty),)


def test_a_code_that_asks_for_a_skill_gets_only_those_who_have_it() -> None:
    ranking = rank([candidate(1), candidate(2, skills=("bags", "shoes"))], Ask(skill="shoes"))

    assert ids(ranking.order) == [2]
    assert ranking.left_out == (LeftOut(1, "lacks_skill"),)


def test_a_code_that_asks_for_a_department_gets_only_its_people() -> None:
    ranking = rank([candidate(1, department="north"), candidate(2, department="south")], Ask(department="south"))

    assert ids(ranking.order) == [2]
    assert ranking.left_out == (LeftOut(1, "other_department"),)


def test_whoever_has_just_returned_waits_once_the_ramp_is_used_up() -> None:
    ranking = rank([candidate(1, ramp_left=0), candidate(2, ramp_left=1, load=9)], Ask())

    assert ids(ranking.order) == [2]
    assert ranking.left_out == (LeftOut(1, "returning"),)


def test_an_agent_promised_to_somebody_who_came_earlier_is_left_out_unless_nothing_is_free_anyway() -> None:
    agents = [candidate(1), candidate(2), candidate(3, limits=capped(2, 2))]

    ranking = rank(agents, Ask(promised=(1, 3)))

    assert ids(ranking.order) == [2]
    assert [(each.agent_id, each.reason) for each in ranking.left_out] == [(1, "promised"), (3, "at_cap")]


@pytest.mark.parametrize("policy", get_args(Policy))
def test_the_visitors_last_agent_comes_first_whatever_the_policy(policy: Policy) -> None:
    agents = [candidate(id, load=id, turns=id, position=id) for id in (1, 2, 3)]

    assert all(rank(agents, Ask(policy, sticky_agent_id=3, seed=seed)).order[0].agent_id == 3 for seed in range(20))


def test_an_exclusive_customer_gets_the_agent_they_had_or_nobody() -> None:
    ask = Ask("exclusive", sticky_agent_id=1)

    free, full = (
        rank([candidate(1, load=9), candidate(2)], ask),
        rank([candidate(1, limits=capped(2, 2)), candidate(2)], ask),
    )

    assert (ids(free.order), free.left_out) == ([1], (LeftOut(2, "not_theirs"),))
    assert (ids(full.order), [each.reason for each in full.left_out]) == ([], ["at_cap", "not_theirs"])


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([candidate(1, available=False), candidate(2)], id="cannot be reached any more"),
        pytest.param([candidate(2)], id="is not in the pool any more"),
    ],
)
def test_an_exclusive_customer_whose_agent_is_gone_for_good_gets_another(others: list[Candidate]) -> None:
    assert ids(rank(others, Ask("exclusive", sticky_agent_id=1)).order) == [2]


def test_a_new_visitor_of_an_exclusive_pool_gets_whoever_is_idlest() -> None:
    assert ids(rank([candidate(1, load=9), candidate(2)], Ask("exclusive")).order) == [2, 1]


# --- backups -------------------------------------------------------------------------------------------------------


def member(agent_id: int, places: int, taken: int, **given: Any) -> Candidate:
    return candidate(agent_id, limits=(Limit(f"agent:{agent_id}", "day", places, taken),), **given)


BACKUP = candidate(9, role="backup")


def test_a_backup_stays_out_while_a_member_is_free() -> None:
    ranking = rank([BACKUP, member(1, 10, 9)], Ask())

    assert ids(ranking.order) == [1]
    assert ranking.left_out == (LeftOut(9, "backup"),)


@pytest.mark.parametrize(
    "members",
    [
        pytest.param([member(1, 2, 2)], id="full"),
        pytest.param([member(1, 2, 0, duty="off_shift")], id="off shift"),
        pytest.param([member(1, 2, 0, ready_ways=0)], id="without a contact way"),
        pytest.param([], id="there are none"),
    ],
)
def test_backups_join_once_no_member_is_free(members: list[Candidate]) -> None:
    assert ids(rank([*members, BACKUP], Ask()).order) == [9]


@pytest.mark.parametrize(
    ("taken", "joins"),
    [
        pytest.param(7, False, id="below the share"),
        pytest.param(8, True, id="at it"),
        pytest.param(9, True, id="above"),
    ],
)
def test_backups_join_from_the_share_of_the_members_places_that_the_pool_states(taken: int, joins: bool) -> None:
    members = [member(1, 5, 4), member(2, 5, taken - 4)]

    order = ids(rank([*members, BACKUP], Ask(backup_percent=80)).order)

    assert (9 in order) is joins


def test_only_members_who_serve_count_for_the_share() -> None:
    away = member(2, 100, 0, duty="paused")

    assert 9 in ids(rank([member(1, 5, 4), away, BACKUP], Ask(backup_percent=80)).order)


def test_late_adds_above_a_cap_do_not_pretend_that_another_members_places_are_taken() -> None:
    members = [member(1, 2, 9), member(2, 8, 0)]

    assert 9 not in ids(rank([*members, BACKUP], Ask(backup_percent=50)).order)


def test_a_member_without_a_cap_has_places_left_for_ever() -> None:
    assert ids(rank([candidate(1, load=999), member(2, 1, 1), BACKUP], Ask(backup_percent=0)).order) == [1]


def test_a_backup_is_bound_by_its_own_caps() -> None:
    full = candidate(9, role="backup", limits=capped(1, 1))

    ranking = rank([member(1, 2, 2), full], Ask())

    assert (ids(ranking.order), [each.reason for each in ranking.left_out]) == ([], ["at_cap", "at_cap"])


# --- rounds --------------------------------------------------------------------------------------------------------


def turns(agent_id: int, places: int, taken: int) -> Limit:
    return Limit(f"agent:{agent_id}@pool:1", "round", places, taken, "pool:1")


def test_a_round_is_over_when_everybody_had_their_turns() -> None:
    assert rank([candidate(id, limits=(turns(id, 2, 2),)) for id in (1, 2)], Ask()).round_is_over


def test_a_new_round_comes_before_the_backups() -> None:
    backup = candidate(2, role="backup")

    assert rank([candidate(1, limits=(turns(1, 1, 1),)), backup], Ask()).round_is_over


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([candidate(2)], id="somebody is free"),
        pytest.param([candidate(2, limits=(turns(2, 2, 1),))], id="somebody has a turn left"),
    ],
)
def test_a_round_goes_on_while_somebody_can_be_asked(others: list[Candidate]) -> None:
    assert not rank([candidate(1, limits=(turns(1, 1, 1),)), *others], Ask()).round_is_over


@pytest.mark.parametrize(
    "away", [candidate(2, duty="off_shift"), candidate(2, limits=capped(3, 3))], ids=["off shift", "full for the day"]
)
def test_a_round_does_not_wait_for_whoever_cannot_take_their_turn(away: Candidate) -> None:
    assert rank([candidate(1, limits=(turns(1, 1, 1),)), away], Ask()).round_is_over


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param(capped(3, 3), id="full for the day"),
        pytest.param((*capped(3, 3), turns(1, 1, 1)), id="full for the day, and had their turn"),
        pytest.param((turns(1, 0, 0),), id="has no turns at all"),
    ],
)
def test_a_new_round_is_not_begun_for_somebody_whom_it_would_not_help(limits: tuple[Limit, ...]) -> None:
    assert not rank([candidate(1, limits=limits)], Ask()).round_is_over


# --- laws ----------------------------------------------------------------------------------------------------------

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

    idleness = [Fraction(each.load, weight_of(each)) for each in others]
    assert idleness == sorted(idleness)


@pytest.mark.parametrize(
    ("others", "ask"),
    [
        pytest.param({"limits": (Limit("code:5", "day", 1, 1),)}, Ask(), id="the code's own cap"),
        pytest.param({"limits": (Limit("agent:2@code:5", "day", 1, 1),)}, Ask(), id="the agent's cap at the code"),
        pytest.param({}, Ask(skill="loans"), id="a skill"),
        pytest.param({"department": "south"}, Ask(department="north"), id="a department"),
    ],
)
def test_a_code_alone_is_full_where_others_could_have_the_place(others: dict[str, Any], ask: Ask) -> None:
    full = candidate(1, limits=(Limit("agent:1", "day", 1, 1),))

    assert rank([full, candidate(2, **others)], ask).full_for == "code"


def test_a_visitor_alone_finds_nobody_where_others_could_have_the_place() -> None:
    full = candidate(1, limits=(Limit("agent:1", "day", 1, 1),))

    assert rank([full, candidate(2)], Ask(policy="exclusive", sticky_agent_id=1)).full_for == "visitor"


@pytest.mark.parametrize(
    ("others", "skill"),
    [
        pytest.param({"limits": (Limit("agent:2", "day", 1, 1), Limit("code:5", "day", 1, 1))}, "", id="full anyway"),
        pytest.param({"limits": (Limit("code:5", "day", 1, 1), Limit("pool:3", "day", 1, 1))}, "", id="pool is full"),
        pytest.param({"limits": (Limit("code:5", "day", 1, 1),), "duty": "off_shift"}, "", id="not there"),
        pytest.param({"skills": ("cards",), "duty": "paused"}, "loans", id="lacks the skill, and paused"),
    ],
)
def test_a_pool_whose_agents_are_full_or_away_is_full_for_everybody(others: dict[str, Any], skill: str) -> None:
    full = candidate(1, skills=("loans",), limits=(Limit("agent:1", "day", 1, 1),))

    assert rank([full, candidate(2, **others)], Ask(skill=skill)).full_for == "pool"
