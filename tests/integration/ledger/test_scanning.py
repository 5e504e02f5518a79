"""Scans against a ledger: who is given whom, and what a cap allows when everybody comes at once."""

import asyncio
from collections import Counter

import pytest

from router.db import json
from router.db.ledger import Ledger
from router.db.queries.scan import latest
from router.domain.capacity import agent_subject
from router.domain.scan import AlreadyAdded, Closed, Preparing, Reserved, ScanAnswer, Waiting
from router.handlers.decide import decide_open
from router.handlers.scan import ScanRequest, ScanRules, scan_each
from tests.factories import (
    DAY,
    MINUTE,
    NOW,
    ZONE,
    agent,
    cap,
    customer_added,
    live_code,
    pool,
    ready_ways,
    received,
    scan,
    shop,
    situation,
    state_of,
)
from tests.integration.ledger.looking import column, counters_that_lie, one, rows, taken

pytestmark = pytest.mark.anyio


async def scan_all(ledger: Ledger, visitors: list[str]) -> list[ScanAnswer | None]:
    """All at once, sharing transactions as the service lets them."""
    work = lambda connection, requests: scan_each(connection, requests, NOW, ScanRules(ZONE, 0, 1))  # noqa: E731
    return await asyncio.gather(*(ledger.write_each(work, ScanRequest("spring", visitor)) for visitor in visitors))


async def test_two_hundred_parallel_scans_on_sixty_places_make_sixty_reservations(ledger: Ledger) -> None:
    agents = await ledger.write(shop("ann", "bo", "cy", cap_each=20, ways=25))

    answers = await scan_all(ledger, [f"visitor-{n}" for n in range(200)])

    assert Counter(type(answer) for answer in answers) == {Reserved: 60, Waiting: 140}
    assert [await ledger.read(taken(agent_subject(id))) for id in agents] == [20, 20, 20]
    assert await ledger.write(counters_that_lie()) == []


async def test_each_parallel_reservation_has_a_contact_way_of_its_own(ledger: Ledger) -> None:
    await ledger.write(shop("ann", "bo", ways=20))

    answers = await scan_all(ledger, [f"visitor-{n}" for n in range(40)])

    links = [answer.link for answer in answers if isinstance(answer, Reserved)]
    assert len(links) == len(set(links)) == 40


async def test_a_visitor_who_scans_again_sees_the_same_reservation(ledger: Ledger) -> None:
    await ledger.write(shop("ann", "bo"))
    first = await ledger.write(scan("lin"))

    second = await ledger.write(scan("lin", now=NOW + MINUTE + 1))

    assert isinstance(first, Reserved)
    assert isinstance(second, Reserved)
    assert (second.key, second.agent, second.expires_at) == (first.key, first.agent, first.expires_at)
    assert await ledger.read(one("SELECT scans FROM visit")) == 2


async def test_a_visitor_who_scans_twice_at_the_same_moment_holds_one_place(ledger: Ledger) -> None:
    await ledger.write(shop("ann", "bo"))

    answers = await scan_all(ledger, ["lin"] * 8)

    assert len({answer.key for answer in answers if isinstance(answer, Reserved)}) == 1
    assert await ledger.read(one("SELECT count(*) FROM reservation")) == 1
    assert await ledger.read(column("SELECT taken FROM counter WHERE subject NOT LIKE '%@%'")) == [1]


async def test_an_expired_hold_is_followed_by_a_new_one_of_the_same_agent(ledger: Ledger) -> None:
    await ledger.write(shop("ann", "bo", hold_minutes=20))
    first = await ledger.write(scan("lin"))

    again = await ledger.write(scan("lin", now=NOW + 20 * MINUTE))

    assert isinstance(first, Reserved)
    assert isinstance(again, Reserved)
    assert again.key != first.key
    assert again.agent == first.agent
    assert await ledger.read(rows("SELECT key, status FROM reservation ORDER BY id")) == [
        (first.key, "expired"),
        (again.key, "held"),
    ]


async def test_a_visitor_who_has_added_the_agent_holds_nothing_more(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    reserved = await ledger.write(scan("lin"))
    assert isinstance(reserved, Reserved)
    await ledger.write(received(customer_added(state=await ledger.read(state_of(reserved.key)))))
    await ledger.write(lambda c: decide_open(c, situation()))

    again = await ledger.write(scan("lin", now=NOW + DAY))

    assert again == AlreadyAdded(reserved.agent, reserved.key, "you have added this consultant")
    assert await ledger.read(one("SELECT count(*) FROM reservation")) == 1


LEAVES = "UPDATE agent SET available = false WHERE name = 'Ann' RETURNING id"
IS_ARCHIVED = "UPDATE agent SET archived_at = 1 WHERE name = 'Ann' RETURNING id"


@pytest.mark.parametrize("out_of_reach", [LEAVES, IS_ARCHIVED])
@pytest.mark.parametrize("has_added", [True, False])
async def test_whose_agent_is_out_of_reach_gets_another(ledger: Ledger, out_of_reach: str, has_added: bool) -> None:
    await ledger.write(shop("ann", "bo"))
    held = await ledger.write(scan("lin"))
    assert isinstance(held, Reserved)
    assert held.agent.name == "Ann"
    if has_added:
        await ledger.write(received(customer_added(state=await ledger.read(state_of(held.key)))))
        await ledger.write(lambda c: decide_open(c, situation()))
    await ledger.write(rows(out_of_reach))

    again = await ledger.write(scan("lin", now=NOW + MINUTE))

    assert isinstance(again, Reserved)
    assert again.agent.name == "Bo"
    statuses = ["confirmed", "held"] if has_added else ["released", "held"]
    assert await ledger.read(column("SELECT status FROM reservation ORDER BY id")) == statuses
    assert await ledger.write(counters_that_lie()) == []


async def test_a_customer_who_scans_another_code_gets_the_agent_who_has_them(ledger: Ledger) -> None:
    ann, bo = await ledger.write(shop("ann", "bo"))
    await ledger.write(live_code(await ledger.write(pool("both", (bo, ann))), "autumn"))
    held = await ledger.write(scan("lin"))
    assert isinstance(held, Reserved)
    await ledger.write(received(customer_added(state=await ledger.read(state_of(held.key)))))
    await ledger.write(lambda c: decide_open(c, situation()))

    told = [await ledger.write(scan(visitor, slug="autumn", now=NOW + MINUTE)) for visitor in ("lin", "wu")]

    assert [each.agent.id for each in told if isinstance(each, Reserved)] == [ann, bo]


async def test_agents_are_given_customers_in_proportion_to_their_weight(ledger: Ledger) -> None:
    heavy = await ledger.write(agent("heavy", weight=3))
    light = await ledger.write(agent("light", weight=1))
    pool_id = await ledger.write(pool(members=(heavy, light)))
    await ledger.write(live_code(pool_id))
    await ledger.write(ready_ways(heavy, 20))
    await ledger.write(ready_ways(light, 20))

    await scan_all(ledger, [f"visitor-{n}" for n in range(20)])

    assert await ledger.read(rows("SELECT agent_id, count(*) FROM reservation GROUP BY agent_id ORDER BY 1")) == [
        (heavy, 15),
        (light, 5),
    ]


async def test_a_free_agent_without_a_contact_way_is_being_prepared_and_restocked(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", ways=0))

    answer = await ledger.write(scan("lin", rules=ScanRules(ZONE, 8, 12)))

    assert answer == Preparing("a consultant is free; the code is being prepared")
    assert await ledger.read(column("SELECT status FROM contact_way WHERE agent_id = :id", id=ann)) == ["making"] * 12
    assert await ledger.read(column("SELECT kind FROM outbox")) == ["make_contact_way"] * 12
    assert await ledger.read(taken(agent_subject(ann))) == 0


async def test_a_scan_that_empties_the_stock_below_its_low_water_mark_orders_more(ledger: Ledger) -> None:
    await ledger.write(shop("ann", ways=3))

    await ledger.write(scan("lin", rules=ScanRules(ZONE, stock_low=3, stock_target=5)))

    assert await ledger.read(rows("SELECT status, count(*) FROM contact_way GROUP BY status ORDER BY 1")) == [
        ("leased", 1),
        ("making", 3),
        ("ready", 2),
    ]


async def test_a_slug_that_is_no_live_code_is_answered_with_none(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))

    assert await ledger.write(scan("lin", slug="summer")) is None


async def test_a_closed_code_holds_nothing(ledger: Ledger) -> None:
    ann = await ledger.write(agent("ann"))
    pool_id = await ledger.write(pool(members=(ann,)))
    await ledger.write(live_code(pool_id, active=False))
    await ledger.write(ready_ways(ann))

    answer = await ledger.write(scan("lin"))

    assert answer == Closed("this code is closed")
    assert await ledger.read(one("SELECT count(*) FROM reservation")) == 0


async def test_a_cap_of_zero_gives_nobody(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=0))

    answer = await ledger.write(scan("lin"))

    assert answer == Waiting(1, 1, "every consultant is busy right now")
    assert await ledger.read(taken(agent_subject(ann))) == 0


@pytest.mark.parametrize("scope", ["code", "pool", "agent:{agent}@code:{code}", "agent:{agent}@pool:{pool}"])
@pytest.mark.parametrize("window", ["hour", "day", "total"])
async def test_every_scope_and_window_of_a_cap_holds(ledger: Ledger, scope: str, window: str) -> None:
    (ann,) = await ledger.write(shop("ann"))
    code_id, pool_id = (await ledger.read(rows("SELECT id, pool_id FROM live_code")))[0]
    subject = {"code": f"code:{code_id}", "pool": f"pool:{pool_id}"}.get(scope) or scope.format(
        agent=ann, code=code_id, pool=pool_id
    )
    await ledger.write(cap(subject, 2, window))  # type: ignore[arg-type]  # one of the windows above

    answers = await scan_all(ledger, ["lin", "wang", "zhao"])

    assert [type(answer) for answer in answers] == [Reserved, Reserved, Waiting]
    assert await ledger.write(counters_that_lie()) == []


async def test_a_place_refused_by_one_cap_is_taken_from_none(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=5))
    code_id = await ledger.read(one("SELECT id FROM live_code"))
    await ledger.write(cap(f"code:{code_id}", 1))

    await scan_all(ledger, ["lin", "wang", "zhao"])

    assert await ledger.read(taken(agent_subject(ann))) == 1
    assert await ledger.read(taken(f"code:{code_id}")) == 1


async def test_a_new_day_begins_with_all_places_free(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=1))
    assert isinstance(await ledger.write(scan("lin")), Reserved)
    assert isinstance(await ledger.write(scan("wang")), Waiting)

    answer = await ledger.write(scan("wang", now=NOW + DAY))

    assert isinstance(answer, Reserved)


async def test_the_decision_is_stored_with_every_agent_left_out_and_why(ledger: Ledger) -> None:
    await ledger.write(shop("ann", "bo", cap_each=1))
    await ledger.write(scan("lin"))
    await ledger.write(scan("wang"))

    await ledger.write(scan("zhao"))

    ((outcome, stored),) = await ledger.read(
        rows(
            "SELECT d.outcome, d.content FROM visit AS v JOIN decision AS d ON d.id = v.decision_id"
            " WHERE v.visitor = 'zhao'"
        )
    )
    decision = json.load(stored)
    assert (outcome, decision["chosen"]) == ("full", None)
    assert [each["reason"] for each in decision["left_out"]] == ["at_cap", "at_cap"]


async def test_the_latest_reservation_of_a_visitor_is_found_per_code(ledger: Ledger) -> None:
    await ledger.write(shop("ann", slug="spring"))
    await ledger.write(shop("bo", slug="summer"))
    spring = await ledger.write(scan("lin", slug="spring"))
    summer = await ledger.write(scan("lin", slug="summer"))

    spring_code, summer_code = await ledger.read(column("SELECT id FROM live_code ORDER BY slug"))

    assert isinstance(spring, Reserved)
    assert isinstance(summer, Reserved)
    for code_id, key in ((spring_code, spring.key), (summer_code, summer.key)):
        known = await ledger.read(lambda c, id=code_id: latest(c, id, "lin"))  # type: ignore[misc]
        assert known is not None
        assert known.key == key
