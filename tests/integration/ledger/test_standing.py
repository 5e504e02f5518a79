"""A burst of scans sees each pool as it would by reading it anew after every place taken."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import capacity
from router.db.queries.candidates import AskedPool, asked_pool, asked_pools
from router.db.queries.capacity import CounterKey, TakenMeanwhileError
from router.db.queries.scan import Code, codes
from router.domain.assignment import PLENTY, Ask, Candidate, rank
from router.domain.capacity import CUSTOMER, Place, Window, agent_subject
from router.domain.scan import Reserved, Waiting
from router.domain.spill import FallbackPool
from router.handlers.scan import ScanRequest, scan_each
from router.handlers.standing import Standing, standing_of
from tests.factories import NOW, RULES, ZONE, cap, live_code, pool, scan, shop
from tests.integration.ledger.looking import counters_that_lie, one, rows

pytestmark = pytest.mark.anyio

TO_SPRING = '{"kind": "fallback_pool", "pool_id": %d}'


async def test_the_candidates_of_every_code_stay_in_step_with_the_ledger(ledger: Ledger) -> None:
    ann, bo, _ = await ledger.write(shop("ann", "bo", "cy", cap_each=4, ways=5))
    of_spring = await ledger.read(one("SELECT pool_id FROM live_code WHERE slug = 'spring'"))
    await ledger.write(cap(f"pool:{of_spring}", 8))
    await ledger.write(cap(f"pool:{of_spring}", 3, "round"))
    await ledger.write(cap(f"{agent_subject(ann)}@pool:{of_spring}", 2, "hour"))
    await ledger.write(cap(agent_subject(bo), 5, "held"))
    await ledger.write(live_code(await ledger.write(pool("ann and bo", (ann, bo))), "autumn"))

    seen, held = await ledger.write(_taken_in_turn)

    assert seen == held


async def test_pools_read_together_look_as_each_of_them_alone(ledger: Ledger) -> None:
    ann, bo, cy = await ledger.write(shop("ann", "bo", "cy", cap_each=6, ways=5))
    spring, of_spring = (await ledger.read(rows("SELECT id, pool_id FROM live_code")))[0]
    of_autumn = await ledger.write(pool("ann and bo", (bo, ann)))
    winter = await ledger.write(live_code(of_spring, "winter"))
    autumn = await ledger.write(live_code(of_autumn, "autumn"))
    caps: tuple[tuple[str, int, Window], ...] = (
        (f"pool:{of_spring}", 2, "round"),
        (f"{agent_subject(bo)}@pool:{of_autumn}", 3, "round"),
        (f"code:{winter}", 9, "hour"),
        (f"{agent_subject(ann)}@code:{spring}", 4, "total"),
        (agent_subject(cy), 5, "held"),
    )
    for subject, places, window in caps:
        await ledger.write(cap(subject, places, window))
    await ledger.write(lambda c: capacity.next_round(c, of_autumn, 1))
    for number in range(5):
        await ledger.write(scan(f"visitor {number}"))
        await ledger.write(scan(f"visitor {number}", slug="autumn"))
    terms = f"UPDATE pool SET ramp_per_minute = 2, spill_policy = '{TO_SPRING % of_spring}' WHERE id = {of_autumn}"
    await ledger.write(lambda c: c.exec_driver_sql(terms).close())
    await ledger.write(lambda c: c.exec_driver_sql(f"UPDATE agent SET returned_at = {NOW - 1_000}").close())
    asked = {(of_spring, spring), (of_spring, winter), (of_autumn, autumn), (of_autumn + 1, spring)}

    together = await ledger.read(lambda c: asked_pools(c, asked, NOW, ZONE, CUSTOMER))
    alone = await ledger.read(lambda c: {key: asked_pool(c, *key, NOW, ZONE, CUSTOMER) for key in asked})

    assert together == alone
    assert [len(together[key].candidates) for key in sorted(asked)] == [3, 3, 2, 0]
    assert together[of_autumn, autumn].spill_policy == FallbackPool(of_spring)
    turns = {limit.taken for each in together[of_autumn, autumn].candidates for limit in each.limits if limit.source}
    assert max(turns) > 0


async def test_a_burst_reads_the_pools_of_all_its_codes_at_once(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bo = await ledger.write(shop("ann", "bo", ways=5))
    await ledger.write(live_code(await ledger.write(pool("bo", (bo,))), "autumn"))
    await ledger.write(live_code(await ledger.write(pool("ann", (ann,))), "winter"))
    await ledger.write(scan("lin", slug="winter"))
    read = list[set[tuple[int, int]]]()

    monkeypatch.setattr("router.handlers.standing.asked_pools", _noting(read))
    burst = [ScanRequest(*each) for each in (("winter", "lin"), ("spring", "wu"), ("autumn", "wu"), ("spring", "mei"))]

    answers = await ledger.write(lambda connection: scan_each(connection, burst, NOW, RULES))

    assert {type(each) for each in answers} == {Reserved}
    assert [len(asked) for asked in read] == [2]  # who has a place already asks no pool


async def test_a_pool_that_a_burst_outdates_is_read_again_for_whoever_asks_next_only(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.write(shop("ann", ways=2 * PLENTY))
    await ledger.write(lambda c: live_code(one("SELECT id FROM pool")(c), "autumn")(c))
    read = list[set[tuple[int, int]]]()
    monkeypatch.setattr("router.handlers.standing.asked_pools", _noting(read))
    slugs = ["spring", *["autumn"] * PLENTY, "autumn", "spring"]
    burst = [ScanRequest(slug, f"visitor {number}") for number, slug in enumerate(slugs)]

    answers = await ledger.write(lambda connection: scan_each(connection, burst, NOW, RULES))

    assert {type(each) for each in answers} == {Reserved}
    assert [len(asked) for asked in read] == [2, 1, 1]


async def test_the_next_transaction_goes_on_with_what_the_last_one_left(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=4, ways=5))

    left = await ledger.write(_leave)
    found = await ledger.write(_find)

    assert (found is left) is (ledger.dialect == "sqlite")


async def test_nothing_is_left_over_a_change_by_anybody(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=4, ways=5))
    left = await ledger.write(_leave)

    await ledger.write(cap(agent_subject(ann), 3))

    assert await ledger.write(_find) is not left


async def test_a_transaction_that_is_rolled_back_leaves_nothing(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=4, ways=5))
    left: list[Standing] = []

    def fail(connection: Connection) -> None:
        left.append(_leave(connection))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await ledger.write(fail)

    assert await ledger.write(_find) is not left[-1]


@pytest.mark.parametrize("later", [1_000, 3_600_000])
async def test_nothing_is_left_to_another_second(ledger: Ledger, later: int) -> None:
    await ledger.write(shop("ann", cap_each=4, ways=5))

    left = await ledger.write(_leave)

    assert await ledger.write(lambda connection: standing_of(connection, NOW + later, ZONE)) is not left


MEANWHILE = {
    "the last place": "UPDATE counter SET taken = 4",
    "the contact way": "UPDATE contact_way SET status = 'leased'",
}


@pytest.mark.parametrize("taken", MEANWHILE)
async def test_what_somebody_else_takes_meanwhile_is_not_taken_again(ledger: Ledger, taken: str) -> None:
    await ledger.write(shop("ann", cap_each=4, ways=5))

    def take_too_late(connection: Connection) -> None:
        standing = Standing(connection, NOW, ZONE)
        for code in codes(connection, ["spring"]).values():
            _take_best(standing, code)
        connection.exec_driver_sql(MEANWHILE[taken])
        standing.settle()

    with pytest.raises(TakenMeanwhileError):
        await ledger.write(take_too_late)


async def test_a_scan_by_itself_that_comes_too_late_gets_the_next_agent(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bo = await ledger.write(shop("ann", "bo", cap_each=1))
    guarded = capacity.try_take

    def somebody_has_the_place_of_ann(connection: Connection, place: Place, *rest: Any) -> bool:
        return place.agent_id != ann and guarded(connection, place, *rest)

    monkeypatch.setattr("router.handlers.standing.try_take", somebody_has_the_place_of_ann)

    reserved = await ledger.write(scan("lin"))

    assert isinstance(reserved, Reserved)
    assert reserved.agent.id == bo
    assert await ledger.write(counters_that_lie()) == []


async def test_who_has_just_returned_gets_no_more_of_a_burst_than_of_single_scans(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    await ledger.write(lambda c: live_code(one("SELECT id FROM pool")(c), "autumn")(c))
    await ledger.write(lambda c: c.exec_driver_sql("UPDATE pool SET ramp_per_minute = 1").close())
    await ledger.write(lambda c: c.exec_driver_sql(f"UPDATE agent SET returned_at = {NOW - 1_000}").close())
    burst = [ScanRequest("spring", "lin"), ScanRequest("autumn", "wu")]

    answers = await ledger.write(lambda connection: scan_each(connection, burst, NOW, RULES))

    assert [type(each) for each in answers] == [Reserved, Waiting]


async def test_ways_beyond_those_counted_are_found_by_every_code(ledger: Ledger) -> None:
    await ledger.write(shop("ann", ways=2 * PLENTY))
    await ledger.write(lambda c: live_code(one("SELECT id FROM pool")(c), "autumn")(c))
    half = PLENTY // 2
    slugs = ["spring"] * half + ["autumn"] * half + ["spring", "autumn"]
    burst = [ScanRequest(slug, f"visitor {number}") for number, slug in enumerate(slugs)]

    answers = await ledger.write(lambda connection: scan_each(connection, burst, NOW, RULES))

    assert {type(each) for each in answers} == {Reserved}


async def test_a_burst_that_came_too_late_for_a_place_is_decided_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.write(shop("ann", "bo", cap_each=1))
    guarded, refused = capacity.take_all, list[object]()

    def somebody_is_faster(connection: Connection, taken: Mapping[CounterKey, tuple[int, int]]) -> None:
        if not refused and taken:
            refused.append(taken)
            raise TakenMeanwhileError
        guarded(connection, taken)

    monkeypatch.setattr("router.handlers.standing.take_all", somebody_is_faster)

    burst = [ScanRequest("spring", "lin"), ScanRequest("spring", "wu")]
    reserved = await ledger.write(lambda connection: scan_each(connection, burst, NOW, RULES))

    assert refused
    assert [type(each) for each in reserved] == [Reserved, Reserved]
    assert await ledger.write(counters_that_lie()) == []


def _noting(read: list[set[tuple[int, int]]]) -> Callable[..., dict[tuple[int, int], AskedPool]]:
    """Which pools were read, for which codes, by each reading."""

    def note(connection: Connection, asked: set[tuple[int, int]], *rest: Any) -> dict[tuple[int, int], AskedPool]:
        read.append(asked)
        return asked_pools(connection, asked, *rest)

    return note


def _leave(connection: Connection) -> Standing:
    standing = standing_of(connection, NOW, ZONE)
    for code in codes(connection, ["spring"]).values():
        _take_best(standing, code)
        standing.settle()
    standing.leave()
    return standing


def _find(connection: Connection) -> Standing:
    return standing_of(connection, NOW, ZONE)


def _taken_in_turn(connection: Connection) -> tuple[list[Candidate], list[Candidate]]:
    """Six places, of two codes in turn: after each, every candidate as seen and as the ledger holds it."""
    both = tuple(codes(connection, ["spring", "autumn"]).values())
    standing = Standing(connection, NOW, ZONE)
    seen: list[Candidate] = []
    held: list[Candidate] = []
    for code in both * 3:
        _take_best(standing, code)
        standing.settle()
        seen += [candidate for each in both for candidate in standing.of(each.pool_id, each.id).candidates]
        held += [
            candidate
            for each in both
            for candidate in asked_pool(connection, each.pool_id, each.id, NOW, ZONE, CUSTOMER).candidates
        ]
    return seen, held


def _take_best(standing: Standing, code: Code) -> None:
    asked = standing.of(code.pool_id, code.id)
    best = rank(asked.candidates, Ask()).order[0]
    place = Place(best.agent_id, code.pool_id, code.id, asked.round)
    assert standing.take(best, place) is not None
