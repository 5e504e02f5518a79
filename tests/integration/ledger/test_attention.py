"""What is wrong without anybody having done anything, and that it ends when it is mended."""

import pytest

from router.db.ledger import Ledger
from router.db.queries import waiting
from router.db.queries.alerts import list_alerts, open_alerts
from router.domain.spill import ClosedPage, FallbackPool, KfAccount
from router.handlers.attention import look_around
from tests.factories import DAY, NOW, SECOND, ZONE, agent, cap, live_code, pool, ready_ways, shop
from tests.integration.ledger.lines import asks, spills

pytestmark = pytest.mark.anyio


async def wrong(ledger: Ledger, now: int = NOW) -> dict[tuple[str, str], int]:
    """The open alerts after a look around, with the instants they began."""
    await ledger.write(lambda connection: look_around(connection, now, ZONE))
    return {(alert.kind, alert.subject): alert.since_at for alert in await ledger.read(open_alerts)}


async def test_nothing_is_wrong_with_a_shop_that_has_room(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=5))

    assert await wrong(ledger) == {}


async def test_a_cap_is_told_from_the_percentage_of_the_pool_on(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=5))
    told = []
    for number in range(4):
        await ledger.write(asks(f"visitor-{number}"))
        told.append(list(await wrong(ledger)))
    await ledger.write(lambda c: c.exec_driver_sql("UPDATE pool SET warn_percent = 90"))

    assert told == [[], [], [], [("cap_near", "agent:1")]]
    assert await wrong(ledger) == {}


async def test_a_cap_nearly_used_up_is_mended_by_the_next_day(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=1))
    await ledger.write(asks("early"))

    today, tomorrow = await wrong(ledger), await wrong(ledger, NOW + DAY)

    assert (today, tomorrow) == ({("cap_near", "agent:1"): NOW}, {})
    ended = await ledger.read(lambda c: list_alerts(c, ended=True))
    assert [(each.kind, each.text["taken"], each.text["places"]) for each in ended.items] == [("cap_near", 1, 1)]


async def test_a_pool_is_full_until_it_has_room_and_nobody_waits(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=0))
    await ledger.write(asks("early"))
    full = await wrong(ledger)
    await ledger.write(cap("agent:1", 5))
    still_waiting = await wrong(ledger)
    gone = await wrong(ledger, NOW + waiting.PRESENT + SECOND)

    assert [full, still_waiting, gone] == [{("pool_full", "pool:1"): NOW}, {("pool_full", "pool:1"): NOW}, {}]


async def test_an_agent_without_contact_ways_is_told_once_one_could_have_been_made(ledger: Ledger) -> None:
    await ledger.write(shop("ann", ways=0))
    empty = await wrong(ledger)
    await ledger.write(ready_ways(1, 1))

    assert (list(empty), await wrong(ledger)) == ([("stock_empty", "agent:1")], {})


async def test_a_code_that_leads_to_nobody_is_told_whatever_chain_of_pools_is_behind_it(ledger: Ledger) -> None:
    off_duty = await ledger.write(agent("ann", on_duty=False))
    first = await ledger.write(pool("first", [off_duty]))
    second = await ledger.write(pool("second"))
    await ledger.write(live_code(first))
    await ledger.write(spills(first, FallbackPool(second)))
    await ledger.write(spills(second, FallbackPool(first)))
    circle = await wrong(ledger)
    await ledger.write(spills(second, ClosedPage("tomorrow")))
    closed = await wrong(ledger)
    await ledger.write(spills(second, KfAccount("", "https://work.weixin.qq.com/kfid/1")))

    assert (list(circle), list(closed)) == ([("code_to_nobody", "code:1")], [("code_to_nobody", "code:1")])
    assert await wrong(ledger) == {}


async def test_looking_again_raises_nothing_twice(ledger: Ledger) -> None:
    await ledger.write(shop("ann", ways=0))
    for second in range(3):
        await wrong(ledger, NOW + second * SECOND)

    assert [(each.times, each.since_at) for each in await ledger.read(open_alerts)] == [(1, NOW)]
