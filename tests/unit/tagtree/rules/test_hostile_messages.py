"""Messages as long and as mixed as anybody can make them: bounded, found in, and traced to the right characters."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from tagtree.rules.conditions import AllOf, Contains, NearMiss, Pattern
from tagtree.text import MAX_CHARACTERS, normalise
from tests.unit.tagtree.rules.rule_factories import decide, message, rule

KILOBYTES = 64 * 1024
PIECES = (
    "价",
    "格",
    "退",
    "😀",
    "👨‍👩‍👧",
    "\u200b",
    "e\u0301",
    "ﬀ",
    "価",
    "Ⅷ",
    "ｶﾞ",
    "각",
    "مرحبا",
    "ж",
    " ",
    "\n",
    "\x00",
    "価格",
)


def filled(piece: str) -> str:
    return piece * (KILOBYTES // len(piece.encode()) + 1)


@pytest.mark.parametrize("piece", [*PIECES, "a\u0301\u0302\u0303", "".join(PIECES)])
def test_a_message_of_64_kb_is_read_up_to_the_limit_and_decided(piece: str) -> None:
    found = decide(
        message("价格" + filled(piece)), rule("price", Contains(("价格",))), rule("any", Pattern("价.{0,5}格"))
    )

    assert [each.rule_id for each in found.fired] == ["any", "price"]
    assert found.fired[1].spans[0] == (0, 2)


def test_what_stands_beyond_the_limit_is_not_read() -> None:
    found = decide(message("好" * MAX_CHARACTERS + "价格"), rule("price", Contains(("价格",))))

    assert found.fired == ()


def test_a_message_full_of_one_word_costs_no_more_evidence_than_the_limit() -> None:
    words = tuple("价" * length for length in range(1, 101))

    found = decide(message("价" * MAX_CHARACTERS), rule("price", Contains(words)))

    assert len(found.fired[0].spans) == 20


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.lists(st.sampled_from(PIECES), max_size=12))
def test_the_evidence_is_what_the_customer_typed_whatever_stands_around_it(before: list[str], after: list[str]) -> None:
    text = "".join([*before, "報\u200b價", *after])

    found = decide(message(text), rule("word", Contains(("报价",))), rule("pattern", Pattern("报价")))

    evidence = {normalise(typed).text for each in found.fired for typed in each.texts}
    assert [each.rule_id for each in found.fired] == ["pattern", "word"]
    assert {(start, end) for each in found.fired for start, end in each.spans if text[start:end] == "報\u200b價"}
    assert evidence <= {"报价"}


@given(st.lists(st.sampled_from(["退", "换", "货", "款", "请", "1"]), max_size=10).map("".join))
def test_a_pattern_that_requires_two_words_within_a_group_is_met_as_the_group_says(text: str) -> None:
    both = rule("both", AllOf((Pattern("退.{0,2}货"), Contains(("款",)))))

    found = decide(message(text), both, rule("near", NearMiss(("退换货款",), 1)))

    assert ("both" in [each.rule_id for each in found.fired]) == (
        "款" in text and any("货" in text[at + 1 : at + 4] for at, each in enumerate(text) if each == "退")
    )


@pytest.mark.parametrize("text", ["哈" * MAX_CHARACTERS, "汽" + "哈" * 1_000 + "好好好弗"])
def test_a_message_full_of_the_first_character_of_a_word_is_hardly_compared_with_it(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []

    def distance(word: str, stretch: str, *, score_cutoff: int) -> int:
        compared.append(stretch)
        return Levenshtein.distance(word, stretch, score_cutoff=score_cutoff)

    monkeypatch.setattr("tagtree.rules.near_miss.Levenshtein", SimpleNamespace(distance=distance))

    found = decide(message(text), rule("car", NearMiss(("哈弗汽",), 1)))

    assert found.fired == ()
    assert len(compared) < 50
