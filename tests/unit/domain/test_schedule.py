"""Shifts by the wall clock: over midnight, on special days and holidays, on days of 23, 23½, 24½ and 25 hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.schedule import HolidayList, Schedule, Shift, SpecialDay, next_change, on_shift
from router.domain.schedule_content import read_schedule

SHANGHAI, NEW_YORK, BERLIN, LORD_HOWE = map(
    ZoneInfo, ("Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe")
)
MINUTE, DAY = 60_000, 86_400_000


def instant(moment: str) -> int:
    """An ISO 8601 moment with its offset, in ms."""
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def week(*shifts: str, days: Sequence[str] = ("monday", "tuesday", "wednesday", "thursday", "friday")) -> Schedule:
    return read({"week": {day: list(shifts) for day in days}})


def every_day(*shifts: str) -> Schedule:
    return week(*shifts, days=("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))


def read(content: object) -> Schedule:
    schedule = read_schedule(content)
    assert isinstance(schedule, Schedule), schedule
    return schedule


@dataclass(frozen=True)
class Case:
    """Wall-clock times with their offset from UTC, on and off the shift."""

    name: str
    schedule: Schedule
    zone: ZoneInfo
    on: tuple[str, ...]
    off: tuple[str, ...]


def at(day: str, offset: str, *times: str) -> tuple[str, ...]:
    return tuple(f"{day}T{time}{offset}" for time in times)


OFFICE = week("09:00-12:00", "13:30-18:00")
HOLIDAYS = read(
    {
        "week": {day: ["09:00-18:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
        | {"saturday": ["20:00-02:00"]},
        "special_days": [
            {"date": "2026-10-01", "name": "open on the holiday", "shifts": ["10:00-16:00"]},
            {"date": "2026-10-10", "name": "a Saturday made up for", "shifts": ["09:00-18:00"]},
            {"date": "2026-10-14", "name": "closed for stock-taking"},
            {"date": "2026-10-15", "name": "morning", "shifts": ["08:00-12:00"]},
            {"date": "2026-10-15", "name": "and evening, overlapping", "shifts": ["11:00-13:00", "20:00-21:00"]},
            {"date": "2026-10-15", "name": "named a third time, closed"},
            {"date": "2026-10-20", "name": "a long night", "shifts": ["22:00-04:00"]},
            {"date": "2026-10-21", "name": "closed after it"},
        ],
        "holidays": {"name": "autumn", "dates": [f"2026-10-0{day}" for day in range(1, 8)]},
    }
)

CASES = (
    Case(
        "office hours with a lunch break",
        OFFICE,
        SHANGHAI,
        on=(
            *at(
                "2026-11-23",
                "+08:00",
                "09:00:00",
                "09:00:00.001",
                "10:30:00",
                "11:59:59.999",
                "13:30:00",
                "17:59:59.999",
            ),
            *at("2026-11-27", "+08:00", "09:00:00", "11:00:00", "13:30:00", "17:59:59"),
        ),
        off=(
            *at(
                "2026-11-23",
                "+08:00",
                "00:00:00",
                "08:59:59.999",
                "12:00:00",
                "13:29:59.999",
                "18:00:00",
                "23:59:59.999",
            ),
            *at("2026-11-27", "+08:00", "18:00:00", "23:00:00"),
            *at("2026-11-28", "+08:00", "00:00:00", "09:00:00", "10:00:00", "13:30:00", "17:00:00"),
            *at("2026-11-29", "+08:00", "09:00:00", "12:00:00", "17:59:59"),
        ),
    ),
    Case(
        "a day that ends at midnight and one that begins there",
        read({"week": {"monday": ["18:00-24:00"], "tuesday": ["00:00-06:00"], "friday": ["00:00-24:00"]}}),
        SHANGHAI,
        on=(
            *at("2026-11-23", "+08:00", "18:00:00", "23:59:59.999"),
            *at("2026-11-24", "+08:00", "00:00:00", "05:59:59.999"),
            *at("2026-11-27", "+08:00", "00:00:00", "12:00:00", "23:59:59.999"),
        ),
        off=(
            *at("2026-11-23", "+08:00", "00:00:00", "17:59:59.999"),
            *at("2026-11-24", "+08:00", "06:00:00", "23:59:59.999"),
            *at("2026-11-26", "+08:00", "23:59:59.999"),
            *at("2026-11-28", "+08:00", "00:00:00", "00:00:00.001"),
        ),
    ),
    Case(
        "over midnight, from Saturday into Sunday and from Sunday into Monday",
        read({"week": {"saturday": ["22:00-06:00"], "sunday": ["23:30-00:30"]}}),
        SHANGHAI,
        on=(
            *at("2026-11-21", "+08:00", "22:00:00", "23:59:59.999"),
            *at("2026-11-22", "+08:00", "00:00:00", "05:59:59.999", "23:30:00", "23:59:59.999"),
            *at("2026-11-23", "+08:00", "00:00:00", "00:29:59.999"),
        ),
        off=(
            *at("2026-11-21", "+08:00", "00:00:00", "05:00:00", "21:59:59.999"),
            *at("2026-11-22", "+08:00", "06:00:00", "12:00:00", "23:29:59.999"),
            *at("2026-11-23", "+08:00", "00:30:00", "05:59:00", "23:30:00"),
        ),
    ),
    Case(
        "an end at the start lasts until the same time of the next day",
        read({"week": {"wednesday": ["08:00-08:00"]}}),
        SHANGHAI,
        on=(
            *at("2026-11-25", "+08:00", "08:00:00", "23:59:59.999"),
            *at("2026-11-26", "+08:00", "00:00:00", "07:59:59.999"),
        ),
        off=(
            *at("2026-11-25", "+08:00", "00:00:00", "07:59:59.999"),
            *at("2026-11-26", "+08:00", "08:00:00", "12:00:00"),
        ),
    ),
    Case(
        "midnight on the other side of the world is not midnight of the corporation",
        OFFICE,
        NEW_YORK,
        on=("2026-11-23T14:00:00Z", "2026-11-23T16:59:59Z", "2026-11-23T18:30:00Z", "2026-11-23T22:59:59Z"),
        off=("2026-11-23T09:00:00Z", "2026-11-23T13:59:59Z", "2026-11-23T17:00:00Z", "2026-11-23T23:00:00Z"),
    ),
    Case(
        "special days, holidays, and a special day on a holiday",
        HOLIDAYS,
        SHANGHAI,
        on=(
            *at("2026-09-30", "+08:00", "09:00:00", "17:59:59.999"),
            *at("2026-10-01", "+08:00", "10:00:00", "15:59:59.999"),
            *at("2026-10-08", "+08:00", "09:00:00", "12:00:00"),
            *at("2026-10-10", "+08:00", "09:00:00", "17:59:59"),
            *at(
                "2026-10-15",
                "+08:00",
                "08:00:00",
                "11:00:00",
                "11:59:59",
                "12:00:00",
                "12:59:59",
                "20:00:00",
                "20:59:59",
            ),
            *at("2026-10-17", "+08:00", "20:00:00", "23:59:59"),
            *at("2026-10-18", "+08:00", "00:00:00", "01:59:59"),
            *at("2026-10-20", "+08:00", "22:00:00", "23:59:59.999"),
            *at("2026-10-21", "+08:00", "00:00:00", "03:59:59.999"),
            *at("2026-10-22", "+08:00", "09:00:00"),
        ),
        off=(
            *at("2026-10-01", "+08:00", "00:00:00", "09:00:00", "09:59:59.999", "16:00:00", "17:30:00"),
            *at("2026-10-02", "+08:00", "09:00:00", "10:00:00", "17:59:59"),
            *at("2026-10-03", "+08:00", "20:00:00", "23:59:59"),
            *at("2026-10-04", "+08:00", "00:00:00", "01:59:59"),
            *at("2026-10-07", "+08:00", "09:00:00", "12:00:00", "17:59:59"),
            *at("2026-10-10", "+08:00", "18:00:00", "20:00:00", "23:59:59"),
            *at("2026-10-11", "+08:00", "00:00:00", "01:00:00"),
            *at("2026-10-14", "+08:00", "09:00:00", "12:00:00", "17:59:59"),
            *at("2026-10-15", "+08:00", "07:59:59", "13:00:00", "17:00:00", "21:00:00"),
            *at("2026-10-20", "+08:00", "09:00:00", "17:00:00", "21:59:59.999"),
            *at("2026-10-21", "+08:00", "04:00:00", "09:00:00", "17:00:00", "23:00:00"),
        ),
    ),
    Case(
        "New York, clocks forward: the missing hour is skipped",
        every_day("01:30-02:15", "02:30-04:00"),
        NEW_YORK,
        on=(
            *at("2026-03-08", "-05:00", "01:30:00", "01:59:59.999"),
            *at("2026-03-08", "-04:00", "03:00:00", "03:29:00", "03:59:59.999"),
            *at("2026-03-07", "-05:00", "01:30:00", "02:14:59", "02:30:00", "03:59:59"),
            *at("2026-03-09", "-04:00", "01:30:00", "02:14:59", "02:30:00", "03:59:59"),
        ),
        off=(
            *at("2026-03-08", "-05:00", "00:00:00", "01:29:59.999"),
            *at("2026-03-08", "-04:00", "04:00:00", "12:00:00"),
            *at("2026-03-07", "-05:00", "02:15:00", "02:29:59", "04:00:00"),
            *at("2026-03-09", "-04:00", "01:29:59", "02:15:00", "02:29:59", "04:00:00"),
        ),
    ),
    Case(
        "New York, clocks back: both passes of the repeated hour",
        every_day("01:15-01:45", "22:00-01:05"),
        NEW_YORK,
        on=(
            *at("2026-11-01", "-04:00", "00:00:00", "01:00:00", "01:04:59.999", "01:15:00", "01:44:59.999"),
            *at("2026-11-01", "-05:00", "01:00:00", "01:04:59.999", "01:15:00", "01:44:59.999", "22:00:00"),
        ),
        off=(
            *at("2026-11-01", "-04:00", "01:05:00", "01:14:59.999", "01:45:00", "01:59:59.999"),
            *at("2026-11-01", "-05:00", "01:05:00", "01:14:59.999", "01:45:00", "02:00:00", "21:59:59.999"),
        ),
    ),
    Case(
        "Berlin, clocks forward: a night shift is an hour shorter",
        every_day("22:00-02:30"),
        BERLIN,
        on=(
            *at("2026-03-28", "+01:00", "22:00:00", "23:59:59.999"),
            *at("2026-03-29", "+01:00", "00:00:00", "01:59:59.999"),
            *at("2026-03-29", "+02:00", "22:00:00"),
            *at("2026-03-30", "+02:00", "00:00:00", "02:29:59.999"),
        ),
        off=(
            *at("2026-03-28", "+01:00", "02:30:00", "21:59:59.999"),
            *at("2026-03-29", "+02:00", "03:00:00", "03:30:00", "21:59:59.999"),
            *at("2026-03-30", "+02:00", "02:30:00", "03:00:00"),
        ),
    ),
    Case(
        "Berlin, clocks back: a shift that begins in the repeated hour begins with each pass",
        every_day("02:30-09:00"),
        BERLIN,
        on=(
            *at("2026-10-25", "+02:00", "02:30:00", "02:59:59.999"),
            *at("2026-10-25", "+01:00", "02:30:00", "03:00:00", "08:59:59.999"),
            *at("2026-10-24", "+02:00", "02:30:00", "08:59:59.999"),
            *at("2026-10-26", "+01:00", "02:30:00", "08:59:59.999"),
        ),
        off=(
            *at("2026-10-25", "+02:00", "00:00:00", "02:00:00", "02:29:59.999"),
            *at("2026-10-25", "+01:00", "02:00:00", "02:29:59.999", "09:00:00"),
            *at("2026-10-24", "+02:00", "02:29:59.999", "09:00:00"),
            *at("2026-10-26", "+01:00", "02:29:59.999", "09:00:00"),
        ),
    ),
    Case(
        "Lord Howe, half an hour forward",
        every_day("01:45-02:20", "02:25-03:00"),
        LORD_HOWE,
        on=(
            *at("2026-10-04", "+10:30", "01:45:00", "01:59:59.999"),
            *at("2026-10-04", "+11:00", "02:30:00", "02:59:59.999"),
            *at("2026-10-03", "+10:30", "01:45:00", "02:19:59", "02:25:00", "02:59:59"),
            *at("2026-10-05", "+11:00", "01:45:00", "02:19:59", "02:25:00", "02:59:59"),
        ),
        off=(
            *at("2026-10-04", "+10:30", "00:00:00", "01:44:59.999"),
            *at("2026-10-04", "+11:00", "03:00:00", "12:00:00"),
            *at("2026-10-03", "+10:30", "02:20:00", "02:24:59", "03:00:00"),
            *at("2026-10-05", "+11:00", "02:20:00", "02:24:59", "03:00:00"),
        ),
    ),
    Case(
        "Lord Howe, half an hour back",
        every_day("01:40-01:50"),
        LORD_HOWE,
        on=(
            *at("2026-04-05", "+11:00", "01:40:00", "01:49:59.999"),
            *at("2026-04-05", "+10:30", "01:40:00", "01:49:59.999"),
            *at("2026-04-06", "+10:30", "01:40:00", "01:49:59.999"),
        ),
        off=(
            *at("2026-04-05", "+11:00", "01:30:00", "01:39:59.999", "01:50:00", "01:59:59.999"),
            *at("2026-04-05", "+10:30", "01:30:00", "01:39:59.999", "01:50:00", "02:00:00"),
            *at("2026-04-06", "+10:30", "01:39:59.999", "01:50:00"),
        ),
    ),
)
TABLE = [
    pytest.param(case.schedule, case.zone, moment, expected, id=f"{case.name}: {moment}")
    for case in CASES
    for expected, moments in ((True, case.on), (False, case.off))
    for moment in moments
]


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 200


@pytest.mark.parametrize(("schedule", "zone", "moment", "expected"), TABLE)
def test_a_moment_is_on_a_shift_by_the_wall_clock(
    schedule: Schedule, zone: ZoneInfo, moment: str, expected: bool
) -> None:
    assert on_shift(schedule, instant(moment), zone) is expected


@pytest.mark.parametrize(
    ("schedule", "zone", "now", "change"),
    [
        pytest.param(OFFICE, SHANGHAI, "2026-11-23T08:00:00+08:00", "2026-11-23T09:00:00+08:00", id="the shift begins"),
        pytest.param(OFFICE, SHANGHAI, "2026-11-23T09:00:00+08:00", "2026-11-23T12:00:00+08:00", id="the shift ends"),
        pytest.param(OFFICE, SHANGHAI, "2026-11-27T18:00:00+08:00", "2026-11-30T09:00:00+08:00", id="over a weekend"),
        pytest.param(HOLIDAYS, SHANGHAI, "2026-10-02T00:00:00+08:00", "2026-10-08T09:00:00+08:00", id="over holidays"),
        pytest.param(
            every_day("09:00-12:00", "12:00-18:00"),
            SHANGHAI,
            "2026-11-23T09:00:00+08:00",
            "2026-11-23T18:00:00+08:00",
            id="shifts that touch are one",
        ),
        pytest.param(
            every_day("01:30-02:15", "02:30-04:00"),
            NEW_YORK,
            "2026-03-08T01:30:00-05:00",
            "2026-03-08T04:00:00-04:00",
            id="what the missing hour would have parted is one",
        ),
        pytest.param(
            every_day("02:30-09:00"),
            BERLIN,
            "2026-10-25T02:30:00+02:00",
            "2026-10-25T02:00:00+01:00",
            id="clocks back put a shift off that had begun",
        ),
        pytest.param(
            Schedule(special_days=(SpecialDay(date(2031, 5, 1), (Shift(540, 600),)),)),
            SHANGHAI,
            "2026-11-23T00:00:00+08:00",
            "2031-05-01T09:00:00+08:00",
            id="years ahead",
        ),
        pytest.param(
            Schedule(week=((Shift(0, 1440),),) * 7, holidays=HolidayList(dates=(date(2031, 5, 1),))),
            SHANGHAI,
            "2026-11-23T00:00:00+08:00",
            "2031-05-01T00:00:00+08:00",
            id="round the clock until a holiday years ahead",
        ),
    ],
)
def test_the_next_change_is_the_first_flip(schedule: Schedule, zone: ZoneInfo, now: str, change: str) -> None:
    assert next_change(schedule, instant(now), zone) == instant(change)


@pytest.mark.parametrize("schedule", [Schedule(), Schedule(week=((Shift(0, 1440),),) * 7)], ids=["never", "always"])
def test_what_never_changes_has_no_next_change(schedule: Schedule) -> None:
    assert next_change(schedule, instant("2026-11-23T00:00:00Z"), SHANGHAI) is None


shifts = st.builds(Shift, st.integers(0, 1439), st.integers(0, 1440))
days = st.lists(shifts, max_size=3).map(lambda found: tuple(sorted(found)))
near = st.sampled_from(
    [
        (NEW_YORK, "2026-03-08T07:00:00Z"),
        (NEW_YORK, "2026-11-01T06:00:00Z"),
        (BERLIN, "2026-03-29T01:00:00Z"),
        (BERLIN, "2026-10-25T01:00:00Z"),
        (LORD_HOWE, "2026-04-04T15:00:00Z"),
        (LORD_HOWE, "2026-10-03T15:30:00Z"),
        (SHANGHAI, "2026-11-23T00:00:00Z"),
    ]
)


@st.composite
def schedules(draw: st.DrawFn, around: date) -> Schedule:
    near_dates = st.integers(-3, 3).map(lambda days: around + timedelta(days=days))
    special = draw(st.lists(st.builds(SpecialDay, near_dates, days), max_size=3))
    holidays = draw(st.lists(near_dates, max_size=3))
    return Schedule(draw(st.tuples(*[days] * 7)), tuple(special), HolidayList(dates=tuple(holidays)))


@given(st.data(), near, st.integers(-2 * DAY, 2 * DAY))
def test_nothing_flips_before_the_next_change_and_it_flips_there(
    data: st.DataObject, edge: tuple[ZoneInfo, str], shift: int
) -> None:
    zone, now = edge[0], instant(edge[1]) + shift
    schedule = data.draw(schedules(datetime.fromtimestamp(now / 1000, UTC).date()))
    present = on_shift(schedule, now, zone)

    change = next_change(schedule, now, zone)

    end = now + 10 * DAY if change is None else change
    minutes = range(now - now % MINUTE + MINUTE, min(end, now + 3 * DAY), MINUTE)
    assert all(on_shift(schedule, minute, zone) == present for minute in minutes)
    if change is not None:
        assert change > now
        assert on_shift(schedule, change, zone) != present
        assert on_shift(schedule, change - 1, zone) == present


@given(schedules(date(2026, 11, 23)), st.integers(-5 * DAY, 5 * DAY))
def test_following_the_changes_meets_every_flip(schedule: Schedule, shift: int) -> None:
    start = instant("2026-11-23T00:00:00Z") + shift - shift % MINUTE
    end = start + 2 * DAY
    flips = [
        minute
        for minute in range(start + MINUTE, end, MINUTE)
        if on_shift(schedule, minute, SHANGHAI) != on_shift(schedule, minute - MINUTE, SHANGHAI)
    ]

    followed = []
    change = next_change(schedule, start, SHANGHAI)
    while change is not None and change < end:
        followed.append(change)
        change = next_change(schedule, change, SHANGHAI)

    assert followed == flips
