"""Sensitive words are found in every disguise, where they stand, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagtree.sensitive.finder import MAX_GAP, MAX_HITS, CompiledWords, Find, compile_words
from tagtree.sensitive.folding import origins, skeleton
from tagtree.sensitive.lookalikes import LOOK_ALIKES
from tagtree.sensitive.words import SensitiveWord, WordSet

WORDS = (
    SensitiveWord("微信", pinyin=True, initials=True),
    SensitiveWord("第一"),
    SensitiveWord("赌博"),
    SensitiveWord("强奸"),
    SensitiveWord("西安", pinyin=True),
    SensitiveWord("ass"),
    SensitiveWord("最"),
    SensitiveWord("100%有效"),
)
SETS = (WordSet(1, "words", WORDS), WordSet(2, "allowed", (SensitiveWord("第一次"),), "allow"))


@pytest.fixture(scope="module")
def compiled() -> CompiledWords:
    return compile_words(SETS)


def written(compiled: CompiledWords, text: str) -> list[tuple[str, str, str]]:
    return [(each.word, text[each.start : each.end], each.how) for each in compiled.find(text).finds]


@pytest.mark.parametrize(
    ("text", "word", "place", "how"),
    [
        pytest.param("加我微信吧", "微信", "微信", "exact", id="as it stands"),
        pytest.param("微 信", "微信", "微 信", "variant", id="a space inside"),
        pytest.param("微。-*🎉信", "微信", "微。-*🎉信", "variant", id="punctuation and emoji inside"),
        pytest.param("微\u200b信", "微信", "微\u200b信", "variant", id="a zero-width space inside"),
        pytest.param("徽伩", "微信", "徽伩", "variant", id="look-alike characters"),
        pytest.param("賭博", "赌博", "賭博", "variant", id="traditional"),
        pytest.param("貝者博", "赌博", "貝者博", "parts", id="a character in its parts"),
        pytest.param("弓虽奸", "强奸", "弓虽奸", "parts", id="another one in its parts"),
        pytest.param("第①", "第一", "第①", "variant", id="a number in a circle"),
        pytest.param("第1", "第一", "第1", "variant", id="a digit"),
        pytest.param("ＡＳＳ", "ass", "ＡＳＳ", "variant", id="full width"),
        pytest.param("аѕѕ", "ass", "аѕѕ", "variant", id="Cyrillic letters"),
        pytest.param("@$$", "ass", "@$$", "variant", id="signs for letters"),
        pytest.param("a s s", "ass", "a s s", "variant", id="letters apart"),
        pytest.param("a\u0301ss", "ass", "a\u0301ss", "variant", id="a mark upon a letter"),
        pytest.param("WeiXin", "微信", "WeiXin", "pinyin", id="pinyin"),
        pytest.param("wei3 xin4", "微信", "wei3 xin", "pinyin", id="pinyin with tones"),
        pytest.param("wei信", "微信", "wei信", "pinyin", id="half pinyin"),
        pytest.param("威信", "微信", "威信", "pinyin", id="the same sound"),
        pytest.param("加wx", "微信", "wx", "initials", id="initials"),
        pytest.param("vx或WX123", "微信", "WX", "initials", id="initials before a number"),
        pytest.param("100 % 有效", "100%有效", "100 % 有效", "variant", id="with a sign of its own"),
    ],
)
def test_a_word_is_found_in_a_disguise(compiled: CompiledWords, text: str, word: str, place: str, how: str) -> None:
    assert written(compiled, text) == [(word, place, how)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("class", id="letters within a longer word"),
        pytest.param("weixinx", id="pinyin within a longer word"),
        pytest.param("awxb", id="initials within a longer word"),
        pytest.param("先", id="one syllable that sounds like two together"),
        pytest.param("第一次来", id="an allowed phrase"),
        pytest.param("第①次来", id="an allowed phrase in disguise"),
        pytest.param("100元有货", id="a number"),
        pytest.param(f"微{'.' * (MAX_GAP + 1)}信", id="too far apart"),
        pytest.param("", id="nothing"),
        pytest.param("\ud800！？", id="no character at all"),
    ],
)
def test_what_only_resembles_a_word_is_not_found(compiled: CompiledWords, text: str) -> None:
    assert written(compiled, text) == []


def test_a_phrase_allows_only_what_lies_within_it(compiled: CompiledWords) -> None:
    assert written(compiled, "第一次是第一") == [("第一", "第一", "exact")]


def test_of_words_within_one_another_the_longest_is_told() -> None:
    compiled = compile_words([WordSet(1, "a", (SensitiveWord("国家"), SensitiveWord("国家级")))])

    assert compiled.find("国家级").finds == (Find(1, "国家级", 0, 3, "exact"),)


def test_two_sets_are_both_told() -> None:
    sets = [WordSet(1, "a", (SensitiveWord("最好"),)), WordSet(2, "b", (SensitiveWord("最好"),), "flag")]

    assert [each.set_id for each in compile_words(sets).find("最好").finds] == [1, 2]


def test_digits_alone_are_no_word_in_disguise() -> None:
    compiled = compile_words([WordSet(1, "a", (SensitiveWord("ill"), SensitiveWord("一一")))])

    assert [written(compiled, text) for text in ("111", "11", "一一", "i11")] == [
        [],
        [],
        [("一一", "一一", "exact")],
        [("ill", "i11", "variant")],
    ]


def test_a_text_of_nothing_but_words_is_looked_at_no_further_than_the_bound() -> None:
    nested = compile_words([WordSet(1, "a", tuple(SensitiveWord("最" * length) for length in range(1, 64)))])

    found = nested.find("最" * (MAX_HITS + 1))

    assert (found.complete, len(found.finds) > 0) == (False, True)


def test_no_set_at_all_finds_nothing() -> None:
    assert compile_words(()).find("微信").finds == ()


def test_the_sign_of_a_class_stands_in_no_class() -> None:
    assert {sign for sign in LOOK_ALIKES.values() if LOOK_ALIKES.get(sign, sign) != sign} == set()


TEXTS = st.text(st.sampled_from("微信第一次1 .-最wxeiWE①薇賭博ass\u200b🎉﷼ﬁé\u0301弓虽奸%百"), max_size=40) | st.text()


@given(TEXTS)
def test_the_skeleton_of_a_skeleton_is_itself(text: str) -> None:
    assert skeleton(skeleton(text)) == skeleton(text)


@given(TEXTS)
def test_every_sign_of_a_skeleton_has_a_place_in_the_text(text: str) -> None:
    places = origins(text)

    assert "".join(skeleton(text[place]) for place in dict.fromkeys(places)) == skeleton(text)


@given(TEXTS)
def test_a_find_lies_within_the_text_and_is_found_again_by_itself(text: str) -> None:
    compiled = compile_words(SETS)

    for each in compiled.find(text).finds:
        alone = text[each.start : each.end]
        assert (each.word, alone) in {(word, place) for word, place, _ in written(compiled, alone)}


@given(TEXTS, TEXTS)
def test_the_order_of_sets_and_words_changes_nothing(before: str, after: str) -> None:
    text = f"{before}微信{after}"
    turned = [WordSet(each.id, each.name, each.words[::-1], each.policy) for each in reversed(SETS)]

    assert compile_words(SETS).find(text) == compile_words(turned).find(text)


@given(st.lists(st.sampled_from(" .-*_~，。\u3000\u200b🎉"), max_size=MAX_GAP).map("".join))
def test_separators_hide_no_word(between: str) -> None:
    text = f"微{between}信"

    assert [each.word for each in compile_words(SETS).find(text).finds] == ["微信"]
