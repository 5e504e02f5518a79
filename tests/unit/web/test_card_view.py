"""What the contact card makes of the ledger's rows."""

from typing import Any, get_args

import pytest

from router.db.queries.customers import CarriedTag, Customer, CustomerAssignment, TagReason
from router.db.queries.tag_names import TagName
from router.db.queries.taken_off import Kind
from router.domain.assignment import Exclusion
from router.domain.capacity import WINDOWS
from router.domain.explanation import Why
from router.domain.policies import Policy
from router.web.card.view import Quote, card_view, quote
from router.web.card.words import CARD_WORDS
from router.web.landing import initials
from router.web.landing_words import LANDING_WORDS
from router.web.language import Language

TEXT = "衬衫的价格高吗"


def reason(start: int | None, end: int | None, evidence: str = "价格") -> TagReason:
    return TagReason("rule:1:r", "rule", "询价", 1, 1, 7, start, end, evidence, 1, 0, 0, 0)


def candidate(agent_id: int, load: int, weight: int = 1) -> dict[str, Any]:
    return {"agent_id": agent_id, "userid": f"u{agent_id}", "name": f"A{agent_id}", "weight": weight, "load": load}


def verdicts(decision: dict[str, Any]) -> dict[str, str]:
    assignment = CustomerAssignment(1, 1, "A1", None, None, None, None, "reserved", 0, None, {}, decision)
    card = card_view(Customer(1, "wm1", "", 0, (), (), (assignment,), ()), {})
    return {each.agent.name: each.verdict for each in card.assignments[0].candidates}


@pytest.mark.parametrize(
    ("given", "text", "shown"),
    [
        (reason(3, 5), TEXT, Quote("衬衫的", "价格", "高吗")),
        (reason(0, len(TEXT)), TEXT, Quote("", TEXT, "")),
        (reason(5, 99), TEXT, Quote(TEXT, "", "")),
        (reason(5, 3), TEXT, Quote(TEXT, "", "")),
        (reason(None, None), TEXT, Quote(TEXT, "", "")),
        (reason(3, 5), None, Quote("", "价格", "")),
        (reason(None, None, ""), None, None),
    ],
    ids=["inside", "all of it", "past the end", "backwards", "no span", "message gone", "nothing known"],
)
def test_a_quote_marks_the_matched_words_wherever_they_are_known(
    given: TagReason, text: str | None, shown: Quote | None
) -> None:
    assert quote(given, text) == shown


def branch(colour: str, name: str = "渠道") -> int:
    carried = CarriedTag(TagName(2, "海报", f"{name} / 海报", "#000000", 0), (reason(3, 5),), branch_colour=colour)
    return card_view(Customer(1, "wm1", "", 0, (carried,), (), (), ()), {}).tags[0].branch


@pytest.mark.parametrize(
    ("colour", "shade"),
    [("#2f6fde", 1), ("#0097a7", 5), ("#e91e63", 3), ("#F57C00", 4), ("#6a1b9a", 7), ("#ff0000", 3), ("#17693c", 0)],
)
def test_a_chip_takes_the_shade_nearest_to_the_colour_of_its_branch(colour: str, shade: int) -> None:
    assert branch(colour) == shade


@pytest.mark.parametrize("colour", ["", "#808080", "#000000", "#ffffff"])
def test_a_branch_without_a_colour_has_a_shade_by_its_name(colour: str) -> None:
    assert branch(colour, "渠道") == branch("", "渠道") != branch(colour, "意向")


def test_each_candidate_is_told_why_another_was_chosen() -> None:
    decision = {
        "chosen": 1,
        "ask": {"policy": "idle_first", "sticky_agent_id": None},
        "order": [5, 1, 2, 3],
        "left_out": [{"agent_id": 4, "reason": "off_duty", "limit": None}],
        "candidates": [candidate(1, 2), candidate(2, 4, weight=2), candidate(3, 9), candidate(4, 0), candidate(5, 0)],
    }

    told = verdicts(decision)

    assert told == {"A1": "chosen", "A2": "tied", "A3": "busier", "A4": "off_duty", "A5": "passed"}


def test_a_returning_customer_is_told_apart_from_an_idle_agent() -> None:
    told = verdicts(
        {
            "chosen": 1,
            "ask": {"policy": "idle_first", "sticky_agent_id": 1},
            "order": [1, 2],
            "candidates": [candidate(1, 8), candidate(2, 0)],
        }
    )

    assert told == {"A1": "sticky", "A2": "idler"}


def test_an_assignment_without_a_ranking_shows_no_candidates() -> None:
    assert verdicts({}) == {}


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("陈雨", "陈雨"),
        ("欧阳小雨", "小雨"),
        ("Mary Anne Smith", "MA"),
        ("li", "L"),
        ("", "?"),
        ("  ", "?"),
        ("王 Li", "王"),
    ],
)
def test_initials_come_from_the_given_name_or_the_first_two_words(name: str, drawn: str) -> None:
    assert initials(name) == drawn


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_card_has_words_for_every_verdict_policy_and_window(language: Language) -> None:
    verdicts_spelt = {f"verdict_{why}" for why in (*get_args(get_args(Why)[0]), *get_args(Exclusion))}

    words = CARD_WORDS[language]

    assert verdicts_spelt - words.keys() == set()
    assert {f"chosen_{policy}" for policy in get_args(Policy)} - words.keys() == set()
    assert {f"window_{window}" for window in WINDOWS} - words.keys() == set()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_card_has_words_for_every_reason_to_take_a_tag_off(language: Language) -> None:
    assert {f"gone_{kind}" for kind in get_args(Kind)} - CARD_WORDS[language].keys() == set()


@pytest.mark.parametrize("words", [CARD_WORDS, LANDING_WORDS], ids=["card", "landing"])
def test_both_languages_have_the_same_words_and_placeholders(words: dict[str, dict[str, str]]) -> None:
    shapes = [{key: sorted(_placeholders(text)) for key, text in words[language].items()} for language in ("zh", "en")]

    assert shapes[0] == shapes[1]


def _placeholders(text: str) -> list[str]:
    return [part.split("}")[0] for part in text.split("{")[1:]]
