"""获客链接: members in step with the pool, adds that name their code, quota and refusals."""

import pytest

from router.db import json
from router.db.queries import acquisition_links, past
from router.db.queries.alerts import open_alerts
from router.db.queries.arrivals import channels_by_state
from router.db.queries.decisions import found_nobody
from router.domain.scan import Forwarded, Full, Preparing, Waiting
from router.handlers import acquisition
from router.handlers.admin.live_codes import (
    archive_live_code,
    close_live_code,
    reopen_live_code,
    restore_live_code,
)
from router.handlers.decide import decide_open
from router.handlers.why import replay
from tests.factories import ZONE, cap, customer_added, received, situation
from tests.integration.ledger.platform_shop import Shop

pytestmark = pytest.mark.anyio


async def test_a_scan_is_forwarded_to_the_link_that_names_its_code(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    waiting = await shop.scan()
    await shop.drain()

    told = await shop.scan()
    assert isinstance(told, Forwarded)
    added = await shop.sandbox.control("open_link", url=told.url)

    link = await shop.ledger.read(lambda c: acquisition_links.link_of(c, code_id))
    assert isinstance(waiting, Preparing)
    assert link is not None
    assert (added["state"], link.members) == (link.state, ("chenyu", "lihua"))
    channels = await shop.ledger.read(lambda c: channels_by_state(c, [link.state, "lq-x"]))
    assert {state: channel.code.id for state, channel in channels.items()} == {link.state: code_id}
    assert link.quota is not None
    assert link.quota.balance == 1_000


async def test_an_add_through_the_link_is_an_assignment_of_its_code(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.drain()
    told = await shop.scan()
    assert isinstance(told, Forwarded)
    added = await shop.sandbox.control("open_link", url=told.url)
    event = customer_added(added["userid"], added["external_userid"], state=added["state"], at=shop.clock())

    await shop.ledger.write(received(event, now=shop.clock()))
    await shop.ledger.write(lambda c: decide_open(c, situation(shop.clock())))

    rows = await shop.ledger.read(lambda c: c.exec_driver_sql("SELECT code_id, how FROM assignment").fetchall())
    assert [tuple(row) for row in rows] == [(code_id, "printed_code")]


async def test_somebody_off_duty_leaves_the_link_and_the_last_one_stays(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.drain()

    await shop.ledger.write(lambda c: c.exec_driver_sql("UPDATE agent SET on_duty = false WHERE userid = 'chenyu'"))
    await shop.ledger.write(lambda c: acquisition.due(c, code_id, shop.clock(), ZONE))
    await shop.drain()
    one = await shop.ledger.read(lambda c: acquisition_links.link_of(c, code_id))
    await shop.ledger.write(lambda c: c.exec_driver_sql("UPDATE agent SET on_duty = false"))
    await shop.ledger.write(lambda c: acquisition.due(c, code_id, shop.clock(), ZONE))
    await shop.drain()
    none = await shop.ledger.read(lambda c: acquisition_links.link_of(c, code_id))

    assert one is not None
    assert none is not None
    assert (one.members, none.members) == (("lihua",), ("lihua",))


async def _members_at_the_next_look(shop: Shop, code_id: int) -> tuple[str, ...]:
    await shop.ledger.write(lambda c: acquisition.due(c, code_id, shop.clock(), ZONE))
    await shop.drain()
    link = await shop.ledger.read(lambda c: acquisition_links.link_of(c, code_id))
    assert link is not None
    return link.members


async def test_a_backup_is_put_on_the_link_only_once_the_members_are_full(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.ledger.write(
        lambda c: c.exec_driver_sql("UPDATE pool_member SET role = 'backup' WHERE agent_id = 2").rowcount
    )

    with_room = await _members_at_the_next_look(shop, code_id)
    await shop.ledger.write(cap("agent:1", 0, now=shop.clock()))
    full = await _members_at_the_next_look(shop, code_id)
    await shop.ledger.write(cap("agent:1", 5, now=shop.clock()))

    assert (with_room, full) == (("chenyu",), ("lihua",))
    assert await _members_at_the_next_look(shop, code_id) == ("chenyu",)


async def test_backups_join_the_link_from_the_share_of_places_that_the_pool_says(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.ledger.write(cap("agent:1", 2, now=shop.clock()))
    await shop.ledger.write(
        lambda c: c.exec_driver_sql("UPDATE pool_member SET role = 'backup' WHERE agent_id = 2").rowcount
    )
    await shop.ledger.write(lambda c: c.exec_driver_sql("UPDATE pool SET backup_percent = 50").rowcount)

    before = await _members_at_the_next_look(shop, code_id)
    await shop.ledger.write(received(customer_added("chenyu", "wm-lin", at=shop.clock()), now=shop.clock()))
    await shop.ledger.write(lambda c: decide_open(c, situation(shop.clock())))

    assert before == ("chenyu",)
    assert await _members_at_the_next_look(shop, code_id) == ("chenyu", "lihua")


async def test_only_those_with_the_skill_and_of_the_department_that_the_code_asks_are_on_the_link(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.ledger.write(
        lambda c: c.exec_driver_sql("UPDATE agent SET skills = '[\"loans\"]', department = 'north'").rowcount
    )
    await shop.ledger.write(
        lambda c: c.exec_driver_sql("UPDATE agent SET skills = '[]' WHERE userid = 'chenyu'").rowcount
    )
    await shop.ledger.write(lambda c: c.exec_driver_sql("UPDATE live_code SET skill = 'loans'").rowcount)
    skilled = await _members_at_the_next_look(shop, code_id)
    await shop.ledger.write(
        lambda c: c.exec_driver_sql("UPDATE live_code SET skill = '', department = 'south'").rowcount
    )
    await shop.ledger.write(
        lambda c: c.exec_driver_sql("UPDATE agent SET department = 'south' WHERE userid = 'chenyu'").rowcount
    )

    assert skilled == ("lihua",)
    assert await _members_at_the_next_look(shop, code_id) == ("chenyu",)


async def test_a_link_that_found_nobody_is_made_when_somebody_comes_not_an_hour_later(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.ledger.write(lambda c: c.exec_driver_sql("UPDATE agent SET on_duty = false").rowcount)
    await shop.drain()
    nobody = await shop.ledger.read(lambda c: acquisition_links.link_of(c, code_id))
    await shop.ledger.write(lambda c: c.exec_driver_sql("UPDATE agent SET on_duty = true").rowcount)

    assert nobody is not None
    assert (nobody.error, nobody.members) == (acquisition.NOBODY, ())
    assert await _members_at_the_next_look(shop, code_id) == ("chenyu", "lihua")


async def test_a_round_that_is_over_begins_anew_for_the_link_too(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.drain()
    await shop.ledger.write(cap("pool:1", 1, "round", shop.clock()))
    told = await shop.scan()
    assert isinstance(told, Forwarded)
    for _ in range(2):
        added = await shop.sandbox.control("open_link", url=told.url)
        event = customer_added(added["userid"], added["external_userid"], state=added["state"], at=shop.clock())
        await shop.ledger.write(received(event, now=shop.clock()))
        await shop.ledger.write(lambda c: decide_open(c, situation(shop.clock())))

    members = await _members_at_the_next_look(shop, code_id)

    assert members == ("chenyu", "lihua")
    assert await shop.ledger.read(lambda c: c.exec_driver_sql("SELECT round FROM pool").scalar_one()) == 2


async def test_a_visitor_whom_no_agent_of_the_pool_suits_is_not_sent_on_to_the_link(shop: Shop) -> None:
    await shop.code("acquisition")
    await shop.drain()
    await shop.ledger.write(lambda c: c.exec_driver_sql("UPDATE live_code SET skill = 'loans'").rowcount)

    told = await shop.scan()
    again = await shop.scan()

    assert isinstance(told, Waiting)
    assert isinstance(again, Waiting)
    (lost,) = (await shop.ledger.read(found_nobody)).items  # who waits and asks again is not written down twice
    assert (lost.outcome, lost.visitor) == ("full", "phone-1")
    assert {each["reason"] for each in lost.decision["left_out"]} == {"lacks_skill"}


async def test_who_might_have_answered_is_kept_with_each_visitor_sent_on_to_the_link(shop: Shop) -> None:
    await shop.code("acquisition")
    await shop.drain()
    await shop.ledger.write(cap("agent:2", 0, now=shop.clock()))

    await shop.scan()
    await shop.scan()  # the page is reloaded

    decided = await shop.ledger.read(lambda c: c.exec_driver_sql("SELECT outcome, content FROM decision").fetchall())
    ((outcome, content),) = decided
    decision = json.load(content)
    assert (outcome, decision["chosen"], decision["order"]) == ("reserved", None, [1])
    assert replay(decision)
    assert (await shop.ledger.read(found_nobody)).items == ()


async def test_a_what_if_leaves_out_visitors_whose_agent_the_platform_chooses(shop: Shop) -> None:
    await shop.code("acquisition")
    await shop.drain()
    await shop.scan("sent on")
    await shop.ledger.write(lambda c: c.exec_driver_sql("UPDATE agent SET on_duty = false").rowcount)
    await shop.scan("turned away")

    came, recorded = await shop.ledger.read(lambda c: past.arrivals(c, 0, 2**62))

    assert (came, recorded.full.total()) == ([], 0)


async def test_a_link_in_trouble_keeps_no_decision_because_no_agent_is_the_reason(shop: Shop) -> None:
    await shop.code("acquisition")
    await shop.sandbox.control("acquisition", balance=0)
    await shop.drain()

    told = await shop.scan()

    assert told == Full(acquisition.USED_UP)
    assert await shop.ledger.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM decision").scalar_one()) == 0


async def test_without_the_right_the_code_says_so_and_comes_back_when_it_is_given(shop: Shop) -> None:
    await shop.sandbox.control("acquisition", is_allowed=False)
    code_id = await shop.code("acquisition")
    await shop.drain()
    refused, raised = await shop.scan(), await shop.alerts()

    await shop.sandbox.control("acquisition", is_allowed=True)
    await shop.ledger.write(lambda c: acquisition.keep(c, code_id, shop.clock()))
    await shop.drain()

    assert refused == Full(acquisition.REFUSED)
    assert raised == [f"link_refused:code:{code_id}"]
    assert (isinstance(await shop.scan(), Forwarded), await shop.alerts()) == (True, [])


async def test_a_quota_that_the_platform_says_is_used_up_stops_the_code_at_once(shop: Shop) -> None:
    await shop.code("acquisition")
    await shop.drain()
    before = await shop.scan()

    await shop.sandbox.control("acquisition", balance=0)
    await shop.hear()
    await shop.drain()

    assert isinstance(before, Forwarded)
    assert await shop.scan() == Full(acquisition.USED_UP)


async def test_a_link_that_somebody_deleted_is_not_shown_any_more(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.drain()
    link = await shop.ledger.read(lambda c: acquisition_links.link_of(c, code_id))
    assert link is not None
    fields = {"Event": "customer_acquisition", "ChangeType": "delete_link", "LinkId": link.link_id}

    await shop.sandbox.control("event", callback="CONTACT", fields=fields)
    await shop.hear()

    assert await shop.scan() == Full(acquisition.REFUSED)
    assert await shop.alerts() == [f"link_refused:code:{code_id}"]


async def test_a_used_up_quota_stops_the_code_with_a_reason(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.sandbox.control("acquisition", balance=0)

    await shop.drain()

    assert await shop.scan() == Full(acquisition.USED_UP)
    assert await shop.alerts() == [f"link_used_up:code:{code_id}"]


async def test_looking_around_leaves_the_alert_of_a_link_open_until_it_is_mended(shop: Shop) -> None:
    await shop.sandbox.control("acquisition", is_allowed=False)
    code_id = await shop.code("acquisition")
    await shop.drain()
    refused = [await shop.look_around(), await shop.look_around()]
    told = await shop.ledger.read(lambda c: [(alert.times, alert.text) for alert in open_alerts(c)])

    await shop.sandbox.control("acquisition", is_allowed=True, balance=0)
    await shop.ledger.write(lambda c: acquisition.keep(c, code_id, shop.clock()))
    await shop.drain()
    used_up = await shop.look_around()
    await shop.sandbox.control("acquisition", balance=5)
    await shop.ledger.write(lambda c: acquisition.keep(c, code_id, shop.clock()))
    await shop.drain()

    assert refused == [[f"link_refused:code:{code_id}"]] * 2
    assert [(times, text["name"], "(48002)" in text["reason"]) for times, text in told] == [(1, "群", True)]
    assert used_up == [f"link_used_up:code:{code_id}"]
    assert await shop.look_around() == []


async def test_nothing_is_wrong_with_the_link_of_a_code_that_is_closed_or_archived(shop: Shop) -> None:
    await shop.sandbox.control("acquisition", balance=0)
    code_id = await shop.code("acquisition")
    await shop.drain()

    await shop.run(lambda c, act: close_live_code(c, act, code_id))
    closed = await shop.look_around()
    await shop.run(lambda c, act: reopen_live_code(c, act, code_id))
    reopened = await shop.look_around()
    await shop.run(lambda c, act: archive_live_code(c, act, code_id))

    assert (closed, reopened) == ([], [f"link_used_up:code:{code_id}"])
    assert await shop.alerts() == []


async def test_an_archived_code_takes_its_link_from_the_platform_and_a_restored_one_gets_another(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.drain()
    before = await shop.scan()
    assert isinstance(before, Forwarded)

    await shop.run(lambda c, act: archive_live_code(c, act, code_id))
    await shop.drain()
    gone = await shop.sandbox.refused("open_link", url=before.url)
    await shop.run(lambda c, act: restore_live_code(c, act, code_id))
    await shop.drain()

    after = await shop.scan()
    assert gone[0] == 409
    assert isinstance(after, Forwarded)
    assert after.url != before.url
