"""Schedules as JSON: what is read is what was written, and whatever is no schedule is refused at its place."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.schedule import HolidayList, Schedule, Shift, SpecialDay
from router.domain.schedule_content import MAX_SHIFTS, WEEKDAYS, read_schedule, write_schedule
from router.domain.schedule_wording import describe, notes

shifts = st.builds(Shift, st.integers(0, 1439), st.integers(0, 1440))
days = st.lists(shifts, max_size=3).map(lambda found: tuple(sorted(found)))
dates = st.dates(date(2000, 1, 1), date(2199, 12, 31))
names = st.text(st.characters(codec="utf-8"), max_size=20)
special_days = st.lists(st.builds(SpecialDay, dates, days, names), max_size=3, unique_by=lambda each: each.date)
holiday_lists = st.builds(
    HolidayList, names, st.lists(dates, max_size=3, unique=True).map(lambda all: tuple(sorted(all))), st.none() | dates
)
schedules = st.builds(
    Schedule,
    st.tuples(*[days] * 7),
    special_days.map(lambda all: tuple(sorted(all, key=lambda each: each.date))),
    holiday_lists,
)


@given(schedules)
def test_what_is_written_is_read_back(schedule: Schedule) -> None:
    assert read_schedule(write_schedule(schedule)) == schedule


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["week", "monday", "special_days", "date", "holidays", "dates"]), inner)
        ),
    )
)
def test_any_json_is_a_schedule_or_a_list_of_problems(content: object) -> None:
    outcome = read_schedule(content)

    assert isinstance(outcome, Schedule) or (outcome and all(each.reason.zh and each.hint.en for each in outcome))


@pytest.mark.parametrize(
    ("content", "path", "reason"),
    [
        ([], "", "An object is expected here."),
        ({}, "week", "This field is missing."),
        ({"week": {"mon": []}}, "week.mon", "This key is not known here."),
        ({"week": {"monday": "09:00-18:00"}}, "week.monday", "A list is expected here."),
        ({"week": {"monday": ["9-18"]}}, "week.monday[0]", "This is not a shift."),
        ({"week": {"monday": ["0９:00-18:00"]}}, "week.monday[0]", "This is not a shift."),
        ({"week": {"monday": ["09:00-18:00", "09:60-10:00"]}}, "week.monday[1]", "The clock never shows this time."),
        ({"week": {"monday": ["24:00-08:00"]}}, "week.monday[0]", "The clock never shows this time."),
        ({"week": {"monday": ["08:00-24:01"]}}, "week.monday[0]", "The clock never shows this time."),
        (
            {"week": {"monday": ["09:00-18:00"] * (MAX_SHIFTS + 1)}},
            "week.monday",
            f"The list has {MAX_SHIFTS + 1} members, more than {MAX_SHIFTS}.",
        ),
        ({"week": {}, "special_days": [{"shifts": []}]}, "special_days[0].date", "This field is missing."),
        ({"week": {}, "special_days": [{"date": "1.10.2026"}]}, "special_days[0].date", "This is not a date."),
        (
            {"week": {}, "special_days": [{"date": "2026-02-29"}]},
            "special_days[0].date",
            "The calendar has no such day.",
        ),
        ({"week": {}, "holidays": {"dates": ["9999-01-01"]}}, "holidays.dates[0]", "The calendar has no such day."),
        ({"week": {}, "holidays": {"dates": [], "made_on": 5}}, "holidays.made_on", "This is not a date."),
    ],
)
def test_nonsense_is_refused_at_its_place(content: object, path: str, reason: str) -> None:
    problems = read_schedule(content)

    assert isinstance(problems, tuple)
    assert [(each.path, each.reason.en) for each in problems] == [(path, reason)]


def said(content: dict[str, object]) -> list[tuple[str, str]]:
    schedule = read_schedule(content)
    assert isinstance(schedule, Schedule)
    return [(note.path, note.said.en) for note in notes(schedule)]


def test_overlaps_and_gaps_are_legal_but_named() -> None:
    weekdays = {day: ["09:00-12:00", "11:00-13:00", "14:00-18:00"] for day in WEEKDAYS[:5]}

    found = said({"week": weekdays | {"saturday": ["20:00-10:00"]}})

    assert found == [
        *[(f"week.{day}", "09:00-12:00 and 11:00-13:00 overlap; they count as one.") for day in WEEKDAYS[:5]],
        ("week.monday", "Mon–Fri: nobody from 13:00–14:00."),
        ("week.sunday", "Sun: nobody is on duty."),
    ]


def test_a_night_that_runs_into_the_next_morning_shift_is_named() -> None:
    found = said({"week": {day: ["09:00-18:00"] for day in WEEKDAYS} | {"saturday": ["22:00-10:00"]}})

    assert found == [("week.saturday", "The night of Sat runs into the first shift of Sun.")]


def test_dates_named_twice_are_named() -> None:
    found = said(
        {
            "week": {day: ["00:00-24:00"] for day in WEEKDAYS},
            "special_days": [{"date": "2026-10-01"}, {"date": "2026-10-01", "shifts": ["09:00-10:00"]}],
            "holidays": {"dates": ["2026-10-01"]},
        }
    )

    assert found == [
        ("special_days[0].date", "2026-10-01 is also a holiday; the special day decides."),
        ("special_days[1].date", "2026-10-01 is named twice; the shifts of both hold."),
    ]


def test_a_schedule_without_any_shift_says_that_nobody_is_ever_on_duty() -> None:
    assert said({"week": {}}) == [("week", "Nobody is ever on duty.")]


def test_a_schedule_is_described_in_parts() -> None:
    schedule = read_schedule(
        {
            "week": {day: ["09:00-12:00", "13:30-18:00"] for day in WEEKDAYS[:5]} | {"saturday": ["20:00-02:00"]},
            "special_days": [{"date": "2026-10-10", "shifts": ["09:00-18:00"]}],
            "holidays": {"name": "autumn", "made_on": "2025-11-05", "dates": ["2026-10-01", "2026-10-02"]},
        }
    )

    assert isinstance(schedule, Schedule)
    assert [part.en for part in describe(schedule)] == [
        "Mon–Fri 09:00–12:00, 13:30–18:00",
        "Sat 20:00–02:00",
        "Sun closed",
        "1 special day",
        "closed on 2 holidays of “autumn”, made on 2025-11-05",
    ]
    assert [part.zh for part in describe(schedule)] == [
        "周一至周五 09:00–12:00、13:30–18:00",
        "周六 20:00–02:00",
        "周日 不在岗",
        "1 个特殊日",
        "节假日“autumn”共 2 天休息，编制于 2025-11-05",
    ]
