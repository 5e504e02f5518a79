"""Public holidays of China and the days worked for them (调休), as the package chinese-calendar lists them by year.

The State Council announces the days of a year in the November before it; until a release of the package has them, that
year is unknown.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import metadata

from chinese_calendar import Holiday, holidays, workdays

from tagtree.wording import Problem, Wording

PACKAGE = "chinese-calendar"


@dataclass(frozen=True, slots=True)
class PublicDay:
    """A day off, or with ``is_worked`` a weekend day that is worked instead; of which holiday."""

    date: date
    name: Wording
    is_worked: bool


def known_years() -> range:
    """From the first year that the package lists to the last."""
    years = {day.year for day in holidays}
    return range(min(years), max(years) + 1)


@cache
def public_days(year: int) -> tuple[PublicDay, ...]:
    """The days of a year by date; none for a year that the package does not know."""
    free = [PublicDay(day, _name(name), False) for day, name in holidays.items() if day.year == year]
    worked = [PublicDay(day, _made_up(name), True) for day, name in workdays.items() if day.year == year]
    return tuple(sorted([*free, *worked], key=lambda each: each.date))


def unknown_year(path: str) -> Problem:
    """Why a year has no days, and what to do; ``path`` is where it was asked for."""
    years = known_years()
    first, last, package = years[0], years[-1], source()
    return Problem(
        path,
        Wording(f"{package} knows {first} to {last}.", f"{package} 只有 {first} 至 {last} 年。"),
        Wording(
            "The days of a year are announced in the November before it: update the package, or type them.",
            "每年的放假安排在前一年 11 月公布：请更新该软件包，或手工填写。",
        ),
    )


def source() -> str:
    """Which package, and of which version, the days come from."""
    return f"{PACKAGE} {metadata.version(PACKAGE)}"


def _name(name: str) -> Wording:
    return Wording(name, Holiday(name).chinese)


def _made_up(name: str) -> Wording:
    return Wording(f"{name}, worked instead", f"{Holiday(name).chinese}调休上班")
