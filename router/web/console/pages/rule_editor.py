"""One rule of a draft as a form."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.rule_sets import EditedRuleSet, get_rule_set
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import RULE_SET, Conflict, Missing, Refusal
from router.handlers.admin.rule_sets import save_draft
from router.web.console.asking import Refused, change, found, read
from router.web.console.forms import read_form
from router.web.console.pages.rules import names_of
from router.web.console.render import go, page
from router.web.console.rule_form import (
    ACTIONS,
    CHANNELS,
    GROUPS,
    KINDS,
    free_id,
    new_rule,
    read_rule_form,
    restructured,
)
from router.web.console.rule_words import Names
from tagtree.wording import Problem, Wording

Json = dict[str, Any]
Put = Callable[[Connection, Act, int, Json], EditedRuleSet | Refusal]


RULE_GONE = Conflict(
    (
        Problem(
            "",
            Wording("Somebody removed this rule from the draft.", "该规则已被他人从草稿中移除。"),
            Wording("Save again to add it as a new rule, or cancel.", "再次保存将作为新规则添加，或请取消。"),
        ),
    )
)


async def show_new(request: Request) -> Response:
    """The form for a new rule."""
    rule_set, names = await _draft(request)
    return _form(request, rule_set, names, new_rule())


async def show(request: Request) -> Response:
    """The form of one rule."""
    rule_set, names = await _draft(request)
    return _form(request, rule_set, names, found(_by_id(rule_set).get(request.path_params["rule_id"])))


async def save_new(request: Request) -> Response:
    """Add the rule to the draft, or show the form changed by one of its buttons."""
    return await _save(request, "", _add)


async def save(request: Request) -> Response:
    """Put the rule into the draft, or show the form changed by one of its buttons."""
    return await _save(request, request.path_params["rule_id"], _replace)


async def remove(request: Request) -> Response:
    """Take the rule out of the draft; what is in force stays until the draft is published."""
    rule_set_id, rule_id = request.path_params["id"], request.path_params["rule_id"]

    def without(connection: Connection, act: Act) -> EditedRuleSet | Refusal:
        rule_set = get_rule_set(connection, rule_set_id)
        if rule_set is None:
            return Missing(RULE_SET)
        rules = [rule for rule in _rules(rule_set) if rule["id"] != rule_id]
        return save_draft(connection, act, rule_set_id, rules)

    outcome = await change(request, without)
    if isinstance(outcome, Refused):
        rule_set, names = await _draft(request)
        return _form(request, rule_set, names, found(_by_id(rule_set).get(rule_id)), outcome.problems)
    return go(f"/rules/{rule_set_id}", said="saved")


async def _save(request: Request, rule_id: str, put: Put) -> Response:
    rule_set_id: int = request.path_params["id"]
    form = await read_form(request)
    act_of_form = form.text("act", "save")
    rule = read_rule_form(form, rule_id)
    if act_of_form != "save":
        rule_set, names = await _draft(request)
        return _form(request, rule_set, names, restructured(rule, act_of_form))
    outcome = await change(request, lambda connection, act: put(connection, act, rule_set_id, rule))
    if isinstance(outcome, Refused):
        rule_set, names = await _draft(request)
        problems = _of_this_rule(outcome.problems, _place(rule_set, rule_id))
        is_gone = rule_id not in _by_id(rule_set)
        return _form(request, rule_set, names, {**rule, "id": "" if is_gone else rule_id}, problems)
    return go(f"/rules/{rule_set_id}", said="saved")


def _add(connection: Connection, act: Act, rule_set_id: int, rule: Json) -> EditedRuleSet | Refusal:
    """A rule more. Its id is picked within the transaction, so that two people can add rules to one draft."""
    rule_set = get_rule_set(connection, rule_set_id)
    if rule_set is None:
        return Missing(RULE_SET)
    added = {**rule, "id": free_id(_by_id(rule_set))}
    return save_draft(connection, act, rule_set_id, [*_rules(rule_set), added])


def _replace(connection: Connection, act: Act, rule_set_id: int, rule: Json) -> EditedRuleSet | Refusal:
    """One rule replaced within the transaction, so that two people can edit two rules of one draft."""
    rule_set = get_rule_set(connection, rule_set_id)
    if rule_set is None:
        return Missing(RULE_SET)
    if rule["id"] not in _by_id(rule_set):
        return RULE_GONE
    # What the form does not show, such as samples, stays.
    rules = [{**each, **rule} if each["id"] == rule["id"] else each for each in _rules(rule_set)]
    return save_draft(connection, act, rule_set_id, rules)


def _form(
    request: Request, rule_set: EditedRuleSet, names: Names, rule: Json, problems: tuple[Problem, ...] = ()
) -> Response:
    return page(
        request,
        "rule_form.html",
        422 if problems else 200,
        rule_set=rule_set,
        rule=rule,
        is_new=not rule["id"],
        tags=sorted(names.tags.items(), key=lambda each: each[1]),
        pools=sorted(names.pools.items(), key=lambda each: each[1]),
        kinds=KINDS,
        groups=GROUPS,
        actions=ACTIONS,
        channels=CHANNELS,
        problems=problems,
    )


async def _draft(request: Request) -> tuple[EditedRuleSet, Names]:
    rule_set_id: int = request.path_params["id"]
    rule_set = found(await read(request, lambda connection: get_rule_set(connection, rule_set_id)))
    return rule_set, await read(request, names_of)


def _by_id(rule_set: EditedRuleSet) -> dict[str, Json]:
    return {rule["id"]: rule for rule in _rules(rule_set)}


def _rules(rule_set: EditedRuleSet) -> list[Json]:
    return list(rule_set.draft.get("rules", ()))


def _place(rule_set: EditedRuleSet, rule_id: str) -> int:
    """Where the rule stands in the draft; behind the last one when it is new."""
    rules = _rules(rule_set)
    return next((place for place, rule in enumerate(rules) if rule["id"] == rule_id), len(rules))


def _of_this_rule(problems: tuple[Problem, ...], place: int) -> tuple[Problem, ...]:
    """Paths within the rule, as its fields are named; problems of other rules keep theirs."""
    within = f"rules[{place}]."
    return tuple(Problem(each.path.removeprefix(within), each.reason, each.hint) for each in problems)
