"""Why a rule was not saved, in the words of its form: at its fields, and with what can be done about it there."""

import re
from collections.abc import Container
from dataclasses import replace
from typing import Any

from tagtree.wording import Problem, Wording

Json = dict[str, Any]

_OF_ACTION = re.compile(r"then\[(\d+)\]\.(tag_id|pool_id|tag_name)")


def of_rule(problems: tuple[Problem, ...], place: int, rule: Json, tags: Container[int]) -> tuple[Problem, ...]:
    """Paths within the rule at ``place`` of the draft, as its fields are named; those of other rules keep theirs."""
    within = f"rules[{place}]."
    return tuple(
        _told(replace(each, path=each.path.removeprefix(within)), rule, tags) if each.path.startswith(within) else each
        for each in problems
    )


def names_absent_tag(action: Json, tags: Container[int]) -> bool:
    """Whether the action names an absent tag by the path at which it can be created, which may be empty still."""
    return "tag_name" in action and action["tag_id"] not in tags


def _told(problem: Problem, rule: Json, tags: Container[int]) -> Problem:
    found = _OF_ACTION.fullmatch(problem.path)
    if found is None:
        return problem
    action = rule["then"][int(found[1])]
    if names_absent_tag(action, tags):
        name = action["tag_name"]
        reason = Wording(f"There is no tag “{name}” yet.", f"还没有标签“{name}”。")
        return Problem(problem.path, reason, _CREATE_HERE) if name else Problem(problem.path, *_NO_PATH)
    return Problem(problem.path, *_NOTHING_CHOSEN) if not action.get(found[2]) else problem


_CREATE_HERE = Wording("Create it here, or choose another.", "可在此直接创建，或选择其他标签。")
_NO_PATH = (
    Wording("The new tag has no name.", "新标签没有名称。"),
    Wording("Write its path, such as Intent / Price.", "请填写路径，如“意向 / 问价”。"),
)
_NOTHING_CHOSEN = (
    Wording("Nothing is chosen.", "尚未选择。"),
    Wording("Choose one, or remove this action.", "请选择一项，或删除该动作。"),
)
