"""Caps and their periods, in the corporation's zone, on days of 23, 24 and 25 hours."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from router.db.queries.capacity import bounds
from router.domain.capacity import UNLIMITED, WINDOWS_OF, Limit, Place, Window, effective, kind_of, period
from tests.factories import HOUR, instant

SHANGHAI, BERLIN, HAVANA, SANTIAGO, LORD_HOWE = map(
    ZoneInfo, ("Asia/Shanghai", "Europe/Berlin", "America/Havana", "America/Santiago", "Australia/Lord_Howe")
)


def limit(subject: str = "agent:1", window: Window = "day", *, places: int, taken: int) -> Limit:
    return Limit(subject, window, places, taken)


def test_nothing_decides_when_nothing_is_capped() -> None:
    assert effective(()) is None


def test_the_cap_with_the_least_headroom_decides() -> None:
    hour, day = limit(window="hour", places=5, taken=3), limit(places=20, taken=19)

    assert effective((hour, day)) is day


def test_of_caps_that_leave_the_same_the_narrower_is_named() -> None:
    wide, narrow = limit("code:1", places=1, taken=1), limit("agent:1@code:1", places=3, taken=3)

    assert effective((wide, narrow)) is narrow


def test_headroom_is_never_negative() -> None:
    assert limit(places=2, taken=5).headroom == 0


def test_every_scope_that_binds_an_assignment_is_asked() -> None:
    assert Place(3, 2, 5).subjects == ("agent:3", "agent:3@pool:2", "agent:3@code:5", "pool:2", "code:5")
    assert Place(3, 2).subjects == ("agent:3", "agent:3@pool:2", "pool:2")
    assert Place(3).subjects == ("agent:3",)


def test_the_load_of_the_day_and_the_turns_in_the_pool_are_counted_without_a_cap() -> None:
    assert Place(3, 2, 5).counted == (("agent:3", "day"), ("agent:3@pool:2", "day"))
    assert Place(3).counted == (("agent:3", "day"),)


def test_a_subject_is_of_one_kind_of_those_that_can_be_capped() -> None:
    assert [kind_of(each) for each in Place(3, 2, 5).subjects] == ["agent", "agent@pool", "agent@code", "pool", "code"]
    assert {kind_of(each) for each in Place(3, 2, 5).subjects} == set(WINDOWS_OF)


@pytest.mark.parametrize(
    ("now", "hour", "day"),
    [
        pytest.param("2026-11-21 14:05", 2026112114, 20261121, id="in the afternoon"),
        pytest.param("2026-11-21 23:59:59.999", 2026112123, 20261121, id="the last millisecond of a day"),
        pytest.param("2026-11-22 00:00", 2026112200, 20261122, id="midnight begins a day"),
        pytest.param("2027-01-01 00:00", 2027010100, 20270101, id="midnight begins a year"),
    ],
)
def test_a_period_is_named_by_the_clocks_of_the_zone(now: str, hour: int, day: int) -> None:
    at = instant(now, SHANGHAI)

    assert [period(window, at, SHANGHAI) for window in ("hour", "day", "total")] == [hour, day, 0]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        pytest.param(SHANGHAI, "2026-11-21", 24, id="without summer time"),
        pytest.param(BERLIN, "2026-03-29", 23, id="summer time begins"),
        pytest.param(BERLIN, "2026-10-25", 25, id="summer time ends"),
        pytest.param(HAVANA, "2026-03-08", 23, id="the first hour of the day is missing"),
        pytest.param(HAVANA, "2026-11-01", 25, id="the first hour of the day comes twice"),
        pytest.param(SANTIAGO, "2026-04-04", 25, id="the last hour of the day comes twice"),
    ],
)
@pytest.mark.parametrize("time", ["00:00", "12:00", "23:59"])
def test_a_day_is_as_long_as_the_clocks_make_it(zone: ZoneInfo, day: str, hours: int, time: str) -> None:
    since, until = bounds("day", instant(f"{day} {time}", zone), zone)

    assert until - since == hours * HOUR
    assert period("day", since, zone) == int(day.replace("-", ""))


def test_an_hour_that_comes_twice_is_one_period() -> None:
    first = round(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp() * 1000)  # 02:30 summer time
    second = first + HOUR  # 02:30 winter time

    assert period("hour", first, BERLIN) == period("hour", second, BERLIN) == 2026102502
    assert bounds("hour", first, BERLIN) == bounds("hour", second, BERLIN) == (first - HOUR // 2, second + HOUR // 2)


@pytest.mark.parametrize("window", ["round", "total", "held", "open"])
def test_what_has_no_period_on_the_clock_never_begins_anew(window: Window) -> None:
    assert bounds(window, instant("2026-11-21 14:00"), SHANGHAI) == (0, UNLIMITED)


def test_a_round_is_a_period_of_its_own_and_a_stock_has_none() -> None:
    now = instant("2026-11-21 14:00")

    assert [period(window, now, SHANGHAI, round=7) for window in ("round", "held", "open")] == [7, 0, 0]


@given(
    st.integers(instant("2020-01-01 00:00"), instant("2030-01-01 00:00")),
    st.sampled_from([SHANGHAI, BERLIN, HAVANA, SANTIAGO, LORD_HOWE]),
    st.sampled_from(["hour", "day"]),
)
@example(instant("2026-11-01 00:30", HAVANA), HAVANA, "day")
@example(instant("2026-04-05 01:45", LORD_HOWE), LORD_HOWE, "hour")
@example(instant("2026-10-04 02:40", LORD_HOWE), LORD_HOWE, "hour")
def test_the_bounds_of_a_period_are_where_its_name_changes(now: int, zone: ZoneInfo, window: Window) -> None:
    since, until = bounds(window, now, zone)

    name = period(window, now, zone)
    assert since <= now < until
    assert period(window, since, zone) == period(window, until - 1, zone) == name
    assert period(window, since - 1, zone) != name
    assert period(window, until, zone) != name
