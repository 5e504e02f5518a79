"""排班 (schedule): on which shifts somebody is on duty, by the wall clock of the corporation.

Whether a moment is on a shift depends on what a clock on the wall shows then, and on nothing else. So when clocks go
forward a shift that would begin in the missing hour begins as soon as the clock has jumped; when they go back both
passes of the repeated hour belong to a shift that covers it. A shift belongs to the day on which it begins: one over
midnight runs on into the next day, also when that day is closed.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

MINUTES_A_DAY = 24 * 60

_MINUTE = 60_000  # ms
_DAY = MINUTES_A_DAY * _MINUTE
_A_WEEK_AND_ITS_EDGES = 9  # days: a week, the night before it, the night after it


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """班次, in minutes after local midnight; an end at or before the start lies in the next day."""

    starts: int
    ends: int

    @property
    def is_overnight(self) -> bool:
        """Whether it runs beyond midnight."""
        return self.ends <= self.starts

    @property
    def minutes(self) -> int:
        """How long it lasts on a day without a change of clocks."""
        return self.ends - self.starts + (MINUTES_A_DAY if self.is_overnight else 0)


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A date with shifts of its own, whatever weekday or holiday it is; without any it is closed."""

    date: date
    shifts: tuple[Shift, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class HolidayList:
    """Dates that are closed unless a special day says otherwise; ``made_on`` is when the list was made."""

    name: str = ""
    dates: tuple[date, ...] = ()
    made_on: date | None = None


CLOSED_WEEK: tuple[tuple[Shift, ...], ...] = ((),) * 7
NO_HOLIDAYS = HolidayList()


@dataclass(frozen=True, slots=True)
class Schedule:
    """``week`` has the shifts of each weekday from Monday on; special days of the same date add up."""

    week: tuple[tuple[Shift, ...], ...] = CLOSED_WEEK
    special_days: tuple[SpecialDay, ...] = ()
    holidays: HolidayList = NO_HOLIDAYS


def shifts_on(schedule: Schedule, day: date) -> tuple[Shift, ...]:
    """The shifts that begin on a local date, in order."""
    special = [each for each in schedule.special_days if each.date == day]
    if special:
        return tuple(sorted({shift for each in special for shift in each.shifts}))
    if day in schedule.holidays.dates:
        return ()
    return schedule.week[day.weekday()]


def on_shift(schedule: Schedule, now: int, zone: tzinfo) -> bool:
    """Whether the instant ``now`` (ms) is on a shift, in the corporation's ``zone``."""
    return _is_on(schedule, _wall(now, zone))


def shift_began(schedule: Schedule, now: int, zone: tzinfo, since: int) -> int | None:
    """Since which instant (ms) `on_shift` has held until ``now``; None when it does not, or since before ``since``."""
    if not on_shift(schedule, now, zone):
        return None
    began = now // _MINUTE * _MINUTE  # shifts begin with a minute
    while began >= since:
        if not on_shift(schedule, began - _MINUTE, zone):
            return began
        began -= _MINUTE
    return None


def next_change(schedule: Schedule, now: int, zone: tzinfo) -> int | None:
    """The first instant (ms) after ``now`` at which `on_shift` gives the other answer; None: it never does again."""
    present = on_shift(schedule, now, zone)
    for start, end, offset in _stretches(schedule, now, zone):
        for instant in _edges(schedule, start, end, offset):
            if instant > now and on_shift(schedule, instant, zone) != present:
                return instant
    return None


def _is_on(schedule: Schedule, wall: datetime) -> bool:
    today = wall.date()
    minute = wall.hour * 60 + wall.minute
    if any(each.starts <= minute and (each.is_overnight or minute < each.ends) for each in shifts_on(schedule, today)):
        return True
    yesterday = shifts_on(schedule, today - timedelta(days=1))
    return any(each.is_overnight and minute < each.ends for each in yesterday)


def _wall(instant: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(instant / 1000, UTC).astimezone(zone)


def _offset(instant: int, zone: tzinfo) -> int:
    """How far the wall clock is ahead of UTC, in ms."""
    ahead = _wall(instant, zone).utcoffset()
    assert ahead is not None
    return round(ahead / timedelta(milliseconds=1))


def _stretches(schedule: Schedule, now: int, zone: tzinfo) -> Iterator[tuple[int, int, int]]:
    """Stretches (from, to, offset) of time in which the clocks do not change, on every day that can differ from now.

    After nine days without special days and holidays every further week is like the one before.
    """
    today = now // _DAY
    dates = {each.date for each in schedule.special_days} | set(schedule.holidays.dates)
    special = {today, *(each.toordinal() - date(1970, 1, 1).toordinal() - 1 for each in dates)}
    days = {day + further for day in special if day >= today - 1 for further in range(_A_WEEK_AND_ITS_EDGES + 1)}
    for day in sorted(each for each in days if each >= today):
        yield from _stretches_of(day * _DAY, (day + 1) * _DAY, zone)


def _stretches_of(start: int, end: int, zone: tzinfo) -> Iterator[tuple[int, int, int]]:
    """The same of one day of UTC, which has at most one change of clocks."""
    before, after = _offset(start, zone), _offset(end - 1, zone)
    if before == after:
        yield start, end, before
        return
    minutes = range(start // _MINUTE, end // _MINUTE)
    change = minutes[bisect_left(minutes, True, key=lambda minute: _offset(minute * _MINUTE, zone) != before)] * _MINUTE
    yield start, change, before
    yield change, end, after


def _edges(schedule: Schedule, start: int, end: int, offset: int) -> Sequence[int]:
    """The instants in a stretch at which a shift may begin or end, in order; its start is one of them."""
    first = datetime.fromtimestamp((start + offset) / 1000, UTC).date()
    found = {start}
    for day in (first - timedelta(days=1), first, first + timedelta(days=1)):
        midnight = (day.toordinal() - date(1970, 1, 1).toordinal()) * _DAY - offset
        for shift in shifts_on(schedule, day):
            found |= {midnight + shift.starts * _MINUTE, midnight + (shift.starts + shift.minutes) * _MINUTE}
    return sorted(each for each in found if start <= each < end)
