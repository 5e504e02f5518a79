"""However a customer came, the contact card and the console have words for it in both languages."""

import ast
from datetime import UTC
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

import router
from router.db.queries.customers import Customer, CustomerAssignment
from router.domain.arrival import How
from router.web.card.render import render_card
from router.web.card.view import card_view
from router.web.card.words import CARD_WORDS
from router.web.console.naming import HOW_NAMES, name_of
from router.web.i18n import LANGUAGES, Words
from router.web.language import Language

HANDLERS = Path(router.__file__).parent / "handlers"
DECIDED = frozenset(get_args(How))
RANKING = {
    "chosen": 1,
    "ask": {"policy": "idle_first", "sticky_agent_id": None},
    "order": [1],
    "candidates": [{"agent_id": 1, "userid": "u1", "name": "A1", "weight": 1, "load": 4}],
}


def written_besides() -> frozenset[str]:
    """The values of ``how`` that the handlers write themselves, without a decision of the domain."""
    return frozenset(
        value.value
        for path in HANDLERS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for key, value in _pairs(node)
        if isinstance(key, ast.Constant) and key.value == "how"
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    )


def _pairs(node: ast.AST) -> list[tuple[ast.expr | None, ast.expr]]:
    """What a literal or an assignment puts under which key."""
    match node:
        case ast.Dict(keys=keys, values=values):
            return list(zip(keys, values, strict=True))
        case ast.Assign(targets=[ast.Subscript(slice=key)], value=value):
            return [(key, value)]
        case _:
            return []


STORED = sorted(DECIDED | written_besides())
ASSIGNED = [how for how in STORED if how != "same_arrival"]  # part of an arrival already counted: no assignment


def test_every_way_that_is_written_is_looked_at() -> None:
    assert written_besides() == {"moved", "same_arrival"}
    assert {"reserved", "printed_code", "moved"} <= set(ASSIGNED)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_card_has_words_for_every_way_a_customer_came(language: Language) -> None:
    assert [how for how in ASSIGNED if not CARD_WORDS[language].get(f"how_{how}")] == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("how", STORED)
def test_the_console_has_words_for_every_way_a_customer_came(how: str, language: Language) -> None:
    words = Words(LANGUAGES[language], lambda: ZoneInfo("Asia/Shanghai"))

    assert how in HOW_NAMES
    assert (name_of(HOW_NAMES, how, words) == HOW_NAMES[how]) is (language == "en")


@pytest.mark.parametrize("decision", [{}, RANKING], ids=["no ranking", "ranking"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("how", [how for how in ASSIGNED if how != "reserved"])
def test_a_card_says_how_its_customer_came(how: str, language: Language, decision: dict[str, object]) -> None:
    came = CustomerAssignment(1, 1, "A1", 1, "门店", 1, "上海", how, 0, None, {}, decision)
    card = card_view(Customer(1, "wm1", "", 0, (), (), (came, came), ()), {})

    page = render_card(card, language, UTC)

    assert CARD_WORDS[language][f"how_{how}"] in page
