"""The index against looking for each word at each place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagtree.rules import word_index
from tagtree.rules.word_index import WordIndex
from tagtree.text import normalise

LETTERS = "价格ab 𠮷é😀"
TEXTS = st.text(alphabet=LETTERS, max_size=20).map(lambda typed: normalise(typed).text)
WORDS = st.text(alphabet=LETTERS, min_size=1, max_size=5).map(lambda typed: normalise(typed).text).filter(bool)
PLACES = st.dictionaries(WORDS, st.tuples(st.integers(0, 9)), max_size=12)


def everywhere(places: dict[str, tuple[int, ...]], text: str) -> list[tuple[int, str, tuple[int, ...]]]:
    return [
        (start, word, places[word])
        for start in range(len(text))
        for word in sorted(places)
        if text.startswith(word, start)
    ]


@pytest.mark.parametrize("most_heads", [1, 3, 50_000])
@given(places=PLACES, text=TEXTS)
def test_the_index_finds_each_word_wherever_it_stands_and_nothing_else(
    most_heads: int, places: dict[str, tuple[int, ...]], text: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_index, "_MOST_HEADS", most_heads)
        index = WordIndex.of(places)

    assert sorted(index.occurrences(text)) == sorted(everywhere(places, text))


def test_a_word_that_reaches_over_the_end_of_the_text_is_not_taken_for_a_shorter_one() -> None:
    index = WordIndex.of({"价格": (1,), "价格表单": (2,)})

    assert list(index.occurrences("价格表")) == [(0, "价格", (1,))]


def test_without_words_nothing_is_found() -> None:
    assert list(WordIndex.of({}).occurrences("价格")) == []
