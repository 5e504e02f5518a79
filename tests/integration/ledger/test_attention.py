"""What is wrong without anybody having done anything, and that it ends when it is mended."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import waiting
from router.db.queries.agents import list_agents
from router.db.queries.alerts import list_alerts, open_alerts
from router.db.queries.attention import nearly_full
from router.db.queries.board import board_of
from router.db.queries.schedules import SavedSchedule
from router.db.queries.turned_away import with_reasons
from router.db.sql import Sql
from router.domain.spill import ClosedPage, FallbackPool, GroupCode, KfAccount
from router.handlers.admin.act import Act
from router.handlers.admin.agents import AgentEdit, update_agent
from router.handlers.admin.live_codes import archive_live_code, close_live_code
from router.handlers.admin.pools import PoolEdit, update_pool
from router.handlers.admin.presence import set_presence
from router.handlers.admin.schedules import NewSchedule, create_schedule
from router.handlers.admin.stores import NewStore, create_store
from router.handlers.attention import look_around
from router.handlers.stock import refill_all
from tests.factories import DAY, HOUR, MINUTE, NOW, SECOND, ZONE, agent, cap, live_code, pool, ready_ways, shop, tag
from tests.integration.ledger.lines import asks, spills

pytestmark = pytest.mark.anyio

ACT = Act("admin", NOW, ZONE)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def works(agent_id: int, *shifts: str) -> Callable[[Connection], None]:
    """The agent has these shifts every day, and no others."""

    def write(connection: Connection) -> None:
        content = {"week": {day: list(shifts) for day in DAYS}}
        saved = create_schedule(connection, ACT, NewSchedule(f"of agent {agent_id}", content))
        assert isinstance(saved, SavedSchedule), saved
        update_agent(connection, ACT, agent_id, AgentEdit(schedule_id=saved.id))

    return write


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


def warns(pool_id: int, percent: int) -> Callable[[Connection], int]:
    """The pool warns from this percentage of a cap on."""
    update = f"UPDATE pool SET warn_percent = {percent} WHERE id = {pool_id}"
    return lambda connection: connection.exec_driver_sql(update).rowcount


def used(subject: str, taken: int) -> Callable[[Connection], int]:
    """So much of the day's cap of the subject is used."""
    update = f"UPDATE counter SET taken = {taken} WHERE subject = '{subject}' AND \"window\" = 'day'"
    return lambda connection: connection.exec_driver_sql(update).rowcount


async def in_a_pool_that_takes_over_too(ledger: Ledger) -> None:
    """Ann in pool 1 behind code 1, and in pool 2, which takes over from it."""
    (ann,) = await ledger.write(shop("ann"))
    second = await ledger.write(pool("second", [ann]))
    await ledger.write(spills(1, FallbackPool(second)))


@pytest.mark.parametrize("subject", ["code:1", "agent:1@code:1"])
async def test_the_cap_of_a_code_is_told_from_the_percentage_of_the_codes_own_pool_on(
    ledger: Ledger, subject: str
) -> None:
    await in_a_pool_that_takes_over_too(ledger)
    await ledger.write(cap(subject, 10))
    await ledger.write(used(subject, 5))
    await ledger.write(warns(2, 10))
    before = await wrong(ledger)
    await ledger.write(warns(1, 50))

    assert (before, list(await wrong(ledger))) == ({}, [("cap_near", subject)])


@pytest.mark.parametrize("subject", ["code:1", "agent:1@code:1"])
@pytest.mark.parametrize("end", [archive_live_code, close_live_code])
async def test_a_code_that_takes_nobody_warns_nobody_of_its_caps(
    ledger: Ledger, subject: str, end: Callable[[Connection, Act, int], object]
) -> None:
    await ledger.write(shop("ann"))
    await ledger.write(cap(subject, 10))
    await ledger.write(used(subject, 9))
    in_use = await wrong(ledger)
    await ledger.write(lambda c: end(c, ACT, 1))

    assert (list(in_use), await wrong(ledger)) == ([("cap_near", subject)], {})


@pytest.mark.parametrize("subject", ["agent:1@pool:1", "agent:1@code:1"])
async def test_an_agent_who_left_the_pool_is_not_told_of_caps_that_held_there(ledger: Ledger, subject: str) -> None:
    (ann,) = await ledger.write(shop("ann"))
    bo = await ledger.write(agent("bo"))
    await ledger.write(ready_ways(bo))
    await ledger.write(cap(subject, 10))
    await ledger.write(used(subject, 9))
    member = await wrong(ledger)
    await ledger.write(lambda c: update_pool(c, ACT, 1, PoolEdit(agent_ids=(bo,))))
    left = await wrong(ledger)
    await ledger.write(lambda c: update_pool(c, ACT, 1, PoolEdit(agent_ids=(ann, bo))))

    assert (list(member), left, list(await wrong(ledger))) == ([("cap_near", subject)], {}, [("cap_near", subject)])


async def test_the_alerts_and_the_capacity_board_never_disagree_about_a_cap(ledger: Ledger) -> None:
    await in_a_pool_that_takes_over_too(ledger)
    percents = st.integers(1, 100)
    subjects = st.sampled_from(
        ["agent:1", "pool:1", "pool:2", "code:1", "agent:1@pool:1", "agent:1@pool:2", "agent:1@code:1"]
    )

    def agree(connection: Connection) -> None:
        @settings(max_examples=80, deadline=None, database=None)
        @given(subjects, st.integers(1, 30), st.integers(0, 31), percents, percents)
        def for_each(subject: str, places: int, taken: int, first: int, second: int) -> None:
            connection.exec_driver_sql("DELETE FROM cap")
            for write in (cap(subject, places), used(subject, taken), warns(1, first), warns(2, second)):
                write(connection)
            alerts = {each.subject for each in nearly_full(connection, NOW, ZONE)}
            (line,) = board_of(connection, list_agents(connection, NOW, ZONE).items, NOW, ZONE)
            shown = {each.limit.subject for each in line.rooms if each.limit and each.room in ("near", "full")}

            assert alerts == shown

        for_each()

    await ledger.write(agree)


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


FULL = [("pool_full", "pool:1")]
CODE_FULL = [("code_full", "code:1")]
GONE = NOW + waiting.PRESENT + SECOND  # whoever waited at NOW has left


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


async def test_an_agent_without_the_skill_that_a_code_asks_for_is_not_told_of_a_cap_there(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    await ledger.write(cap("agent:1@code:1", 10))
    await ledger.write(used("agent:1@code:1", 9))
    anybody = await wrong(ledger)
    await ledger.write(asks_for("skill", "日语"))

    assert (list(anybody), ("cap_near", "agent:1@code:1") in await wrong(ledger)) == (
        [("cap_near", "agent:1@code:1")],
        False,
    )


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


async def test_who_is_not_on_duty_needs_no_contact_way_until_the_shift_begins_or_the_pause_ends(ledger: Ledger) -> None:
    night, pausing, offline, _ = await ledger.write(shop("ann", "bo", "cy", "dee", ways=0))
    await ledger.write(ready_ways(4))
    await ledger.write(works(night, "22:00-06:00"))
    await ledger.write(lambda c: set_presence(c, ACT, pausing, "paused", 30))
    await ledger.write(lambda c: set_presence(c, ACT, offline, "offline"))

    assert await wrong(ledger) == {}
    assert list(await wrong(ledger, NOW + 31 * MINUTE)) == [("stock_empty", f"agent:{pausing}")]
    assert list(await wrong(ledger, NOW + 9 * HOUR)) == [
        ("stock_empty", f"agent:{pausing}"),
        ("stock_empty", f"agent:{night}"),
    ]


def asks_for(column: str, value: object, code_id: int = 1) -> Callable[[Connection], int]:
    """The live code has this in its column."""
    update = f"UPDATE live_code SET {column} = :value WHERE id = :id"
    return lambda connection: Sql(update).run(connection, value=value, id=code_id)


def has_skill(agent_id: int, skill: str) -> Callable[[Connection], object]:
    """The agent has this skill and no other."""
    return lambda connection: update_agent(connection, ACT, agent_id, AgentEdit(skills=(skill,)))


def store_with(pool_id: int) -> Callable[[Connection], object]:
    """A store that this pool receives for."""
    return lambda connection: create_store(connection, ACT, NewStore("North", pool_id, "上海"))


def receives_vips(pool_id: int) -> Callable[[Connection], int]:
    """The pool receives customers with a tag, through whatever code."""

    def write(connection: Connection) -> int:
        tag_id = tag()(connection)
        return Sql("UPDATE pool SET vip_tag_id = :tag_id WHERE id = :id").run(connection, tag_id=tag_id, id=pool_id)

    return write


async def reached(ledger: Ledger, how: str, pool_id: int) -> None:
    """Visitors of code 1, over pool 1, are received by this pool as well."""
    match how:
        case "fallback":
            await ledger.write(spills(1, FallbackPool(pool_id)))
        case "store":
            await ledger.write(store_with(pool_id))
            await ledger.write(asks_for("by_place", True))
        case "vip":
            await ledger.write(receives_vips(pool_id))


@pytest.mark.parametrize("how", ["fallback", "store", "vip"])
async def test_whoever_a_code_with_our_page_may_ask_needs_contact_ways_and_nobody_else(
    ledger: Ledger, how: str
) -> None:
    await ledger.write(shop("ann"))
    bo = await ledger.write(agent("bo"))
    second = await ledger.write(pool("second", [bo]))
    not_asked = await wrong(ledger)
    await reached(ledger, how, second)
    asked = await wrong(ledger)
    await ledger.write(asks_for("active", False))

    assert (not_asked, list(asked), await wrong(ledger)) == ({}, [("stock_empty", f"agent:{bo}")], {})


async def test_who_lacks_the_skill_that_every_code_asks_for_needs_no_contact_way(ledger: Ledger) -> None:
    ann, bo = await ledger.write(shop("ann", "bo", ways=0))
    await ledger.write(ready_ways(ann))
    await ledger.write(has_skill(ann, "日语"))
    anybody = await wrong(ledger)
    await ledger.write(asks_for("skill", "日语"))

    assert (list(anybody), await wrong(ledger)) == ([("stock_empty", f"agent:{bo}")], {})


async def test_whoever_is_named_as_without_contact_ways_gets_some(ledger: Ledger) -> None:
    await ledger.write(shop("ann", ways=0))
    for how in ("fallback", "vip", "store"):
        member = await ledger.write(agent(f"of {how}"))
        await reached(ledger, how, await ledger.write(pool(f"pool by {how}", [member])))
    named = await wrong(ledger)
    await ledger.write(lambda c: refill_all(c, NOW, low=1, target=1))

    assert len(named) == 4
    assert await wrong(ledger) == {}


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


async def test_looking_again_raises_nothing_twice(ledger: Ledger) -> None:
    await ledger.write(shop("ann", ways=0))
    for second in range(3):
        await wrong(ledger, NOW + second * SECOND)

    assert [(each.times, each.since_at) for each in await ledger.read(open_alerts)] == [(1, NOW)]
