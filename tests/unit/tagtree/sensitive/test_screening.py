"""A text of ours that leaves holds no word of a set that blocks or replaces."""

from hypothesis import given
from hypothesis import strategies as st

from tagtree.sensitive.finder import Find, compile_words
from tagtree.sensitive.screening import Blocked, Passed, Replaced, screen
from tagtree.sensitive.words import SensitiveWord, WordSet

COMPILED = compile_words(
    [
        WordSet(1, "replaced", (SensitiveWord("最好"), SensitiveWord("赌博")), "replace"),
        WordSet(2, "said better", (SensitiveWord("最便宜"),), "replace", "实惠"),
        WordSet(3, "blocked", (SensitiveWord("根治"),), "block"),
        WordSet(4, "noted", (SensitiveWord("退款"),), "flag"),
        WordSet(5, "allowed", (SensitiveWord("最好先"),), "allow"),
    ]
)


def test_a_clean_text_passes_as_it_is() -> None:
    assert screen(COMPILED, "您好，最好先看看") == Passed("您好，最好先看看")


def test_a_set_that_flags_lets_pass_and_tells() -> None:
    assert screen(COMPILED, "可以退款") == Passed("可以退款", (Find(4, "退款", 2, 4, "exact"),))


def test_words_are_replaced_by_stars_or_by_what_the_set_says() -> None:
    assert screen(COMPILED, "这是最 好的，也最便宜") == Replaced(
        "这是＊＊的，也实惠", (Find(1, "最好", 2, 5, "variant"), Find(2, "最便宜", 8, 11, "exact"))
    )


def test_one_blocked_word_blocks_the_whole_text() -> None:
    assert screen(COMPILED, "最好的，能根治") == Blocked(
        (Find(1, "最好", 0, 2, "exact"), Find(3, "根治", 5, 7, "exact"))
    )


def test_what_comes_together_when_a_word_is_taken_out_is_taken_out_too() -> None:
    screened = screen(COMPILED, "赌最好博")

    assert isinstance(screened, Replaced)
    assert COMPILED.find(screened.text).finds == ()


PIECES = st.lists(
    st.sampled_from(["最", "好", "赌", "博", "根", "治", "便宜", "退款", " ", "先", "＊", "实惠"]), max_size=30
)


@given(PIECES.map("".join))
def test_what_leaves_is_clean(text: str) -> None:
    screened = screen(COMPILED, text)

    if not isinstance(screened, Blocked):
        left = {COMPILED.by_id[each.set_id].policy for each in COMPILED.find(screened.text).finds}
        assert left <= {"flag"}


@given(PIECES.map("".join))
def test_what_left_once_leaves_again_unchanged(text: str) -> None:
    screened = screen(COMPILED, text)

    if not isinstance(screened, Blocked):
        again = screen(COMPILED, screened.text)
        assert isinstance(again, Passed)
        assert again.text == screened.text
