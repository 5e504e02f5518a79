"""Ranges of days as people ask for them, and what is summed over them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.capacity import period
from router.domain.numbers import (
    LONGEST,
    STAYED,
    Counts,
    Range,
    counts_of,
    day_of_hour,
    hour_of_day,
    read_range,
    stay,
)
from tagtree.wording import Problem

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe")]
HOUR = 3_600_000  # ms


def at(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def test_without_days_the_last_seven_are_meant_and_today_is_among_them() -> None:
    found = read_range("", "", at("2026-11-21 00:00"), SHANGHAI)

    assert found == Range(date(2026, 11, 15), date(2026, 11, 21))


def test_today_is_the_day_on_the_clocks_of_the_corporation() -> None:
    late = at("2026-11-21 23:30", ZoneInfo("America/New_York"))

    found = [read_range("", "", late, zone, days=1) for zone in (SHANGHAI, ZoneInfo("America/New_York"))]

    assert found == [
        Range(date(2026, 11, 22), date(2026, 11, 22)),
        Range(date(2026, 11, 21), date(2026, 11, 21)),
    ]


@pytest.mark.parametrize(
    ("first", "last", "path"),
    [
        ("2026-11-21", "2026-11-20", "last"),
        ("2025-01-01", "2026-02-04", "first"),  # 400 days
        ("2026-02-30", "2026-03-01", "first"),
        ("2026-1-1", "21.11.2026", "last"),
        ("0001-01-01", "0001-01-02", "last"),
        ("9999-12-31", "9999-12-31", "last"),
        ("２０２６-11-21", "nonsense", "last"),
        ("'; DROP TABLE tally", "", "first"),
    ],
)
def test_days_that_make_no_range_are_refused_with_the_field_to_mend(first: str, last: str, path: str) -> None:
    found = read_range(first, last, at("2026-11-21 12:00"), SHANGHAI)

    assert isinstance(found, Problem)
    assert found.path == path
    assert "" not in (found.reason.en, found.reason.zh, found.hint.en, found.hint.zh)


def test_a_whole_leap_year_is_allowed_and_a_day_more_is_not() -> None:
    year = read_range("2028-01-01", "2028-12-31", 0, SHANGHAI)
    more = read_range("2028-01-01", "2029-01-01", 0, SHANGHAI)

    assert isinstance(year, Range)
    assert (len(year.days), isinstance(more, Problem)) == (LONGEST, True)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Asia/Shanghai", date(2026, 11, 21), 24),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
    ],
)
def test_a_day_lasts_as_long_as_its_clocks_show(zone: str, day: date, hours: float) -> None:
    since, until = Range(day, day).bounds(ZoneInfo(zone))

    assert (until - since) / HOUR == hours


@given(
    instant=st.integers(at("2021-01-01 00:00"), at("2039-12-31 00:00")),
    zone=st.sampled_from(ZONES),
)
def test_an_instant_lies_in_a_range_exactly_if_its_tallied_hour_does(instant: int, zone: ZoneInfo) -> None:
    hour = period("hour", instant, zone)
    days = Range(date(2026, 3, 8), date(2026, 11, 1))

    first, after = days.hours
    since, until = days.bounds(zone)

    assert (first <= hour < after) == (since <= instant < until)
    assert hour_of_day(day_of_hour(hour), hour % 100) == hour


def test_a_measure_that_nobody_knows_is_passed_over() -> None:
    found = counts_of([("scan", 3), ("add", 1), ("add", 2), ("from the future", 9)])

    assert found == Counts(scans=3, adds=3)


@pytest.mark.parametrize(
    ("since", "ended", "now", "outcome"),
    [
        (0, None, STAYED - 1, "undecided"),
        (0, None, STAYED, "stayed"),
        (0, STAYED - 1, STAYED, "left"),
        (0, STAYED, STAYED + 1, "stayed"),
        (0, 5, 6, "left"),
        (9, None, STAYED, "stayed"),  # gone and back within the seven days
        (STAYED + 1, None, 2 * STAYED, "left"),  # back, but too late
        (None, None, STAYED, "left"),
    ],
)
def test_who_stayed_is_told_seven_days_after_the_add(
    since: int | None, ended: int | None, now: int, outcome: str
) -> None:
    assert stay(0, since, ended, now) == outcome
