"""Two versions of a rule set beside each other (版本比较): rules that differ, and stored messages decided apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.page import Page
from router.db.queries.rule_sets import EditedRuleSet, RuleSetVersion, get_rule_set, list_versions
from router.db.queries.version_diffs import VersionDiff, list_diffs
from router.domain.rule_changes import RuleChange
from router.handlers.admin import version_diffs
from router.handlers.admin.rule_hits import names_in
from router.handlers.admin.version_diffs import MOST_MESSAGES
from router.web.console.asking import Refused, change, found, read, words_of
from router.web.console.forms import read_form, read_query
from router.web.console.pages.rules import names_of
from router.web.console.render import go, page
from router.web.console.rule_words import Names, action_sentence, condition_sentence
from router.web.i18n import Words, mark
from tagtree.wording import Problem

FIELD_NAMES: Mapping[str, str] = {
    "name": mark("name"),
    "priority": mark("priority"),
    "when": mark("condition"),
    "then": mark("actions"),
    "stop": mark("stops the rest"),
    "cooldown_seconds": mark("rest between firings"),
    "group": mark("exclusive group"),
    "fallback": mark("only if nothing else fired"),
    "scope": mark("where it holds"),
    "enabled": mark("switched on"),
    "samples": mark("samples"),
}
FACT_NAMES: Mapping[str, str] = {
    "live_code": mark("the customer's live code"),
    "tags": mark("the customer's tags"),
    "classes": mark("the message's class"),
    "is_new": mark("whether the customer was new"),
    "region": mark("the customer's region"),
    "hits": mark("earlier firings"),
    "last_fired": mark("when a rule last fired"),
    "previous": mark("the message before"),
}

SIZES = (1_000, 10_000, MOST_MESSAGES)


@dataclass(frozen=True, slots=True)
class Compared:
    """A rule set with what its page of comparisons needs."""

    rule_set: EditedRuleSet
    versions: Page[RuleSetVersion]
    changes: tuple[RuleChange, ...]
    diffs: Page[VersionDiff]
    names: Names


async def show(request: Request) -> Response:
    """What changed between two versions, and the comparisons made over stored messages."""
    return await _show(request)


async def start(request: Request) -> Response:
    """Have both versions asked about stored messages."""
    rule_set_id: int = request.path_params["id"]
    form = await read_form(request)
    before, after, messages = form.integer("before"), form.integer("after"), form.integer("messages") or SIZES[0]
    messages = min(max(messages, 1), MOST_MESSAGES)
    outcome = await change(
        request, lambda c, act: version_diffs.start_diff(c, act, rule_set_id, before or None, after or None, messages)
    )
    if isinstance(outcome, Refused):
        return await _show(request, outcome.problems)
    sides = {name: str(number) for name, number in (("before", before), ("after", after)) if number}
    return go(f"/rules/{rule_set_id}/compare", **sides)


async def cancel(request: Request) -> Response:
    """Stop a comparison."""
    rule_set_id, diff_id = request.path_params["id"], request.path_params["diff_id"]
    await change(request, lambda c, act: version_diffs.cancel_diff(c, act, rule_set_id, diff_id))
    return go(f"/rules/{rule_set_id}/compare")


async def _show(request: Request, problems: tuple[Problem, ...] = ()) -> Response:
    rule_set_id: int = request.path_params["id"]
    query = read_query(request)
    before, after = query.integer("before") or None, query.integer("after") or None
    shown = found(await read(request, lambda c: _compared(c, rule_set_id, before, after)))
    words = words_of(request)
    return page(
        request,
        "rule_comparison.html",
        422 if problems else 200,
        rule_set=shown.rule_set,
        versions=shown.versions.items,
        changes=[_told(each, shown.names, words) for each in shown.changes],
        diffs=shown.diffs.items,
        rule_names=shown.names.rules,
        tags_said=partial(_tags_said, shown.names, words),
        facts_said=lambda facts: words.gettext(", ").join(words.gettext(FACT_NAMES.get(each, each)) for each in facts),
        before=before,
        after=after,
        sizes=SIZES,
        problems=problems,
    )


def _compared(connection: Connection, rule_set_id: int, before: int | None, after: int | None) -> Compared | None:
    rule_set = get_rule_set(connection, rule_set_id)
    changes = version_diffs.changes_between(connection, rule_set_id, before, after)
    if rule_set is None or not isinstance(changes, tuple):
        return None
    versions, diffs = list_versions(connection, rule_set_id), list_diffs(connection, rule_set_id)
    return Compared(rule_set, versions, changes, diffs, names_of(connection, _rule_names(rule_set, versions.items)))


def _told(change: RuleChange, names: Names, words: Words) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "name": change.name,
        "fields_said": words.gettext(", ").join(words.gettext(FIELD_NAMES.get(each, each)) for each in change.fields),
        "before": _sentence(change.before, names, words),
        "after": _sentence(change.after, names, words),
    }


def _tags_said(names: Names, words: Words, tag_ids: Iterable[int]) -> str:
    return words.gettext(", ").join(names.tags.get(tag_id, str(tag_id)) for tag_id in tag_ids)


def _sentence(rule: Mapping[str, Any] | None, names: Names, words: Words) -> str:
    if rule is None:
        return ""
    condition = words.gettext("If %(condition)s:", condition=condition_sentence(rule.get("when", {}), words, names))
    actions = [action_sentence(each, names, words) for each in rule.get("then", ())]
    return f"{condition} {words.gettext('; ').join(actions)}"


def _rule_names(rule_set: EditedRuleSet, versions: Sequence[RuleSetVersion]) -> dict[str, str]:
    """Rules by id as any version knows them, the draft's word last."""
    contents = [each.content for each in reversed(versions)] + [rule_set.draft]
    return {rule_id: name for content in contents for rule_id, name in names_in(content).items()}
