"""Schedules as JSON: read from anyone with every problem named, written for the store and the API.

    {"week": {"monday": ["09:00-12:00", "13:30-18:00"], "saturday": ["20:00-02:00"]},
     "special_days": [{"date": "2026-10-01", "name": "National Day", "shifts": ["10:00-16:00"]}],
     "holidays": {"name": "2026", "made_on": "2025-11-05", "dates": ["2026-10-02", "2026-10-03"]}}

A weekday left out has no shift, a special day without shifts is closed. A shift whose end is not after its start ends
on the next day; ``24:00`` is an end.
"""

import re
from datetime import date
from typing import Any, Final

from router.domain.schedule import MINUTES_A_DAY, NO_HOLIDAYS, HolidayList, Schedule, Shift, SpecialDay
from tagtree.fields import FieldReader
from tagtree.wording import Problem, Wording, step

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

MAX_SHIFTS: Final = 24
"""Per day."""
MAX_DATES: Final = 1_000
"""Special days, and holidays."""
MAX_NAME_CHARACTERS: Final = 64
YEARS: Final = range(2000, 2200)

_SHIFT = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def read_schedule(content: object) -> Schedule | tuple[Problem, ...]:
    """The schedule in decoded JSON, or why it is none."""
    reader = FieldReader()
    schedule = _schedule(reader, content)
    return tuple(reader.problems) if schedule is None else schedule


def write_schedule(schedule: Schedule) -> dict[str, Any]:
    """The JSON that `read_schedule` reads."""
    days = {name: _written(shifts) for name, shifts in zip(WEEKDAYS, schedule.week, strict=True) if shifts}
    special = [
        {"date": each.date.isoformat(), "name": each.name, "shifts": _written(each.shifts)}
        for each in schedule.special_days
    ]
    holidays = schedule.holidays
    made_on = holidays.made_on.isoformat() if holidays.made_on else None
    dates = [each.isoformat() for each in holidays.dates]
    return {
        "week": days,
        "special_days": special,
        "holidays": {"name": holidays.name, "made_on": made_on, "dates": dates},
    }


def write_shift(shift: Shift) -> str:
    """``09:00-18:00``."""
    return f"{_clock(shift.starts)}-{_clock(shift.ends)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _written(shifts: tuple[Shift, ...]) -> list[str]:
    return [write_shift(shift) for shift in shifts]


def _schedule(reader: FieldReader, content: object) -> Schedule | None:
    members = reader.members(content, "", frozenset({"week"}), frozenset({"special_days", "holidays"}))
    if members is None:
        return None
    week = _week(reader, members["week"])
    special_days = reader.items(
        members.get("special_days", []),
        "special_days",
        MAX_DATES,
        lambda value, path: _special_day(reader, value, path),
    )
    holidays = _holidays(reader, members.get("holidays"))
    if week is None or special_days is None or holidays is None:
        return None
    return Schedule(week, tuple(sorted(special_days, key=lambda each: each.date)), holidays)


def _week(reader: FieldReader, value: object) -> tuple[tuple[Shift, ...], ...] | None:
    members = reader.members(value, "week", frozenset(), frozenset(WEEKDAYS))
    if members is None:
        return None
    days = [_shifts(reader, members.get(name, []), f"week.{name}") for name in WEEKDAYS]
    accepted = tuple(day for day in days if day is not None)
    return accepted if len(accepted) == len(WEEKDAYS) else None


def _special_day(reader: FieldReader, value: object, path: str) -> SpecialDay | None:
    members = reader.members(value, path, frozenset({"date"}), frozenset({"name", "shifts"}))
    if members is None:
        return None
    day = _date(reader, members["date"], step(path, "date"))
    name = reader.text(members.get("name", ""), step(path, "name"), MAX_NAME_CHARACTERS, least=0)
    shifts = _shifts(reader, members.get("shifts", []), step(path, "shifts"))
    return None if day is None or name is None or shifts is None else SpecialDay(day, shifts, name)


def _holidays(reader: FieldReader, value: object) -> HolidayList | None:
    if value is None:
        return NO_HOLIDAYS
    members = reader.members(value, "holidays", frozenset({"dates"}), frozenset({"name", "made_on"}))
    if members is None:
        return None
    name = reader.text(members.get("name", ""), "holidays.name", MAX_NAME_CHARACTERS, least=0)
    made = members.get("made_on")
    made_on = None if made is None else _date(reader, made, "holidays.made_on")
    dates = reader.items(members["dates"], "holidays.dates", MAX_DATES, lambda each, path: _date(reader, each, path))
    if name is None or dates is None or (made is not None and made_on is None):
        return None
    return HolidayList(name, tuple(sorted(set(dates))), made_on)


def _shifts(reader: FieldReader, value: object, path: str) -> tuple[Shift, ...] | None:
    shifts = reader.items(value, path, MAX_SHIFTS, lambda each, at: _shift(reader, each, at))
    return None if shifts is None else tuple(sorted(shifts))


def _shift(reader: FieldReader, value: object, path: str) -> Shift | None:
    found = _SHIFT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        reader.refuse(path, *_NOT_A_SHIFT)
        return None
    hour, minute, end_hour, end_minute = map(int, found.groups())
    starts, ends = hour * 60 + minute, end_hour * 60 + end_minute
    if max(minute, end_minute) > 59 or starts >= MINUTES_A_DAY or ends > MINUTES_A_DAY:
        reader.refuse(path, *_NOT_A_TIME)
        return None
    return Shift(starts, ends)


def _date(reader: FieldReader, value: object, path: str) -> date | None:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        reader.refuse(path, *_NOT_A_DATE)
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        reader.refuse(path, *_NO_SUCH_DAY)
        return None
    return day


_NOT_A_SHIFT: Final = (
    Wording("This is not a shift.", "这不是班次。"),
    Wording("Write start and end like 09:00-18:00.", "请写成开始和结束时间，如 09:00-18:00。"),
)
_NOT_A_TIME: Final = (
    Wording("The clock never shows this time.", "没有这样的时刻。"),
    Wording(
        "Write a start from 00:00 to 23:59 and an end up to 24:00.", "开始时间为 00:00 到 23:59，结束时间最晚 24:00。"
    ),
)
_NOT_A_DATE: Final = (
    Wording("This is not a date.", "这不是日期。"),
    Wording("Write year, month and day like 2026-10-01.", "请写成年-月-日，如 2026-10-01。"),
)
_NO_SUCH_DAY: Final = (
    Wording("The calendar has no such day.", "日历上没有这一天。"),
    Wording("Check month and day; years go from 2000 to 2199.", "请检查月和日；年份为 2000 到 2199。"),
)
