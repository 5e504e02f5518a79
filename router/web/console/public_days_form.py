"""The public holidays of a year as lines of a schedule's form, to be read and changed before they are saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from router.domain.schedule_content import WEEKDAYS
from router.web.console.forms import Form
from router.web.i18n import Words
from router.web.public_days import PublicDay, known_years, public_days

ADD = "add_public_days"  # the button's act
YEAR = "public_days_of"  # the field beside it
CLOSED = {"en": "closed", "zh": "休息"}


@dataclass(frozen=True, slots=True)
class Filled:
    """The fields with the days of ``year`` in them; dates that had a line of their own before keep it."""

    fields: Mapping[str, str]
    year: int
    added: int
    kept: int


def asks_for_public_days(form: Form) -> bool:
    """Whether the form was sent by its button for public holidays."""
    return form.text("act") == ADD


def year_to_offer(this_year: int) -> int:
    """The year to come when its days are known, else this one."""
    return this_year + 1 if this_year + 1 in known_years() else this_year


def fill_in(form: Form, words: Words) -> Filled | None:
    """The form with the days of its year; None for a year without known days."""
    year = form.integer(YEAR) or 0
    days = public_days(year)
    if not days:
        return None
    fields = form.values()
    lines = [line for line in fields.get("special_days", "").splitlines() if line.strip()]
    taken = {line.split()[0] for line in lines}
    hours = _hours_of_a_working_day(fields)
    added = [_line(day, hours, words.language.code) for day in days if day.date.isoformat() not in taken]
    special_days = "\n".join(sorted([*lines, *added], key=lambda line: line.split()[0]))
    return Filled({**fields, "special_days": special_days}, year, len(added), len(days) - len(added))


def _hours_of_a_working_day(fields: Mapping[str, str]) -> str:
    """The shifts of the first day from Monday to Friday that has any, as they were typed; empty without one."""
    typed: Sequence[str] = [fields.get(f"week.{day}", "").strip() for day in WEEKDAYS[:5]]
    return next((shifts for shifts in typed if shifts), "")


def _line(day: PublicDay, hours: str, language: str) -> str:
    name = day.name.zh if language == "zh" else day.name.en
    shifts = hours if day.is_worked and hours else CLOSED["zh" if language == "zh" else "en"]
    return f"{day.date.isoformat()} {shifts} {name}"
