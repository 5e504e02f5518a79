"""Add and loss events: every add is honoured, counted once, and welcomed once per code."""

import itertools

import pytest

from router.db import json
from router.db.ledger import Ledger
from router.db.queries import inbox, outbox, tally
from router.db.sql import Sql
from router.domain.capacity import agent_subject
from router.domain.scan import Reserved, Waiting
from router.handlers import lease
from router.handlers.decide import decide_open
from tests.factories import (
    DAY,
    MINUTE,
    NOW,
    SECOND,
    ZONE,
    agent,
    cap,
    customer_added,
    customer_lost,
    received,
    scan,
    shop,
    situation,
    state_of,
    tag,
)
from tests.integration.ledger.looking import column, counters_that_lie, one, rows, taken

pytestmark = pytest.mark.anyio

ASSIGNMENTS = "SELECT how, own_place FROM assignment ORDER BY id"


async def decide(ledger: Ledger, *plaintexts: str, now: int = NOW) -> None:
    """Store callbacks, then decide until nothing is open."""
    await ledger.write(received(*plaintexts, now=now))
    while await ledger.write(lambda c: decide_open(c, situation(now))):
        pass


async def reserve(ledger: Ledger, visitor: str = "lin", slug: str = "spring") -> tuple[Reserved, str]:
    """A held reservation and the state token its picture carries."""
    answer = await ledger.write(scan(visitor, slug))
    assert isinstance(answer, Reserved)
    return answer, await ledger.read(state_of(answer.key))


async def end_hold(ledger: Ledger) -> int:
    """The only reservation expires; returns its contact way."""
    ((reservation_id, way_id),) = await ledger.read(rows("SELECT id, way_id FROM reservation"))
    await ledger.write(lambda c: lease.expire(c, reservation_id, NOW))
    return int(way_id)


async def test_an_add_through_a_reservation_confirms_it_and_takes_no_second_place(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=2))
    _, state = await reserve(ledger)

    await decide(ledger, customer_added(state=state))

    assert await ledger.read(rows("SELECT status, place_taken, ended_at FROM reservation")) == [
        ("confirmed", True, NOW),
    ]
    assert await ledger.read(rows(ASSIGNMENTS)) == [("reserved", False)]
    assert await ledger.read(taken(agent_subject(ann))) == 1
    assert await ledger.read(one("SELECT count(*) FROM timer")) == 0


async def test_a_confirmed_picture_is_deleted_and_its_place_kept(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=1))
    _, state = await reserve(ledger)
    await decide(ledger, customer_added(state=state))
    way_id = await ledger.read(one("SELECT way_id FROM reservation"))

    await ledger.write(lambda c: lease.deletion_acknowledged(c, way_id, NOW, ZONE))

    assert await ledger.read(one("SELECT status FROM contact_way WHERE id = :id", id=way_id)) == "deleted"
    assert await ledger.read(taken(agent_subject(ann))) == 1
    assert isinstance(await ledger.write(scan("wang")), Waiting)


async def test_a_late_add_before_the_place_is_given_on_keeps_that_place(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=1))
    _, state = await reserve(ledger)
    way_id = await end_hold(ledger)

    await decide(ledger, customer_added(state=state))
    await ledger.write(lambda c: lease.deletion_acknowledged(c, way_id, NOW, ZONE))

    assert await ledger.read(rows(ASSIGNMENTS)) == [("late", False)]
    assert await ledger.read(taken(agent_subject(ann))) == 1
    assert await ledger.write(counters_that_lie()) == []


async def test_a_late_add_after_the_place_was_given_on_counts_beside_the_cap(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=1))
    _, state = await reserve(ledger)
    way_id = await end_hold(ledger)
    await ledger.write(lambda c: lease.deletion_acknowledged(c, way_id, NOW, ZONE))
    assert isinstance(await ledger.write(scan("wang")), Reserved)

    await decide(ledger, customer_added(state=state))

    assert await ledger.read(rows(ASSIGNMENTS)) == [("late", True)]
    assert await ledger.read(taken(agent_subject(ann))) == 2
    assert await ledger.write(counters_that_lie()) == []


async def test_a_shared_picture_is_honoured_and_counts_the_second_customer_by_itself(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=5))
    _, state = await reserve(ledger)

    await decide(ledger, customer_added(external_userid="wm-lin", state=state))
    await decide(ledger, customer_added(external_userid="wm-friend", state=state))

    assert await ledger.read(rows(ASSIGNMENTS)) == [("reserved", False), ("shared_picture", True)]
    assert await ledger.read(taken(agent_subject(ann))) == 2
    assert await ledger.write(counters_that_lie()) == []


async def test_two_customers_through_one_picture_in_one_batch_take_two_places(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=5))
    _, state = await reserve(ledger)

    await decide(ledger, *(customer_added(external_userid=name, state=state) for name in ("wm-lin", "wm-friend")))

    assert sorted(await ledger.read(rows(ASSIGNMENTS))) == [("reserved", False), ("shared_picture", True)]
    assert await ledger.read(taken(agent_subject(ann))) == 2


async def test_an_unknown_state_is_honoured_and_counted_for_the_agent(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=1))

    await decide(ledger, customer_added(state="poster-2019"), customer_added(external_userid="wm-wang"))

    assert await ledger.read(rows(ASSIGNMENTS)) == [("unknown_channel", True), ("unknown_channel", True)]
    assert [json.load(text) for text in await ledger.read(column("SELECT reason FROM assignment ORDER BY id"))] == [
        {"reason": "the state token is not one of ours"},
        {"reason": "the event carries no state token"},
    ]
    assert await ledger.read(taken(agent_subject(ann))) == 2
    assert isinstance(await ledger.write(scan("zhao")), Waiting)


async def beyond(ledger: Ledger) -> list[tuple[str, object]]:
    """Of each assignment how it came, and which cap it passed: window, places, and what was taken with it."""
    found = [
        (how, json.load(text))
        for how, text in await ledger.read(rows("SELECT how, beyond FROM assignment ORDER BY id"))
    ]
    return [(how, cap and (cap["subject"], cap["window"], cap["places"], cap["taken"])) for how, cap in found]


async def test_only_those_for_whom_no_place_was_left_stand_beyond_the_cap(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=2))

    await decide(ledger, *(customer_added(external_userid=f"wm-{number}") for number in range(4)))
    await decide(ledger, customer_added(external_userid="wm-4"))

    subject = agent_subject(ann)
    assert await beyond(ledger) == [
        ("unknown_channel", {}),
        ("unknown_channel", {}),
        ("unknown_channel", (subject, "day", 2, 3)),
        ("unknown_channel", (subject, "day", 2, 4)),
        ("unknown_channel", (subject, "day", 2, 5)),
    ]
    assert await ledger.read(rows("SELECT measure, agent_id, times FROM tally ORDER BY measure")) == [
        ("add", ann, 5),
        ("beyond", ann, 3),
    ]
    await ledger.write(lambda c: tally.recount(c, NOW - DAY, NOW + DAY, ZONE))
    assert await ledger.read(one("SELECT sum(times) FROM tally WHERE measure = 'beyond'")) == 3


async def test_a_late_add_stands_beyond_the_cap_only_once_its_place_was_given_on(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=1))
    _, state = await reserve(ledger)
    way_id = await end_hold(ledger)
    await ledger.write(lambda c: lease.deletion_acknowledged(c, way_id, NOW, ZONE))
    later, later_state = await reserve(ledger, "wang")
    assert later.agent.id == ann

    await decide(ledger, customer_added(state=state), customer_added(external_userid="wm-wang", state=later_state))

    assert await beyond(ledger) == [("late", (agent_subject(ann), "day", 1, 2)), ("reserved", {})]


async def test_the_narrowest_of_several_caps_that_were_passed_is_named(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    for subject, places in (("pool:1", 1), (f"agent:{ann}@code:1", 1), ("code:1", 5)):
        await ledger.write(cap(subject, places, now=NOW))
    _, state = await reserve(ledger)

    await decide(ledger, customer_added(state=state), customer_added(external_userid="wm-friend", state=state))

    assert await beyond(ledger) == [("reserved", {}), ("shared_picture", (f"agent:{ann}@code:1", "day", 1, 2))]


async def test_an_event_tells_the_cap_that_its_customer_passed(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=0))

    await decide(ledger, customer_added())

    said = json.load(await ledger.read(one("SELECT decision FROM inbox")))
    assert (said["beyond"]["places"], said["beyond"]["taken"]) == (0, 1)


async def test_the_state_of_another_agents_picture_confirms_nothing(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    bo = await ledger.write(agent("bo"))
    _, state = await reserve(ledger)

    await decide(ledger, customer_added("bo", state=state))

    assert await ledger.read(one("SELECT status FROM reservation")) == "held"
    assert await ledger.read(rows("SELECT agent_id, how, own_place FROM assignment")) == [(bo, "unknown_channel", True)]
    assert await ledger.read(taken(agent_subject(bo))) == 1


async def test_an_add_of_an_unknown_agent_fails_visibly_and_is_decided_again_once_the_agent_exists(
    ledger: Ledger,
) -> None:
    await decide(ledger, customer_added("bo", "wm-lin"))
    failed = await ledger.read(rows("SELECT id, status, event, reason FROM inbox"))
    bo = await ledger.write(agent("bo"))

    reopened = await ledger.write(lambda c: inbox.reopen(c, failed[0][0]))
    await ledger.write(lambda c: decide_open(c, situation()))

    reason = "no agent 'bo' in liveqr: add the agent, then decide this event again"
    assert [row[1:] for row in failed] == [("failed", "customer_added", reason)]
    assert reopened
    assert await ledger.read(rows("SELECT status, attempts, reason FROM inbox")) == [("done", 1, "")]
    assert await ledger.read(column("SELECT agent_id FROM assignment")) == [bo]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
@pytest.mark.parametrize("order", list(itertools.permutations(["half", "full"])), ids=" then ".join)
async def test_a_half_add_and_a_full_add_are_one_arrival(
    ledger: Ledger, order: tuple[str, ...], together: bool
) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=5, welcome="你好 {customer}"))
    _, state = await reserve(ledger)
    events = [customer_added(state=state, welcome_code="WC-1", half=kind == "half") for kind in order]

    for batch in [events] if together else [[event] for event in events]:
        await decide(ledger, *batch)

    assert await ledger.read(rows(ASSIGNMENTS)) == [("reserved", False)]
    assert await ledger.read(column("SELECT status FROM follow")) == ["full"]
    assert await ledger.read(taken(agent_subject(ann))) == 1
    assert await ledger.read(column("SELECT key FROM outbox WHERE lane = 'welcome'")) == ["welcome:WC-1"]


async def test_whichever_half_carries_the_code_is_welcomed(ledger: Ledger) -> None:
    await ledger.write(shop("ann", welcome="你好"))
    _, state = await reserve(ledger)

    await decide(ledger, customer_added(state=state, half=True), customer_added(state=state, welcome_code="WC-2"))

    assert await ledger.read(rows("SELECT key, deadline_at FROM outbox WHERE lane = 'welcome'")) == [
        ("welcome:WC-2", NOW + 20 * SECOND)
    ]


async def test_tags_of_the_code_wait_for_the_full_relation(ledger: Ledger) -> None:
    vip = await ledger.write(tag("vip"))
    await ledger.write(shop("ann", tag_ids=[vip]))
    _, state = await reserve(ledger)

    await decide(ledger, customer_added(state=state, half=True))
    edges = await ledger.read(rows("SELECT tag_id, source FROM tag_edge"))
    marks_of_half = await ledger.read(rows("SELECT tag_id FROM tag_mark"))
    await decide(ledger, customer_added(state=state))

    code_id = await ledger.read(one("SELECT id FROM live_code"))
    assert edges == [(vip, f"code:{code_id}")]
    assert marks_of_half == []
    assert await ledger.read(rows("SELECT tag_id, desired, confirmed FROM tag_mark")) == [(vip, True, False)]
    assert await ledger.read(column("SELECT kind FROM outbox WHERE kind = 'mark_tags'")) == ["mark_tags"]


async def test_a_customer_who_left_and_came_back_is_a_new_arrival(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=5))
    _, state = await reserve(ledger)
    await decide(ledger, customer_added(state=state))

    await decide(ledger, customer_lost(at=NOW + SECOND), now=NOW + SECOND)
    lost = await ledger.read(column("SELECT status FROM follow"))
    await decide(ledger, customer_added(at=NOW + MINUTE), now=NOW + MINUTE)

    assert lost == ["lost"]
    assert await ledger.read(rows("SELECT status, ended_at FROM follow")) == [("full", None)]
    assert await ledger.read(rows(ASSIGNMENTS)) == [("reserved", False), ("unknown_channel", True)]
    assert await ledger.read(taken(agent_subject(ann))) == 2


async def test_the_tags_of_a_customer_who_was_removed_and_came_back_are_set_again(ledger: Ledger) -> None:
    vip = await ledger.write(tag("vip"))
    await ledger.write(shop("ann", tag_ids=[vip]))
    _, state = await reserve(ledger)
    await decide(ledger, customer_added(state=state))
    await ledger.write(
        lambda c: [outbox.finish(c, each, "done", NOW, sent=True) for each in outbox.claim(c, "platform", 9, NOW)]
    )
    await ledger.write(lambda c: Sql("UPDATE tag_mark SET confirmed = true").run(c))

    await decide(ledger, customer_lost(by_customer=False, at=NOW + SECOND), now=NOW + SECOND)
    await decide(ledger, customer_added(at=NOW + MINUTE), now=NOW + MINUTE)

    assert await ledger.read(rows("SELECT tag_id, desired, confirmed FROM tag_mark")) == [(vip, True, False)]
    assert await ledger.read(column("SELECT status FROM outbox WHERE kind = 'mark_tags'")) == ["pending"]


async def test_a_loss_that_arrives_late_does_not_end_a_newer_relation(ledger: Ledger) -> None:
    await ledger.write(agent("ann"))
    await decide(ledger, customer_added(at=NOW), now=NOW + SECOND)

    await decide(ledger, customer_lost(at=NOW - MINUTE), now=NOW + 2 * SECOND)

    assert await ledger.read(column("SELECT status FROM follow")) == ["full"]
    assert await ledger.read(column("SELECT status FROM inbox ORDER BY id")) == ["done", "ignored"]


async def test_a_loss_right_after_an_add_that_was_decided_late_ends_the_relation(ledger: Ledger) -> None:
    await ledger.write(agent("ann"))

    await decide(ledger, customer_added(at=NOW), customer_lost(at=NOW + SECOND), now=NOW + MINUTE)

    assert await ledger.read(rows("SELECT status, since_at FROM follow")) == [("lost", NOW)]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
@pytest.mark.parametrize("order", list(itertools.permutations(["half", "full", "lost"])), ids=" ".join)
async def test_in_whatever_order_an_arrival_and_its_loss_are_delivered_it_is_counted_once_and_is_over(
    ledger: Ledger, order: tuple[str, ...], together: bool
) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=1, welcome="你好"))
    _, state = await reserve(ledger)
    happened = {
        "half": customer_added(state=state, half=True, at=NOW),
        "full": customer_added(state=state, at=NOW + SECOND),
        "lost": customer_lost(at=NOW + 10 * SECOND),
    }
    events = [happened[name] for name in order]

    for batch in [events] if together else [[event] for event in events]:
        await decide(ledger, *batch, now=NOW + MINUTE)

    assert await ledger.read(rows("SELECT status, ended_at FROM follow")) == [("lost", NOW + 10 * SECOND)]
    assert await ledger.read(rows(ASSIGNMENTS)) == [("reserved", False)]
    assert await ledger.read(column("SELECT status FROM reservation")) == ["confirmed"]
    assert await ledger.read(taken(agent_subject(ann))) == 1


async def test_a_customer_who_has_left_again_is_not_welcomed(ledger: Ledger) -> None:
    await ledger.write(shop("ann", welcome="你好"))
    _, state = await reserve(ledger)

    await decide(ledger, customer_lost(at=NOW + SECOND), now=NOW + SECOND)
    await decide(ledger, customer_added(state=state, welcome_code="WC-1"), now=NOW + 2 * SECOND)

    said = await ledger.read(column("SELECT decision FROM inbox WHERE event = 'customer_added'"))
    assert [json.load(text)["welcome"] for text in said] == ["none: the customer had left before this was decided"]
    assert await ledger.read(one("SELECT count(*) FROM outbox WHERE lane = 'welcome'")) == 0


async def test_a_second_loss_does_not_have_an_arrival_counted_anew(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    await decide(ledger, customer_added(half=True), customer_lost(at=NOW + SECOND), now=NOW + SECOND)

    await decide(ledger, customer_lost(by_customer=False, at=NOW + MINUTE), customer_added(), now=NOW + MINUTE)

    assert await ledger.read(rows("SELECT status, ended_at FROM follow")) == [("lost", NOW + MINUTE)]
    assert await ledger.read(taken(agent_subject(ann))) == 1


async def test_a_loss_without_a_relation_is_ignored_with_its_reason(ledger: Ledger) -> None:
    await ledger.write(agent("ann"))

    await decide(ledger, customer_lost("ann"), customer_lost("nobody"))

    assert await ledger.read(rows("SELECT status, reason FROM inbox ORDER BY id")) == [
        ("ignored", "no relation stood between this customer and this agent"),
        ("ignored", "no agent 'nobody' in liveqr"),
    ]


async def test_an_agent_who_removes_a_customer_is_told_from_a_customer_who_leaves(ledger: Ledger) -> None:
    await ledger.write(agent("ann"))
    await decide(ledger, customer_added())

    await decide(ledger, customer_lost(by_customer=False, at=NOW + SECOND), now=NOW + SECOND)

    assert await ledger.read(column("SELECT status FROM follow")) == ["removed"]


async def test_an_add_of_another_agents_customer_is_an_arrival_of_its_own(ledger: Ledger) -> None:
    ann, bo = await ledger.write(shop("ann", "bo"))

    await decide(ledger, customer_added("ann"), customer_added("bo"))

    assert await ledger.read(column("SELECT agent_id FROM assignment ORDER BY agent_id")) == [ann, bo]
