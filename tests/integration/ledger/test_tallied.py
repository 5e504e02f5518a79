"""What the use cases tally is what happened: no more, no less, and the rows say the same."""

import random

import pytest

from router.db.ledger import Ledger
from router.db.queries import tally
from router.db.queries.tally import Count
from router.domain.scan import Reserved
from router.handlers.decide import decide_open
from router.handlers.scan import ScanRequest, scan_each
from tests.factories import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    RULES,
    ZONE,
    customer_added,
    customer_lost,
    instant,
    received,
    scan,
    shop,
    situation,
    state_of,
)
from tests.integration.ledger.looking import rows

pytestmark = pytest.mark.anyio

LINES = "SELECT hour, measure, code_id, agent_id, test, times FROM tally ORDER BY 1, 2, 3, 4, 5"
SUMS = "SELECT measure, sum(times) FROM tally GROUP BY measure ORDER BY measure"


async def decide(ledger: Ledger, *plaintexts: str, now: int = NOW) -> None:
    """Store callbacks, then decide until nothing is open."""
    await ledger.write(received(*plaintexts, now=now))
    while await ledger.write(lambda c: decide_open(c, situation(now))):
        pass


async def reserve(ledger: Ledger, visitor: str, now: int = NOW, *, test: bool = False) -> str:
    """The state token that the picture of a new reservation carries."""
    request = ScanRequest("spring", visitor, test=test)
    answer = (await ledger.write(lambda c: scan_each(c, [request], now, RULES)))[0]
    assert isinstance(answer, Reserved)
    return await ledger.read(state_of(answer.key))


async def test_a_page_that_is_reloaded_or_asks_again_by_itself_is_one_scan(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))

    for second in range(0, 180, 5):
        await ledger.write(scan("lin", now=NOW + second * 1000))
    await ledger.write(scan("lin", now=NOW + 10 * MINUTE))

    assert await ledger.read(rows(SUMS)) == [("scan", 2), ("visitor", 1)]


async def test_a_visitor_counts_once_a_day_and_the_first_look_of_a_day_is_a_scan(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    before_midnight = instant("2026-11-21 23:59:50")

    for now in (before_midnight, before_midnight + 20_000, before_midnight + DAY):
        await ledger.write(scan("lin", now=now))

    assert await ledger.read(rows("SELECT hour, measure, times FROM tally ORDER BY hour, measure")) == [
        (2026112123, "scan", 1),
        (2026112123, "visitor", 1),
        (2026112200, "scan", 1),
        (2026112200, "visitor", 1),
        (2026112223, "scan", 1),
    ]


async def test_a_clock_that_was_set_back_makes_nobody_a_second_visitor(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))

    for now in (NOW, NOW - HOUR, NOW - 2 * DAY):
        await ledger.write(scan("lin", now=now))

    assert await ledger.read(rows(SUMS)) == [("scan", 1), ("visitor", 1)]


async def test_an_add_counts_for_its_code_and_agent_and_an_unknown_channel_for_the_agent(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    state = await reserve(ledger, "lin")

    await decide(ledger, customer_added(state=state), customer_added(external_userid="wm-unknown"))

    assert await ledger.read(rows("SELECT code_id, agent_id, times FROM tally WHERE measure = 'add' ORDER BY 1")) == [
        (0, ann, 1),
        (1, ann, 1),
    ]


async def test_the_same_add_delivered_twice_counts_once(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    state = await reserve(ledger, "lin")

    await decide(ledger, customer_added(state=state), customer_added(state=state))
    await decide(ledger, customer_added(state=state, welcome_code="LATER"))

    assert await ledger.read(rows("SELECT sum(times) FROM tally WHERE measure = 'add'")) == [(1,)]


async def test_a_loss_counts_for_the_code_that_had_brought_the_customer(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    await decide(ledger, customer_added(state=await reserve(ledger, "lin")))
    await decide(ledger, customer_added(external_userid="wm-unknown"))

    await decide(ledger, customer_lost(at=NOW + HOUR), now=NOW + HOUR)
    await decide(ledger, customer_lost(external_userid="wm-unknown", by_customer=False, at=NOW + HOUR), now=NOW + HOUR)

    losses = "SELECT hour, measure, code_id, agent_id, times FROM tally WHERE measure IN ('lost', 'removed') ORDER BY 2"
    assert await ledger.read(rows(losses)) == [(2026112115, "lost", 1, ann, 1), (2026112115, "removed", 0, ann, 1)]


async def test_what_follows_from_a_test_scan_is_test_traffic_too(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))

    await decide(ledger, customer_added(state=await reserve(ledger, "tester", test=True)))
    await decide(ledger, customer_lost(at=NOW + HOUR), now=NOW + HOUR)
    reply = await ledger.write(lambda c: tally.of_reply(c, "wm-lin", NOW + HOUR, by_agent=True))

    assert await ledger.read(rows("SELECT measure, test FROM tally ORDER BY measure")) == [
        ("add", True),
        ("lost", True),
        ("scan", True),
        ("visitor", True),
    ]
    assert reply == Count("reply", 1, 1, True)


@pytest.mark.parametrize("seed", [1, 2])
async def test_counted_again_from_the_rows_the_tally_is_the_same(ledger: Ledger, seed: int) -> None:
    chance = random.Random(seed)
    await ledger.write(shop("ann", "ben", ways=40))
    now = instant("2026-11-20 21:00")
    for number in range(40):
        now += chance.randrange(20 * MINUTE)
        who = f"wm-{chance.randrange(4)}"
        match chance.randrange(4):
            case 0 | 1:
                state = await reserve(ledger, f"visitor-{number}", now, test=chance.random() < 0.3)
                await decide(ledger, customer_added(chance.choice(["ann", "ben"]), who, state=state, at=now), now=now)
            case 2:
                await decide(ledger, customer_added(chance.choice(["ann", "ben"]), who, at=now), now=now)
            case _:
                by_customer = chance.random() < 0.5
                lost = customer_lost(chance.choice(["ann", "ben"]), who, by_customer=by_customer, at=now)
                await decide(ledger, lost, now=now)
    counted = await ledger.read(rows(LINES))

    await ledger.write(lambda c: tally.count(c, NOW, ZONE, "add", 1, 1, times=1_000))  # a counter that lies
    await ledger.write(lambda c: tally.recount(c, instant("2026-11-20 00:00"), instant("2026-11-23 00:00"), ZONE))

    assert {line[1] for line in counted} >= {"add", "lost", "removed", "scan"}
    assert await ledger.read(rows(LINES)) == counted


async def test_a_loss_that_arrives_before_its_add_counts_once_the_add_is_there(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    state = await reserve(ledger, "lin")

    await decide(ledger, customer_lost(at=NOW + 2_000))
    before = await ledger.read(rows(SUMS))
    await decide(ledger, customer_added(state=state, at=NOW + 1_000))

    assert before == [("scan", 1), ("visitor", 1)]
    assert await ledger.read(rows(SUMS)) == [("add", 1), ("lost", 1), ("scan", 1), ("visitor", 1)]
