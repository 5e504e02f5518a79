"""Many ask one thing: they are answered once, by rule from then on, and at once where they still wait."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from router.db.ledger import Ledger
from router.db.queries import questions
from router.db.queries.answers import Answer, list_replies
from router.db.queries.rule_sets import get_rule_set, get_version
from router.handlers.admin import rule_sets as rule_set_handlers
from router.handlers.admin.act import Act
from router.handlers.admin.answers import (
    BEGUN_ANEW,
    NewAnswer,
    Terms,
    approve_answer,
    left_out,
    propose_answer,
    reject_answer,
    undo_replies,
)
from router.handlers.admin.refusal import Conflict, Invalid
from router.handlers.admin.rule_sets import archive_rule_set, restore_rule_set, save_draft
from router.handlers.admin.word_sets import WordSetContent, create_word_set
from router.handlers.decide import decide_open
from router.handlers.outbound.platform import Platform
from router.handlers.questions import AskedGroup, questions_of_the_hour
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.errors import Refused
from router.workers.sender import Sender
from tests.factories import HOUR, MINUTE, NOW, SECOND, ZONE, contains, kf_text, published_rules, pulled, situation, tag
from tests.integration.ledger.looking import column, rows

pytestmark = pytest.mark.anyio

ACT = Act("boss", NOW + MINUTE, ZONE)
TERMS = Terms(similarity=50, undo_for=60 * SECOND)
NEW = NewAnswer("退货", ("怎么退货", "如何退货呢"), "{customer}，七天内可退", ("退换",))


class Desk:
    """A platform that queues whom it is told to, and takes texts with the code of the queue or in the chat."""

    def __init__(self, *, gives_codes: bool = True) -> None:
        self.gives_codes = gives_codes
        self.refuses_codes = 0
        self.heard: list[tuple[str, str]] = []

    async def kf_trans_service_state(self, _account: str, customer: str, *_rest: Any) -> str:
        return f"CODE-{customer}" if self.gives_codes else ""

    async def kf_send_msg(self, _account: str, customer: str, message_id: str, reply: Any) -> str:
        self.heard.append((customer, reply.content))
        return message_id

    async def kf_send_msg_on_event(self, code: str, message_id: str, reply: Any) -> str:
        if self.refuses_codes:
            raise Refused("kf/send_msg_on_event", self.refuses_codes, "code")
        self.heard.append((code, reply.content))
        return message_id


async def write(ledger: Ledger, *texts: tuple[str, str], at: int = NOW) -> None:
    """Customers write, and what they wrote is decided."""
    items = [
        kf_text(text, userid, message_id=f"{userid}-{at}-{number}", at=at)
        for number, (userid, text) in enumerate(texts)
    ]
    await ledger.write(pulled(*items, now=at))
    while await ledger.write(lambda c: decide_open(c, situation(at))):
        pass


async def send(ledger: Ledger, desk: Desk, now: int) -> None:
    """The chat lane works off what is due."""
    kf = cast("WeComClient", desk)
    clock: Callable[[], int] = lambda: now  # noqa: E731
    platform = Platform(ledger, clock, contact=None, kf=kf, app=None, app_agent_id=None, zone=ZONE)
    sender = Sender("chat", lambda: platform)
    await sender.work()
    await sender.drain()


async def proposed(ledger: Ledger, new: NewAnswer = NEW) -> Answer:
    answer = await ledger.write(lambda c: propose_answer(c, ACT, new))
    assert isinstance(answer, Answer), answer
    return answer


async def approved(ledger: Ledger) -> Answer:
    answer = await proposed(ledger)
    outcome = await ledger.write(lambda c: approve_answer(c, ACT, answer.id, TERMS))
    assert isinstance(outcome, Answer), outcome
    return outcome


async def replies(ledger: Ledger) -> list[tuple[str, str, str, str]]:
    page = await ledger.read(lambda c: list_replies(c, 1))
    return [(each.external_userid, each.status, each.reason, each.sent) for each in page.items]


async def groups(ledger: Ledger, now: int = NOW) -> list[AskedGroup]:
    return await ledger.read(lambda c: questions_of_the_hour(c, now, 50, ("转人工",)))


async def test_questions_of_the_hour_are_counted_with_who_waits(ledger: Ledger) -> None:
    await write(ledger, ("wm-old", "怎么退货"), at=NOW - 2 * HOUR)
    await write(ledger, ("wm-a", "怎么退货？"), ("wm-b", "请问如何退货"), ("wm-b", "转人工"), ("wm-c", "转人工"))
    await write(ledger, ("wm-a", "怎么退货？"), at=NOW + SECOND)

    found = await groups(ledger, NOW + MINUTE)

    assert [(each.group.count, each.people, each.waiting, each.wordings[0]) for each in found] == [
        (3, 2, 2, ("怎么退货？", 2))
    ]


async def test_an_approved_answer_becomes_a_rule_and_reaches_who_waits_in_the_queue(ledger: Ledger) -> None:
    desk = Desk()
    await write(ledger, ("wm-a", "怎么退货？"), ("wm-b", "请问如何退货"), ("wm-c", "运费多少"))
    await send(ledger, desk, NOW)

    answer = await approved(ledger)
    await send(ledger, desk, NOW + MINUTE + 59 * SECOND)
    before = list(desk.heard)
    await send(ledger, desk, NOW + 3 * MINUTE)
    await write(ledger, ("wm-d", "如何退货呢"), ("wm-e", "想退换一下"), at=NOW + 4 * MINUTE)
    await send(ledger, desk, NOW + 4 * MINUTE)

    assert (answer.status, answer.version, answer.decided_by) == ("approved", 1, "boss")
    assert before == []
    assert sorted(desk.heard) == [
        ("CODE-wm-a", "七天内可退"),
        ("CODE-wm-b", "七天内可退"),
        ("wm-d", "七天内可退"),
        ("wm-e", "七天内可退"),
    ]
    assert await replies(ledger) == [("wm-a", "ordered", "", "done"), ("wm-b", "ordered", "", "done")]
    assert await ledger.read(column("SELECT what FROM change WHERE what LIKE 'answer.%' ORDER BY id")) == [
        "answer.propose",
        "answer.approve",
    ]


async def test_who_has_waited_longest_is_answered_however_much_was_written_since(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "MOST_MESSAGES", 2)
    desk = Desk()
    await write(ledger, ("wm-first", "怎么退货"), at=NOW - MINUTE)
    await write(ledger, ("wm-b", "运费多少"), ("wm-c", "运费多少"), ("wm-d", "怎么退货"))
    await send(ledger, desk, NOW)

    await approved(ledger)

    assert await replies(ledger) == [("wm-first", "ordered", "", "pending"), ("wm-d", "ordered", "", "pending")]


async def test_who_cannot_be_reached_is_listed_with_the_reason(ledger: Ledger) -> None:
    await write(ledger, ("wm-a", "怎么退货"), ("wm-b", "怎么退货"))
    await send(ledger, Desk(gives_codes=False), NOW)
    await ledger.write(lambda c: c.exec_driver_sql("UPDATE conversation SET status = 'human' WHERE id = 2"))

    await approved(ledger)

    assert await replies(ledger) == [("wm-a", "unreachable", "no_code", ""), ("wm-b", "unreachable", "with_person", "")]


async def test_a_question_with_a_character_that_no_text_may_hold_is_answered_too(ledger: Ledger) -> None:
    await write(ledger, ("wm-a", "怎么\0退货"))
    await send(ledger, Desk(), NOW)

    await approved(ledger)

    assert await ledger.read(column("SELECT question FROM answer_reply")) == ["怎么\ufffd退货"]


async def test_replies_are_undone_before_they_are_sent_and_not_after(ledger: Ledger) -> None:
    desk = Desk()
    await write(ledger, ("wm-a", "怎么退货"))
    await send(ledger, desk, NOW)
    answer = await approved(ledger)

    undone = await ledger.write(lambda c: undo_replies(c, ACT, answer.id))
    await send(ledger, desk, NOW + HOUR)
    again = await ledger.write(lambda c: undo_replies(c, ACT, answer.id))

    assert isinstance(undone, Answer)
    assert desk.heard == []
    assert await replies(ledger) == [("wm-a", "undone", "", "")]
    assert isinstance(again, Conflict)


async def test_who_was_taken_by_a_person_meanwhile_is_left_alone(ledger: Ledger) -> None:
    desk = Desk()
    await write(ledger, ("wm-a", "怎么退货"))
    await send(ledger, desk, NOW)
    await approved(ledger)
    await ledger.write(lambda c: c.exec_driver_sql("UPDATE conversation SET status = 'human'"))

    await send(ledger, desk, NOW + HOUR)

    assert desk.heard == []
    assert await ledger.read(rows("SELECT status, error FROM outbox WHERE kind = 'answer_waiting'")) == [
        ("failed", "a person has this session: the bot keeps silent")
    ]


@pytest.mark.parametrize("errcode", [41050, 41051])
async def test_an_answer_sent_by_a_process_that_died_before_writing_it_down_is_done(
    ledger: Ledger, errcode: int
) -> None:
    desk = Desk()
    await write(ledger, ("wm-a", "怎么退货"))
    await send(ledger, desk, NOW)
    await approved(ledger)
    await ledger.write(lambda c: c.exec_driver_sql("UPDATE outbox SET attempts = 1 WHERE kind = 'answer_waiting'"))
    desk.refuses_codes = errcode

    await send(ledger, desk, NOW + 3 * MINUTE)

    assert await replies(ledger) == [("wm-a", "ordered", "", "done")]
    assert await ledger.read(column("SELECT code FROM queue_code")) == []


async def test_an_answer_whose_code_is_refused_at_once_did_not_arrive(ledger: Ledger) -> None:
    desk = Desk()
    await write(ledger, ("wm-a", "怎么退货"))
    await send(ledger, desk, NOW)
    await approved(ledger)
    desk.refuses_codes = 41050

    await send(ledger, desk, NOW + 3 * MINUTE)

    assert await replies(ledger) == [("wm-a", "ordered", "", "late")]


async def test_an_answer_with_a_blocked_word_does_not_leave(ledger: Ledger) -> None:
    desk = Desk()
    await write(ledger, ("wm-a", "怎么退货"))
    await send(ledger, desk, NOW)
    await ledger.write(lambda c: create_word_set(c, ACT, WordSetContent("x", lines="七天")))
    await approved(ledger)

    await send(ledger, desk, NOW + HOUR)

    assert desk.heard == []
    assert await ledger.read(column("SELECT done FROM word_hit")) == ["blocked"]


async def test_an_answer_is_decided_once(ledger: Ledger) -> None:
    answer = await proposed(ledger)
    await ledger.write(lambda c: reject_answer(c, ACT, answer.id))

    outcome = await ledger.write(lambda c: approve_answer(c, ACT, answer.id, TERMS))

    assert isinstance(outcome, Conflict)
    assert await ledger.read(column("SELECT name FROM rule_set")) == []


async def test_a_draft_that_somebody_else_is_writing_is_not_published_with_it(ledger: Ledger) -> None:
    set_id = await ledger.write(published_rules(contains("价格", then=[{"do": "reply", "text": "88"}]), name="FAQ"))
    await ledger.write(lambda c: save_draft(c, ACT, set_id, []))
    answer = await proposed(ledger)

    outcome = await ledger.write(lambda c: approve_answer(c, ACT, answer.id, TERMS))

    assert isinstance(outcome, Conflict)


async def archived_with(ledger: Ledger, *rules: dict[str, Any]) -> int:
    """FAQ with rules that were in force until it was archived; its id."""
    set_id = await ledger.write(published_rules(*rules, name="FAQ"))
    await ledger.write(lambda c: archive_rule_set(c, ACT, set_id))
    return set_id


SPRING_PRICE = contains("多少钱", then=[{"do": "reply", "text": "春季价 99 元"}])


async def test_an_answer_approved_after_faq_was_archived_is_given_alone(ledger: Ledger) -> None:
    desk = Desk()
    set_id = await archived_with(ledger, SPRING_PRICE)

    await approved(ledger)
    await write(ledger, ("wm-a", "多少钱"), ("wm-b", "怎么退货"))
    await send(ledger, desk, NOW)

    now = await ledger.read(lambda c: get_rule_set(c, set_id))
    assert desk.heard == [("wm-b", "七天内可退")]
    assert now is not None
    assert now.published is not None
    assert (now.published.number, now.published.note) == (2, BEGUN_ANEW)
    assert (now.archived_at, now.is_changed, [each["name"] for each in now.draft["rules"]]) == (None, False, ["退货"])
    kept = await ledger.read(lambda c: get_version(c, set_id, 1))
    assert kept is not None
    assert [each["when"] for each in kept.content["rules"]] == [SPRING_PRICE["when"]]


async def test_the_next_answer_joins_the_one_with_which_faq_began_anew(ledger: Ledger) -> None:
    desk = Desk()
    await archived_with(ledger, SPRING_PRICE)
    await approved(ledger)
    hours = await proposed(ledger, NewAnswer("营业", ("几点开门",), "九点开门"))
    await ledger.write(lambda c: approve_answer(c, ACT, hours.id, TERMS))

    await write(ledger, ("wm-a", "多少钱"), ("wm-b", "怎么退货"), ("wm-c", "几点开门"))
    await send(ledger, desk, NOW)

    assert sorted(desk.heard) == [("wm-b", "七天内可退"), ("wm-c", "九点开门")]


async def test_archived_rules_whose_tag_is_gone_do_not_keep_a_new_answer_back(ledger: Ledger) -> None:
    gone = await ledger.write(tag("春季"))
    await archived_with(ledger, contains("多少钱", then=[{"do": "add_tag", "tag_id": gone}]))
    await ledger.write(lambda c: c.exec_driver_sql(f"UPDATE tag SET archived_at = 1 WHERE id = {gone}"))

    answer = await approved(ledger)

    assert (answer.status, answer.version) == ("approved", 2)


async def test_an_answer_that_cannot_be_published_leaves_faq_archived(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_id = await archived_with(ledger, SPRING_PRICE)
    before = await ledger.read(lambda c: get_rule_set(c, set_id))
    answer = await proposed(ledger)
    monkeypatch.setattr(rule_set_handlers, "MOST_MEMORY", 1)

    outcome = await ledger.write(lambda c: approve_answer(c, ACT, answer.id, TERMS))

    assert isinstance(outcome, Conflict)
    assert await ledger.read(lambda c: get_rule_set(c, set_id)) == before


async def test_how_many_rules_an_approval_would_leave_out_is_known_before(ledger: Ledger) -> None:
    before = await ledger.read(left_out)
    set_id = await archived_with(ledger, SPRING_PRICE, contains("地址", then=[{"do": "reply", "text": "一楼"}]))
    archived = await ledger.read(left_out)
    await ledger.write(lambda c: restore_rule_set(c, ACT, set_id))

    assert (before, archived, await ledger.read(left_out)) == (0, 2, 0)


@pytest.mark.parametrize(
    ("new", "path"),
    [
        (NewAnswer("", ("怎么退货",), "可退"), "title"),
        (NewAnswer("退货", (), "可退"), "wordings"),
        (NewAnswer("退货", ("怎么退货",), ""), "text"),
        (NewAnswer("退货", ("怎么退货",), "{nobody}"), "text"),
        (NewAnswer("退货", ("怎么退货", " "), "可退"), "wordings[1]"),
        (NewAnswer("退货", ("怎么退货",), "可退", ("",)), "keywords[0]"),
    ],
)
async def test_an_answer_that_says_too_little_is_refused_at_its_field(
    ledger: Ledger, new: NewAnswer, path: str
) -> None:
    outcome = await ledger.write(lambda c: propose_answer(c, ACT, new))

    assert isinstance(outcome, Invalid)
    assert [each.path for each in outcome.problems] == [path]
