"""Codes that lead to nobody: whom the pools, shifts and offers behind them leave."""

import pytest

from router.db.ledger import Ledger
from router.domain.spill import ClosedPage, FallbackPool, GroupCode, KfAccount
from router.handlers.admin.live_codes import close_live_code
from router.handlers.admin.presence import set_presence
from tests.factories import MINUTE, NOW, agent, live_code, pool, ready_ways, shop
from tests.integration.attention.around import ACT, asks_for, has_skill, reached, works, wrong
from tests.integration.ledger.lines import spills

pytestmark = pytest.mark.anyio


async def test_a_code_leads_to_nobody_when_nobody_has_the_skill_that_it_asks_for(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    await ledger.write(asks_for("skill", "日语"))
    nobody = await wrong(ledger)
    await ledger.write(has_skill(ann, "日语"))

    assert (list(nobody), await wrong(ledger)) == ([("code_to_nobody", "code:1")], {})


@pytest.mark.parametrize(("how", "is_somebody"), [("fallback", True), ("store", True), ("vip", False)])
async def test_a_pool_for_vips_alone_is_nobody_for_everybody_else(ledger: Ledger, how: str, is_somebody: bool) -> None:
    (ann,) = await ledger.write(shop("ann"))
    bo = await ledger.write(agent("bo"))
    await ledger.write(ready_ways(bo))
    await reached(ledger, how, await ledger.write(pool("second", [bo])))
    await ledger.write(lambda c: set_presence(c, ACT, ann, "offline"))

    assert list(await wrong(ledger)) == ([] if is_somebody else [("code_to_nobody", "code:1")])


async def test_a_native_print_leads_past_the_page_that_would_offer_something_else(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    await ledger.write(spills(1, KfAccount("", "https://work.weixin.qq.com/kfid/1")))
    await ledger.write(lambda c: set_presence(c, ACT, ann, "offline"))
    with_our_page = await wrong(ledger)
    await ledger.write(asks_for("kind", "native"))

    assert (with_our_page, list(await wrong(ledger))) == ({}, [("code_to_nobody", "code:1")])


async def test_a_group_code_that_is_closed_is_nothing_to_offer(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    group = await ledger.write(live_code(1, "group"))
    await ledger.write(asks_for("kind", "group", group))
    await ledger.write(spills(1, GroupCode(group)))
    await ledger.write(lambda c: set_presence(c, ACT, ann, "offline"))
    offered = await wrong(ledger)
    await ledger.write(lambda c: close_live_code(c, ACT, group))

    assert (offered, list(await wrong(ledger))) == ({}, [("code_to_nobody", "code:1")])


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


async def test_a_code_leads_to_nobody_once_the_last_agent_pauses_or_goes_offline(ledger: Ledger) -> None:
    ann, bo = await ledger.write(shop("ann", "bo"))
    await ledger.write(lambda c: set_presence(c, ACT, ann, "offline"))
    one_left = await wrong(ledger)
    await ledger.write(lambda c: set_presence(c, ACT, bo, "paused", 10))
    nobody = await wrong(ledger)

    assert (one_left, list(nobody)) == ({}, [("code_to_nobody", "code:1")])
    assert await wrong(ledger, NOW + 11 * MINUTE) == {}


async def test_between_shifts_a_code_that_nobody_scans_is_no_alert(ledger: Ledger) -> None:
    ann, bo = await ledger.write(shop("ann", "bo"))
    await ledger.write(works(ann, "09:00-12:00"))
    await ledger.write(works(bo, "15:00-18:00"))
    await ledger.write(lambda c: set_presence(c, ACT, bo, "offline"))

    at_lunch, in_the_afternoon = await wrong(ledger), await wrong(ledger, NOW + 90 * MINUTE)

    assert (at_lunch, list(in_the_afternoon)) == ({}, [("code_to_nobody", "code:1")])


async def test_somebody_without_a_schedule_is_missed_at_any_hour(ledger: Ledger) -> None:
    ann, bo = await ledger.write(shop("ann", "bo"))
    await ledger.write(works(ann, "09:00-12:00"))
    await ledger.write(lambda c: set_presence(c, ACT, bo, "offline"))

    assert list(await wrong(ledger)) == [("code_to_nobody", "code:1")]


async def test_a_schedule_without_another_shift_is_an_alert_at_any_hour(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    await ledger.write(works(ann))

    assert list(await wrong(ledger)) == [("code_to_nobody", "code:1")]


async def test_a_pool_on_shift_that_takes_over_is_somebody(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    bo = await ledger.write(agent("bo"))
    await ledger.write(ready_ways(bo, 1))
    second = await ledger.write(pool("second", [bo]))
    await ledger.write(lambda c: set_presence(c, ACT, ann, "offline"))
    alone = await wrong(ledger)
    await ledger.write(spills(1, FallbackPool(second)))

    assert (list(alone), await wrong(ledger)) == ([("code_to_nobody", "code:1")], {})


async def test_an_acquisition_link_whose_pool_is_offline_leads_to_nobody(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    await ledger.write(lambda c: c.exec_driver_sql("UPDATE live_code SET kind = 'acquisition'").rowcount)
    staffed = await wrong(ledger)
    await ledger.write(lambda c: set_presence(c, ACT, ann, "offline"))

    assert (staffed, list(await wrong(ledger))) == ({}, [("code_to_nobody", "code:1")])
