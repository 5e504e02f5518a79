"""One rule as a form: fields are named by their path in the rule's JSON, so that problems find their field.

The form works without scripts: buttons that add or remove a part submit it, and it comes back changed.
"""

import re
from collections.abc import Container
from itertools import count
from typing import Any

from router.web.console.forms import Form

Json = dict[str, Any]

GROUPS = ("all_of", "any_of", "none_of")
KINDS = ("contains", "exact", "pattern", "channel", *GROUPS)
ACTIONS = ("add_tag", "remove_tag", "reply", "move_to_pool", "hand_to_human")
CHANNELS = ("kf", "app")
DEEPEST = 8  # levels read from a form; the codec refuses deeper ones itself

NEW_CONDITION: Json = {"kind": "contains", "words": []}
NEW_ACTION: Json = {"do": "add_tag", "tag_id": 0}

_PART = re.compile(r"\.conditions\[(\d{1,3})\]")


def free_id(taken: Container[str]) -> str:
    """The first ``rule-N`` that no rule of the draft has."""
    return next(name for number in count(1) if (name := f"rule-{number}") not in taken)


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
    """The rule as filled in; whether it is fit is the codec's to say. Its id is never the form's to choose."""
    priority = form.integer("priority")
    return {
        "id": rule_id,
        "name": form.text("name"),
        "priority": form.text("priority") if priority is None else priority,
        "when": _condition(form, "when", 1),
        "then": [_action(form, f"then[{place}]") for place in _places(form, "then", "do")],
        "stop": form.ticked("stop"),
    }


def restructured(rule: Json, act: str) -> Json:
    """The rule after one button: ``add:<path>`` or ``remove:<path>`` of a condition or an action, else as it was."""
    verb, _, path = act.partition(":")
    match verb, path:
        case "add", "then":
            return {**rule, "then": [*rule["then"], dict(NEW_ACTION)]}
        case "remove", _ if path.startswith("then["):
            return {**rule, "then": _without(rule["then"], path.removeprefix("then[").removesuffix("]"))}
        case (("add" | "remove"), _) if path.startswith("when"):
            places = [int(place) for place in _PART.findall(path)]
            return {**rule, "when": _changed_condition(rule["when"], places, verb)}
        case _:
            return rule


def _condition(form: Form, path: str, level: int) -> Json:
    kind = form.text(f"{path}.kind")
    match kind:
        case "pattern":
            return {"kind": kind, "pattern": form.text(f"{path}.pattern")}
        case "channel":
            return {"kind": kind, "names": list(form.texts(f"{path}.names"))}
        case "all_of" | "any_of" | "none_of":
            places = _places(form, f"{path}.conditions", "kind") if level <= DEEPEST else ()
            parts = [_condition(form, f"{path}.conditions[{place}]", level + 1) for place in places]
            return {"kind": kind, "conditions": parts or [dict(NEW_CONDITION)]}
        case _:
            return {"kind": kind or "contains", "words": _lines(form.text(f"{path}.words"))}


def _action(form: Form, path: str) -> Json:
    match form.text(f"{path}.do"):
        case "reply":
            return {"do": "reply", "text": form.text(f"{path}.text").replace("\r\n", "\n")}
        case "move_to_pool":
            return {"do": "move_to_pool", "pool_id": form.integer(f"{path}.pool_id") or 0}
        case "hand_to_human":
            return {"do": "hand_to_human"}
        case do:
            return {"do": do, "tag_id": form.integer(f"{path}.tag_id") or 0}


def _places(form: Form, path: str, key: str) -> tuple[int, ...]:
    """The numbers of the members that the form holds under ``path``, in order."""
    pattern = re.compile(re.escape(path) + r"\[(\d{1,3})\]\." + key)
    return tuple(sorted({int(found[1]) for name, _ in form.fields if (found := pattern.fullmatch(name))}))


def _changed_condition(condition: Json, places: list[int], verb: str) -> Json:
    parts = condition.get("conditions")
    if parts is None or (places and places[0] >= len(parts)):
        return condition
    if not places:
        return {**condition, "conditions": [*parts, dict(NEW_CONDITION)]} if verb == "add" else condition
    place, *deeper = places
    if verb == "remove" and not deeper:
        return {**condition, "conditions": _without(parts, str(place))}
    changed = _changed_condition(parts[place], deeper, verb)
    return {**condition, "conditions": [*parts[:place], changed, *parts[place + 1 :]]}


def _without(members: list[Json], place: str) -> list[Json]:
    return [member for number, member in enumerate(members) if str(number) != place]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
