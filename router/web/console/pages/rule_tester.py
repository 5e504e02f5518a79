"""规则测试 (the rule tester): which rules fire on a text, which are blocked, and why. Nothing is written."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.page import EVERY
from router.db.queries.rule_sets import get_rule_set, list_rule_sets, version_numbers
from router.handlers.admin import rule_test
from router.handlers.admin.refusal import Refusal
from router.handlers.admin.rule_test import RuleSetResult, Trial
from router.handlers.stored_messages import Message, message_of_event, search
from router.services import Services
from router.web.console.asking import found, now_of, read, services_of
from router.web.console.condition_form import CHANNELS, MESSAGE_KINDS
from router.web.console.forms import Form, read_form, read_query
from router.web.console.render import page
from router.web.console.rule_offers import Offers, offers_of
from router.web.console.tester_form import (
    ALONE,
    IN_FORCE,
    TesterForm,
    facts_of,
    instant_of,
    of_message,
    read_tester_form,
)
from tagtree.meaning.reading import NOTHING, Understood
from tagtree.wording import Problem

COLOURS = 6  # of rules; the seventh has that of the first
HISTORY = 8  # stored messages offered at once


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text, and the rules that met it, as numbers of ``Tried.colours``."""

    text: str
    rules: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """One text with what the rules say about it. ``colours``: (rule set, rule) → its number among those that fired."""

    pieces: tuple[Piece, ...]
    results: tuple[RuleSetResult, ...]
    understood: Understood
    colours: dict[tuple[int | None, str], int]

    @property
    def is_met(self) -> bool:
        """Whether any rule fired."""
        return any(result.decision.fired for result in self.results)


@dataclass(frozen=True, slots=True)
class Around:
    """What there is to choose from."""

    offers: Offers
    rule_sets: list[tuple[str, str]]
    versions: tuple[int, ...]
    history: tuple[Message, ...]


async def show(request: Request) -> Response:
    """The form, and what came out; it opens with a pattern and three texts."""
    form = read_tester_form(await _sent(request))
    services, now = services_of(request), now_of(request)
    around = await read(request, lambda connection: _around(connection, form))
    outcome = await read(request, lambda connection: _try_each(connection, form, services, now))
    return page(
        request,
        "rule_tester.html",
        form=form,
        offers=around.offers,
        rule_sets=around.rule_sets,
        versions=around.versions,
        history=around.history,
        channels=CHANNELS,
        kinds=MESSAGE_KINDS,
        tag_paths=dict(around.offers.tags),
        pools=dict(around.offers.pools),
        tried=outcome if isinstance(outcome, list) else [],
        problems=outcome if isinstance(outcome, tuple) else (),
    )


def pieces_of(text: str, spans: list[tuple[tuple[int, int], int]]) -> tuple[Piece, ...]:
    """The text cut where a met stretch begins or ends; each span comes with the number of its rule."""
    rules_at: list[tuple[int, ...]] = [()] * len(text)
    for (start, end), rule in spans:
        for place in range(start, min(end, len(text))):
            rules_at[place] = (*rules_at[place], rule) if rule not in rules_at[place] else rules_at[place]
    cut = groupby(zip(text, rules_at, strict=True), key=lambda each: each[1])
    return tuple(Piece("".join(character for character, _ in stretch), rules) for rules, stretch in cut)


async def _sent(request: Request) -> Form:
    """What was sent, after what a stored message fills in where one was picked."""
    if request.method == "POST":
        return await read_form(request)
    query = read_query(request)
    event_id = query.integer("event")
    if event_id is None:
        return query
    message = found(await read(request, lambda connection: message_of_event(connection, event_id)))
    filled = of_message(message, services_of(request).settings.time_zone)
    return Form((*filled.items(), *query.fields))


def _around(connection: Connection, form: TesterForm) -> Around:
    rule_set_id = form.rule_set_id
    rule_set = None if rule_set_id is None else get_rule_set(connection, rule_set_id)
    return Around(
        offers_of(connection, [] if rule_set is None else rule_set.draft.get("rules", [])),
        [(f"draft:{each.id}", each.name) for each in list_rule_sets(connection, limit=EVERY).items],
        () if rule_set_id is None else version_numbers(connection, rule_set_id),
        search(connection, text=form.search[:64], limit=HISTORY).items,
    )


def _try_each(
    connection: Connection, form: TesterForm, services: Services, now: int
) -> list[Tried] | tuple[Problem, ...]:
    texts = form.messages
    if not texts:
        return []
    settings = services.settings
    meaning = services.meaning.current(connection, settings.class_margin)  # before anything else is read
    at = instant_of(form, now, settings.time_zone)
    if isinstance(at, Problem):
        return (at,)
    trial = _trial(connection, form)
    if not isinstance(trial, Trial):
        return getattr(trial, "problems", ())
    read_texts = ((text, meaning.read(text) if form.kind == "text" else NOTHING) for text in texts)
    return [
        _tried(text, trial.ask(facts_of(form, text, understood.certain, at)), understood)
        for text, understood in read_texts
    ]


def _tried(text: str, results: tuple[RuleSetResult, ...], understood: Understood) -> Tried:
    fired = [(result.rule_set_id, each) for result in results for each in result.decision.fired]
    colours: dict[tuple[int | None, str], int] = {}
    for rule_set_id, each in fired:
        colours.setdefault((rule_set_id, each.rule_id), len(colours) % COLOURS)
    spans = [(span, colours[(rule_set_id, each.rule_id)]) for rule_set_id, each in fired for span in each.spans]
    return Tried(pieces_of(text, spans), results, understood, colours)


def _trial(connection: Connection, form: TesterForm) -> Trial | Refusal:
    rule_set_id = form.rule_set_id
    if rule_set_id is not None and form.version:
        return rule_test.version_trial(connection, rule_set_id, form.version)
    if rule_set_id is not None:
        return rule_test.draft_trial(connection, rule_set_id)
    if form.rules == IN_FORCE:
        return rule_test.published_trial(connection)
    return rule_test.rules_trial(connection, [_alone(form.pattern)])


def _alone(pattern: str) -> dict[str, Any]:
    when = {"kind": "pattern", "pattern": pattern}
    return {
        "id": ALONE,
        "name": pattern[:100] or "-",
        "priority": 0,
        "when": when,
        "then": [{"do": "hand_to_human"}],
    }
