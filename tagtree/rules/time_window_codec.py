"""Hours of the week as JSON, in the form that duty schedules have.

    {"week": {"monday": ["09:00-12:00", "13:30-18:00"], "saturday": ["20:00-02:00"]},
     "special_days": [{"date": "2026-10-01", "hours": ["10:00-16:00"]}]}

A weekday left out has no hours. Hours whose end is not after their start end on the next day; `24:00` is an end.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Final, TypeAlias

from tagtree.fields import FieldReader
from tagtree.rules.time_window import MINUTES_A_DAY, Hours, SpecialDay, WeekHours
from tagtree.wording import Wording, step

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MAX_HOURS: Final = 24
"""Per day."""
MAX_SPECIAL_DAYS: Final = 366

_HOURS: Final = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

Json: TypeAlias = dict[str, object]


def write_week_hours(hours: WeekHours) -> Json:
    """The members "week" and "special_days"."""
    return {
        "week": {name: _written(of_day) for name, of_day in zip(WEEKDAYS, hours.week, strict=True) if of_day},
        "special_days": [{"date": each.day.isoformat(), "hours": _written(each.hours)} for each in hours.special_days],
    }


def read_week_hours(fields: FieldReader, members: Mapping[str, object], path: str) -> WeekHours | None:
    """The hours in the members "week" and, if it is there, "special_days"."""
    week = _week(fields, members["week"], step(path, "week"))
    special_days = fields.items(
        members.get("special_days", []),
        step(path, "special_days"),
        MAX_SPECIAL_DAYS,
        partial(_special_day, fields),
    )
    return None if week is None or special_days is None else WeekHours(week, special_days)


def _week(fields: FieldReader, content: object, path: str) -> tuple[tuple[Hours, ...], ...] | None:
    members = fields.members(content, path, frozenset(), frozenset(WEEKDAYS))
    if members is None:
        return None
    days = [_hours_of_day(fields, members.get(name, []), step(path, name)) for name in WEEKDAYS]
    accepted = tuple(day for day in days if day is not None)
    return accepted if len(accepted) == len(days) else None


def _special_day(fields: FieldReader, content: object, path: str) -> SpecialDay | None:
    members = fields.members(content, path, frozenset({"date", "hours"}))
    if members is None:
        return None
    day = _date(fields, members["date"], step(path, "date"))
    hours = _hours_of_day(fields, members["hours"], step(path, "hours"))
    return None if day is None or hours is None else SpecialDay(day, hours)


def _hours_of_day(fields: FieldReader, content: object, path: str) -> tuple[Hours, ...] | None:
    return fields.items(content, path, MAX_HOURS, partial(_hours, fields))


def _hours(fields: FieldReader, content: object, path: str) -> Hours | None:
    found = _HOURS.fullmatch(content) if isinstance(content, str) else None
    if found is not None:
        starts, ends = (int(found[hour]) * 60 + int(found[hour + 1]) for hour in (1, 3))
        in_the_hour = int(found[2]) < 60 and int(found[4]) < 60
        if in_the_hour and starts < MINUTES_A_DAY and ends <= MINUTES_A_DAY:
            return Hours(starts, ends)
    fields.refuse(path, *_NOT_HOURS)
    return None


def _date(fields: FieldReader, content: object, path: str) -> date | None:
    if isinstance(content, str) and _DATE.fullmatch(content):
        try:
            return date.fromisoformat(content)
        except ValueError:  # 2026-02-30
            pass
    fields.refuse(path, *_NOT_A_DATE)
    return None


def _written(hours: tuple[Hours, ...]) -> list[str]:
    return [f"{_clock(each.starts)}-{_clock(each.ends)}" for each in hours]


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


_NOT_HOURS: Final = (
    Wording("These are no hours.", "这不是有效的时段。"),
    Wording("Write them as 09:00-18:00; 20:00-02:00 ends on the next day.", "请写成 09:00-18:00；20:00-02:00 至次日。"),
)
_NOT_A_DATE: Final = (
    Wording("This is no date.", "这不是有效的日期。"),
    Wording("Write it as 2026-10-01.", "请写成 2026-10-01。"),
)
