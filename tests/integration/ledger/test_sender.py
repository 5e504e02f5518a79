"""What the sender writes about an attempt, and what follows from it only while it holds its lease."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import outbox
from router.db.queries.outbox import LEASE, Claimed, Order
from router.domain.delivery import ATTEMPTS, Done, Outcome, Refused, TooLate, TryAgain
from router.domain.effects import Lane, MarkTags, SendWelcome
from router.handlers.outbound.platform import Carried, Platform
from router.workers.sender import Sender, record
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


async def test_an_effect_past_its_deadline_is_not_sent(ledger: Ledger) -> None:
    welcome = SendWelcome("WC", "你好", "Ann", "wm-lin")
    await ledger.write(lambda c: outbox.add_all(c, [Order(welcome, deadline_at=NOW + 20 * SECOND)], NOW))
    lane: Lane = "welcome"
    sender = Sender(lane, lambda: nothing_switched_on(ledger, lambda: NOW + 20 * SECOND))

    await sender.work()
    await sender.drain()

    assert await ledger.read(rows("SELECT status, sent_at, error FROM outbox")) == [
        ("late", None, "its deadline had passed before it could be sent")
    ]


async def test_an_effect_of_a_part_that_is_switched_off_waits_for_it(ledger: Ledger) -> None:
    await ledger.write(lambda c: outbox.add_all(c, [Order(MarkTags(1))], NOW))
    sender = Sender("platform", lambda: nothing_switched_on(ledger, lambda: NOW))

    await sender.work()
    await sender.drain()
    due_at = await sender.work()

    assert due_at == NOW + 5 * MINUTE
    assert await ledger.read(rows(STATE)) == [
        ("pending", None, "customer contact is switched off: its secret is not set", "")
    ]


async def test_the_same_effect_is_carried_out_by_one_of_two_senders(
    ledger: Ledger, open_ledger: Callable[[], Ledger]
) -> None:
    await ledger.write(lambda c: outbox.add_all(c, [Order(MarkTags(n)) for n in range(12)], NOW))
    senders = [
        Sender("platform", lambda each=each: nothing_switched_on(each, lambda: NOW))  # type: ignore[misc]
        for each in (ledger, open_ledger())
    ]

    for sender in (*senders, *senders):
        await sender.work()
        await sender.drain()

    assert await ledger.read(rows("SELECT DISTINCT status, attempts FROM outbox")) == [("pending", 1)]
