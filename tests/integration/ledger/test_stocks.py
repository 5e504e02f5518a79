"""Caps on what an agent has at a time: the customers held, and the conversations open."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.tables import ConversationRow
from router.domain.capacity import agent_subject
from router.domain.scan import Reserved, Waiting
from router.handlers import lease, moved
from router.handlers.decide import decide_open
from tests.factories import (
    DAY,
    MINUTE,
    NOW,
    SECOND,
    ZONE,
    agent,
    cap,
    customer,
    customer_added,
    customer_lost,
    pool,
    received,
    scan,
    shop,
    situation,
    state_of,
)
from tests.integration.ledger.looking import counters_that_lie, rows, taken
from tests.integration.rows import insert_rows

pytestmark = pytest.mark.anyio


async def decide(ledger: Ledger, *plaintexts: str, now: int = NOW) -> None:
    """Store callbacks, then decide until nothing is open."""
    await ledger.write(received(*plaintexts, now=now))
    while await ledger.write(lambda c: decide_open(c, situation(now))):
        pass


async def one_place(ledger: Ledger, places: int = 1) -> tuple[int, str]:
    """An agent who may have so many customers at a time, one of them reserved; the state token of that one."""
    (ann,) = await ledger.write(shop("ann"))
    await ledger.write(cap(agent_subject(ann), places, "held"))
    reserved = await ledger.write(scan("lin"))
    assert isinstance(reserved, Reserved)
    return ann, await ledger.read(state_of(reserved.key))


async def held(ledger: Ledger, agent_id: int) -> int:
    """How many customers the counter says the agent has, which is what the rows say."""
    assert await ledger.write(counters_that_lie()) == []
    return await ledger.read(taken(agent_subject(agent_id), "held"))


async def test_an_agent_who_has_as_many_customers_as_may_be_gets_no_more_on_any_day(ledger: Ledger) -> None:
    ann, _ = await one_place(ledger)

    answers = [await ledger.write(scan(visitor, now=NOW + MINUTE)) for visitor in ("wang", "zhao")]

    assert [type(answer) for answer in answers] == [Waiting, Waiting]
    assert await held(ledger, ann) == 1


async def test_to_confirm_a_reservation_holds_no_second_customer(ledger: Ledger) -> None:
    ann, state = await one_place(ledger)

    await decide(ledger, customer_added(state=state))

    assert await held(ledger, ann) == 1
    assert isinstance(await ledger.write(scan("wang", now=NOW + DAY)), Waiting)


@pytest.mark.parametrize("by_customer", [True, False], ids=["the customer leaves", "the agent removes them"])
async def test_a_customer_who_is_gone_makes_room_for_another(ledger: Ledger, by_customer: bool) -> None:
    ann, state = await one_place(ledger)
    await decide(ledger, customer_added(state=state))

    await decide(ledger, customer_lost(by_customer=by_customer, at=NOW + SECOND), now=NOW + SECOND)

    assert await held(ledger, ann) == 0
    assert isinstance(await ledger.write(scan("wang", now=NOW + MINUTE)), Reserved)


async def test_a_loss_told_twice_makes_room_once(ledger: Ledger) -> None:
    ann, state = await one_place(ledger, places=2)
    await decide(ledger, customer_added(state=state), customer_added(external_userid="wm-wang"))

    for at in (NOW + SECOND, NOW + 2 * SECOND):
        await decide(ledger, customer_lost(at=at), now=at)

    assert await held(ledger, ann) == 1


async def test_a_customer_who_comes_back_is_held_again(ledger: Ledger) -> None:
    ann, state = await one_place(ledger)
    await decide(ledger, customer_added(state=state))
    await decide(ledger, customer_lost(at=NOW + SECOND), now=NOW + SECOND)

    await decide(ledger, customer_added(at=NOW + MINUTE), now=NOW + MINUTE)

    assert await held(ledger, ann) == 1


async def test_a_hold_that_ran_out_is_held_until_its_picture_is_gone(ledger: Ledger) -> None:
    ann, _ = await one_place(ledger)
    ((reservation_id, way_id),) = await ledger.read(rows("SELECT id, way_id FROM reservation"))
    await ledger.write(lambda c: lease.expire(c, reservation_id, NOW))
    before = await held(ledger, ann)

    await ledger.write(lambda c: lease.deletion_acknowledged(c, way_id, NOW, ZONE))

    assert (before, await held(ledger, ann)) == (1, 0)


@pytest.mark.parametrize("through", ["a reservation", "no reservation"])
async def test_an_add_that_its_loss_overtook_is_counted_for_the_day_and_held_by_nobody(
    ledger: Ledger, through: str
) -> None:
    ann, state = await one_place(ledger, places=3)
    reserved = 0 if through == "a reservation" else 1  # somebody else's hold stays

    await decide(ledger, customer_lost(at=NOW + 2 * SECOND), now=NOW + 2 * SECOND)
    await decide(ledger, customer_added(state="" if reserved else state, at=NOW + SECOND), now=NOW + 3 * SECOND)

    assert await held(ledger, ann) == reserved
    assert await ledger.read(taken(agent_subject(ann))) == 1 + reserved


async def test_a_cap_on_customers_held_begins_with_those_who_are_there(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    await decide(ledger, *(customer_added(external_userid=f"wm-{n}") for n in range(3)))
    await decide(ledger, customer_lost(external_userid="wm-0", at=NOW + SECOND), now=NOW + SECOND)
    await ledger.write(scan("lin", now=NOW + SECOND))

    await ledger.write(cap(agent_subject(ann), 4, "held"))

    assert await held(ledger, ann) == 3
    answers = [await ledger.write(scan(visitor, now=NOW + MINUTE)) for visitor in ("wang", "zhao")]
    assert [type(answer) for answer in answers] == [Reserved, Waiting]


# --- conversations open --------------------------------------------------------------------------------------------


def talks(agent_id: int, number: int, status: str = "human") -> Callable[[Connection], None]:
    """A conversation that the agent is in, or was."""

    def write(connection: Connection) -> None:
        customer_id = customer(f"wm-{number}")(connection)
        row = {"customer_id": customer_id, "open_kfid": "wk", "status": status, "agent_id": agent_id}
        insert_rows(connection, NOW, [(ConversationRow, row)])

    return write


def takes(pool_id: int) -> Callable[[Connection], str | None]:
    """Who takes a customer whom a rule moves to this pool."""

    def take(connection: Connection) -> str | None:
        taker = moved.take_agent(connection, pool_id, situation()(connection))
        return taker.userid if taker else None

    return take


async def test_an_agent_in_as_many_conversations_as_may_be_takes_none(ledger: Ledger) -> None:
    ann, bo = await ledger.write(agent("ann")), await ledger.write(agent("bo"))
    pool_id = await ledger.write(pool(members=(ann, bo)))
    await ledger.write(cap(agent_subject(ann), 2, "open"))
    await ledger.write(talks(ann, 1))
    before = await ledger.write(takes(pool_id))

    await ledger.write(talks(ann, 2, "waiting"))

    assert (before, await ledger.write(takes(pool_id))) == ("ann", "bo")


async def test_a_conversation_that_ended_or_that_the_bot_has_is_not_open(ledger: Ledger) -> None:
    ann = await ledger.write(agent("ann"))
    pool_id = await ledger.write(pool(members=(ann,)))
    await ledger.write(cap(agent_subject(ann), 1, "open"))

    for number, status in enumerate(("ended", "bot")):
        await ledger.write(talks(ann, number, status))

    assert await ledger.write(takes(pool_id)) == "ann"


async def test_with_every_place_open_nobody_takes_the_customer(ledger: Ledger) -> None:
    ann = await ledger.write(agent("ann"))
    pool_id = await ledger.write(pool(members=(ann,)))
    await ledger.write(cap(agent_subject(ann), 1, "open"))
    await ledger.write(talks(ann, 1))

    assert await ledger.write(takes(pool_id)) is None
    assert await ledger.read(taken(agent_subject(ann))) == 0


async def test_open_conversations_bind_no_scan_and_customers_held_no_conversation(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    ((pool_id,),) = await ledger.read(rows("SELECT pool_id FROM live_code"))
    await ledger.write(cap(agent_subject(ann), 0, "open"))
    scanned = await ledger.write(scan("lin"))
    await ledger.write(cap(agent_subject(ann), None, "open"))

    await ledger.write(cap(agent_subject(ann), 0, "held"))

    assert isinstance(scanned, Reserved)
    assert isinstance(await ledger.write(scan("wang")), Waiting)
    assert await ledger.write(takes(pool_id)) == "ann"
