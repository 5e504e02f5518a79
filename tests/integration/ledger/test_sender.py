"""What the sender writes about an attempt, and what follows from it only while it holds its lease."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import outbox
from router.db.queries.outbox import LEASE, Claimed, Order
from router.domain.delivery import ATTEMPTS, Done, Outcome, Refused, TooLate, TryAgain
from router.domain.effects import CallWebhook, MarkTags, SendAppText, SendWelcome, SyncKf
from router.handlers.outbound.platform import Carried, Platform, WebhookCaller
from router.platforms.wecom.client import WeComClient
from router.workers import sender as sender_module
from router.workers.sender import RECORDING, Sender, record
from tests.factories import MINUTE, NOW, SECOND, ZONE, agent
from tests.integration.ledger.looking import column, rows

pytestmark = pytest.mark.anyio

STATE = "SELECT status, errcode, error, result FROM outbox"


def nothing_switched_on(ledger: Ledger, now: Callable[[], int]) -> Platform:
    return Platform(ledger, now, contact=None, kf=None, app=None, app_agent_id=None, zone=ZONE)


async def claimed(ledger: Ledger) -> Claimed:
    """An effect in a sender's hands."""
    await ledger.write(lambda c: outbox.add_all(c, [Order(MarkTags(1))], NOW))
    (found,) = await ledger.write(lambda c: outbox.claim(c, "platform", 1, NOW))
    return found


def follows(name: str) -> Callable[[Connection, int], None]:
    """Something that is to be written when an attempt has ended: an agent of that name."""

    def write(connection: Connection, _now: int) -> None:
        agent(name)(connection)

    return write


@pytest.mark.parametrize(
    ("outcome", "attempts", "state", "written"),
    [
        pytest.param(Done("tag-1"), 1, ("done", None, "", "tag-1"), ["record"], id="done"),
        pytest.param(Refused("no", 84061), 1, ("failed", 84061, "no", ""), ["record"], id="refused"),
        pytest.param(TooLate("over", 41050), 1, ("late", 41050, "over", ""), ["record"], id="too late"),
        pytest.param(TryAgain("busy", -1), 1, ("pending", -1, "busy", ""), [], id="to be repeated"),
        pytest.param(TryAgain("busy", -1), ATTEMPTS, ("failed", -1, "busy", ""), ["given up"], id="given up"),
    ],
)
async def test_what_an_attempt_came_to_is_written_with_what_followed(
    ledger: Ledger, outcome: Outcome, attempts: int, state: tuple[object, ...], written: list[str]
) -> None:
    mine = replace(await claimed(ledger), attempts=attempts)
    carried = Carried(outcome, follows("record"), given_up=follows("given up"))

    await ledger.write(lambda c: record(c, mine, carried, NOW + SECOND))

    assert await ledger.read(rows(STATE)) == [state]
    assert await ledger.read(column("SELECT userid FROM agent")) == written


async def test_a_sender_that_lost_its_lease_writes_nothing_that_followed(ledger: Ledger) -> None:
    mine = await claimed(ledger)
    later = NOW + LEASE["platform"]
    await ledger.write(lambda c: outbox.claim(c, "platform", 1, later))

    await ledger.write(lambda c: record(c, mine, Carried(Done(), follows("record")), later))

    assert await ledger.read(rows(STATE)) == [("sending", None, "", "")]
    assert await ledger.read(column("SELECT userid FROM agent")) == []


def switched_on(ledger: Ledger, now: Callable[[], int]) -> Platform:
    client = cast("WeComClient", object())
    return replace(nothing_switched_on(ledger, now), contact=client, kf=client, app=client, app_agent_id=1)


class Answering:
    """Carries effects out with the same answer each time, and remembers them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, carried: Carried) -> None:
        self._carried = carried
        self.sent: list[str] = []
        monkeypatch.setattr(sender_module, "carry_out", self)

    async def __call__(self, _platform: Platform, claimed: Claimed) -> Carried:
        self.sent.append(claimed.kind)
        return self._carried


async def once(sender: Sender) -> None:
    await sender.work()
    await sender.drain()


async def test_welcomes_past_their_deadline_end_before_one_that_can_still_arrive_is_sent(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon, over = NOW + 10 * SECOND, NOW
    orders = [Order(SendWelcome(f"WC{n}", "你好", "Ann", "wm"), deadline_at=over) for n in range(100)]
    orders.append(Order(SendWelcome("WC", "你好", "Ann", "wm"), deadline_at=soon))
    await ledger.write(lambda c: outbox.add_all(c, orders, NOW))
    answering = Answering(monkeypatch, Carried(Done()))

    await once(Sender("welcome", lambda: switched_on(ledger, lambda: NOW)))

    ended = "SELECT status, sent_at, error, count(*) FROM outbox GROUP BY 1, 2, 3 ORDER BY 1"
    assert answering.sent == ["send_welcome"]
    assert await ledger.read(rows(ended)) == [
        ("done", NOW, "", 1),
        ("late", None, "its deadline had passed before it could be sent", 100),
    ]


async def test_effects_of_a_part_that_is_switched_off_wait_without_an_attempt(ledger: Ledger) -> None:
    await ledger.write(lambda c: outbox.add_all(c, [Order(MarkTags(1))], NOW))
    sender = Sender("platform", lambda: nothing_switched_on(ledger, lambda: NOW))

    due_at = await sender.work()

    assert due_at is None
    assert await ledger.read(rows("SELECT status, attempts, fence FROM outbox")) == [("pending", 0, 0)]


async def test_a_part_that_is_switched_off_does_not_hold_up_another_of_its_lane(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = [Order(SyncKf("wk", "")), Order(SendAppText("ann", "你好", "1"), not_before=NOW + MINUTE)]
    await ledger.write(lambda c: outbox.add_all(c, orders, NOW))
    answering = Answering(monkeypatch, Carried(Done()))
    now = NOW
    sender = Sender("chat", lambda: replace(switched_on(ledger, lambda: now), kf=None))

    due_at = await sender.work()
    now = NOW + MINUTE
    await once(sender)

    assert due_at == NOW + MINUTE
    assert answering.sent == ["send_app_text"]


async def test_an_attempt_that_sent_nothing_does_not_count(ledger: Ledger) -> None:
    mine = await claimed(ledger)

    await ledger.write(lambda c: record(c, mine, Carried(TryAgain("not yet", pause=0), sent=False), NOW))

    assert await ledger.read(column("SELECT attempts FROM outbox")) == [0]


async def test_a_lease_begins_when_its_claim_gets_to_the_writer(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.write(lambda c: outbox.add_all(c, [Order(MarkTags(1))], NOW))
    began, may_end, now = threading.Event(), threading.Event(), NOW

    def busy(_connection: Connection) -> None:
        began.set()
        assert may_end.wait(10)

    sender = Sender("platform", lambda: switched_on(ledger, lambda: now))
    leases: list[int] = []

    async def carry_out(_platform: Platform, claimed: Claimed) -> Carried:
        leases.append(claimed.lease_until)
        return Carried(Done())

    monkeypatch.setattr(sender_module, "carry_out", carry_out)

    first = asyncio.create_task(ledger.write(busy))
    await asyncio.to_thread(began.wait, 10)
    working = asyncio.create_task(sender.work())
    while ledger.waiting < 1:
        await asyncio.sleep(0)
    now = NOW + 5 * SECOND
    may_end.set()
    await asyncio.gather(first, working)
    await sender.drain()

    assert leases == [NOW + 5 * SECOND + LEASE["platform"]]


async def test_an_attempt_ends_before_the_lease_that_is_left(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    await ledger.write(lambda c: outbox.add_all(c, [Order(MarkTags(1))], NOW))
    answering = Answering(monkeypatch, Carried(Done()))
    committed = NOW + LEASE["platform"] - RECORDING  # the claim's commit took this long
    instants = iter([NOW])
    sender = Sender("platform", lambda: switched_on(ledger, lambda: next(instants, committed)))

    await once(sender)

    assert answering.sent == []
    assert await ledger.read(rows("SELECT status, attempts, error FROM outbox")) == [
        ("pending", 0, "its claim took so long that the lease was over")
    ]


async def test_a_slow_webhook_leaves_room_for_the_calls_of_others(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = [Order(CallWebhook("slow", "{}", str(number))) for number in range(20)]
    await ledger.write(lambda c: outbox.add_all(c, [*orders, Order(CallWebhook("crm", "{}", "1"))], NOW))
    answers, called = asyncio.Event(), []

    async def carry_out(_platform: Platform, claimed: Claimed) -> Carried:
        called.append(claimed.stream)
        if claimed.stream == "webhook:slow" and len(called) <= 4:
            await answers.wait()
        return Carried(Done())

    monkeypatch.setattr(sender_module, "carry_out", carry_out)
    caller = cast("WebhookCaller", object())
    sender = Sender("webhook", lambda: replace(nothing_switched_on(ledger, lambda: NOW), webhooks=caller))
    due_at = await sender.work()
    while called.count("webhook:crm") < 1:
        await asyncio.sleep(0)
    first = sorted(called)
    answers.set()
    await sender.drain()
    while await sender.work() is not None:
        await sender.drain()
    await sender.drain()

    assert (due_at, first) == (NOW + LEASE["webhook"], ["webhook:crm", *["webhook:slow"] * 3])
    assert await ledger.read(column("SELECT DISTINCT status FROM outbox")) == ["done"]


async def test_the_same_effect_is_carried_out_by_one_of_two_senders(
    ledger: Ledger, open_ledger: Callable[[], Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.write(lambda c: outbox.add_all(c, [Order(MarkTags(n)) for n in range(12)], NOW))
    answering = Answering(monkeypatch, Carried(Done()))
    senders = [
        Sender("platform", lambda each=each: switched_on(each, lambda: NOW))  # type: ignore[misc]
        for each in (ledger, open_ledger())
    ]

    for sender in (*senders, *senders):
        await once(sender)

    assert len(answering.sent) == 12
    assert await ledger.read(rows("SELECT DISTINCT status, attempts FROM outbox")) == [("done", 1)]
