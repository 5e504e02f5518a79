"""Conditions as fields of a form, named by their path in the rule's JSON; the codec says whether they are fit."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from router.domain.schedule_content import WEEKDAYS
from router.web.console.forms import Form
from router.web.console.schedule_form import shifts_in, special_day_in
from router.web.public_days import public_days

Json = dict[str, Any]

GROUPS = ("all_of", "any_of", "none_of")
OF_WORDS = ("contains", "exact", "prefix", "suffix", "near_miss", "previous_contains", "region")
"""Kinds whose words are typed, one a line."""
OF_CHOICES: Mapping[str, str] = {
    "channel": "names",
    "message_kind": "kinds",
    "live_code": "codes",
    "class": "names",
    "previous_fired": "rule_ids",
}
"""Kinds whose list is chosen member by member, with the key of the list."""
CHANNELS = ("kf", "app")
MESSAGE_KINDS = ("text", "image", "voice", "video", "file", "location", "link", "business_card", "miniprogram")
DEEPEST = 8  # levels read from a form; the codec refuses deeper ones itself

NEW_CONDITION: Json = {"kind": "contains", "words": []}

_PUBLIC_DAYS = re.compile(r"public_days_(\d{4})")
_PART = re.compile(r"\.conditions\[(\d{1,3})\]")


def condition_in(form: Form, path: str = "when", level: int = 1) -> Json:
    """The condition filled in under ``path``; what was not asked for yet is at its default."""
    kind = form.text(f"{path}.kind") or "contains"
    match kind:
        case "pattern":
            return {"kind": kind, "pattern": form.text(f"{path}.pattern")}
        case "near_miss":
            words = lines_of(form.text(f"{path}.words"))
            return {"kind": kind, "words": words, "errors": number_or_typed(form, f"{path}.errors", 1)}
        case "tagged":
            return {"kind": kind, "tag_ids": list(dict.fromkeys(form.integers(f"{path}.tag_ids")))}
        case "new_customer":
            return {"kind": kind, "is_new": form.text(f"{path}.is_new") != "no"}
        case "sent_by":
            return {"kind": kind, "sender": form.text(f"{path}.sender") or "customer"}
        case "counter":
            times, days = (
                number_or_typed(form, f"{path}.{key}", absent) for key, absent in (("times", 3), ("days", 7))
            )
            return {"kind": kind, "rule_id": form.text(f"{path}.rule_id"), "times": times, "days": days}
        case "time_window":
            return {"kind": kind, **_hours(form, path)}
        case "all_of" | "any_of" | "none_of":
            return {"kind": kind, "conditions": _parts(form, path, level)}
        case _ if kind in OF_CHOICES:
            key = OF_CHOICES[kind]
            return {"kind": kind, key: chosen(form, f"{path}.{key}")}
        case _:
            key = "names" if kind == "region" else "words"
            return {"kind": kind, key: lines_of(form.text(f"{path}.{key}"))}


def restructured_condition(condition: Json, path: str, verb: str) -> Json:
    """The condition after one button: a part added to the group at ``path``, or the part at ``path`` removed.

    ``public_days_2026`` adds the holidays of that year, and the days worked for them, to the hours at ``path``.
    """
    places = [int(place) for place in _PART.findall(path)]
    if year := _PUBLIC_DAYS.fullmatch(verb):
        return _changed(condition, places, lambda part: _with_public_days(part, int(year[1])))
    match verb, places:
        case "add", _:
            return _changed(condition, places, _with_a_part_more)
        case "remove", [*group, place]:
            return _changed(condition, group, lambda part: _without_part(part, place))
        case _:
            return condition


def chosen(form: Form, name: str) -> list[str]:
    """Every member that was chosen, once; an empty field chooses nothing."""
    return list(dict.fromkeys(filter(None, form.texts(name))))


def lines_of(text: str) -> list[str]:
    """What stands on each line that is not empty."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def number_or_typed(form: Form, name: str, absent: int) -> int | str:
    """A whole number, or the text as it was typed, for the codec to refuse."""
    if not form.ticked(name):
        return absent
    number = form.integer(name)
    return form.text(name) if number is None else number


def places_in(form: Form, path: str, key: str) -> tuple[int, ...]:
    """The numbers of the members that the form holds under ``path``, in order."""
    pattern = re.compile(re.escape(path) + r"\[(\d{1,3})\]\." + key)
    return tuple(sorted({int(found[1]) for name, _ in form.fields if (found := pattern.fullmatch(name))}))


def without(members: list[Json], place: int) -> list[Json]:
    """The members but the one at ``place``."""
    return [member for number, member in enumerate(members) if number != place]


def _parts(form: Form, path: str, level: int) -> list[Json]:
    """The conditions of a group; what was a single one until its kind was changed becomes the first of them."""
    places = places_in(form, f"{path}.conditions", "kind") if level <= DEEPEST else ()
    parts = [condition_in(form, f"{path}.conditions[{place}]", level + 1) for place in places]
    return parts or [{"kind": "contains", "words": lines_of(form.text(f"{path}.words"))}]


def _hours(form: Form, path: str) -> Json:
    week = {day: shifts for day in WEEKDAYS if (shifts := shifts_in(form.text(f"{path}.week.{day}")))}
    special = [special_day_in(line) for line in lines_of(form.text(f"{path}.special_days"))]
    days = [{"date": each["date"], "hours": each["shifts"]} for each in special]
    return {"week": week, **({"special_days": days} if days else {})}


def _changed(condition: Json, places: list[int], change: Callable[[Json], Json]) -> Json:
    """The condition with the part changed to which ``places`` lead; as it was when they lead nowhere."""
    if not places:
        return change(condition)
    (place, *deeper), parts = places, condition.get("conditions", ())
    if place >= len(parts):
        return condition
    changed = _changed(parts[place], deeper, change)
    return {**condition, "conditions": [*parts[:place], changed, *parts[place + 1 :]]}


def _with_a_part_more(group: Json) -> Json:
    parts = group.get("conditions")
    return group if parts is None else {**group, "conditions": [*parts, dict(NEW_CONDITION)]}


def _without_part(group: Json, place: int) -> Json:
    parts = group.get("conditions")
    return group if parts is None else {**group, "conditions": without(parts, place)}


def _with_public_days(hours: Json, year: int) -> Json:
    """Dates that have hours of their own keep them; a worked weekend day has those of the first working day."""
    if hours["kind"] != "time_window":
        return hours
    special = {each["date"]: each for each in hours.get("special_days", ())}
    usual: list[str] = next((shifts for day in WEEKDAYS[:5] if (shifts := hours["week"].get(day))), [])
    for day in public_days(year):
        date = day.date.isoformat()
        special.setdefault(date, {"date": date, "hours": usual if day.is_worked else []})
    return {**hours, "special_days": [special[date] for date in sorted(special)]}
