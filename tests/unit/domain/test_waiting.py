"""How many visitors a pool could receive now, and which lines lead to it."""

from typing import Any

import pytest

from router.domain.assignment import Ask, Candidate
from router.domain.capacity import UNLIMITED, Limit
from router.domain.spill import WAITING_PAGE, FallbackPool, SpillPolicy
from router.domain.waiting import free_places, leading_to


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


def test_places_that_two_visitors_could_both_be_given_suit_both() -> None:
    agents = [candidate(1, skills=("fr",)), candidate(2, skills=("de",)), candidate(3, skills=("de", "fr"))]

    assert free_places(agents, Ask(skill="fr"), Ask(skill="de")) == 5


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
