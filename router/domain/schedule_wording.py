"""A schedule in sentences for people, and what in it they should look at twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from router.domain.schedule import MINUTES_A_DAY, Schedule, Shift
from router.domain.schedule_content import WEEKDAYS, write_shift
from tagtree.wording import Wording

_ENGLISH = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CHINESE = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


@dataclass(frozen=True, slots=True)
class Note:
    """Something legal that may not be meant; ``path`` tells where, in the words of the content."""

    path: str
    said: Wording


def describe(schedule: Schedule) -> tuple[Wording, ...]:
    """The parts of a description, one thought each: days of the week that are alike together, then the exceptions."""
    return (*_week_parts(schedule), *_exceptions(schedule))


def notes(schedule: Schedule) -> tuple[Note, ...]:
    """Overlaps, gaps and dates named twice."""
    if not any(schedule.week) and not any(each.shifts for each in schedule.special_days):
        return (Note("week", Wording("Nobody is ever on duty.", "没有任何班次，始终不在岗。")),)
    return (*_overlaps(schedule), *_gaps(schedule), *_collisions(schedule))


def _week_parts(schedule: Schedule) -> Iterator[Wording]:
    for shifts, days in groupby(range(7), key=lambda day: schedule.week[day]):
        english, chinese = _days_said(tuple(days))
        times = [write_shift(each).replace("-", "–") for each in shifts]
        yield Wording(f"{english} {', '.join(times) or 'closed'}", f"{chinese} {'、'.join(times) or '不在岗'}")


def _days_said(days: Sequence[int]) -> tuple[str, str]:
    if len(days) == 7:
        return "Every day", "每天"
    if len(days) == 1:
        return _ENGLISH[days[0]], _CHINESE[days[0]]
    return f"{_ENGLISH[days[0]]}–{_ENGLISH[days[-1]]}", f"{_CHINESE[days[0]]}至{_CHINESE[days[-1]]}"


def _exceptions(schedule: Schedule) -> Iterator[Wording]:
    special = len(schedule.special_days)
    if special:
        yield Wording("1 special day" if special == 1 else f"{special} special days", f"{special} 个特殊日")
    holidays = schedule.holidays
    if not holidays.dates:
        return
    count = len(holidays.dates)
    made = (f", made on {holidays.made_on}", f"，编制于 {holidays.made_on}") if holidays.made_on else ("", "")
    name = (f" of “{holidays.name}”", f"“{holidays.name}”") if holidays.name else ("", "")
    days = "1 holiday" if count == 1 else f"{count} holidays"
    yield Wording(f"closed on {days}{name[0]}{made[0]}", f"节假日{name[1]}共 {count} 天休息{made[1]}")


def _overlaps(schedule: Schedule) -> Iterator[Note]:
    for day, name in enumerate(WEEKDAYS):
        yield from _overlaps_within(schedule.week[day], f"week.{name}")
        longest = max((each.starts + each.minutes - MINUTES_A_DAY for each in schedule.week[day]), default=0)
        following = schedule.week[(day + 1) % 7]
        if following and following[0].starts < longest:
            yield Note(
                f"week.{name}",
                Wording(
                    f"The night of {_ENGLISH[day]} runs into the first shift of {_ENGLISH[(day + 1) % 7]}.",
                    f"{_CHINESE[day]}的夜班与{_CHINESE[(day + 1) % 7]}的第一个班次重叠。",
                ),
            )
    for number, special in enumerate(schedule.special_days):
        yield from _overlaps_within(special.shifts, f"special_days[{number}].shifts")


def _overlaps_within(shifts: Sequence[Shift], path: str) -> Iterator[Note]:
    for first, second in pairwise(sorted(shifts)):
        if second.starts < first.starts + first.minutes:
            both = write_shift(first), write_shift(second)
            yield Note(
                path,
                Wording(
                    f"{both[0]} and {both[1]} overlap; they count as one.",
                    f"{both[0]} 与 {both[1]} 重叠，按合并计算。",
                ),
            )


def _gaps(schedule: Schedule) -> Iterator[Note]:
    """Days without a shift, and breaks between the shifts of a day; days that are alike together."""
    for shifts, group in groupby(range(7), key=lambda day: schedule.week[day]):
        days = tuple(group)
        english, chinese = _days_said(days)
        path = f"week.{WEEKDAYS[days[0]]}"
        if not shifts:
            yield Note(path, Wording(f"{english}: nobody is on duty.", f"{chinese}：无人在岗。"))
        for starts, ends in _breaks(shifts):
            times = write_shift(Shift(starts, ends)).replace("-", "–")
            yield Note(path, Wording(f"{english}: nobody from {times}.", f"{chinese}：{times} 无人在岗。"))


def _breaks(shifts: Sequence[Shift]) -> Iterator[tuple[int, int]]:
    covered = None
    for shift in shifts:
        if covered is not None and shift.starts > covered:
            yield covered, shift.starts
        covered = max(covered or 0, shift.starts + shift.minutes)


def _collisions(schedule: Schedule) -> Iterator[Note]:
    seen = set()
    for number, special in enumerate(schedule.special_days):
        path = f"special_days[{number}].date"
        if special.date in seen:
            yield Note(
                path,
                Wording(
                    f"{special.date} is named twice; the shifts of both hold.",
                    f"{special.date} 出现多次，各自的班次都生效。",
                ),
            )
        elif special.date in schedule.holidays.dates:
            yield Note(
                path,
                Wording(
                    f"{special.date} is also a holiday; the special day decides.",
                    f"{special.date} 也在节假日内，以特殊日为准。",
                ),
            )
        seen.add(special.date)
