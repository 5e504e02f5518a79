"""One rule of a draft as a form."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.rule_sets import EditedRuleSet, get_rule_set
from router.domain.rule_order import Direction
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import RULE_SET, Conflict, Missing, Refusal
from router.handlers.admin.rule_order import move_rule
from router.handlers.admin.rule_sets import save_draft
from router.web.console import condition_form, rule_form
from router.web.console.asking import Refused, change, found, now_of, read, services_of
from router.web.console.forms import read_form
from router.web.console.render import go, page
from router.web.console.rule_offers import Offers, offers_of
from router.web.console.rule_problems import names_absent_tag, of_rule
from router.web.console.week import NAMES as WEEKDAY_NAMES
from router.web.public_days import known_years
from tagtree.rules.codec import read_rule
from tagtree.rules.condition_checks import cautions_of, check_condition
from tagtree.rules.conditions import Pattern
from tagtree.rules.rule_set import Rule, RuleSet
from tagtree.rules.samples import check_samples
from tagtree.wording import Problem, Wording

Json = dict[str, Any]

RULE_GONE = Conflict(
    (
        Problem(
            "",
            Wording("Somebody removed this rule from the draft.", "该规则已被他人从草稿中移除。"),
            Wording("Save again to add it as a new rule, or cancel.", "再次保存将作为新规则添加，或请取消。"),
        ),
    )
)


@dataclass(frozen=True, slots=True)
class PatternCheck:
    """What is to be said of a pattern while it is written; ``problem`` None: it can be used."""

    problem: Problem | None
    is_refused: bool = False


async def show_new(request: Request) -> Response:
    """The form for a new rule."""
    rule_set, offers = await _draft(request)
    return _form(request, rule_set, offers, rule_form.new_rule())


async def show(request: Request) -> Response:
    """The form of one rule."""
    rule_set, offers = await _draft(request)
    return _form(request, rule_set, offers, found(_by_id(rule_set).get(request.path_params["rule_id"])))


async def save_new(request: Request) -> Response:
    """Add the rule to the draft, or show the form changed by one of its buttons."""
    return await _save(request, "", _add)


async def save(request: Request) -> Response:
    """Put the rule into the draft, or show the form changed by one of its buttons."""
    return await _save(request, request.path_params["rule_id"], _replace)


async def move(request: Request) -> Response:
    """Let the rule change places with the one before or after it."""
    rule_set_id, rule_id = request.path_params["id"], request.path_params["rule_id"]
    direction: Direction = "down" if (await read_form(request)).text("direction") == "down" else "up"
    outcome = await change(request, lambda c, act: move_rule(c, act, rule_set_id, rule_id, direction))
    if isinstance(outcome, Refused):
        rule_set, offers = await _draft(request)
        return _form(request, rule_set, offers, found(_by_id(rule_set).get(rule_id)), outcome.problems)
    return go(f"/rules/{rule_set_id}", said="saved")


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
        rule_set, offers = await _draft(request)
        return _form(request, rule_set, offers, found(_by_id(rule_set).get(rule_id)), outcome.problems)
    return go(f"/rules/{rule_set_id}", said="saved")


async def _save(request: Request, rule_id: str, put: Callable[..., EditedRuleSet | Refusal]) -> Response:
    rule_set_id: int = request.path_params["id"]
    form = await read_form(request)
    pressed = form.text("act", "save")
    rule_set, offers = await _draft(request)
    rule = _with_tags_named(rule_form.read_rule_form(form, rule_id), offers)
    if pressed == "try":
        return _tried(request, rule_set, offers, rule)
    if pressed not in ("save", "create_tags"):
        return _form(request, rule_set, offers, rule_form.restructured(rule, pressed))
    put_it = partial(put, create_tags=pressed == "create_tags")
    outcome = await change(request, lambda connection, act: put_it(connection, act, rule_set_id, rule))
    if isinstance(outcome, Refused):
        rule_set, offers = await _draft(request)
        problems = of_rule(outcome.problems, _place(rule_set, rule_id), rule, dict(offers.tags))
        is_gone = rule_id not in _by_id(rule_set)
        return _form(request, rule_set, offers, {**rule, "id": "" if is_gone else rule_id}, problems)
    return go(f"/rules/{rule_set_id}", said="saved")


def _add(
    connection: Connection, act: Act, rule_set_id: int, rule: Json, *, create_tags: bool
) -> EditedRuleSet | Refusal:
    """A rule more. Its id is picked within the transaction, so that two people can add rules to one draft."""
    rule_set = get_rule_set(connection, rule_set_id)
    if rule_set is None:
        return Missing(RULE_SET)
    added = {**rule, "id": rule_form.new_id(_by_id(rule_set), act.now)}
    return save_draft(connection, act, rule_set_id, [*_rules(rule_set), added], create_tags=create_tags)


def _replace(
    connection: Connection, act: Act, rule_set_id: int, rule: Json, *, create_tags: bool
) -> EditedRuleSet | Refusal:
    """One rule replaced within the transaction, so that two people can edit two rules of one draft."""
    rule_set = get_rule_set(connection, rule_set_id)
    if rule_set is None:
        return Missing(RULE_SET)
    if rule["id"] not in _by_id(rule_set):
        return RULE_GONE
    rules = [rule if each["id"] == rule["id"] else each for each in _rules(rule_set)]
    return save_draft(connection, act, rule_set_id, rules, create_tags=create_tags)


def _tried(request: Request, rule_set: EditedRuleSet, offers: Offers, rule: Json) -> Response:
    """The form with what its samples say; nothing is saved."""
    judged = read_rule({**rule, "id": rule["id"] or "new"})
    if not isinstance(judged, Rule):
        problems = tuple(Problem(f"rules[0].{each.path}", each.reason, each.hint) for each in judged)
        return _form(request, rule_set, offers, rule, of_rule(problems, 0, rule, dict(offers.tags)))
    failures = tuple(each.problem for each in check_samples(RuleSet(0, 0, (judged,))))
    return _form(
        request, rule_set, offers, rule, of_rule(failures, 0, rule, dict(offers.tags)), samples_hold=not failures
    )


def _form(
    request: Request,
    rule_set: EditedRuleSet,
    offers: Offers,
    rule: Json,
    problems: tuple[Problem, ...] = (),
    *,
    samples_hold: bool = False,
) -> Response:
    tags = dict(offers.tags)
    return page(
        request,
        "rule_form.html",
        422 if problems else 200,
        rule_set=rule_set,
        rule=rule,
        is_new=not rule["id"],
        offers=offers,
        forms=condition_form,
        actions=rule_form.ACTIONS,
        units=rule_form.UNITS,
        rest=rule_form.rest_of(rule.get("cooldown_seconds", 0)),
        sample_lines=rule_form.sample_lines,
        weekdays=WEEKDAY_NAMES,
        public_years=[year for year in known_years() if year >= _this_year(request)],
        pattern_checks=dict(_pattern_checks(rule["when"], "when")),
        is_absent=lambda action: names_absent_tag(action, tags),
        samples_hold=samples_hold,
        problems=problems,
    )


def _pattern_checks(condition: Json, path: str) -> Iterator[tuple[str, PatternCheck]]:
    """Path of each pattern that is not empty → what is to be said of it."""
    pattern = condition.get("pattern")
    if isinstance(pattern, str) and pattern:
        refused = next(check_condition(Pattern(pattern), path), None)
        doubt = refused or next(cautions_of(Pattern(pattern), path), None)
        yield path, PatternCheck(doubt, refused is not None)
    for place, part in enumerate(condition.get("conditions", ())):
        yield from _pattern_checks(part, f"{path}.conditions[{place}]")


def _with_tags_named(rule: Json, offers: Offers) -> Json:
    """The rule with the path of each tag beside its id, and the id of each tag that was typed by its path."""
    paths = dict(offers.tags)
    ids = {path: tag_id for tag_id, path in offers.tags}

    def named(action: Json) -> Json:
        if action.get("tag_name") in ids:
            return {**action, "tag_id": ids[action["tag_name"]]}
        if action.get("tag_id") in paths:
            return {**action, "tag_name": paths[action["tag_id"]]}
        return action

    return {**rule, "then": [named(action) for action in rule["then"]]}


async def _draft(request: Request) -> tuple[EditedRuleSet, Offers]:
    rule_set_id: int = request.path_params["id"]
    rule_set = found(await read(request, lambda connection: get_rule_set(connection, rule_set_id)))
    return rule_set, await read(request, lambda connection: offers_of(connection, _rules(rule_set)))


def _by_id(rule_set: EditedRuleSet) -> dict[str, Json]:
    return {rule["id"]: rule for rule in _rules(rule_set)}


def _rules(rule_set: EditedRuleSet) -> list[Json]:
    return list(rule_set.draft.get("rules", ()))


def _place(rule_set: EditedRuleSet, rule_id: str) -> int:
    """Where the rule stands in the draft; behind the last one when it is new."""
    rules = _rules(rule_set)
    return next((place for place, rule in enumerate(rules) if rule["id"] == rule_id), len(rules))


def _this_year(request: Request) -> int:
    zone = services_of(request).settings.time_zone
    return datetime.fromtimestamp(now_of(request) / 1000, zone).year
