"""The capacity board says of each agent what the next scan would find."""

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries.agents import list_agents
from router.db.queries.board import BoardLine, board_of
from router.domain.scan import Reserved, Waiting
from router.domain.spill import FallbackPool
from tests.factories import NOW, ZONE, agent, cap, live_code, pool, ready_ways, scan, shop
from tests.integration.ledger.lines import spills

pytestmark = pytest.mark.anyio

Told = tuple[str, list[tuple[int, int, str, int, int, str]]]


async def board(ledger: Ledger) -> list[BoardLine]:
    def read(connection: Connection) -> list[BoardLine]:
        return list(board_of(connection, list_agents(connection, NOW, ZONE).items, NOW, ZONE))

    return await ledger.read(read)


async def told(ledger: Ledger) -> list[Told]:
    """Of each agent the state, and in each room pool, code, the cap that decides and its use."""
    return [
        (
            line.state,
            [
                (each.pool_id, each.code_id, each.limit.source, each.limit.taken, each.limit.places, each.room)
                if each.limit is not None
                else (each.pool_id, each.code_id, "", 0, 0, each.room)
                for each in line.rooms
            ],
        )
        for line in await board(ledger)
    ]


async def warns_at(ledger: Ledger, percent: int) -> None:
    await ledger.write(lambda c: c.exec_driver_sql(f"UPDATE pool SET warn_percent = {percent}"))


async def in_two_pools(ledger: Ledger) -> None:
    """Ann in the pools 1 and 2, each with a code."""
    ann = await ledger.write(agent("ann"))
    await ledger.write(live_code(await ledger.write(pool("one", [ann])), "one"))
    await ledger.write(live_code(await ledger.write(pool("two", [ann])), "two"))
    await ledger.write(ready_ways(ann))


async def test_a_pool_whose_cap_is_used_up_makes_its_agents_full_whatever_their_own_cap_leaves(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=50))
    await ledger.write(cap("pool:1", 1))
    first = await ledger.write(scan("first"))

    assert await told(ledger) == [("full", [(0, 0, "pool:1", 1, 1, "full")])]
    assert (type(first), type(await ledger.write(scan("second")))) == (Reserved, Waiting)


async def test_an_agent_full_in_one_pool_and_free_in_another_is_told_of_each(ledger: Ledger) -> None:
    await in_two_pools(ledger)
    await ledger.write(cap("agent:1", 50))
    await ledger.write(cap("agent:1@pool:1", 1))
    await ledger.write(scan("first", "one"))

    assert await told(ledger) == [
        ("partly", [(1, 0, "agent:1@pool:1", 1, 1, "full"), (2, 0, "agent:1", 1, 50, "free")])
    ]


async def test_the_same_cap_in_every_pool_is_told_once(ledger: Ledger) -> None:
    await in_two_pools(ledger)
    await ledger.write(cap("agent:1", 5))

    assert await told(ledger) == [("free", [(0, 0, "agent:1", 0, 5, "free")])]


@pytest.mark.parametrize("subject", ["code:1", "agent:1@code:1"])
async def test_a_cap_at_a_code_is_told_beside_the_other_codes_of_the_pool(ledger: Ledger, subject: str) -> None:
    await ledger.write(shop("ann", cap_each=5))
    await ledger.write(live_code(1, "autumn"))
    await ledger.write(cap(subject, 1))
    await ledger.write(scan("first", "spring"))

    assert await told(ledger) == [("partly", [(1, 1, subject, 1, 1, "full"), (1, 0, "agent:1", 1, 5, "free")])]


async def test_the_cap_of_the_only_code_binds_all_who_come_to_the_pool(ledger: Ledger) -> None:
    await ledger.write(shop("ann", "ben", cap_each=5))
    await ledger.write(cap("code:1", 1))
    await ledger.write(scan("first"))

    assert await told(ledger) == [("full", [(0, 0, "code:1", 1, 1, "full")])] * 2


async def test_a_code_that_leaves_more_than_the_agent_has_anyhow_has_no_line(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=5))
    await ledger.write(live_code(1, "autumn"))
    await ledger.write(cap("code:1", 100))
    await ledger.write(cap("agent:1@code:1", 90))

    assert await told(ledger) == [("free", [(0, 0, "agent:1", 0, 5, "free")])]


async def test_a_code_whose_pool_falls_back_to_another_binds_there_too(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    ben = await ledger.write(agent("ben"))
    reserve = await ledger.write(pool("reserve", [ben]))
    await ledger.write(spills(1, FallbackPool(reserve)))
    await ledger.write(cap("code:1", 3))

    assert [rooms for _, rooms in await told(ledger)] == [[(0, 0, "code:1", 0, 3, "free")]] * 2


async def test_whose_turns_are_used_up_waits_for_the_next_round_as_the_next_scan_shows(ledger: Ledger) -> None:
    await ledger.write(shop("ann", "ben"))
    await ledger.write(cap("pool:1", 1, "round"))
    await ledger.write(scan("first"))

    assert await told(ledger) == [
        ("turn", [(0, 0, "pool:1", 1, 1, "turn")]),
        ("free", [(0, 0, "pool:1", 0, 1, "free")]),
    ]
    await ledger.write(scan("second"))
    assert type(await ledger.write(scan("third"))) is Reserved


async def test_open_conversations_have_a_cap_of_their_own_that_keeps_no_scan_away(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    await ledger.write(cap("agent:1", 0, "open"))

    (line,) = await board(ledger)

    assert line.conversations is not None
    assert line.conversations.limit is not None
    assert (line.state, line.limit, line.conversations.room) == ("free", None, "full")
    assert (line.conversations.limit.window, line.conversations.limit.places) == ("open", 0)


async def test_an_agent_is_nearly_full_from_the_percentage_on_that_the_pool_warns_at(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=2))
    await ledger.write(scan("first"))
    (before,) = await board(ledger)
    await warns_at(ledger, 50)
    (after,) = await board(ledger)

    assert (before.state, after.state) == ("free", "near")


async def test_an_agent_in_no_pool_is_told_so_with_their_own_cap(ledger: Ledger) -> None:
    await ledger.write(agent("ann"))
    await ledger.write(cap("agent:1", 5))

    assert await told(ledger) == [("no_pool", [(0, 0, "agent:1", 0, 5, "free")])]
