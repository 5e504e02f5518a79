"""Who is on duty, how fast somebody who returned may take customers, and when that changes next."""

from typing import Any

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries.agents import Agent
from router.db.queries.duty import duty_of, next_duty_change, ramp_left
from router.db.queries.schedules import SavedSchedule
from router.handlers.admin.act import Act
from router.handlers.admin.agents import AgentEdit, NewAgent, create_agent, update_agent
from router.handlers.admin.presence import set_presence
from router.handlers.admin.refusal import Conflict, Invalid
from router.handlers.admin.schedules import (
    NewSchedule,
    ScheduleEdit,
    archive_schedule,
    create_schedule,
    update_schedule,
)
from tests.factories import MINUTE, NOW, ZONE, agent, instant, scan, shop
from tests.integration.ledger.looking import column

pytestmark = pytest.mark.anyio

ACT = Act("admin", NOW, ZONE)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def at(now: int) -> Act:
    return Act("admin", now, ZONE)


def every_day(*shifts: str) -> dict[str, Any]:
    return {"week": {day: list(shifts) for day in DAYS}}


def schedule(name: str, *shifts: str) -> Any:
    def write(connection: Connection) -> int:
        saved = create_schedule(connection, ACT, NewSchedule(name, every_day(*shifts)))
        assert isinstance(saved, SavedSchedule), saved
        return saved.id

    return write


async def test_each_reason_for_not_being_on_duty_is_told_apart(ledger: Ledger) -> None:
    morning = await ledger.write(schedule("morning", "09:00-12:00"))
    whole_day = await ledger.write(schedule("day", "09:00-18:00"))
    ids = [await ledger.write(agent(name)) for name in ("ann", "bo", "cai", "dan", "eva", "fay")]
    ann, bo, cai, dan, eva, fay = ids
    await ledger.write(lambda c: update_agent(c, ACT, ann, AgentEdit(schedule_id=whole_day)))
    await ledger.write(lambda c: update_agent(c, ACT, bo, AgentEdit(on_duty=False, schedule_id=morning)))
    await ledger.write(lambda c: update_agent(c, ACT, cai, AgentEdit(schedule_id=morning)))
    await ledger.write(lambda c: set_presence(c, ACT, cai, "paused"))
    await ledger.write(lambda c: set_presence(c, ACT, dan, "paused", 10))
    await ledger.write(lambda c: set_presence(c, ACT, eva, "offline"))

    now = await ledger.read(lambda c: duty_of(c, ids, NOW, ZONE))
    later = await ledger.read(lambda c: duty_of(c, ids, NOW + 10 * MINUTE, ZONE))

    assert now == {ann: "on", bo: "off_duty", cai: "off_shift", dan: "paused", eva: "offline", fay: "on"}
    assert later == now | {dan: "on"}


async def test_an_edited_schedule_holds_from_the_next_question_on(ledger: Ledger) -> None:
    day = await ledger.write(schedule("day", "09:00-18:00"))
    ann = await ledger.write(agent("ann"))
    await ledger.write(lambda c: update_agent(c, ACT, ann, AgentEdit(schedule_id=day)))
    before = await ledger.read(lambda c: duty_of(c, [ann], NOW, ZONE))

    await ledger.write(lambda c: update_schedule(c, ACT, day, ScheduleEdit(content=every_day("15:00-18:00"))))

    assert before == {ann: "on"}
    assert await ledger.read(lambda c: duty_of(c, [ann], NOW, ZONE)) == {ann: "off_shift"}


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("2026-11-21 08:59:59.999", "off_shift"),
        ("2026-11-21 09:00", "on"),
        ("2026-11-21 17:59:59.999", "on"),
        ("2026-11-21 18:00", "off_shift"),
    ],
)
async def test_the_switch_is_at_the_boundary_and_survives_a_clock_that_jumped(
    ledger: Ledger, clock: str, expected: str
) -> None:
    """Duty is asked at the moment of the decision, so nothing that a jump could overtake is stored."""
    day = await ledger.write(schedule("day", "09:00-18:00"))
    ann = await ledger.write(agent("ann"))
    await ledger.write(lambda c: update_agent(c, ACT, ann, AgentEdit(schedule_id=day)))
    hour = 60 * MINUTE

    asked = [instant(clock), instant(clock) + hour, instant(clock) - hour, instant(clock)]
    duties = await ledger.read(lambda c: [duty_of(c, [ann], now, ZONE)[ann] for now in asked])

    assert (duties[0], duties[3]) == (expected, expected)


async def test_an_agent_off_shift_is_left_out_of_a_scan_and_named(ledger: Ledger) -> None:
    evening = await ledger.write(schedule("evening", "18:00-24:00"))
    ann, bo = await ledger.write(shop("ann", "bo"))
    await ledger.write(lambda c: update_agent(c, ACT, ann, AgentEdit(schedule_id=evening)))

    await ledger.write(scan())

    assert await ledger.read(column("SELECT agent_id FROM reservation")) == [bo]


async def test_the_first_to_return_takes_so_many_a_minute_and_no_more(ledger: Ledger) -> None:
    ann, bo = await ledger.write(shop("ann", "bo"))
    await ledger.write(lambda c: update_agent(c, ACT, bo, AgentEdit(on_duty=False)))
    await ledger.write(lambda c: set_presence(c, at(NOW - 60 * MINUTE), ann, "offline"))
    await ledger.write(lambda c: set_presence(c, at(NOW), ann, "online"))

    async def left(now: int) -> dict[int, int | None]:
        return await ledger.read(lambda c: ramp_left(c, [ann, bo], 2, now, ZONE))

    fresh = await left(NOW)
    await ledger.write(scan("one", now=NOW))
    await ledger.write(scan("two", now=NOW + 1))

    assert fresh == {ann: 2}
    assert await left(NOW + 59_999) == {ann: 0}
    assert await left(NOW + MINUTE) == {ann: 2}
    assert await left(NOW + 29 * MINUTE) == {ann: 58}
    assert await left(NOW + 30 * MINUTE) == {}
    assert await ledger.read(lambda c: ramp_left(c, [ann], 0, NOW, ZONE)) == {}


async def test_a_pause_that_ran_out_is_a_return_at_its_end(ledger: Ledger) -> None:
    ann = await ledger.write(agent("ann"))
    await ledger.write(lambda c: set_presence(c, ACT, ann, "paused", 10))

    paused = await ledger.read(lambda c: ramp_left(c, [ann], 3, NOW + 9 * MINUTE, ZONE))
    back = await ledger.read(lambda c: ramp_left(c, [ann], 3, NOW + 10 * MINUTE, ZONE))
    said_online = await ledger.write(lambda c: set_presence(c, at(NOW + 15 * MINUTE), ann, "online"))

    assert (paused, back) == ({}, {ann: 3})
    assert isinstance(said_online, Agent)
    assert said_online.returned_at == NOW + 10 * MINUTE


async def test_the_start_of_a_shift_is_a_return(ledger: Ledger) -> None:
    afternoon = await ledger.write(schedule("afternoon", "14:00-18:00"))
    split = await ledger.write(schedule("split", "09:00-14:00", "14:00-18:00"))
    ann, bo = await ledger.write(shop("ann", "bo"))
    await ledger.write(lambda c: update_agent(c, ACT, ann, AgentEdit(schedule_id=afternoon)))
    await ledger.write(lambda c: update_agent(c, ACT, bo, AgentEdit(on_duty=False, schedule_id=split)))

    async def left(now: int) -> dict[int, int | None]:
        return await ledger.read(lambda c: ramp_left(c, [ann, bo], 2, now, ZONE))

    fresh = await left(NOW)
    await ledger.write(scan("one", now=NOW + 1))

    assert await left(NOW - 1) == {}
    assert fresh == {ann: 2}
    assert await left(NOW + 59_999) == {ann: 1}
    assert await left(NOW + MINUTE) == {ann: 3}
    assert await left(NOW + 30 * MINUTE) == {}


async def test_of_a_shift_and_a_return_within_it_the_later_counts(ledger: Ledger) -> None:
    afternoon = await ledger.write(schedule("afternoon", "14:00-18:00"))
    ann = await ledger.write(agent("ann"))
    await ledger.write(lambda c: update_agent(c, ACT, ann, AgentEdit(schedule_id=afternoon)))
    await ledger.write(lambda c: set_presence(c, at(NOW - 20 * MINUTE), ann, "paused", 10))
    before_the_pause = await ledger.read(lambda c: ramp_left(c, [ann], 1, NOW + 2 * MINUTE, ZONE))

    await ledger.write(lambda c: set_presence(c, at(NOW + 2 * MINUTE), ann, "paused", 3))
    after_the_pause = await ledger.read(lambda c: ramp_left(c, [ann], 1, NOW + 6 * MINUTE, ZONE))

    assert (before_the_pause, after_the_pause) == ({ann: 3}, {ann: 2})


async def test_the_next_change_of_duty_is_the_first_of_all(ledger: Ledger) -> None:
    day = await ledger.write(schedule("day", "09:00-18:00"))
    ann, bo = await ledger.write(agent("ann")), await ledger.write(agent("bo"))

    async def following() -> int | None:
        return await ledger.read(lambda c: next_duty_change(c, NOW, ZONE))

    nobody = await following()
    await ledger.write(lambda c: update_agent(c, ACT, ann, AgentEdit(schedule_id=day)))
    shift_ends = await following()
    await ledger.write(lambda c: set_presence(c, ACT, bo, "offline", 30))

    assert (nobody, shift_ends) == (None, instant("2026-11-21 18:00"))
    assert await following() == NOW + 30 * MINUTE


async def test_a_schedule_that_somebody_follows_is_not_archived_and_nobody_gets_an_archived_one(ledger: Ledger) -> None:
    day, night = (
        await ledger.write(schedule("day", "09:00-18:00")),
        await ledger.write(schedule("night", "22:00-06:00")),
    )
    ann = await ledger.write(agent("ann"))
    await ledger.write(lambda c: update_agent(c, ACT, ann, AgentEdit(schedule_id=day)))

    in_use = await ledger.write(lambda c: archive_schedule(c, ACT, day))
    freed = await ledger.write(lambda c: archive_schedule(c, ACT, night))
    given = await ledger.write(lambda c: update_agent(c, ACT, ann, AgentEdit(schedule_id=night)))
    always = await ledger.write(lambda c: update_agent(c, ACT, ann, AgentEdit(schedule_id=0)))

    assert isinstance(in_use, Conflict)
    assert in_use.problems[0].reason.en == "Still followed by: Ann."
    assert isinstance(freed, SavedSchedule)
    assert isinstance(given, Conflict)
    assert isinstance(always, Agent)
    assert always.schedule_id is None


@pytest.mark.parametrize(
    ("presence", "minutes", "paths"),
    [
        ("asleep", None, ["presence"]),
        ("online", 5, ["minutes"]),
        ("paused", 0, ["minutes"]),
        ("paused", 24 * 60 + 1, ["minutes"]),
    ],
)
async def test_a_presence_that_makes_no_sense_is_refused(
    ledger: Ledger, presence: str, minutes: int | None, paths: list[str]
) -> None:
    ann = await ledger.write(agent("ann"))

    outcome = await ledger.write(lambda c: set_presence(c, ACT, ann, presence, minutes))

    assert isinstance(outcome, Invalid)
    assert [each.path for each in outcome.problems] == paths


async def test_skills_are_named_once_and_bounded(ledger: Ledger) -> None:
    good = await ledger.write(
        lambda c: create_agent(c, ACT, NewAgent("ann", "Ann", skills=("日语", "维修"), department="华东"))
    )
    twice = await ledger.write(lambda c: create_agent(c, ACT, NewAgent("bo", "Bo", skills=("a", "a"))))
    long = await ledger.write(
        lambda c: create_agent(c, ACT, NewAgent("bo", "Bo", skills=("x" * 33,), department="\x07"))
    )

    assert isinstance(good, Agent)
    assert (good.skills, good.department, good.duty) == (("日语", "维修"), "华东", "on")
    assert isinstance(twice, Invalid)
    assert isinstance(long, Invalid)
    assert [each.path for each in long.problems] == ["skills", "department"]
