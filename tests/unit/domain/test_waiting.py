"""How many visitors a pool could receive now, and which lines lead to it."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given as generated
from hypothesis import strategies as st

from router.domain.assignment import Ask, Candidate
from router.domain.capacity import UNLIMITED, Limit
from router.domain.spill import WAITING_PAGE, FallbackPool, SpillPolicy
from router.domain.waiting import Party, free_places, leading_to, unpromised


def candidate(agent_id: int = 1, **given: Any) -> Candidate:
    usual: dict[str, Any] = {
        "userid": "ann",
        "name": "Ann",
        "weight": 1,
        "load": 0,
        "duty": "on",
        "available": True,
        "ready_ways": 5,
        "limits": (),
    }
    return Candidate(agent_id=agent_id, **usual | given)


def day(subject: str, places: int, taken: int) -> Limit:
    return Limit(subject, "day", places, taken)


@pytest.mark.parametrize(
    ("given", "places"),
    [
        ({}, 5),
        ({"limits": (day("agent:1", 3, 1),)}, 2),
        ({"limits": (day("agent:1", 3, 4),)}, 0),
        ({"limits": (day("agent:1@pool:2", 9, 8), day("agent:1", 3, 1))}, 1),
        ({"ready_ways": 0}, 0),
        ({"ramp_left": 1}, 1),
        ({"ramp_left": 0}, 0),
        ({"duty": "paused"}, 0),
        ({"available": False}, 0),
        ({"limits": (Limit("agent:1@pool:2", "round", 1, 1),)}, 5),
    ],
)
def test_an_agent_has_the_places_that_everything_about_them_leaves(given: dict[str, Any], places: int) -> None:
    assert free_places([candidate(**given)], Ask()) == places


def test_the_caps_of_pool_and_code_bind_all_agents_together() -> None:
    both = [candidate(id, limits=(day("pool:2", 10, 7), day("code:4", 9, 1))) for id in (1, 2)]

    assert free_places(both, Ask()) == 3


def test_an_exclusive_pool_has_only_their_own_agents_places_for_those_who_had_one() -> None:
    agents = [candidate(1, ready_ways=2), candidate(2, ready_ways=3), candidate(3, available=False)]

    counts = [free_places(agents, Ask("exclusive", sticky_agent_id=own)) for own in (None, 1, 3, 9)]

    assert counts == [5, 2, 5, 5]  # whose agent has left may have anybody


def test_only_agents_who_may_be_asked_for_this_code_count() -> None:
    agents = [candidate(1, skills=("fr",), department="A"), candidate(2, skills=("fr",)), candidate(3)]

    counts = [free_places(agents, ask) for ask in (Ask(), Ask(skill="fr"), Ask(skill="fr", department="A"))]

    assert counts == [15, 10, 5]


def test_a_pool_without_agents_has_no_place() -> None:
    assert free_places([], Ask()) == 0


def test_places_without_any_cap_are_no_more_than_can_be_counted() -> None:
    assert free_places([candidate(ready_ways=UNLIMITED), candidate(2, ready_ways=UNLIMITED)], Ask()) == UNLIMITED


def test_all_lines_that_lead_to_a_pool_are_its_own_even_in_a_circle() -> None:
    chain: dict[int, SpillPolicy] = {1: FallbackPool(2), 2: FallbackPool(3), 3: WAITING_PAGE, 4: FallbackPool(2)}
    circle: dict[int, SpillPolicy] = {1: FallbackPool(2), 2: FallbackPool(1)}

    found = [leading_to(pool_id, chain) for pool_id in (1, 2, 3)] + [leading_to(1, circle)]

    assert found == [{1}, {1, 2, 4}, {1, 2, 3, 4}, {1, 2}]


# --- whose places are promised ----------------------------------------------------------------------------------------


def test_the_only_agent_of_somebody_ahead_is_promised_to_them() -> None:
    agents = [candidate(1, ready_ways=1), candidate(2, ready_ways=1)]
    bound_to_1 = Party(4, Ask("exclusive", sticky_agent_id=1), agents)

    assert unpromised(Party(4, Ask("exclusive"), agents), [bound_to_1]) == {2}


def test_whoever_ahead_could_be_moved_to_another_agent_keeps_nobody_from_the_first() -> None:
    agents = [candidate(1, ready_ways=1, skills=("fr",)), candidate(2, ready_ways=1)]
    anybody, french = Party(4, Ask(), agents), Party(5, Ask(skill="fr"), agents)

    assert unpromised(french, [anybody]) == {1}
    assert unpromised(anybody, [french]) == {2}
    assert unpromised(french, [anybody, anybody]) == frozenset()


def test_the_cap_of_the_code_ahead_bounds_what_is_promised() -> None:
    shown_to_4 = [candidate(1, ready_ways=2, limits=(day("code:4", 9, 8),))]
    shown_to_5 = [candidate(1, ready_ways=2)]

    assert unpromised(Party(5, Ask(), shown_to_5), [Party(4, Ask(), shown_to_4, size=7)]) == {1}
    assert unpromised(Party(4, Ask(), shown_to_4), [Party(4, Ask(), shown_to_4)]) == frozenset()


def test_a_cap_of_the_agent_in_one_code_leaves_the_agent_to_the_other_code() -> None:
    shown_to_4 = [candidate(1, ready_ways=2, limits=(day("agent:1@code:4", 1, 0),))]
    shown_to_5 = [candidate(1, ready_ways=2)]

    assert unpromised(Party(5, Ask(), shown_to_5), [Party(4, Ask(), shown_to_4, size=7)]) == {1}
    assert unpromised(Party(4, Ask(), shown_to_4), [Party(5, Ask(), shown_to_5)]) == {1}
    assert unpromised(Party(4, Ask(), shown_to_4), [Party(4, Ask(), shown_to_4)]) == frozenset()


SKILLS = ("", "de", "fr")


def most_served(wanted: Sequence[frozenset[int]], places: dict[int, int]) -> int:
    """How many visitors can be served at once, by trying everything."""
    return max(_tried(list(wanted), places))


def _tried(wanted: list[frozenset[int]], places: dict[int, int]) -> Iterator[int]:
    yield 0
    if wanted:
        first, *rest = wanted
        yield from _tried(rest, places)
        for agent_id in first:
            if places[agent_id]:
                yield from (1 + count for count in _tried(rest, {**places, agent_id: places[agent_id] - 1}))


@generated(
    agents=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["", "de", "fr", "de fr"])), min_size=1, max_size=3),
    ahead=st.lists(st.tuples(st.sampled_from(SKILLS), st.one_of(st.none(), st.integers(1, 3))), max_size=4),
    mine=st.tuples(st.sampled_from(SKILLS), st.one_of(st.none(), st.integers(1, 3))),
)
def test_exactly_those_agents_are_open_without_whom_everybody_ahead_is_served_as_well(
    agents: list[tuple[int, str]], ahead: list[tuple[str, int | None]], mine: tuple[str, int | None]
) -> None:
    pool = [
        candidate(number, ready_ways=ways, skills=tuple(skills.split()))
        for number, (ways, skills) in enumerate(agents, start=1)
    ]
    places = {each.agent_id: each.ready_ways for each in pool}

    def suits(skill: str, own: int | None) -> frozenset[int]:
        return frozenset(
            each.agent_id
            for each in pool
            if (not skill or skill in each.skills) and (own not in places or own == each.agent_id)
        )

    def party(skill: str, own: int | None) -> Party:
        return Party(4, Ask("exclusive", sticky_agent_id=own, skill=skill), pool)

    wanted = [suits(*each) for each in ahead]
    served = most_served(wanted, places)
    expected = {
        agent_id
        for agent_id in suits(*mine)
        if places[agent_id] and most_served(wanted, {**places, agent_id: places[agent_id] - 1}) == served
    }

    assert unpromised(party(*mine), [party(*each) for each in ahead]) == expected
