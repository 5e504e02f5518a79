"""Pools and codes that are full: which of the two it is, until when, and why."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import waiting
from router.db.queries.alerts import open_alerts
from router.db.queries.turned_away import with_reasons
from router.domain.spill import FallbackPool
from router.handlers.admin.act import Act
from router.handlers.admin.agents import AgentEdit, update_agent
from router.handlers.admin.live_codes import archive_live_code, close_live_code
from router.handlers.admin.presence import set_presence
from tests.factories import HOUR, MINUTE, NOW, SECOND, agent, cap, live_code, pool, shop
from tests.integration.attention.around import ACT, asks_for, has_skill, works, wrong
from tests.integration.ledger.lines import asks, spills

pytestmark = pytest.mark.anyio

FULL = [("pool_full", "pool:1")]
CODE_FULL = [("code_full", "code:1")]
GONE = NOW + waiting.PRESENT + SECOND  # whoever waited at NOW has left


async def test_a_pool_is_full_until_it_has_room_and_nobody_waits(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=0))
    await ledger.write(asks("early"))
    full = await wrong(ledger)
    await ledger.write(cap("agent:1", 5))
    still_waiting = await wrong(ledger)
    gone = await wrong(ledger, NOW + waiting.PRESENT + SECOND)

    assert [full, still_waiting, gone] == [{("pool_full", "pool:1"): NOW}, {("pool_full", "pool:1"): NOW}, {}]


@pytest.mark.parametrize("end", [archive_live_code, close_live_code])
async def test_a_full_pool_that_no_open_code_asks_any_more_is_no_alert(
    ledger: Ledger, end: Callable[[Connection, Act, int], object]
) -> None:
    await ledger.write(shop("ann", cap_each=0))
    await ledger.write(asks("early"))
    full = await wrong(ledger, GONE)
    await ledger.write(lambda c: end(c, ACT, 1))

    assert (list(full), await wrong(ledger, GONE)) == (FULL, {})


async def test_a_pool_has_room_when_any_code_that_asks_it_finds_a_place(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=0))
    await ledger.write(cap("code:1", 0))
    await ledger.write(asks("early"))
    full = await wrong(ledger, GONE)
    await ledger.write(cap("agent:1", 1))
    alone = await wrong(ledger, GONE)
    await ledger.write(live_code(1, "autumn"))

    assert (list(full), list(alone), await wrong(ledger, GONE)) == (FULL, FULL, {})


async def test_a_code_stays_full_until_its_own_cap_is_raised_whatever_others_find(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    await ledger.write(live_code(1, "autumn"))
    await ledger.write(cap("code:1", 0))
    await ledger.write(asks("early"))
    full = await wrong(ledger, GONE)
    await ledger.write(cap("code:1", 1))

    assert (list(full), await wrong(ledger, GONE)) == (CODE_FULL, {})


@pytest.mark.parametrize("end", [archive_live_code, close_live_code])
async def test_a_full_code_that_is_open_no_more_is_no_alert(
    ledger: Ledger, end: Callable[[Connection, Act, int], object]
) -> None:
    await ledger.write(shop("ann"))
    await ledger.write(cap("code:1", 0))
    await ledger.write(asks("early"))
    full = await wrong(ledger, GONE)
    await ledger.write(lambda c: end(c, ACT, 1))

    assert (list(full), await wrong(ledger, GONE)) == (CODE_FULL, {})


async def test_a_code_stays_full_while_nobody_of_whom_it_asks_has_a_place(ledger: Ledger) -> None:
    ann, _ = await ledger.write(shop("ann", "bo"))
    await ledger.write(has_skill(ann, "日语"))
    await ledger.write(asks_for("skill", "日语"))
    await ledger.write(cap(f"agent:{ann}", 0))
    await ledger.write(asks("early"))
    full = await wrong(ledger, GONE)
    await ledger.write(cap(f"agent:{ann}", 1))

    assert (list(full), await wrong(ledger, GONE)) == (CODE_FULL, {})


async def said_of_the_full_pool(ledger: Ledger) -> list[dict[str, object]]:
    """What the sentences of the open alerts about full pools are filled with."""
    told = await ledger.read(lambda c: with_reasons(c, open_alerts(c)))
    return [alert.text for alert in told if alert.kind == "pool_full"]


async def test_a_full_pool_says_when_nobody_was_there_and_no_cap_was_the_reason(ledger: Ledger) -> None:
    ann, bo = await ledger.write(shop("ann", "bo", cap_each=1))
    await ledger.write(works(ann, "09:00-12:00"))
    await ledger.write(works(bo, "09:00-12:00"))
    await ledger.write(asks("at lunch"))
    at_lunch = await said_of_the_full_pool(ledger)
    await ledger.write(lambda c: update_agent(c, ACT, bo, AgentEdit(schedule_id=0)))
    await ledger.write(lambda c: set_presence(c, ACT, bo, "offline"))
    await ledger.write(asks("later", now=NOW + MINUTE))
    offline = await said_of_the_full_pool(ledger)
    await ledger.write(lambda c: set_presence(c, ACT, bo, "online"))
    for number in range(3):
        await ledger.write(asks(f"visitor {number}", now=NOW + HOUR))

    name = "pool of spring"
    assert at_lunch == [{"name": name, "because": "between_shifts"}]
    assert offline == [{"name": name, "because": "nobody"}]
    assert await said_of_the_full_pool(ledger) == [{"name": name}]


async def test_the_pool_asked_first_is_the_one_that_says_why_it_sent_visitors_on(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    bo = await ledger.write(agent("bo"))
    second = await ledger.write(pool("second", [bo]))
    await ledger.write(cap(f"agent:{bo}", 0))
    await ledger.write(spills(1, FallbackPool(second)))
    await ledger.write(lambda c: set_presence(c, ACT, ann, "paused"))
    await ledger.write(asks("early"))

    assert await said_of_the_full_pool(ledger) == [{"name": "pool of spring", "because": "nobody"}]
