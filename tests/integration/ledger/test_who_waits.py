"""Whose question waits: until a rule, an answer to many or an employee has answered it in that account."""

from typing import Any

import pytest

from router.db import json
from router.db.ledger import Ledger
from router.handlers.admin.message_classes import ClassContent, update_class
from router.handlers.decide import decide_open
from router.platforms.wecom.errors import Refused
from tests.factories import (
    MINUTE,
    NOW,
    SECOND,
    contains,
    kf_employee_text,
    kf_send_failed,
    kf_session_changed,
    kf_text,
    published_rules,
    pulled,
    situation,
)
from tests.integration.ledger import test_meaning
from tests.integration.ledger.looking import column, one, rows
from tests.integration.ledger.test_answers import ACT, Desk, approved, groups, replies, send, write

pytestmark = pytest.mark.anyio

ASKED = (("wm-a", "怎么退货"), ("wm-b", "怎么退货"))
REPLY = {"do": "reply", "text": "七天内可退"}
TOO_MANY_ANSWERS = 95001
LATER = NOW + 2 * MINUTE


class Full(Desk):
    """A platform that takes no text any more."""

    async def kf_send_msg(self, _account: str, _customer: str, _message_id: str, _reply: Any) -> str:
        raise Refused("kf/send_msg", TOO_MANY_ANSWERS, "no")


async def arrive(ledger: Ledger, *items: str, at: int) -> None:
    """Items of the account come in and are decided."""
    await ledger.write(pulled(*items, now=at))
    while await ledger.write(lambda c: decide_open(c, situation(at))):
        pass


async def waiting(ledger: Ledger) -> list[tuple[str, int, int]]:
    """Of each question of the hour how many asked it, and how many of them wait."""
    return [(each.wordings[0][0], each.people, each.waiting) for each in await groups(ledger, LATER)]


@pytest.mark.parametrize("then", [[REPLY], [REPLY, {"do": "hand_to_human"}]], ids=["by itself", "and calls a person"])
async def test_who_has_the_reply_of_a_rule_waits_no_more_though_a_person_was_asked_for(
    ledger: Ledger, then: list[dict[str, Any]]
) -> None:
    desk = Desk()
    await ledger.write(published_rules(contains("退货", then=then)))
    await write(ledger, *ASKED)
    await send(ledger, desk, NOW)
    await write(ledger, ("wm-a", "转人工"), at=NOW + SECOND)
    await send(ledger, desk, NOW + SECOND)

    found = await waiting(ledger)
    await approved(ledger)

    assert found == [("怎么退货", 2, 0)]
    assert await replies(ledger) == []


async def test_a_question_asked_after_the_reply_of_a_rule_waits(ledger: Ledger) -> None:
    await ledger.write(published_rules(contains("退货", then=[REPLY])))
    await write(ledger, *ASKED)
    await send(ledger, Desk(), NOW)
    await write(ledger, ("wm-a", "运费多少"), ("wm-b", "运费多少"), ("wm-b", "怎么退货"), at=NOW + SECOND)
    await send(ledger, Desk(), NOW + SECOND)

    assert await waiting(ledger) == [("怎么退货", 2, 1), ("运费多少", 2, 2)]


async def test_a_reply_that_the_platform_refuses_answers_nothing(ledger: Ledger) -> None:
    await ledger.write(published_rules(contains("退货", then=[REPLY])))
    await write(ledger, *ASKED)
    await send(ledger, Full(), NOW)
    await send(ledger, Full(), NOW)

    assert await waiting(ledger) == [("怎么退货", 2, 2)]


async def test_a_reply_that_did_not_reach_the_customer_after_all_answers_nothing(ledger: Ledger) -> None:
    await ledger.write(published_rules(contains("退货", then=[REPLY])))
    await write(ledger, *ASKED)
    await send(ledger, Desk(), NOW)
    lost = json.load(await ledger.read(one("SELECT payload FROM outbox WHERE payload LIKE '%wm-a%'")))["message_id"]
    await arrive(ledger, kf_send_failed(lost, "wm-a"), at=NOW + SECOND)
    await send(ledger, Desk(), NOW + SECOND)

    assert await waiting(ledger) == [("怎么退货", 2, 1)]


async def test_the_first_answer_of_a_class_only_says_that_a_person_takes_over(ledger: Ledger) -> None:
    complaint = await test_meaning.class_of(ledger, "投诉")
    content = ClassContent("投诉", lexicon="complaint", template="非常抱歉，马上为您处理")
    await ledger.write(lambda c: update_class(c, ACT, complaint.id, content))
    desk = Desk()
    asked = [kf_text("骗子，我要投诉", userid, message_id=userid) for userid in ("wm-a", "wm-b")]
    await test_meaning.decide(ledger, *asked)
    await send(ledger, desk, NOW)

    assert len(desk.heard) == 2
    assert await waiting(ledger) == [("骗子，我要投诉", 2, 2)]


async def test_who_was_answered_by_an_employee_waits_no_more_for_this_question(ledger: Ledger) -> None:
    desk = Desk()
    await write(ledger, *ASKED)
    await send(ledger, desk, NOW)
    await arrive(
        ledger,
        kf_session_changed("ann", "wm-a", message_id="taken"),
        kf_employee_text("七天内", "ann", "wm-a"),
        kf_session_changed("ann", "wm-a", ended=True, message_id="ended"),
        kf_text("还在吗", "wm-a", message_id="again"),
        at=NOW + SECOND,
    )
    await send(ledger, desk, NOW + SECOND)

    found = await waiting(ledger)
    await approved(ledger)

    assert await ledger.read(column("SELECT DISTINCT status FROM conversation")) == ["waiting"]
    assert found == [("怎么退货", 2, 1)]
    assert await replies(ledger) == [("wm-b", "ordered", "", "pending")]


async def test_what_an_employee_writes_through_another_account_answers_nothing(ledger: Ledger) -> None:
    await write(ledger, *ASKED)
    await arrive(ledger, kf_employee_text("七天内", "ann", "wm-a", open_kfid="wk-other"), at=NOW + SECOND)

    assert await waiting(ledger) == [("怎么退货", 2, 2)]


async def test_who_got_the_answer_to_many_in_the_queue_waits_no_more_though_asked_twice(ledger: Ledger) -> None:
    desk = Desk()
    await write(ledger, *ASKED)
    await send(ledger, desk, NOW)
    await approved(ledger)
    await write(ledger, ("wm-a", "怎么退货"), at=NOW + MINUTE + SECOND)
    before = await waiting(ledger)

    await send(ledger, desk, LATER)

    assert before == [("怎么退货", 2, 2)]
    assert await waiting(ledger) == [("怎么退货", 2, 0)]


async def test_who_is_answered_between_the_approval_and_the_sending_is_not_told_twice(ledger: Ledger) -> None:
    desk = Desk()
    await write(ledger, *ASKED)
    await send(ledger, desk, NOW)
    await approved(ledger)
    await arrive(
        ledger,
        kf_session_changed("ann", "wm-a", message_id="taken"),
        kf_employee_text("七天内", "ann", "wm-a"),
        kf_session_changed("ann", "wm-a", ended=True, message_id="ended"),
        kf_text("还在吗", "wm-a", message_id="again"),
        at=NOW + MINUTE + SECOND,
    )

    await send(ledger, desk, NOW + MINUTE + SECOND)
    await send(ledger, desk, LATER)

    assert desk.heard == [("CODE-wm-b", "七天内可退")]
    assert await ledger.read(rows("SELECT result FROM outbox WHERE kind = 'answer_waiting' ORDER BY id")) == [
        ("the customer was answered meanwhile",),
        ("",),
    ]


async def test_the_answer_to_many_stands_in_the_trace_of_the_question(ledger: Ledger) -> None:
    await write(ledger, ("wm-a", "怎么退货"))
    await send(ledger, Desk(), NOW)

    await approved(ledger)

    question = await ledger.read(one("SELECT id FROM inbox"))
    caused = "SELECT kind FROM outbox WHERE inbox_id = :question ORDER BY id"
    assert await ledger.read(column(caused, question=question)) == ["hand_to_human", "answer_waiting"]
