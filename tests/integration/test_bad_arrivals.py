"""What visitors and events do that they should not: each has a stated outcome (docs/outcomes.md), none an error."""

import pytest

from router.db import json
from router.db.ledger import Ledger
from router.db.queries import inbox
from router.domain.capacity import agent_subject
from router.domain.scan import AlreadyAdded, Reserved, ScanAnswer
from router.handlers import lease
from router.handlers.decide import decide_open
from router.web.visitor import New, Remembered, read_visitor
from tests.factories import (
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    ZONE,
    agent,
    cap,
    customer_added,
    customer_lost,
    live_code,
    ready_ways,
    received,
    scan,
    shop,
    situation,
    state_of,
)
from tests.integration.ledger.looking import column, counters_that_lie, one, rows, taken

pytestmark = pytest.mark.anyio

ASSIGNMENTS = "SELECT how, own_place FROM assignment ORDER BY id"
FORGED = {
    "one of another system": "poster-2019",
    "one that looks like ours": "lq-state-999999",
    "twice as long as the platform's": "x" * 60,
    "SQL": "'; DROP TABLE agent; --",
    "letters of another script": "渠道🧧",
}


async def decide(ledger: Ledger, *plaintexts: str, now: int = NOW) -> None:
    """Store callbacks, then decide until nothing is open."""
    await ledger.write(received(*plaintexts, now=now))
    while await ledger.write(lambda c: decide_open(c, situation(now))):
        pass


async def reserve(ledger: Ledger, visitor: str = "lin", slug: str = "spring", now: int = NOW) -> Reserved:
    """A held reservation."""
    answer = await ledger.write(scan(visitor, slug, now))
    assert isinstance(answer, Reserved)
    return answer


async def scanned(ledger: Ledger, visitor: str, now: int = NOW) -> ScanAnswer | None:
    """What the visitor is told."""
    return await ledger.write(scan(visitor, now=now))


async def end_hold(ledger: Ledger, now: int = NOW) -> int:
    """The only reservation expires; returns its contact way."""
    ((reservation_id, way_id),) = await ledger.read(rows("SELECT id, way_id FROM reservation"))
    await ledger.write(lambda c: lease.expire(c, reservation_id, now))
    return int(way_id)


# --- State ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", FORGED.values(), ids=FORGED)
async def test_a_forged_state_is_an_unknown_channel_counted_for_the_agent(ledger: Ledger, state: str) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=1))
    held = await reserve(ledger)

    await decide(ledger, customer_added(external_userid="wm-stranger", state=state))

    reasons = [json.load(text) for text in await ledger.read(column("SELECT reason FROM assignment"))]
    assert await ledger.read(rows(ASSIGNMENTS)) == [("unknown_channel", True)]
    assert reasons == [{"reason": "the state token is not one of ours"}]
    assert await ledger.read(column("SELECT status FROM inbox")) == ["done"]
    assert await ledger.read(one("SELECT status FROM reservation WHERE key = :key", key=held.key)) == "held"
    assert await ledger.read(taken(agent_subject(ann))) == 2


async def test_a_state_that_no_platform_could_send_is_kept_as_a_failed_event_with_the_reason(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))

    await decide(ledger, customer_added(state="x" * 5_000))

    ((status, reason),) = await ledger.read(rows("SELECT status, reason FROM inbox"))
    assert status == "failed"
    assert "State" in reason
    assert await ledger.read(one("SELECT count(*) FROM assignment")) == 0


async def test_a_state_of_another_agents_picture_confirms_nothing_there(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    bo = await ledger.write(agent("bo"))
    held = await reserve(ledger)

    await decide(ledger, customer_added("bo", state=await ledger.read(state_of(held.key))))

    assert await ledger.read(rows("SELECT agent_id, how FROM assignment")) == [(bo, "unknown_channel")]
    assert await ledger.read(column("SELECT status FROM reservation")) == ["held"]


async def test_the_state_of_another_code_confirms_the_reservation_on_that_code(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    await ledger.write(lambda c: live_code(1, "summer")(c))
    await ledger.write(ready_ways(ann))
    here, there = await reserve(ledger), await reserve(ledger, slug="summer")

    await decide(ledger, customer_added(state=await ledger.read(state_of(there.key))))

    statuses = dict(await ledger.read(rows("SELECT key, status FROM reservation")))
    assert statuses == {here.key: "held", there.key: "confirmed"}
    assert await ledger.read(column("SELECT code_id FROM assignment")) == [2]
    assert await ledger.write(counters_that_lie()) == []


async def test_an_add_after_the_lease_ended_is_late_honoured_and_accounted(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=1))
    state = await ledger.read(state_of((await reserve(ledger)).key))
    way_id = await end_hold(ledger)
    await ledger.write(lambda c: lease.deletion_acknowledged(c, way_id, NOW, ZONE))
    await reserve(ledger, "wang")

    await decide(ledger, customer_added(state=state))

    assert await ledger.read(rows(ASSIGNMENTS)) == [("late", True)]
    assert await ledger.read(taken(agent_subject(ann))) == 2
    assert await ledger.write(counters_that_lie()) == []


# --- order ----------------------------------------------------------------------------------------------------------


async def test_a_loss_that_overtakes_its_add_leaves_one_arrival_that_is_over(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=1))
    state = await ledger.read(state_of((await reserve(ledger)).key))

    await decide(ledger, customer_lost(at=NOW + SECOND), now=NOW + MINUTE)
    await decide(ledger, customer_added(state=state), now=NOW + MINUTE)

    assert await ledger.read(rows(ASSIGNMENTS)) == [("reserved", False)]
    assert await ledger.read(column("SELECT status FROM follow")) == ["lost"]
    assert await ledger.read(taken(agent_subject(ann))) == 1


async def test_the_same_add_delivered_again_and_again_is_one_arrival(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=3))
    state = await ledger.read(state_of((await reserve(ledger)).key))

    for _ in range(3):
        await decide(ledger, customer_added(state=state))

    assert await ledger.read(rows(ASSIGNMENTS)) == [("reserved", False)]
    assert await ledger.read(taken(agent_subject(ann))) == 1


async def test_an_add_for_an_agent_we_do_not_know_waits_for_the_person_who_can_mend_it(ledger: Ledger) -> None:
    await decide(ledger, customer_added("stranger"))
    failed = await ledger.read(rows("SELECT id, status, reason FROM inbox"))

    await ledger.write(agent("stranger"))
    await ledger.write(lambda c: inbox.reopen(c, failed[0][0]))
    await ledger.write(lambda c: decide_open(c, situation()))

    assert failed[0][1:] == ("failed", "no agent 'stranger' in liveqr: add the agent, then decide this event again")
    assert await ledger.read(column("SELECT status FROM inbox")) == ["done"]


# --- visitors -------------------------------------------------------------------------------------------------------


def test_a_visitor_without_cookies_is_a_new_one_each_time() -> None:
    first, second = read_visitor(None, None, lambda: "a" * 32), read_visitor(None, None, lambda: "b" * 32)

    assert isinstance(first, New)
    assert isinstance(second, New)
    assert first.id != second.id


@pytest.mark.parametrize("cookie", ["", "x", "A" * 32, "0" * 31, "0" * 4_000, "0" * 32 + "; lq_v=" + "1" * 32])
def test_a_cookie_we_never_gave_counts_as_none(cookie: str) -> None:
    assert isinstance(read_visitor(None, cookie, lambda: "a" * 32), New)


def test_a_cookie_we_gave_is_recognised_whatever_else_comes_with_it() -> None:
    assert isinstance(read_visitor(None, "0" * 32, lambda: "a" * 32), Remembered)


async def test_many_visitors_of_one_person_take_no_more_places_than_there_are(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=3))

    answers = [await scanned(ledger, f"cookie-{number}") for number in range(10)]

    assert sum(isinstance(answer, Reserved) for answer in answers) == 3
    assert await ledger.read(taken(agent_subject(ann))) == 3


# --- clocks ---------------------------------------------------------------------------------------------------------


async def test_a_clock_that_jumps_back_an_hour_keeps_the_visitors_reservation_and_its_place(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=1))
    held = await reserve(ledger)

    again = await scanned(ledger, "lin", NOW - HOUR)

    assert isinstance(again, Reserved)
    assert (again.key, again.expires_at) == (held.key, held.expires_at)
    assert await ledger.read(taken(agent_subject(ann))) == 1
    assert not isinstance(await scanned(ledger, "wang", NOW - HOUR), Reserved)


async def test_a_clock_that_jumps_ahead_an_hour_ends_the_hold_and_reserves_anew_with_the_same_agent(
    ledger: Ledger,
) -> None:
    await ledger.write(shop("ann", "bo"))
    held = await reserve(ledger)

    again = await scanned(ledger, "lin", NOW + HOUR)

    assert isinstance(again, Reserved)
    assert again.key != held.key
    assert again.agent == held.agent
    assert await ledger.read(column("SELECT status FROM reservation ORDER BY id")) == ["expired", "held"]


async def test_an_add_dated_an_hour_ahead_or_behind_is_the_same_arrival(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=2))
    state = await ledger.read(state_of((await reserve(ledger)).key))

    await decide(ledger, customer_added(state=state, half=True, at=NOW + HOUR))
    await decide(ledger, customer_added(state=state, at=NOW - HOUR))

    assert await ledger.read(rows(ASSIGNMENTS)) == [("reserved", False)]
    assert await ledger.read(taken(agent_subject(ann))) == 1
    assert isinstance(await scanned(ledger, "lin"), AlreadyAdded)


# --- the platform, half-way -----------------------------------------------------------------------------------------


async def test_a_deletion_that_the_platform_refuses_keeps_the_place_closed_until_it_is_done(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=1))
    await reserve(ledger)
    way_id = await end_hold(ledger)

    meanwhile = await scanned(ledger, "wang")
    await ledger.write(lambda c: lease.deletion_acknowledged(c, way_id, NOW, ZONE))
    await ledger.write(lambda c: lease.deletion_acknowledged(c, way_id, NOW, ZONE))
    afterwards = await scanned(ledger, "wang")

    assert not isinstance(meanwhile, Reserved)
    assert isinstance(afterwards, Reserved)
    assert await ledger.read(taken(agent_subject(ann))) == 1
    assert await ledger.write(counters_that_lie()) == []


@pytest.mark.parametrize("places", [0, 1])
async def test_a_cap_of_zero_or_below_todays_use_closes_and_takes_nothing_back(ledger: Ledger, places: int) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=5))
    for visitor in ("lin", "wang"):
        await reserve(ledger, visitor)

    await ledger.write(cap(agent_subject(ann), places))
    refused = await scanned(ledger, "zhao")
    kept = await scanned(ledger, "lin")

    assert not isinstance(refused, Reserved)
    assert isinstance(kept, Reserved)
    assert await ledger.read(taken(agent_subject(ann))) == 2
