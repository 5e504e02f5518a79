"""时间窗: hours of the week and special days, in local time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

MINUTES_A_DAY: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Hours:
    """From `starts` until before `ends`, in minutes of the day; an end not after the start is on the next day."""

    starts: int
    ends: int

    def begun(self, minute: int) -> bool:
        """Whether they hold at this minute of the day on which they begin."""
        return self.starts <= minute and (minute < self.ends or self.ends <= self.starts)

    def carried_over(self, minute: int) -> bool:
        """Whether they hold at this minute of the day after."""
        return self.ends <= self.starts and minute < self.ends


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A date with hours of its own instead of those of its weekday; without any, nothing of the day is inside."""

    day: date
    hours: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True)
class WeekHours:
    """The hours of the seven weekdays, Monday first, and the dates that differ."""

    week: tuple[tuple[Hours, ...], ...]
    special_days: tuple[SpecialDay, ...] = ()

    def __contains__(self, at: datetime) -> bool:
        """Whether this local time is inside; hours that began the evening before count."""
        minute = at.hour * 60 + at.minute
        today = self._of(at.date())
        yesterday = self._of(at.date() - timedelta(days=1))
        return any(each.begun(minute) for each in today) or any(each.carried_over(minute) for each in yesterday)

    def _of(self, day: date) -> tuple[Hours, ...]:
        special = next((each for each in self.special_days if each.day == day), None)
        return self.week[day.weekday()] if special is None else special.hours
