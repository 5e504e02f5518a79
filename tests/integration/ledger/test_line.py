"""Waiting in line: in the order of arrival, without a gap, and without places that stay free."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from router.db import json
from router.db.engine import open_writer
from router.db.ledger import Ledger
from router.db.queries import waiting
from router.domain.scan import Reserved, ScanAnswer, Waiting
from router.domain.spill import FallbackPool
from tests.factories import MINUTE, NOW, SECOND, agent, cap, customer, live_code, pool, ready_ways, shop
from tests.integration.ledger.lines import asks, spills
from tests.integration.ledger.looking import column, one, rows

pytestmark = pytest.mark.anyio

AFTER_HOLD = NOW + 21 * MINUTE


def positions(*answers: ScanAnswer) -> list[tuple[int, int] | None]:
    """Position and length of the line as told; None for whoever was not told to wait."""
    return [(each.position, each.of) if isinstance(each, Waiting) else None for each in answers]


async def full_shop(ledger: Ledger, *, places: int = 1) -> int:
    """A code whose only agent has that many places, all taken; returns the agent's id."""
    (agent_id,) = await ledger.write(shop("ann", ways=40, cap_each=places))
    for number in range(places):
        assert isinstance(await ledger.write(asks(f"early-{number}")), Reserved)
    return agent_id


async def test_everybody_is_told_their_place_in_line(ledger: Ledger) -> None:
    await full_shop(ledger)

    told = [await ledger.write(asks(visitor)) for visitor in ("a", "b", "c", "a")]

    assert positions(*told) == [(1, 1), (2, 2), (3, 3), (1, 3)]


async def test_a_free_place_goes_to_the_first_in_line_whoever_asks_first(ledger: Ledger) -> None:
    agent_id = await full_shop(ledger)
    for visitor in ("a", "b"):
        await ledger.write(asks(visitor))
    await ledger.write(cap(f"agent:{agent_id}", 2))

    told = [await ledger.write(asks(visitor)) for visitor in ("newcomer", "b", "a", "b")]

    assert positions(*told) == [(3, 3), (2, 3), None, (1, 2)]
    assert isinstance(told[2], Reserved)
    outcomes = await ledger.read(rows("SELECT visitor, outcome FROM waiting ORDER BY id"))
    assert outcomes == [("a", "served"), ("b", ""), ("newcomer", "")]


async def test_as_many_as_there_are_free_places_may_ask_at_once(ledger: Ledger) -> None:
    agent_id = await full_shop(ledger)
    for visitor in ("a", "b", "c"):
        await ledger.write(asks(visitor))
    await ledger.write(cap(f"agent:{agent_id}", 3))

    told = [await ledger.write(asks(visitor)) for visitor in ("c", "b", "a")]

    assert positions(*told) == [(3, 3), None, None]


async def test_a_recheck_without_a_free_place_decides_nothing(ledger: Ledger) -> None:
    await full_shop(ledger)
    await ledger.write(asks("a"))
    decided = await ledger.read(one("SELECT count(*) FROM decision"))

    for second in range(1, 6):
        await ledger.write(asks("a", now=NOW + second * SECOND))

    assert await ledger.read(one("SELECT count(*) FROM decision")) == decided


async def test_whoever_looks_away_loses_the_turn_but_not_the_place(ledger: Ledger) -> None:
    agent_id = await full_shop(ledger)
    for visitor in ("a", "b"):
        await ledger.write(asks(visitor))
    later = NOW + waiting.PRESENT + SECOND
    await ledger.write(asks("b", now=later - 2 * SECOND))

    without_a = await ledger.write(asks("b", now=later))
    back = await ledger.write(asks("a", now=later))
    await ledger.write(cap(f"agent:{agent_id}", 2))
    b_again = await ledger.write(asks("b", now=later))

    assert positions(without_a, back, b_again) == [(1, 1), (1, 2), (2, 2)]


async def test_a_place_does_not_stay_free_for_somebody_who_closed_the_page(ledger: Ledger) -> None:
    agent_id = await full_shop(ledger)
    for visitor in ("closed", "open"):
        await ledger.write(asks(visitor))
    await ledger.write(cap(f"agent:{agent_id}", 2))

    told = [await ledger.write(asks("open", now=NOW + second * SECOND)) for second in (2, 4, 6, 8)]

    assert positions(*told) == [(2, 2), (2, 2), (2, 2), None]


async def test_whoever_is_away_for_ten_minutes_starts_again_at_the_end(ledger: Ledger) -> None:
    await full_shop(ledger)
    for visitor in ("a", "b"):
        await ledger.write(asks(visitor))
    later = NOW + waiting.KEPT + SECOND
    await ledger.write(asks("b", now=NOW + 5 * MINUTE))

    told = [await ledger.write(asks(visitor, now=later)) for visitor in ("b", "a")]

    assert positions(*told) == [(1, 1), (2, 2)]
    assert await ledger.read(rows("SELECT outcome FROM waiting WHERE visitor = 'a' ORDER BY id")) == [("left",), ("",)]


async def test_whose_place_is_lost_between_looking_and_standing_stands_in_line_anew(ledger: Ledger) -> None:
    await full_shop(ledger)
    for visitor in ("a", "b"):
        await ledger.write(asks(visitor))
    code_id, pool_id = (await ledger.read(rows("SELECT id, pool_id FROM live_code")))[0]

    def look_lose_and_stand(connection: Connection) -> waiting.InLine:
        place = waiting.place_of(connection, code_id, "a", NOW)
        waiting.left_number(connection, code_id, "a", NOW)
        return waiting.enter(connection, code_id, pool_id, "a", NOW, place=place)

    assert await ledger.write(look_lose_and_stand) == waiting.InLine(position=2, of=2, entered=True)


async def test_those_who_left_are_cleared_away(ledger: Ledger) -> None:
    await full_shop(ledger)
    await ledger.write(asks("a"))

    cleared = await ledger.write(lambda c: waiting.clear_away(c, NOW + waiting.KEPT + SECOND))

    assert cleared == 1
    assert await ledger.read(waiting.anybody) is False


async def test_a_code_at_its_own_cap_does_not_hold_up_the_others(ledger: Ledger) -> None:
    agent_id = await full_shop(ledger)
    pool_id = await ledger.read(one("SELECT pool_id FROM live_code"))
    await ledger.write(live_code(pool_id, "summer"))
    first_code = await ledger.read(one("SELECT id FROM live_code WHERE slug = 'spring'"))
    await ledger.write(cap(f"code:{first_code}", 1))
    await ledger.write(asks("a"))
    await ledger.write(asks("b", "summer"))
    await ledger.write(cap(f"agent:{agent_id}", 2))

    told = [await ledger.write(asks("a")), await ledger.write(asks("b", "summer"))]

    assert positions(*told) == [(1, 2), None]


async def exclusive_shop(ledger: Ledger) -> int:
    """Ann and Bo with a place each, in a pool that is exclusive; Ann's went to mia, whose hold is over. Ann's id."""
    ann, bo = await ledger.write(shop("ann", "bo", cap_each=1))
    await ledger.write(cap(f"agent:{bo}", 0))
    await ledger.write(rows("UPDATE pool SET policy = 'exclusive' RETURNING id"))
    assert isinstance(await ledger.write(asks("mia")), Reserved)
    assert positions(await ledger.write(asks("mia", now=AFTER_HOLD))) == [(1, 1)]
    await ledger.write(cap(f"agent:{bo}", 1))
    return ann


async def test_whoever_waits_for_a_full_agent_leaves_the_places_of_others_to_those_behind(ledger: Ledger) -> None:
    await exclusive_shop(ledger)

    told = [await ledger.write(asks(visitor, now=AFTER_HOLD)) for visitor in ("noa", "mia", "ole")]

    assert positions(*told) == [None, (1, 1), (2, 2)]
    assert isinstance(told[0], Reserved)


async def test_whoever_waits_for_an_agent_with_a_place_comes_before_those_behind(ledger: Ledger) -> None:
    ann = await exclusive_shop(ledger)
    await ledger.write(asks("noa", now=AFTER_HOLD))
    await ledger.write(cap(f"agent:{ann}", 2))

    told = [await ledger.write(asks(visitor, now=AFTER_HOLD)) for visitor in ("ole", "mia")]

    assert positions(*told) == [(2, 2), None]


async def test_whoever_waits_for_the_agent_who_has_them_through_another_code_comes_before_those_behind(
    ledger: Ledger,
) -> None:
    ann = await exclusive_shop(ledger)
    await ledger.write(rows("UPDATE reservation SET status = 'confirmed', customer_id = NULL RETURNING id"))
    await ledger.write(customer("wm-mia"))
    await ledger.write(rows("UPDATE reservation SET customer_id = 1 RETURNING id"))
    await ledger.write(live_code(await ledger.read(one("SELECT id FROM pool")), "autumn"))
    assert positions(await ledger.write(asks("mia", "autumn", now=AFTER_HOLD))) == [(2, 2)]
    await ledger.write(asks("noa", now=AFTER_HOLD))
    await ledger.write(rows("UPDATE waiting SET ended_at = 1 WHERE visitor = 'mia' AND code_id = 1 RETURNING id"))
    await ledger.write(cap(f"agent:{ann}", 2))

    told = [await ledger.write(asks("ole", now=AFTER_HOLD)), await ledger.write(asks("mia", "autumn", now=AFTER_HOLD))]

    assert positions(*told) == [(2, 2), None]
    assert isinstance(told[1], Reserved)
    assert told[1].agent.id == ann


async def test_nobody_behind_takes_the_last_place_of_an_agent_whom_somebody_ahead_waits_for(ledger: Ledger) -> None:
    ann = await exclusive_shop(ledger)
    await ledger.write(cap(f"agent:{ann}", 2))  # and Ann is the first whom the pool would choose
    await ledger.write(rows(f"UPDATE agent SET weight = CASE WHEN id = {ann} THEN 9 ELSE 1 END RETURNING id"))

    told = [await ledger.write(asks(visitor, now=AFTER_HOLD)) for visitor in ("noa", "mia")]

    assert [each.agent.id == ann for each in told if isinstance(each, Reserved)] == [False, True]
    kept = await ledger.read(one("SELECT content FROM decision WHERE visitor = 'noa'"))
    assert {"agent_id": ann, "reason": "promised", "limit": None} in json.load(kept)["left_out"]


async def test_two_lines_meet_where_their_pools_fall_back_to_the_same(ledger: Ledger) -> None:
    agent_id = await full_shop(ledger)  # the fallback, with a code of its own
    fallback = await ledger.read(one("SELECT id FROM pool"))
    empty = await ledger.write(pool("empty"))
    await ledger.write(spills(empty, FallbackPool(fallback)))
    await ledger.write(live_code(empty, "summer"))
    first = await ledger.write(asks("a", "summer"))
    second = await ledger.write(asks("b"))
    await ledger.write(cap(f"agent:{agent_id}", 2))

    b_before_a = await ledger.write(asks("b"))

    assert positions(first, second, b_before_a) == [(1, 1), (1, 1), (1, 1)]


async def test_a_longer_line_is_not_counted_to_its_end(ledger: Ledger) -> None:
    await full_shop(ledger)
    told: ScanAnswer | None = None
    for number in range(waiting.COUNTED + 5):
        told = await ledger.write(asks(f"visitor-{number:03}"))

    assert isinstance(told, Waiting)
    assert (told.position, told.of) == (waiting.COUNTED + 1, waiting.COUNTED + 1)


def test_who_stands_far_back_asks_more_rarely_and_still_counts_as_present() -> None:
    near, far_back = waiting.ask_after(waiting.COUNTED), waiting.ask_after(waiting.COUNTED + 1)

    assert 2 * near < far_back
    assert far_back * 5 // 4 + SECOND <= waiting.PRESENT  # the page's jitter, and the way to here


async def test_processes_at_once_serve_the_line_in_its_order(ledger: Ledger, open_ledger: Callable[[], Ledger]) -> None:
    agent_id = await full_shop(ledger)
    processes = [ledger] if ledger.dialect == "sqlite" else [ledger, open_ledger(), open_ledger()]
    visitors = [f"visitor-{number}" for number in range(9)]

    async def all_ask() -> None:
        asked = (processes[n % len(processes)].write(asks(visitor)) for n, visitor in enumerate(visitors))
        await asyncio.gather(*asked)

    await all_ask()
    line = await ledger.read(column("SELECT visitor FROM waiting ORDER BY id"))
    for places in range(2, 2 + len(visitors)):
        await ledger.write(cap(f"agent:{agent_id}", places))
        await all_ask()
        await all_ask()

    served = await ledger.read(column("SELECT visitor FROM reservation ORDER BY id"))
    assert served[1:] == line
    assert sorted(line) == visitors


# --- the law ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def writer(sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    path = tmp_path / "law.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = open_writer(f"sqlite:///{path}")
    yield engine
    engine.dispose()


def served_in_order(connection: Connection, steps: list[tuple[str, int]]) -> None:
    """Play ``steps`` and hold the law: a place goes to nobody while somebody who still asks stands before them."""
    agent_id = agent("ann")(connection)
    pool_id = pool("sales", [agent_id])(connection)
    live_code(pool_id, "spring")(connection)
    ready_ways(agent_id, 60)(connection)
    places, now, last_asked = 0, NOW, dict[str, int]()
    cap(f"agent:{agent_id}", 0)(connection)
    line: list[str] = []
    for what, number in steps:
        if what == "frees":
            places += 1
            cap(f"agent:{agent_id}", places)(connection)
            continue
        if what == "waits":
            now += number * SECOND
            continue
        visitor = f"visitor-{number}"
        answer = asks(visitor, now=now)(connection)
        if visitor in line and now - last_asked[visitor] > waiting.KEPT:
            line.remove(visitor)
        before = line[: line.index(visitor)] if visitor in line else list(line)
        present = [each for each in before if now - last_asked[each] <= waiting.PRESENT]
        if isinstance(answer, Reserved) and answer.reason == "reserved for you":
            taken = one("SELECT count(*) FROM reservation")(connection)
            assert len(present) <= places - taken, "somebody was overtaken who could not have been served as well"
            line = [each for each in line if each != visitor]
        elif isinstance(answer, Waiting):
            assert answer.position == len(present) + 1
            line += [] if visitor in line else [visitor]
            taken = one("SELECT count(*) FROM reservation")(connection)
            assert len(present) >= places - taken, "a place stayed free while its turn had come"
        last_asked[visitor] = now


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("asks"), st.integers(0, 6)),
            st.tuples(st.just("frees"), st.just(0)),
            st.tuples(st.just("waits"), st.sampled_from([1, 10, 25, 40, 300, 700])),
        ),
        max_size=40,
    )
)
def test_the_order_of_service_is_the_order_of_arrival_among_those_still_looking(
    writer: Engine, steps: list[tuple[str, int]]
) -> None:
    with writer.connect() as connection, connection.begin() as transaction:
        served_in_order(connection, steps)
        transaction.rollback()
