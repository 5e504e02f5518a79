"""Word sets as lines: what is good is read, what is not is told with its line."""

from hypothesis import given
from hypothesis import strategies as st

from tagtree.sensitive.starter_sets import STARTER_SETS
from tagtree.sensitive.word_list import read_list, write_list
from tagtree.sensitive.words import MAX_WORD_CHARACTERS, SensitiveWord, check_words


def test_lines_are_words_with_their_marks() -> None:
    read = read_list("# 注释\n微信 | 拼音 首字母\n\n最佳\n威望｜pinyin\n微.信\n")

    assert (read.words, read.problems) == (
        (SensitiveWord("微信", True, True), SensitiveWord("最佳"), SensitiveWord("威望", True)),
        (),
    )


def test_bad_lines_are_told_and_good_ones_kept() -> None:
    read = read_list(f"最佳\n。。\n微信 | 声调\nabc | 拼音\n{'长' * (MAX_WORD_CHARACTERS + 1)}\n好 | 拼音")

    assert [each.text for each in read.words] == ["最佳"]
    assert [each.path for each in read.problems] == ["line 2", "line 3", "line 4", "line 5", "line 6"]


def test_a_problem_of_a_set_names_the_word() -> None:
    assert [each.path for each in check_words([SensitiveWord("最佳"), SensitiveWord("！")])] == ["words[1]"]


@given(
    st.lists(st.builds(SensitiveWord, st.text("微信最佳赌博治", min_size=2, max_size=4), st.booleans(), st.booleans()))
)
def test_a_list_is_read_back_as_it_was_written(words: list[SensitiveWord]) -> None:
    kept = read_list(write_list(words)).words

    assert read_list(write_list(kept)).words == kept


def test_every_starter_set_is_a_good_set() -> None:
    faults = {each.key: read_list(each.lines).problems for each in STARTER_SETS}

    assert {key: problems for key, problems in faults.items() if problems} == {}
    assert len({each.key for each in STARTER_SETS}) == len(STARTER_SETS)
