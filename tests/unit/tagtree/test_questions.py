"""Questions that ask one thing stand in one group, whatever the order in which they came."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagtree.questions import Group, Question, group_questions, level, similarity

HALF = 0.5


def asked(*texts: str) -> list[Question]:
    return [Question(number, text) for number, text in enumerate(texts)]


def grouped(texts: Sequence[str], threshold: float = HALF) -> list[set[str]]:
    return [{each.text for each in group.questions} for group in group_questions(asked(*texts), threshold)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("你好，请问怎么退货？", "如何退货"),
        ("运费多少", "运费是多少呢"),
        ("多少运费", "运费多少？"),
        ("這個什麼時候發貨", "啥时候发货啊"),
        ("有没有优惠券", "请问有优惠券吗"),
        ("能不能开发票", "可以开发票吗？谢谢"),
    ],
)
def test_the_same_question_in_other_words_is_one_group(one: str, other: str) -> None:
    assert grouped([one, other]) == [{one, other}]


@pytest.mark.parametrize(
    ("one", "other"),
    [("怎么退货", "怎么发货的呀"), ("运费多少", "价格多少"), ("有优惠券吗", "有白色吗"), ("在吗", "你好")],
)
def test_other_questions_are_no_group(one: str, other: str) -> None:
    assert grouped([one, other]) == []


def test_courtesies_alone_ask_nothing() -> None:
    assert [level(text) for text in ("你好，在吗？", "请问一下", "🎉", "")] == ["", "", "", ""]


@pytest.mark.parametrize("text", ["你" * 190 + "好" * 190, "退货" * 1_000])
def test_courtesies_within_one_another_and_letters_ask_nothing(text: str) -> None:
    assert level(text) == ""


def test_wordings_that_are_ignored_are_in_no_group() -> None:
    questions = asked("转人工", "转人工！", "怎么退货", "怎么退货")

    (group,) = group_questions(questions, HALF, ignored=("转人工",))

    assert group == Group("怎么退货", (questions[2], questions[3]), (("怎么退货", 2),))


def test_the_largest_group_stands_first_with_its_most_frequent_wording() -> None:
    groups = group_questions(asked("包邮吗", "怎么退货", "怎么退货", "如何退货呢"), HALF, least=1)

    assert [(each.leader, each.count, each.wordings[0]) for each in groups] == [
        ("怎么退货", 3, ("怎么退货", 2)),
        ("包邮", 1, ("包邮吗", 1)),
    ]


QUESTIONS = st.lists(
    st.text(st.sampled_from("怎么退货运费多少发价格何时你好？的吗"), min_size=1, max_size=8), max_size=25
)
THRESHOLDS = st.sampled_from([0.3, 0.5, 0.6, 0.75, 1.0])


@given(QUESTIONS, THRESHOLDS, st.randoms(use_true_random=False))
def test_the_order_in_which_questions_come_changes_no_group(
    texts: list[str], threshold: float, chance: random.Random
) -> None:
    shuffled = chance.sample(texts, len(texts))

    assert sorted(map(sorted, grouped(shuffled, threshold))) == sorted(map(sorted, grouped(texts, threshold)))


@given(QUESTIONS, THRESHOLDS)
def test_every_question_is_like_its_leader_and_no_leader_like_another(texts: list[str], threshold: float) -> None:
    groups = group_questions(asked(*texts), threshold, least=1)
    leaders = [each.leader for each in groups]

    assert all(
        similarity(level(question.text), group.leader) >= threshold for group in groups for question in group.questions
    )
    assert all(similarity(one, other) < threshold for place, one in enumerate(leaders) for other in leaders[:place])


@given(QUESTIONS, THRESHOLDS)
def test_every_question_is_in_one_group_unless_it_asks_nothing(texts: list[str], threshold: float) -> None:
    groups = group_questions(asked(*texts), threshold, least=1)

    ids = [question.id for group in groups for question in group.questions]
    assert sorted(ids) == [number for number, text in enumerate(texts) if len(level(text)) >= 2]


@given(st.text())
def test_levelling_twice_is_levelling_once(text: str) -> None:
    assert level(level(text)) == level(text)
