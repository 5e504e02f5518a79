"""A schedule as people type it: times in a line per weekday, exceptions in a line per date.

What cannot be understood is passed on as it was typed, so that the refusal names it.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from router.domain.schedule import Schedule
from router.domain.schedule_content import WEEKDAYS, write_schedule
from router.web.console.forms import Form
from tagtree.wording import Problem, Wording

CLOSED = frozenset({"closed", "off", "休息", "不在岗", "休"})
MOST_DAYS = 366  # of one range of holidays
LONGEST_SHOWN = 40  # characters of what was typed

_AT_LINE = re.compile(r"(special_days|holidays\.dates)\[(\d+)\]")
_DASHES = re.compile(r"\s*[-–—~～至]\s*")
_BETWEEN = re.compile(r"[\s,，、;；]+")
_HOUR = re.compile(r"\b(\d):(\d\d)")
_RANGE = re.compile(r"(\d{4}-\d\d-\d\d)\s*(?:\.\.+|…|~|～|—|–|至|to)\s*(\d{4}-\d\d-\d\d)", re.ASCII)
_TIMES = re.compile(r"\d{1,2}[:：]\d\d\s*[-–—~～至]\s*\d{1,2}[:：]\d\d", re.ASCII)


def schedule_in(form: Form) -> dict[str, Any]:
    """The content of the submitted form, for `router.domain.schedule_content.read_schedule`."""
    special = [special_day_in(line) for line in form.text("special_days").splitlines() if line.strip()]
    made_on = form.text("holidays.made_on")
    return {
        "week": {day: shifts_in(form.text(f"week.{day}")) for day in WEEKDAYS},
        "special_days": special,
        "holidays": {
            "name": form.text("holidays.name"),
            "made_on": made_on or None,
            "dates": _dates(form.text("holidays.dates")),
        },
    }


def told_by_line(problems: tuple[Problem, ...], form: Form) -> tuple[Problem, ...]:
    """Problems of special days with their line, those of holidays with what was typed."""
    text = form.values().get("special_days", "")
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    dates = _dates(form.text("holidays.dates"))
    return tuple(_told(each, lines, dates) for each in problems)


def _told(problem: Problem, lines: list[int], dates: list[str]) -> Problem:
    found = _AT_LINE.match(problem.path)
    if found is None:
        return problem
    part, place, reason = found[1], int(found[2]), problem.reason
    if part == "special_days" and place < len(lines):
        line = lines[place]
        return replace(problem, reason=Wording(f"Line {line}: {reason.en}", f"第 {line} 行：{reason.zh}"))
    if part != "holidays.dates" or place >= len(dates):
        return problem
    shown = dates[place][:LONGEST_SHOWN]
    if ".." not in shown:
        return replace(problem, reason=Wording(f"“{shown}”: {reason.en}", f"“{shown}”：{reason.zh}"))
    first, _, last = shown.partition("..")
    return Problem(problem.path, *(_reversed(shown) if first > last else _too_long(shown)))


def _reversed(shown: str) -> tuple[Wording, Wording]:
    return (
        Wording(f"“{shown}” ends before it begins.", f"“{shown}”的结束早于开始。"),
        Wording(
            "Write the first day first, such as 2026-10-01..2026-10-07.", "请先写开始日期，如 2026-10-01..2026-10-07。"
        ),
    )


def _too_long(shown: str) -> tuple[Wording, Wording]:
    return (
        Wording(f"“{shown}” is longer than {MOST_DAYS} days.", f"“{shown}”超过 {MOST_DAYS} 天。"),
        Wording("Write shorter ranges.", "请缩短范围。"),
    )


def typed(schedule: Schedule) -> Mapping[str, str]:
    """The fields of the form as somebody would have typed this schedule."""
    content = write_schedule(schedule)
    special = [
        " ".join([each["date"], ", ".join(each["shifts"]) or "closed", each["name"]]).rstrip()
        for each in content["special_days"]
    ]
    return {
        **{f"week.{day}": ", ".join(content["week"].get(day, ())) for day in WEEKDAYS},
        "special_days": "\n".join(special),
        "holidays.name": content["holidays"]["name"],
        "holidays.made_on": content["holidays"]["made_on"] or "",
        "holidays.dates": "\n".join(content["holidays"]["dates"]),
    }


def shifts_in(text: str) -> list[str]:
    """``9:00–12:00、13:30~18:00`` as the codec writes it."""
    level = _DASHES.sub("-", text.replace("：", ":"))
    padded = _HOUR.sub(r"0\1:\2", level)
    return [each for each in _BETWEEN.split(padded) if each and each.lower() not in CLOSED]


def special_day_in(line: str) -> dict[str, Any]:
    """``2026-10-10 09:00-18:00 a Saturday made up for``."""
    day, _, rest = line.strip().partition(" ")
    times = [shift for found in _TIMES.findall(rest) for shift in shifts_in(found)]
    named = _TIMES.sub(" ", rest)
    words = [word for word in _BETWEEN.split(named) if word and word.lower() not in CLOSED]
    return {"date": day, "shifts": times, "name": " ".join(words)}


def _dates(text: str) -> list[str]:
    """Dates one by one; ``2026-10-01..2026-10-07`` stands for all of them."""
    alone = _BETWEEN.split(_RANGE.sub(" ", text))
    spans = [day for first, last in _RANGE.findall(text) for day in _span(first, last)]
    return [*(each for each in alone if each), *spans]


def _span(first: str, last: str) -> list[str]:
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return [first, last]
    days = (end - start).days
    if not 0 <= days < MOST_DAYS:
        return [f"{first}..{last}"]
    return [(start + timedelta(days=each)).isoformat() for each in range(days + 1)]
