"""Leases of a dead sender: void when its successor owns the file, lapsed in time where others work beside it."""

import asyncio
from typing import cast

import pytest

from router.clock import MovableClock
from router.db.ledger import Ledger
from router.db.queries import outbox
from router.db.queries.outbox import LEASE, Claimed, Order
from router.domain.delivery import Done
from router.domain.effects import WELCOME_WINDOW, MarkTags, SendWelcome
from router.handlers.outbound.platform import Carried, Platform
from router.platforms.wecom.client import WeComClient
from router.workers import sender
from router.workers.sender import record
from tests.factories import NOW, ZONE

pytestmark = pytest.mark.anyio

WELCOME = SendWelcome(welcome_code="CODE", template="hello", agent_name="Ann", external_userid="wm-lin")


async def test_a_successor_claims_at_once_what_its_predecessor_had_claimed(ledger: Ledger) -> None:
    await ledger.write(lambda c: outbox.add_all(c, [Order(WELCOME), Order(MarkTags(1))], NOW))
    (before,) = await ledger.write(lambda c: outbox.claim(c, "welcome", 10, NOW))
    await ledger.write(lambda c: outbox.claim(c, "platform", 10, NOW))

    voided = await ledger.write(outbox.void_leases)
    (after,) = await ledger.write(lambda c: outbox.claim(c, "welcome", 10, NOW))

    assert voided == 2
    assert (after.id, after.fence, after.attempts) == (before.id, before.fence + 1, before.attempts + 1)


async def test_a_sender_whose_lease_was_voided_records_nothing(ledger: Ledger) -> None:
    await ledger.write(lambda c: outbox.add_all(c, [Order(WELCOME)], NOW))
    (lost,) = await ledger.write(lambda c: outbox.claim(c, "welcome", 10, NOW))
    await ledger.write(outbox.void_leases)
    (held,) = await ledger.write(lambda c: outbox.claim(c, "welcome", 10, NOW))

    await ledger.write(lambda c: record(c, lost, Carried(Done("lost")), NOW))
    await ledger.write(lambda c: record(c, held, Carried(Done("held")), NOW))

    results = await ledger.read(lambda c: c.exec_driver_sql("SELECT status, result FROM outbox").fetchall())
    assert [tuple(row) for row in results] == [("done", "held")]


async def test_a_lease_that_lapses_by_a_jump_of_the_clock_does_not_send_twice(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    answered = asyncio.Event()

    async def carry_out(_platform: Platform, claimed: Claimed) -> Carried:
        calls.append(claimed.attempts)
        await answered.wait()
        return Carried(Done())

    monkeypatch.setattr(sender, "carry_out", carry_out)
    clock = MovableClock()
    platform = Platform(
        ledger, clock, contact=cast("WeComClient", object()), kf=None, app=None, app_agent_id=None, zone=ZONE
    )
    tags = sender.Sender("platform", lambda: platform)
    await ledger.write(lambda c: outbox.add_all(c, [Order(MarkTags(1))], clock()))

    await tags.work()
    clock.offset += 3_600_000
    await tags.work()
    answered.set()
    await tags.drain()

    statuses = await ledger.read(lambda c: c.exec_driver_sql("SELECT status FROM outbox").fetchall())
    assert (calls, [row[0] for row in statuses]) == ([1], ["done"])


def test_a_welcome_can_be_taken_over_twice_within_its_window() -> None:
    assert 3 * LEASE["welcome"] < WELCOME_WINDOW
