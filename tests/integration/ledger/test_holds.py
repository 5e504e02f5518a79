"""The life of a hold: its place is given on only after the platform no longer serves the picture that was shown."""

import pytest

from router.db.ledger import Ledger
from router.db.queries import timers
from router.domain.capacity import agent_subject
from router.domain.scan import Reserved, Waiting
from router.handlers import lease
from tests.factories import DAY, MINUTE, NOW, ZONE, cap, instant, ready_ways, scan, shop
from tests.integration.ledger.looking import column, counters_that_lie, one, rows, taken

pytestmark = pytest.mark.anyio


async def the_only_reservation(ledger: Ledger) -> tuple[int, int]:
    """Its id and its contact way's."""
    ((reservation_id, way_id),) = await ledger.read(rows("SELECT id, way_id FROM reservation"))
    return reservation_id, way_id


async def test_a_released_place_is_not_given_on_before_the_platform_deleted_the_picture(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=1))
    await ledger.write(scan("lin"))
    reservation_id, _ = await the_only_reservation(ledger)

    released = await ledger.write(lambda c: lease.release(c, reservation_id, NOW + MINUTE))
    answer = await ledger.write(scan("wang", now=NOW + 2 * MINUTE))

    assert released
    assert isinstance(answer, Waiting)
    assert await ledger.read(taken(agent_subject(ann))) == 1
    assert await ledger.write(counters_that_lie()) == []


async def test_a_place_is_free_again_once_the_deletion_is_acknowledged(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=1))
    await ledger.write(scan("lin"))
    reservation_id, way_id = await the_only_reservation(ledger)
    assert isinstance(await ledger.write(scan("wang")), Waiting)
    await ledger.write(lambda c: lease.release(c, reservation_id, NOW))

    await ledger.write(lambda c: lease.deletion_acknowledged(c, way_id, NOW, ZONE))
    free = await ledger.read(taken(agent_subject(ann)))
    answer = await ledger.write(scan("wang"))

    assert free == 0
    assert isinstance(answer, Reserved)
    assert await ledger.write(counters_that_lie()) == []


async def test_the_end_of_a_hold_orders_the_deletion_of_its_picture(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    await ledger.write(scan("lin"))
    reservation_id, way_id = await the_only_reservation(ledger)

    await ledger.write(lambda c: lease.expire(c, reservation_id, NOW + 20 * MINUTE))

    assert await ledger.read(rows("SELECT key, status FROM outbox")) == [(f"delete_way:{way_id}", "pending")]
    assert await ledger.read(one("SELECT status FROM contact_way WHERE id = :id", id=way_id)) == "retiring"


async def test_a_hold_ends_once(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    await ledger.write(scan("lin"))
    reservation_id, _ = await the_only_reservation(ledger)

    first = await ledger.write(lambda c: lease.release(c, reservation_id, NOW))
    second = await ledger.write(lambda c: lease.expire(c, reservation_id, NOW + 20 * MINUTE))

    assert (first, second) == (True, False)
    assert await ledger.read(rows("SELECT status, ended_at FROM reservation")) == [("released", NOW)]
    assert await ledger.read(one("SELECT count(*) FROM outbox")) == 1


async def test_a_deletion_acknowledged_twice_gives_one_place_back(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=2))
    await ledger.write(scan("lin"))
    await ledger.write(scan("wang"))
    reservation_id, way_id = (await ledger.read(rows("SELECT id, way_id FROM reservation ORDER BY id")))[0]
    await ledger.write(lambda c: lease.expire(c, reservation_id, NOW))

    for _ in range(2):
        await ledger.write(lambda c: lease.deletion_acknowledged(c, way_id, NOW, ZONE))

    assert await ledger.read(taken(agent_subject(ann))) == 1


async def test_a_picture_that_was_shown_is_never_leased_again(ledger: Ledger) -> None:
    await ledger.write(shop("ann", ways=2))
    first = await ledger.write(scan("lin"))
    reservation_id, way_id = await the_only_reservation(ledger)
    await ledger.write(lambda c: lease.expire(c, reservation_id, NOW))
    await ledger.write(lambda c: lease.deletion_acknowledged(c, way_id, NOW, ZONE))

    second = await ledger.write(scan("wang"))
    third = await ledger.write(scan("zhao"))

    assert isinstance(first, Reserved)
    assert isinstance(second, Reserved)
    assert second.link != first.link
    assert not isinstance(third, Reserved)


async def test_a_hold_arms_its_own_end(ledger: Ledger) -> None:
    await ledger.write(shop("ann", hold_minutes=7))
    await ledger.write(scan("lin"))
    reservation_id, _ = await the_only_reservation(ledger)

    due = await ledger.write(lambda c: timers.take_due(c, NOW + 7 * MINUTE, 10))

    assert [(each.kind, each.payload, each.due_at) for each in due] == [
        ("lease_ends", {"reservation_id": reservation_id}, NOW + 7 * MINUTE)
    ]


async def test_a_place_taken_before_midnight_is_given_back_to_the_day_it_was_taken_from(ledger: Ledger) -> None:
    evening, morning = instant("2026-11-21 23:55"), instant("2026-11-22 00:20")
    (ann,) = await ledger.write(shop("ann", cap_each=2))
    await ledger.write(scan("lin", now=evening))
    reservation_id, way_id = await the_only_reservation(ledger)
    await ledger.write(scan("wang", now=morning))
    await ledger.write(lambda c: lease.expire(c, reservation_id, morning))

    await ledger.write(lambda c: lease.deletion_acknowledged(c, way_id, morning, ZONE))

    assert await ledger.read(taken(agent_subject(ann), now=evening)) == 0
    assert await ledger.read(taken(agent_subject(ann), now=morning)) == 1


# --- caps that change while places are taken -----------------------------------------------------------------------


async def test_a_cap_set_in_the_middle_of_the_day_counts_what_the_day_has_used(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    code_id = await ledger.read(one("SELECT id FROM live_code"))
    for visitor in ("lin", "wang"):
        await ledger.write(scan(visitor))

    await ledger.write(cap(f"code:{code_id}", 3))
    answers = [await ledger.write(scan(visitor)) for visitor in ("zhao", "sun")]

    assert [type(answer) for answer in answers] == [Reserved, Waiting]
    assert await ledger.write(counters_that_lie()) == []


async def test_a_raised_cap_opens_places_at_once(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=1))
    await ledger.write(scan("lin"))
    assert isinstance(await ledger.write(scan("wang")), Waiting)

    await ledger.write(cap(agent_subject(ann), 2))

    assert isinstance(await ledger.write(scan("wang")), Reserved)
    assert isinstance(await ledger.write(scan("zhao")), Waiting)


async def test_a_cap_lowered_below_what_is_used_gives_nobody_until_places_return(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=3))
    for visitor in ("lin", "wang"):
        await ledger.write(scan(visitor))

    await ledger.write(cap(agent_subject(ann), 1))

    assert isinstance(await ledger.write(scan("zhao")), Waiting)
    assert await ledger.read(taken(agent_subject(ann))) == 2


async def test_a_cap_taken_away_no_longer_binds(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=1))
    await ledger.write(scan("lin"))

    await ledger.write(cap(agent_subject(ann), None))

    assert isinstance(await ledger.write(scan("wang")), Reserved)


async def test_a_hold_from_before_a_cap_was_set_returns_its_place_under_that_cap(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    code_id = await ledger.read(one("SELECT id FROM live_code"))
    await ledger.write(scan("lin"))
    reservation_id, way_id = await the_only_reservation(ledger)
    await ledger.write(cap(f"code:{code_id}", 1))
    await ledger.write(lambda c: lease.release(c, reservation_id, NOW))

    await ledger.write(lambda c: lease.deletion_acknowledged(c, way_id, NOW, ZONE))

    assert await ledger.read(taken(f"code:{code_id}")) == 0
    assert isinstance(await ledger.write(scan("wang")), Reserved)


async def test_a_total_cap_remembers_earlier_days(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    await ledger.write(scan("lin", now=NOW - 40 * DAY))
    await ledger.write(cap(agent_subject(ann), 2, "total"))

    answers = [await ledger.write(scan(visitor)) for visitor in ("wang", "zhao")]

    assert [type(answer) for answer in answers] == [Reserved, Waiting]


async def test_the_stock_is_leased_oldest_first(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", ways=0))
    ways = await ledger.write(ready_ways(ann, 3))

    for visitor in ("lin", "wang", "zhao"):
        await ledger.write(scan(visitor))

    assert await ledger.read(column("SELECT way_id FROM reservation ORDER BY id")) == ways
