"""From the bot to a person in 微信客服: nobody is left alone, no agent keeps a place for a session gone elsewhere."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from router.db import json
from router.db.engine import open_writer
from router.db.ledger import Ledger
from router.domain.capacity import agent_subject
from router.domain.delivery import ATTEMPTS
from router.domain.effects import HandToHuman
from router.domain.events import AgentRenamed
from router.handlers import directory_changed, moved
from router.handlers.decide import decide_open
from router.handlers.outbound.platform import Platform
from router.handlers.received import Received
from router.platforms.wecom import errors
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.kf_calls import KfSession, ServiceState
from router.workers.sender import Sender
from tests.factories import (
    ACCOUNT,
    HOUR,
    NOW,
    ZONE,
    agent,
    contains,
    kf_send_failed,
    kf_session_changed,
    kf_text,
    pool,
    published_rules,
    pulled,
    situation,
)
from tests.integration.ledger.looking import column, counters_that_lie, rows, taken
from tests.integration.ledger.test_query_plans import plan_of

pytestmark = pytest.mark.anyio

SESSION = "SELECT status, agent_id FROM conversation"
SESSION_HAS_ENDED = 95013
NOT_A_SERVICER = 95014
MOVE_NOT_ALLOWED = 95016
TOO_MANY_ANSWERS = 95001
BUSY = -1


@dataclass
class Account:
    """A 微信客服 account that refuses sessions for these agents ("": the queue), and perhaps our answers."""

    refuses: dict[str, int] = field(default_factory=dict)
    refuses_answers: int = 0
    given_to: list[str] = field(default_factory=list)
    answers: int = 0

    async def kf_trans_service_state(self, _account: str, _customer: str, _state: ServiceState, userid: str) -> str:
        if errcode := self.refuses.get(userid):
            raise errors.Refused("kf/service_state/trans", errcode, "no")
        self.given_to.append(userid)
        return ""

    async def kf_get_service_state(self, _account: str, _customer: str) -> KfSession:
        return KfSession(ServiceState.ENDED, "")

    async def kf_send_msg(self, _account: str, _customer: str, message_id: str, _reply: Any) -> str:
        if self.refuses_answers:
            raise errors.Refused("kf/send_msg", self.refuses_answers, "no")
        self.answers += 1
        return message_id


async def decide(ledger: Ledger, *items: str, now: int = NOW) -> None:
    """Items as a pull stores them, decided until nothing is open."""
    await ledger.write(pulled(*items, now=now))
    while await ledger.write(lambda c: decide_open(c, situation(now))):
        pass


async def send(ledger: Ledger, account: Account, rounds: int = 1, now: int = NOW) -> None:
    """The chat lane works off what is due, each round an hour after the one before."""
    for passed in range(rounds):
        at = now + passed * HOUR
        kf = cast("WeComClient", account)
        platform = Platform(ledger, lambda at=at: at, contact=None, kf=kf, app=None, app_agent_id=None, zone=ZONE)  # type: ignore[misc]
        sender = Sender("chat", lambda platform=platform: platform)  # type: ignore[misc]
        await sender.work()
        await sender.drain()


async def vip_pool(ledger: Ledger, *agent_ids: int) -> None:
    """A pool that customers are moved to when they ask for 批发; 价格 is answered by the bot."""
    pool_id = await ledger.write(pool("vip", agent_ids))
    await ledger.write(
        published_rules(
            contains("批发", then=[{"do": "move_to_pool", "pool_id": pool_id}]),
            contains("价格", then=[{"do": "reply", "text": "88 元"}]),
        )
    )


@pytest.mark.parametrize(
    ("errcode", "rounds"),
    [
        pytest.param(SESSION_HAS_ENDED, 1, id="the session has ended"),
        pytest.param(MOVE_NOT_ALLOWED, 5, id="the move is not allowed"),
        pytest.param(BUSY, ATTEMPTS, id="the platform is busy all day"),
    ],
)
async def test_a_hand_over_refused_for_good_returns_the_place_and_the_customer_to_the_bot(
    ledger: Ledger, errcode: int, rounds: int
) -> None:
    ann = await ledger.write(agent("ann"))
    await vip_pool(ledger, ann)
    await decide(ledger, kf_text("批发", message_id="1"))
    account = Account(refuses={"ann": errcode, "": errcode})

    await send(ledger, account, rounds)
    session = await ledger.read(rows(SESSION))
    await decide(ledger, kf_text("价格", message_id="2"))

    assert session == [("ended", None)]
    assert await ledger.read(taken(agent_subject(ann))) == 0
    assert await ledger.write(counters_that_lie()) == []
    assert await ledger.read(column("SELECT kind FROM outbox WHERE status = 'pending'")) == ["send_kf_text"]


async def test_a_session_goes_to_the_agent_who_was_renamed_meanwhile(ledger: Ledger) -> None:
    ann = await ledger.write(agent("ann"))
    await vip_pool(ledger, ann)
    await decide(ledger, kf_text("批发", message_id="1"))
    account = Account(refuses={"ann": NOT_A_SERVICER})

    renamed = AgentRenamed("ann", "ann.lee", None, NOW)
    await ledger.write(lambda c: directory_changed.handle(c, [Received(7, renamed)], situation()(c)))
    await send(ledger, account)

    assert account.given_to == ["ann.lee"]
    assert await ledger.read(rows(SESSION)) == [("human", ann)]
    assert await ledger.read(taken(agent_subject(ann))) == 1


async def test_an_answer_that_could_not_be_sent_all_day_brings_a_person(ledger: Ledger) -> None:
    await vip_pool(ledger)
    await decide(ledger, kf_text("价格"))

    await send(ledger, Account(refuses_answers=BUSY), ATTEMPTS)

    assert await ledger.read(rows(SESSION)) == [("waiting", None)]
    assert await ledger.read(column("SELECT kind FROM outbox WHERE status = 'pending'")) == ["hand_to_human"]


async def test_an_answer_that_did_not_arrive_leaves_a_session_with_the_agent_it_is_handed_to(ledger: Ledger) -> None:
    ann, bo = await ledger.write(agent("ann")), await ledger.write(agent("bo"))
    await vip_pool(ledger, ann, bo)
    await decide(ledger, kf_text("批发", message_id="1"))

    await decide(ledger, kf_send_failed("out-1"), kf_text("批发", message_id="2"))

    assert await ledger.read(rows(SESSION)) == [("waiting", ann)]
    assert await ledger.read(column("SELECT payload FROM outbox WHERE kind = 'hand_to_human'")) == [
        json.dump(HandToHuman(ACCOUNT, "wm-lin", "ann", "1"))
    ]
    assert [await ledger.read(taken(agent_subject(each))) for each in (ann, bo)] == [1, 0]


async def test_an_answer_refused_in_front_of_a_hand_over_leaves_the_session_with_its_agent(ledger: Ledger) -> None:
    ann, bo = await ledger.write(agent("ann")), await ledger.write(agent("bo"))
    await vip_pool(ledger, ann, bo)
    await decide(ledger, kf_text("价格", message_id="1"), kf_text("批发", message_id="2"))
    account = Account(refuses_answers=TOO_MANY_ANSWERS)

    await send(ledger, account)
    await decide(ledger, kf_text("批发", message_id="3"))
    await send(ledger, account)

    assert account.given_to == ["ann"]
    assert await ledger.read(rows(SESSION)) == [("human", ann)]
    assert [await ledger.read(taken(agent_subject(each))) for each in (ann, bo)] == [1, 0]


async def test_the_queue_taking_a_session_leaves_it_with_the_agent_taken_for_it_meanwhile(ledger: Ledger) -> None:
    ann, bo = await ledger.write(agent("ann")), await ledger.write(agent("bo"))
    await vip_pool(ledger, ann, bo)
    await decide(ledger, kf_text("人工", message_id="1"), kf_text("批发", message_id="2"))
    account = Account()

    await send(ledger, account)
    waiting = await ledger.read(rows(SESSION))
    await decide(ledger, kf_text("批发", message_id="3"))
    await send(ledger, account)

    assert waiting == [("waiting", ann)]
    assert account.given_to == ["", "ann"]
    assert await ledger.read(rows(SESSION)) == [("human", ann)]


async def test_an_agent_who_cannot_take_a_session_leaves_it_to_the_queue_and_gets_the_place_back(
    ledger: Ledger,
) -> None:
    ann = await ledger.write(agent("ann"))
    await vip_pool(ledger, ann)
    await decide(ledger, kf_text("批发"))
    account = Account(refuses={"ann": NOT_A_SERVICER})

    await send(ledger, account)

    assert account.given_to == [""]
    assert await ledger.read(rows(SESSION)) == [("waiting", None)]
    assert await ledger.read(taken(agent_subject(ann))) == 0


async def test_a_session_taken_by_somebody_unknown_to_us_is_nobody_elses(ledger: Ledger) -> None:
    ann = await ledger.write(agent("ann"))
    await vip_pool(ledger, ann)
    await decide(ledger, kf_text("批发", message_id="1"))

    await decide(ledger, kf_session_changed("stranger"), kf_text("在吗", message_id="2"))

    assert await ledger.read(rows(SESSION)) == [("human", None)]


def test_the_place_of_a_session_is_found_through_its_customer_not_through_all_assignments(sqlite_url: str) -> None:
    engine = open_writer(sqlite_url)

    with engine.begin() as connection:
        plan = plan_of(connection, moved._UNDO, {"customer_id": 1, "inbox_id": 1, "reason": ""})

    engine.dispose()
    assert [line for line in plan if line.startswith("SCAN")] == []
