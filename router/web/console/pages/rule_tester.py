"""规则测试 (the rule tester): which rules fire on a text, which are blocked, and why. Nothing is written."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.page import EVERY
from router.db.queries.pools import pool_names
from router.db.queries.rule_sets import list_rule_sets
from router.handlers.admin.refusal import Refusal
from router.handlers.admin.rule_test import RuleSetResult, Trial, draft_trial, published_trial, rules_trial
from router.web.console.asking import read
from router.web.console.condition_form import CHANNELS
from router.web.console.forms import read_query
from router.web.console.render import page
from tagtree.facts import Facts
from tagtree.wording import Problem

# The case that people get wrong: the pattern does not find 价钱, and does find 价值观不合格.
OPENING_PATTERN = "价.*格"
OPENING_TEXTS = "这个价格是多少？\n什么价钱？\n价值观不合格"
MOST_TEXTS = 20
LONGEST_TEXT = 1000  # characters
ALONE = "alone"  # one condition by itself
IN_FORCE = "in_force"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text, inside or outside of what the rules met."""

    text: str
    is_met: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """One text with what the rules say about it."""

    pieces: tuple[Piece, ...]
    results: tuple[RuleSetResult, ...]

    @property
    def is_met(self) -> bool:
        """Whether any rule fired."""
        return any(result.decision.fired for result in self.results)


async def show(request: Request) -> Response:
    """The box, and what came out; it opens with a pattern and three texts."""
    query = read_query(request)
    rules = query.text("rules", ALONE)
    pattern = query.text("pattern") if "pattern" in dict(query.fields) else OPENING_PATTERN
    texts = query.text("texts") if "texts" in dict(query.fields) else OPENING_TEXTS
    channel = query.text("channel") if query.text("channel") in CHANNELS else CHANNELS[0]

    def tried(connection: Connection) -> list[Tried] | tuple[Problem, ...]:
        return _try_each(connection, rules, pattern, lines_of(texts), channel)

    outcome = await read(request, tried)
    drafts = await read(
        request, lambda c: [(f"draft:{each.id}", each.name) for each in list_rule_sets(c, limit=EVERY).items]
    )
    pools = await read(request, lambda c: dict(pool_names(c)))
    return page(
        request,
        "rule_tester.html",
        rules=rules,
        pattern=pattern,
        texts=texts,
        channel=channel,
        channels=CHANNELS,
        drafts=drafts,
        pools=pools,
        tried=outcome if isinstance(outcome, list) else [],
        problems=outcome if isinstance(outcome, tuple) else (),
        is_opening=(rules, pattern, texts) == (ALONE, OPENING_PATTERN, OPENING_TEXTS),
    )


def lines_of(texts: str) -> list[str]:
    """One text per line, bounded in number and length."""
    return [line.strip()[:LONGEST_TEXT] for line in texts.splitlines() if line.strip()][:MOST_TEXTS]


def pieces_of(text: str, spans: list[tuple[int, int]]) -> tuple[Piece, ...]:
    """The text cut where a met stretch begins or ends; overlapping spans run together."""
    met = [False] * len(text)
    for start, end in spans:
        met[start:end] = [True] * (min(end, len(text)) - start)
    pieces: list[Piece] = []
    for character, is_met in zip(text, met, strict=True):
        if pieces and pieces[-1].is_met is is_met:
            pieces[-1] = Piece(pieces[-1].text + character, is_met)
        else:
            pieces.append(Piece(character, is_met))
    return tuple(pieces)


def _try_each(
    connection: Connection, rules: str, pattern: str, texts: list[str], channel: str
) -> list[Tried] | tuple[Problem, ...]:
    if not texts:
        return []
    trial = _trial(connection, rules, pattern)
    if not isinstance(trial, Trial):
        return getattr(trial, "problems", ())
    return [_tried(text, trial.ask(Facts(text, channel))) for text in texts]


def _tried(text: str, results: tuple[RuleSetResult, ...]) -> Tried:
    spans = [span for result in results for fired in result.decision.fired for span in fired.spans]
    return Tried(pieces_of(text, spans), results)


def _trial(connection: Connection, rules: str, pattern: str) -> Trial | Refusal:
    kind, _, number = rules.partition(":")
    if kind == "draft" and number.isdecimal() and len(number) < 16:
        return draft_trial(connection, int(number))
    if kind == IN_FORCE:
        return published_trial(connection)
    return rules_trial(connection, [_alone(pattern)])


def _alone(pattern: str) -> dict[str, Any]:
    when = {"kind": "pattern", "pattern": pattern}
    return {"id": "tried", "name": pattern[:100] or "-", "priority": 0, "when": when, "then": [{"do": "hand_to_human"}]}
