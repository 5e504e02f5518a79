"""What a message is answered with, and when a person takes over."""

import pytest

from router.domain.conversation import REPLIES_ALLOWED, Status, Turn, decide_turn
from tagtree.rules.decision import Decision, RuleReply

HUMAN_WORDS = ("人工", "转人工")
ANSWER = Decision(replies=(RuleReply("r1", "88 元"),))
TO_HUMAN = Decision(replies=(RuleReply("r2", "稍等"),), to_human=True)
MOVE = Decision(replies=(RuleReply("r3", "为您转接"),), pool_id=4)
SILENT = Decision()


@pytest.mark.parametrize(
    ("status", "decisions", "text", "turn"),
    [
        pytest.param("bot", [ANSWER], "价格", Turn(("88 元",), "", None), id="a rule answers"),
        pytest.param("ended", [ANSWER], "价格", Turn(("88 元",), "", None), id="a rule answers in a new session"),
        pytest.param("bot", [], "在吗", Turn((), "no rule answers this message", None), id="no rule answers"),
        pytest.param("bot", [SILENT], "在吗", Turn((), "no rule answers this message", None), id="rules only tag"),
        pytest.param(
            "bot", [ANSWER], "人工!", Turn(("88 元",), "the customer asks for a person", None), id="asks for a person"
        ),
        pytest.param(
            "bot", [TO_HUMAN], "退货", Turn(("稍等",), "a rule asks for a person", None), id="a rule hands over"
        ),
        pytest.param(
            "bot",
            [MOVE],
            "批发",
            Turn(("为您转接",), "a rule moves the customer to another pool", 4),
            id="a rule moves the customer",
        ),
        pytest.param(
            "bot", [ANSWER, MOVE], "批发", Turn(("88 元", "为您转接"), "a rule moves the customer to another pool", 4),
            id="two rule sets speak in order",
        ),
        pytest.param("waiting", [ANSWER], "价格", Turn((), "", None), id="silent while waiting"),
        pytest.param("waiting", [MOVE], "批发", Turn((), "", 4), id="moved while waiting"),
        pytest.param("human", [ANSWER, MOVE], "人工", Turn((), "", None), id="silent with a person"),
    ],
)  # fmt: skip
def test_the_turn_after_a_message(status: Status, decisions: list[Decision], text: str, turn: Turn) -> None:
    assert decide_turn(status, decisions, text, HUMAN_WORDS) == turn


@pytest.mark.parametrize("text", ["转人工", "我要 人工", "轉人工", "人\u200b工"], ids=ascii)
def test_asking_for_a_person_is_heard_however_it_is_written(text: str) -> None:
    assert decide_turn("bot", [ANSWER], text, HUMAN_WORDS).hand_over == "the customer asks for a person"


def test_a_message_is_never_answered_more_often_than_the_platform_allows() -> None:
    many = Decision(replies=tuple(RuleReply("r", str(number)) for number in range(9)))

    assert decide_turn("bot", [many], "在", ()).replies == ("0", "1", "2", "3", "4")
    assert REPLIES_ALLOWED == 5


def test_of_several_pools_the_first_rule_sets_wins() -> None:
    assert decide_turn("bot", [SILENT, MOVE, Decision(pool_id=9)], "批发", ()).pool_id == 4
