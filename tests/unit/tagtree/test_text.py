import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagtree.text import MAX_CHARACTERS, NormalisedText, fold_character, normalise

CHAT = "价格價幹乾 \u3000\n，！ＡａBß①㈱ﬁ\u200b\ufe0f❤e\u0301\u1112\u1161\u11abﾊﾞ\ud800\x00"
any_text = st.one_of(st.text(), st.text(alphabet=CHAT), st.text(alphabet=st.characters(categories=None)))


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        pytest.param("请问价格", "请问价格", id="already normal"),
        pytest.param("請問價格", "请问价格", id="traditional"),
        pytest.param("ＶＩＰ，２折！", "vip,2折!", id="full width"),
        pytest.param("HELLO Straße", "hello strasse", id="case"),
        pytest.param("①㈱ﬁ", "1(株)fi", id="compatibility characters"),
        pytest.param("cafe\u0301", "caf\u00e9", id="combining mark"),
        pytest.param("ﾊﾞｽ", "バス", id="half-width kana with voicing mark"),
        pytest.param("价\u200b格\ufeff\u00ad", "价格", id="zero width"),
        pytest.param("价\x00\x1b格\ud800", "价格", id="controls and lone surrogate"),
        pytest.param("❤\ufe0f好", "❤好", id="variation selector"),
        pytest.param(" \u3000价 \r\n\t格 ", "价 格", id="whitespace"),
        pytest.param("乾隆說餅乾", "干隆说饼干", id="by character, never by phrase"),
        pytest.param("", "", id="nothing"),
        pytest.param("\u200b \u3000", "", id="nothing visible"),
    ],
)
def test_what_customers_type_is_levelled(typed: str, normal: str) -> None:
    assert normalise(typed).text == normal


@given(any_text)
def test_normalising_twice_is_normalising_once(typed: str) -> None:
    once = normalise(typed).text

    assert normalise(once).text == once


@given(any_text)
def test_common_text_takes_a_short_cut_to_the_same_result(typed: str) -> None:
    around = "\u200b" + typed  # a dropped character keeps text from the short cut

    assert normalise(around).text == normalise(typed).text


@pytest.mark.parametrize("block", [(0x0, 0x3400), (0xA000, 0xAC00), (0xD7A4, 0x11000), (0x1D000, 0x1FB00)])
def test_every_character_alone_is_normal_after_one_pass(block: tuple[int, int]) -> None:
    folded = {code: normalise(chr(code)).text for code in range(*block)}

    assert [code for code, text in folded.items() if normalise(text).text != text] == []


@given(any_text, any_text)
def test_text_between_spaces_is_normalised_by_itself(left: str, right: str) -> None:
    parts = [normalise(left).text, normalise(right).text]

    assert normalise(f"{left} x {right}").text == " x ".join(parts).strip()


@given(st.text(alphabet="价格价幹乾隆退貨ａB，", max_size=20), st.data())
def test_a_message_that_contains_a_word_still_contains_it_afterwards(typed: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(typed)))
    end = data.draw(st.integers(start, len(typed)))

    assert normalise(typed[start:end]).text in normalise(typed).text


@given(any_text)
def test_nfkc_of_the_whole_is_kept(typed: str) -> None:
    text = normalise(typed).text

    assert unicodedata.normalize("NFKC", text).casefold() == text


@given(any_text.filter(lambda typed: normalise(typed).text != ""), st.data())
def test_a_span_leads_back_to_the_characters_it_came_from(typed: str, data: st.DataObject) -> None:
    normalised = normalise(typed)
    start = data.draw(st.integers(0, len(normalised.text) - 1))
    end = data.draw(st.integers(start + 1, len(normalised.text)))

    first, last = normalised.original_span(start, end)

    assert 0 <= first < last <= len(typed)
    assert normalised.text[start:end].strip() in normalise(typed[first:last]).text


@pytest.mark.parametrize(
    ("typed", "word", "evidence"),
    [
        pytest.param("请问價格？", "价格", "價格", id="one to one"),
        pytest.param("请问 價\u200b格 多少", "价格", "價\u200b格", id="zero width inside"),
        pytest.param("是㈱吗", "株", "㈱", id="one character became several"),
        pytest.param("cafe\u0301 吗", "é", "e\u0301", id="several became one"),
        pytest.param("多  少", "多 少", "多  少", id="a run of spaces"),
    ],
)
def test_evidence_is_quoted_as_it_was_typed(typed: str, word: str, evidence: str) -> None:
    normalised = normalise(typed)
    start = normalised.text.index(word)

    first, last = normalised.original_span(start, start + len(word))

    assert typed[first:last] == evidence


def test_a_span_without_characters_is_refused() -> None:
    with pytest.raises(ValueError, match="no characters"):
        normalise("价格").original_span(1, 1)


def test_long_text_is_cut_and_says_so() -> None:
    assert normalise("价" * (MAX_CHARACTERS + 1)) == NormalisedText("价" * MAX_CHARACTERS, None, cut=True)


def test_text_that_grows_too_long_is_cut_and_says_so() -> None:
    grown = normalise("㈱" * MAX_CHARACTERS)

    assert (len(grown.text), grown.cut) == (MAX_CHARACTERS, True)
    assert grown.original_span(3, 4) == (1, 2)


def test_many_marks_on_one_character_stay_one_segment() -> None:
    typed = "e" + "\u0301" * 200

    assert normalise(typed).original_span(0, 1) == (0, 201)


@pytest.mark.parametrize(("character", "folded"), [("價", "价"), ("\u200b", ""), ("㈱", "(株)"), ("Ａ", "a")])
def test_a_single_character_folds_alone(character: str, folded: str) -> None:
    assert fold_character(character) == folded
