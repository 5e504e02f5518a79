"""A week of a schedule as bars over the hours of each day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from router.domain.schedule import MINUTES_A_DAY, Schedule, Shift, next_change, on_shift
from router.domain.schedule_content import WEEKDAYS, write_shift
from router.web.i18n import mark

NAMES: Mapping[str, str] = {
    "monday": mark("Monday"),
    "tuesday": mark("Tuesday"),
    "wednesday": mark("Wednesday"),
    "thursday": mark("Thursday"),
    "friday": mark("Friday"),
    "saturday": mark("Saturday"),
    "sunday": mark("Sunday"),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of one day, in minutes after midnight; ``from_before`` when the shift began the day before."""

    starts: int
    minutes: int
    from_before: bool = False


@dataclass(frozen=True, slots=True)
class DayBars:
    """One day: its name, its shifts in words, its bars; ``minute`` is now, None on the other days."""

    name: str
    times: tuple[str, ...]
    bars: tuple[Bar, ...]
    minute: int | None = None


@dataclass(frozen=True, slots=True)
class ShiftState:
    """Whether a schedule is on now, and when (ms) that changes; None: it never does."""

    is_on: bool
    changes_at: int | None


def week_of(schedule: Schedule, now: int, zone: tzinfo) -> tuple[DayBars, ...]:
    """The seven days of the plain week, from Monday on."""
    wall = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
    return tuple(
        _day(
            NAMES[name],
            schedule.week[day],
            schedule.week[day - 1],
            wall.hour * 60 + wall.minute if day == wall.weekday() else None,
        )
        for day, name in enumerate(WEEKDAYS)
    )


def special_days_of(schedule: Schedule, now: int, zone: tzinfo) -> tuple[tuple[date, str, DayBars], ...]:
    """Special days from today on with their names and bars, ten at most."""
    today = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).date()
    coming = [each for each in schedule.special_days if each.date >= today][:10]
    return tuple((each.date, each.name, _day(each.date.isoformat(), each.shifts, (), None)) for each in coming)


def state_of(schedule: Schedule, now: int, zone: tzinfo) -> ShiftState:
    """Whether the schedule is on at ``now``, and when that changes."""
    return ShiftState(on_shift(schedule, now, zone), next_change(schedule, now, zone))


def _day(name: str, shifts: Sequence[Shift], before: Sequence[Shift], minute: int | None) -> DayBars:
    tails = [Bar(0, each.ends, from_before=True) for each in before if each.is_overnight and each.ends]
    own = [Bar(each.starts, min(each.minutes, MINUTES_A_DAY - each.starts)) for each in shifts]
    return DayBars(name, tuple(write_shift(each).replace("-", "–") for each in shifts), (*tails, *own), minute)
