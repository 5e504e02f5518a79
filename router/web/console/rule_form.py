"""One rule as a form: fields are named by their path in the rule's JSON, so that problems find their field.

The form works without scripts: buttons that add or remove a part submit it, and it comes back changed.
"""

import re
from collections.abc import Container, Mapping
from itertools import count
from typing import Any

from router.web.console.condition_form import (
    NEW_CONDITION,
    chosen,
    condition_in,
    lines_of,
    number_or_typed,
    places_in,
    restructured_condition,
    without,
)
from router.web.console.forms import Form
from tagtree.fields import MAX_ID

Json = dict[str, Any]

ACTIONS = (
    "add_tag",
    "remove_tag",
    "reply",
    "hand_to_human",
    "move_to_pool",
    "set_class",
    "open_task",
    "start_ladder",
    "call_webhook",
)
NEW_ACTION: Json = {"do": "add_tag", "tag_id": 0}
NEW_TAG = "new"  # chosen instead of a tag: one that is not there yet, by its path
UNITS: Mapping[str, int] = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
LINE_BREAK = "↵"  # stands for a line break within a sample: samples are one a line

_SLASH = re.compile(r"\s*[/／]\s*")


def new_id(taken: Container[str], now: int) -> str:
    """The id of a rule that is saved for the first time at ``now`` (ms), which no rule of the draft has.

    It says the instant, so that rules of one priority stand in the order in which they were added here, and none is
    ever taken for one that was removed before: for its hits, or the tags that it gave.
    """
    return next(name for at in count(now) if (name := f"rule-t{at:011x}") not in taken)


def new_rule() -> Json:
    """A rule to begin with; it gets an id when it is saved, because two people may add rules at once."""
    return {
        "id": "",
        "name": "",
        "priority": 100,
        "when": dict(NEW_CONDITION),
        "then": [dict(NEW_ACTION)],
        "stop": False,
    }


def read_rule_form(form: Form, rule_id: str) -> Json:
    """The rule as filled in; whether it is fit is the codec's to say. Its id is never the form's to choose.

    What is at its default is left out, as `tagtree.rules.codec.write_rule` does.
    """
    return {
        "id": rule_id,
        "name": form.text("name"),
        "priority": number_or_typed(form, "priority", 100),
        "when": condition_in(form),
        "then": [_action(form, place) for place in places_in(form, "then", "do")],
        "stop": form.ticked("stop"),
        **{key: value for key, value in _options(form).items() if value},
        **({"enabled": False} if form.ticked("off") else {}),
    }


def restructured(rule: Json, act: str) -> Json:
    """The rule after one button, else as it was: ``add:<path>`` or ``remove:<path>`` of a condition or an action,
    ``public_days_<year>:<path>`` of hours."""
    verb, _, path = act.partition(":")
    match verb, path:
        case "add", "then":
            return {**rule, "then": [*rule["then"], dict(NEW_ACTION)]}
        case "remove", _ if place := re.fullmatch(r"then\[(\d{1,3})\]", path):
            return {**rule, "then": without(rule["then"], int(place[1]))}
        case _ if path.startswith("when"):
            return {**rule, "when": restructured_condition(rule["when"], path, verb)}
        case _:
            return rule


def rest_of(seconds: object) -> tuple[object, str]:
    """A cooldown in the largest unit in which it is a whole number; what is not a number stays as typed."""
    if not isinstance(seconds, int) or not seconds:
        return seconds or "", "hours"
    unit = next(name for name, length in UNITS.items() if seconds % length == 0)
    return seconds // UNITS[unit], unit


def sample_lines(samples: list[str]) -> str:
    """Samples one a line."""
    return "\n".join(sample.replace("\r\n", "\n").replace("\n", LINE_BREAK) for sample in samples)


def _options(form: Form) -> Json:
    scope = {key: members for key in ("channels", "live_codes") if (members := chosen(form, f"scope.{key}"))}
    samples = {key: texts for key in ("must_match", "must_not_match") if (texts := _samples(form, f"samples.{key}"))}
    return {
        "cooldown_seconds": _cooldown(form),
        "group": form.text("group"),
        "fallback": form.ticked("fallback"),
        "scope": scope,
        "samples": samples,
    }


def _cooldown(form: Form) -> int | str:
    typed = form.text("cooldown_seconds")
    length = form.integer("cooldown_seconds")
    return typed if length is None else length * UNITS.get(form.text("cooldown_unit"), 1)


def _samples(form: Form, name: str) -> list[str]:
    return [line.replace(LINE_BREAK, "\n") for line in lines_of(form.text(name))]


def _action(form: Form, place: int) -> Json:
    path = f"then[{place}]"
    do = form.text(f"{path}.do")
    match do:
        case "reply":
            return {"do": do, "text": form.text(f"{path}.text").replace("\r\n", "\n")}
        case "move_to_pool":
            return {"do": do, "pool_id": form.integer(f"{path}.pool_id") or 0}
        case "hand_to_human":
            return {"do": do}
        case "set_class" | "call_webhook":
            return {"do": do, "name": form.text(f"{path}.name")}
        case "start_ladder":
            return {"do": do, "ladder": form.text(f"{path}.ladder")}
        case "open_task":
            kind = form.text(f"{path}.kind")
            return {"do": do, "title": form.text(f"{path}.title"), **({"kind": kind} if kind else {})}
        case _ if form.text(f"{path}.tag_id") == NEW_TAG:
            # An id that no tag has, another for each action: rules name tags by id, and this one has none yet.
            path_of_tag = _SLASH.sub(" / ", form.text(f"{path}.tag_name"))
            return {"do": do, "tag_id": MAX_ID - place, "tag_name": path_of_tag}
        case _:
            return {"do": do, "tag_id": form.integer(f"{path}.tag_id") or 0}
