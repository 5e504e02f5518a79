"""How much room an agent has: which cap decides, from when on it is nearly used up, and what that comes to."""

import pytest

from router.domain.assignment import Duty
from router.domain.capacity import Limit, Window
from router.domain.room import Room, RoomIn, State, WarnFrom, deciding, gathered, room_under, state_of


def limit(taken: int, places: int, window: Window = "day", subject: str = "agent:1") -> Limit:
    return Limit(subject, window, places, taken, subject)


def room(pool_id: int, room: Room, limit: Limit | None = None, code_id: int = 0) -> RoomIn:
    return RoomIn(pool_id, code_id, limit, room)


def state(*rooms: RoomIn, duty: Duty = "on", available: bool = True, has_ways: bool = True) -> State:
    return state_of(rooms, duty, available=available, is_in_pool=True, has_ways=has_ways, is_archived=False)


def test_a_cap_that_no_new_round_lifts_decides_before_the_turns_of_a_round() -> None:
    turns, day = limit(2, 2, "round", "agent:1@pool:1"), limit(5, 5)

    assert deciding([turns, day]) == day
    assert deciding([turns, limit(4, 5)]) == turns
    assert deciding([]) is None


@pytest.mark.parametrize(
    ("given", "warn_percent", "expected"),
    [
        (None, 80, "free"),
        (limit(4, 5), 81, "free"),
        (limit(4, 5), 80, "near"),
        (limit(1, 2), 50, "near"),
        (limit(5, 5), 100, "full"),
        (limit(0, 0), 100, "full"),
        (limit(1, 2, "round"), 50, "free"),
        (limit(2, 2, "round"), 80, "turn"),
        (limit(0, 0, "round"), 80, "full"),
    ],
)
def test_a_cap_is_nearly_used_up_from_the_percentage_on_that_the_pool_warns_at(
    given: Limit | None, warn_percent: int, expected: Room
) -> None:
    assert room_under(given, warn_percent) == expected


@pytest.mark.parametrize(
    ("subject", "percent"),
    [
        ("agent:1", 40),
        ("pool:1", 50),
        ("agent:1@pool:1", 50),
        ("code:1", 60),
        ("agent:1@code:1", 60),
        ("agent:2", 80),
        ("agent:1@code:2", 80),
    ],
)
def test_the_cap_that_an_agent_has_within_a_pool_or_code_warns_as_that_one_does(subject: str, percent: int) -> None:
    assert WarnFrom(agents={1: 40}, pools={1: 50}, codes={1: 60}).percent(subject) == percent


def test_pools_and_codes_in_which_the_same_cap_decides_are_one_line() -> None:
    own = limit(1, 5)

    assert gathered([room(1, "free", own, 7), room(1, "free", own), room(2, "free", own)]) == (room(0, "free", own),)


def test_pools_in_which_other_caps_decide_have_a_line_each_and_the_one_with_the_least_room_is_first() -> None:
    roomy, tight = room(1, "free", limit(1, 5)), room(2, "near", limit(4, 5))

    assert gathered([room(3, "free"), roomy, tight]) == (tight, roomy, room(3, "free"))


def test_a_code_with_less_room_than_the_others_keeps_a_line_of_its_own() -> None:
    code, others = room(1, "full", limit(2, 2, subject="code:7"), 7), room(1, "free")

    assert gathered([others, code]) == (code, others)


@pytest.mark.parametrize(
    ("rooms", "expected"),
    [
        (("full",), "full"),
        (("full", "turn"), "turn"),
        (("full", "free"), "partly"),
        (("turn", "near"), "partly"),
        (("near", "free"), "near"),
        (("free",), "free"),
    ],
)
def test_an_agent_is_full_only_where_no_pool_has_room(rooms: tuple[Room, ...], expected: State) -> None:
    assert state(*(room(number, each) for number, each in enumerate(rooms, start=1))) == expected


def test_whoever_cannot_be_reached_or_is_off_duty_is_told_before_any_room() -> None:
    assert state(room(1, "full"), available=False) == "unavailable"
    assert state(room(1, "full"), duty="paused") == "paused"
    assert [state(room(1, each), has_ways=False) for each in ("full", "free")] == ["full", "no_ways"]
