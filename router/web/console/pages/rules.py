"""规则集 (rule sets): list, the draft of one with its versions, publish and roll back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.page import Page
from router.db.queries.pools import pool_names
from router.db.queries.rule_sets import (
    EditedRuleSet,
    RuleSetVersion,
    get_rule_set,
    get_version,
    list_rule_sets,
    list_versions,
)
from router.db.queries.tags import load_tree
from router.domain.rule_order import in_order
from router.handlers.admin import rule_sets as use_cases
from router.handlers.admin.act import Act
from router.handlers.admin.rule_hits import RuleHits, hits_of_rules
from router.handlers.compilation import CompilationState, Compiling
from router.handlers.compilation import Refused as CompilationRefused
from router.web.console.asking import Refused, act_of, change, found, read, services_of, words_of
from router.web.console.draft_checks import DraftChecks, checks_of, is_checked_at_once
from router.web.console.forms import read_form, read_query
from router.web.console.own_words import doubts_of
from router.web.console.render import go, page
from router.web.console.rule_words import Names, action_sentence, condition_sentence, differences
from tagtree.wording import Problem, Wording

_PLACE = re.compile(r"rules\[(\d{1,6})\]")
NOT_JSON = Problem(
    "json",
    Wording("This is not JSON.", "这不是 JSON。"),
    Wording(
        "Check brackets, quotes and commas near the end of your last change.", "请检查最近修改处的括号、引号和逗号。"
    ),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule set with everything its page needs."""

    rule_set: EditedRuleSet
    judged: dict[str, Any]  # what problems speak of: the draft, or the version to be put in force
    versions: Page[RuleSetVersion]
    names: Names
    hits: tuple[RuleHits, ...]
    checks: DraftChecks | None  # None: not asked for


RULES_A_PAGE = 100
HIT_DAYS = 7


async def show_list(request: Request) -> Response:
    """Rule sets with their state."""
    return await _show_list(request)


async def create(request: Request) -> Response:
    """A new rule set with an empty draft."""
    name = (await read_form(request)).text("name")
    outcome = await change(request, lambda connection, act: use_cases.create_rule_set(connection, act, name))
    if isinstance(outcome, Refused):
        return await _show_list(request, outcome.problems, name)
    return go(f"/rules/{outcome.id}", said="created")


async def show(request: Request) -> Response:
    """The draft, what differs from the version in force, the versions, and a box to try it."""
    return await _show(request)


async def rename(request: Request) -> Response:
    """Another name."""
    rule_set_id: int = request.path_params["id"]
    name = (await read_form(request)).text("name")
    outcome = await change(request, lambda c, act: use_cases.rename_rule_set(c, act, rule_set_id, name))
    return await _answer(request, outcome, "saved")


async def publish(request: Request) -> Response:
    """Put the draft in force; a doubtful one is asked about first."""
    rule_set_id: int = request.path_params["id"]
    form = await read_form(request)
    confirm, note = form.ticked("confirm"), form.text("note")
    publish_it = partial(use_cases.publish, confirm=confirm, note=note, most_memory=_most_memory(request))
    await read(request, lambda c: use_cases.read_ahead(c, rule_set_id))
    outcome = await change(request, lambda c, act: publish_it(c, act, rule_set_id))
    return await _answer(request, outcome, "published", note=note)


async def roll_back(request: Request) -> Response:
    """Put an earlier version in force again."""
    rule_set_id: int = request.path_params["id"]
    form = await read_form(request)
    number, confirm, note = form.integer("number") or 0, form.ticked("confirm"), form.text("note")
    roll_it_back = partial(use_cases.roll_back, confirm=confirm, note=note, most_memory=_most_memory(request))
    await read(request, lambda c: use_cases.read_ahead(c, rule_set_id, number))
    outcome = await change(request, lambda c, act: roll_it_back(c, act, rule_set_id, number))
    return await _answer(request, outcome, "rolled_back", number, note)


async def archive(request: Request) -> Response:
    """Take a rule set out of force; tags it put on stay."""
    rule_set_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_cases.archive_rule_set(connection, act, rule_set_id))
    return await _answer(request, outcome, "archived")


async def restore(request: Request) -> Response:
    """Undo ``archive``."""
    rule_set_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_cases.restore_rule_set(connection, act, rule_set_id))
    return await _answer(request, outcome, "restored")


async def show_json(request: Request) -> Response:
    """The draft as JSON, to edit, copy or paste."""
    rule_set = await _rule_set(request)
    return page(request, "rules_json.html", rule_set=rule_set, text=_written(rule_set.draft.get("rules", [])))


async def save_json(request: Request) -> Response:
    """Replace the draft by JSON."""
    rule_set_id: int = request.path_params["id"]
    form = await read_form(request)
    text, create_tags = form.text("json"), form.ticked("create_tags")
    try:
        rules = orjson.loads(text)
    except orjson.JSONDecodeError:
        return await _json_again(request, text, (NOT_JSON,))
    save = partial(use_cases.save_draft, create_tags=create_tags)
    await read(request, lambda _: use_cases.read_rules(rule_set_id, rules))
    outcome = await change(request, lambda connection, act: save(connection, act, rule_set_id, rules))
    if isinstance(outcome, Refused):
        return await _json_again(request, text, outcome.problems)
    return go(f"/rules/{rule_set_id}", said="saved")


async def _json_again(request: Request, text: str, problems: tuple[Problem, ...]) -> Response:
    return page(request, "rules_json.html", 422, rule_set=await _rule_set(request), text=text, problems=problems)


def _most_memory(request: Request) -> int:
    """Bytes that one rule set may take."""
    return services_of(request).settings.rule_memory_mib << 20


async def _answer(
    request: Request, outcome: EditedRuleSet | Refused, said: str, number: int = 0, note: str = ""
) -> Response:
    if isinstance(outcome, Refused):
        return await _show(request, outcome, number, note)
    return go(f"/rules/{outcome.id}", said=said)


async def _show_list(request: Request, problems: tuple[Problem, ...] = (), name: str = "") -> Response:
    query = read_query(request)
    archived, after = query.ticked("archived"), query.integer("after") or 0
    sets = await read(request, lambda c: list_rule_sets(c, archived=archived, after=after, limit=100))
    return page(
        request,
        "rule_sets.html",
        422 if problems else 200,
        sets=sets.items,
        next=sets.next,
        started=after > 0,
        archived=archived,
        name=name,
        problems=problems,
    )


async def _show(request: Request, refusal: Refused | None = None, number: int = 0, note: str = "") -> Response:
    rule_set_id: int = request.path_params["id"]
    query = read_query(request)
    before, first = query.integer("before") or 0, max(0, query.integer("from") or 0)
    act = act_of(request)
    check = query.ticked("check")
    shown = found(await read(request, lambda c: _shown(c, act, rule_set_id, number, before, check=check)))
    rule_set, words = shown.rule_set, words_of(request)
    state = _state_here(request, rule_set)
    rules = in_order(rule_set.draft.get("rules", []))
    return page(
        request,
        "rule_set.html",
        422 if refusal else 200,
        rule_set=rule_set,
        rules=rules[first : first + RULES_A_PAGE],
        rule_count=len(rules),
        first=first,
        next_first=first + RULES_A_PAGE if first + RULES_A_PAGE < len(rules) else None,
        checks=shown.checks,
        versions=shown.versions.items,
        next=shown.versions.next,
        started=before > 0,
        differences=differences(rule_set.draft, rule_set.published.content if rule_set.published else {}),
        hits={each.rule_id: each for each in shown.hits},
        withdrawable=[each for each in shown.hits if each.is_withdrawable],
        is_compiling=isinstance(state, Compiling),
        not_compiled=state.problems if isinstance(state, CompilationRefused) else (),
        note=note,
        doubts=await doubts_of(request, "reply", rule_set_id),
        condition_said=lambda rule: condition_sentence(rule.get("when", {}), words, shown.names),
        actions_said=lambda rule: [action_sentence(each, shown.names, words) for each in rule.get("then", ())],
        asks=refusal.problems if refusal and refusal.confirmable else (),
        asks_about=number,
        problems=refusal.problems if refusal and not refusal.confirmable else (),
        rule_of=_rule_at,
        judged=shown.judged,
        in_draft={each["id"] for each in rules},
    )


def _rule_at(path: str, content: dict[str, Any]) -> dict[str, Any] | None:
    """The rule in which a problem lies."""
    place = _PLACE.match(path)
    rules: list[dict[str, Any]] = content.get("rules", [])
    return rules[int(place[1])] if place and int(place[1]) < len(rules) else None


def names_of(connection: Connection, rules: Mapping[str, str]) -> Names:
    """What tags and pools are called, beside the names of a rule set's rules."""
    tree = load_tree(connection)
    return Names({tag.id: tree.path_name(tag.id) for tag in tree.tags}, dict(pool_names(connection)), rules)


def _state_here(request: Request, rule_set: EditedRuleSet) -> CompilationState | None:
    """How far the published version has come; None when there is none, or nothing was decided yet."""
    if rule_set.published is None or rule_set.archived_at is not None:
        return None
    return services_of(request).rules.state_of(rule_set.published.id)


def _shown(
    connection: Connection, act: Act, rule_set_id: int, number: int, before: int, *, check: bool
) -> Shown | None:
    rule_set = get_rule_set(connection, rule_set_id)
    if rule_set is None:
        return None
    version = get_version(connection, rule_set_id, number) if number else None
    judged = rule_set.draft if version is None else version.content
    versions = list_versions(connection, rule_set_id, before=before)
    hits = hits_of_rules(connection, act, rule_set, HIT_DAYS)
    is_checked = check or is_checked_at_once(rule_set.draft)
    checks = checks_of(connection, rule_set) if is_checked and rule_set.archived_at is None else None
    names = names_of(connection, {each.rule_id: each.name for each in hits})
    return Shown(rule_set, judged, versions, names, hits, checks)


async def _rule_set(request: Request) -> EditedRuleSet:
    rule_set_id: int = request.path_params["id"]
    return found(await read(request, lambda connection: get_rule_set(connection, rule_set_id)))


def _written(rules: object) -> str:
    return orjson.dumps(rules, option=orjson.OPT_INDENT_2).decode()
