"""Agents without a contact way left: who is told of it, and who needs none."""

import pytest

from router.db.ledger import Ledger
from router.handlers.admin.presence import set_presence
from router.handlers.stock import refill_all
from tests.factories import HOUR, MINUTE, NOW, agent, pool, ready_ways, shop
from tests.integration.attention.around import ACT, asks_for, has_skill, reached, works, wrong

pytestmark = pytest.mark.anyio


async def test_an_agent_without_contact_ways_is_told_once_one_could_have_been_made(ledger: Ledger) -> None:
    await ledger.write(shop("ann", ways=0))
    empty = await wrong(ledger)
    await ledger.write(ready_ways(1, 1))

    assert (list(empty), await wrong(ledger)) == ([("stock_empty", "agent:1")], {})


async def test_who_is_not_on_duty_needs_no_contact_way_until_the_shift_begins_or_the_pause_ends(ledger: Ledger) -> None:
    night, pausing, offline, _ = await ledger.write(shop("ann", "bo", "cy", "dee", ways=0))
    await ledger.write(ready_ways(4))
    await ledger.write(works(night, "22:00-06:00"))
    await ledger.write(lambda c: set_presence(c, ACT, pausing, "paused", 30))
    await ledger.write(lambda c: set_presence(c, ACT, offline, "offline"))

    assert await wrong(ledger) == {}
    assert list(await wrong(ledger, NOW + 31 * MINUTE)) == [("stock_empty", f"agent:{pausing}")]
    assert list(await wrong(ledger, NOW + 9 * HOUR)) == [
        ("stock_empty", f"agent:{pausing}"),
        ("stock_empty", f"agent:{night}"),
    ]


@pytest.mark.parametrize("how", ["fallback", "store", "vip"])
async def test_whoever_a_code_with_our_page_may_ask_needs_contact_ways_and_nobody_else(
    ledger: Ledger, how: str
) -> None:
    await ledger.write(shop("ann"))
    bo = await ledger.write(agent("bo"))
    second = await ledger.write(pool("second", [bo]))
    not_asked = await wrong(ledger)
    await reached(ledger, how, second)
    asked = await wrong(ledger)
    await ledger.write(asks_for("active", False))

    assert (not_asked, list(asked), await wrong(ledger)) == ({}, [("stock_empty", f"agent:{bo}")], {})


async def test_who_lacks_the_skill_that_every_code_asks_for_needs_no_contact_way(ledger: Ledger) -> None:
    ann, bo = await ledger.write(shop("ann", "bo", ways=0))
    await ledger.write(ready_ways(ann))
    await ledger.write(has_skill(ann, "日语"))
    anybody = await wrong(ledger)
    await ledger.write(asks_for("skill", "日语"))

    assert (list(anybody), await wrong(ledger)) == ([("stock_empty", f"agent:{bo}")], {})


async def test_whoever_is_named_as_without_contact_ways_gets_some(ledger: Ledger) -> None:
    await ledger.write(shop("ann", ways=0))
    for how in ("fallback", "vip", "store"):
        member = await ledger.write(agent(f"of {how}"))
        await reached(ledger, how, await ledger.write(pool(f"pool by {how}", [member])))
    named = await wrong(ledger)
    await ledger.write(lambda c: refill_all(c, NOW, low=1, target=1))

    assert len(named) == 4
    assert await wrong(ledger) == {}
