"""The bound of native codes, and who stands on one."""

from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.assignment import Candidate
from router.domain.capacity import Limit
from router.domain.native import MOST_MEMBERS, InFlight, Leaving, Roster, most_arrivals, roster

QUIET = InFlight(per_minute=0, window=30_000)
NO_TIME = InFlight(per_minute=600, window=0)


def candidate(agent_id: int, *limits: Limit, available: bool = True, load: int = 0) -> Candidate:
    return Candidate(agent_id, f"user{agent_id}", f"User {agent_id}", 1, load, "on", available, 1, limits)


def day(agent_id: int, places: int, taken: int) -> Limit:
    return Limit(f"agent:{agent_id}", "day", places, taken)


def test_whoever_has_room_for_those_under_way_is_listed() -> None:
    pool = [candidate(2, day(2, 100, 10)), candidate(1)]

    found = roster(pool, pool, QUIET)

    assert found == Roster(("user1", "user2"), QUIET)


def test_an_agent_leaves_while_places_are_left() -> None:
    full_soon = candidate(1, day(1, 20, 17))
    pool = [full_soon, candidate(2)]

    found = roster(pool, pool, QUIET)

    assert QUIET.customers == 7
    assert found == Roster(("user2",), QUIET, (Leaving(1, day(1, 20, 17), 4),))


def test_a_change_that_takes_no_time_needs_no_reserve() -> None:
    pool = [candidate(1, day(1, 20, 19)), candidate(2, day(2, 20, 0))]

    found = roster(pool, pool, NO_TIME)

    assert found == Roster(("user1", "user2"), NO_TIME)


def test_under_a_cap_that_all_share_everybody_under_way_needs_a_place() -> None:
    shared = Limit("pool:1", "day", 100, 95)
    pool = [candidate(1, shared), candidate(2, shared)]

    found = roster(pool, pool, QUIET, backup="reserve")

    assert found == Roster(("reserve",), QUIET, (Leaving(1, shared, 7), Leaving(2, shared, 7)), "backup")


def test_a_small_cap_does_not_keep_its_agent_off_for_good() -> None:
    pool = [candidate(1, day(1, 2, 0))]

    found = roster(pool, pool, QUIET)

    assert found == Roster(("user1",), QUIET)


def test_the_list_is_never_empty_whoever_does_least_harm_stays() -> None:
    over = candidate(1, day(1, 10, 12))
    least = candidate(2, day(2, 10, 10))
    away = candidate(3, day(3, 10, 0), available=False)

    found = roster([over, least, away], [], QUIET)

    assert found == Roster(("user2",), QUIET, (), "least_harm")


def test_whom_the_platform_refuses_is_left_out_even_as_the_last() -> None:
    pool = [candidate(1), candidate(2)]

    assert roster(pool, pool, QUIET, refused={"user1"}) == Roster(("user2",), QUIET)
    assert roster(pool, pool, QUIET, refused={"user1", "user2"}) == Roster((), QUIET, (), "nobody")
    assert roster(pool, [], QUIET, backup="user1", refused={"user1"}) == Roster(("user2",), QUIET, (), "least_harm")


def test_no_more_members_are_listed_than_the_platform_takes() -> None:
    pool = [candidate(number) for number in range(1, 150)]

    assert len(roster(pool, pool, QUIET).wanted) == MOST_MEMBERS


@pytest.mark.parametrize(("mean", "most"), [(0.0, 0), (0.5, 7), (2.0, 12), (10.0, 28)])
def test_the_bound_is_the_tail_of_the_arrivals(mean: float, most: int) -> None:
    assert most_arrivals(mean) == most


@given(st.floats(0, 900), st.floats(0, 900))
def test_more_traffic_never_lowers_the_bound(one: float, other: float) -> None:
    low, high = sorted((one, other))

    assert floor(low) <= most_arrivals(low) <= most_arrivals(high)
