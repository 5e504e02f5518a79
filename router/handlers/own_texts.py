"""我们自己的话: the welcomes and replies that are written down, screened as they would be when they leave."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection

from router.db.queries.page import EVERY
from router.db.queries.rule_sets import EditedRuleSet, get_rule_set, list_rule_sets
from router.db.queries.welcomes import welcomes
from tagtree.sensitive.finder import CompiledWords, Find
from tagtree.sensitive.screening import Blocked, Passed, Replaced, screen

Place: TypeAlias = Literal["welcome", "reply"]


@dataclass(frozen=True, slots=True)
class OwnText:
    """A text that may leave: the welcome of the live code ``id``, or a reply in the draft of the rule set ``id``."""

    place: Place
    id: int
    name: str
    rule_id: str
    rule_name: str
    text: str


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A text that would not leave as it is written; ``would_be`` None: it would not leave at all."""

    own: OwnText
    finds: tuple[Find, ...]
    would_be: str | None


def doubtful_texts(connection: Connection, words: CompiledWords) -> list[Doubtful]:
    """Every welcome and every reply that holds a sensitive word."""
    texts = [*_welcomes(connection), *_replies(connection)]
    return [doubtful for own in texts if (doubtful := doubt(words, own)) is not None]


def doubtful_of(connection: Connection, words: CompiledWords, place: Place, id: int) -> list[Doubtful]:
    """Those of one live code or one rule set."""
    texts = _welcomes(connection, id) if place == "welcome" else _replies(connection, id)
    return [doubtful for own in texts if (doubtful := doubt(words, own)) is not None]


def doubt(words: CompiledWords, own: OwnText) -> Doubtful | None:
    """What would become of a text, None when it would leave as it is and nothing is found."""
    match screen(words, own.text):
        case Passed(_, ()):
            return None
        case Passed(text, finds) | Replaced(text, finds):
            return Doubtful(own, finds, text)
        case Blocked(finds):
            return Doubtful(own, finds, None)


def _welcomes(connection: Connection, id: int | None = None) -> Iterator[OwnText]:
    for code_id, name, welcome in welcomes(connection, id):
        yield OwnText("welcome", code_id, name, "", "", welcome)


def _replies(connection: Connection, id: int | None = None) -> Iterator[OwnText]:
    for rule_set in list_rule_sets(connection, limit=EVERY).items if id is None else _rule_set(connection, id):
        for rule in rule_set.draft.get("rules", ()):
            for text in _texts_of(rule):
                rule_id, rule_name = str(rule.get("id", "")), str(rule.get("name", ""))
                yield OwnText("reply", rule_set.id, rule_set.name, rule_id, rule_name, text)


def _rule_set(connection: Connection, id: int) -> tuple[EditedRuleSet, ...]:
    found = get_rule_set(connection, id)
    return () if found is None or found.archived_at is not None else (found,)


def _texts_of(rule: dict[str, Any]) -> Iterator[str]:
    for action in rule.get("then", ()):
        if action.get("do") == "reply" and isinstance(action.get("text"), str):
            yield action["text"]
