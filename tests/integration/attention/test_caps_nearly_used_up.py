"""Caps nearly used up: from which percentage on they are told, and where nobody is told of them any more."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries.agents import list_agents
from router.db.queries.alerts import list_alerts
from router.db.queries.attention import nearly_full
from router.db.queries.board import board_of
from router.domain.spill import FallbackPool
from router.handlers.admin.act import Act
from router.handlers.admin.live_codes import archive_live_code, close_live_code
from router.handlers.admin.pools import PoolEdit, update_pool
from tests.factories import DAY, NOW, ZONE, agent, cap, pool, ready_ways, shop
from tests.integration.attention.around import ACT, asks_for, wrong
from tests.integration.ledger.lines import asks, spills

pytestmark = pytest.mark.anyio


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
