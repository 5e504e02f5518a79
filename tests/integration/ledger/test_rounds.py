"""Rounds (轮): every member of a pool has so many turns, then the next round begins."""

import pytest

from router.db.ledger import Ledger
from router.domain.capacity import agent_subject
from router.domain.scan import Reserved, Waiting
from router.handlers import lease
from tests.factories import NOW, ZONE, cap, scan, shop
from tests.integration.ledger.looking import counters_that_lie, one, rows, taken

pytestmark = pytest.mark.anyio

TURNS = "SELECT a.userid, r.round FROM reservation AS r JOIN agent AS a ON a.id = r.agent_id ORDER BY r.id"


async def pool_with_rounds(ledger: Ledger, *userids: str, turns: int) -> tuple[str, tuple[int, ...]]:
    """A code over a pool whose members have so many turns in a round: the pool as a subject, the agents."""
    agents = await ledger.write(shop(*userids))
    subject = f"pool:{await ledger.read(one('SELECT pool_id FROM live_code'))}"
    await ledger.write(cap(subject, turns, "round"))
    return subject, agents


async def come(ledger: Ledger, *visitors: str) -> list[type]:
    return [type(await ledger.write(scan(visitor))) for visitor in visitors]


async def test_the_next_round_begins_when_everybody_had_their_turn(ledger: Ledger) -> None:
    await pool_with_rounds(ledger, "ann", "bo", turns=1)

    await come(ledger, "lin", "wang", "zhao", "sun")

    assert await ledger.read(rows(TURNS)) == [("ann", 1), ("bo", 1), ("ann", 2), ("bo", 2)]
    assert await ledger.read(one("SELECT round FROM pool")) == 2
    assert await ledger.write(counters_that_lie()) == []


async def test_a_member_may_have_more_turns_in_a_round_than_the_others(ledger: Ledger) -> None:
    subject, (ann, _) = await pool_with_rounds(ledger, "ann", "bo", turns=1)
    await ledger.write(cap(f"{agent_subject(ann)}@{subject}", 2, "round"))

    await come(ledger, "lin", "wang", "zhao", "sun", "li", "zhou")

    assert await ledger.read(rows(TURNS)) == [
        ("ann", 1),
        ("bo", 1),
        ("ann", 1),
        ("bo", 2),  # one customer so far, where ann has had two
        ("ann", 2),
        ("ann", 2),
    ]
    assert await ledger.write(counters_that_lie()) == []


async def test_a_burst_in_one_transaction_turns_the_rounds_as_single_scans_do(ledger: Ledger) -> None:
    await pool_with_rounds(ledger, "ann", "bo", turns=1)

    await ledger.write(lambda connection: [scan(f"visitor-{n}")(connection) for n in range(7)])

    assert await ledger.read(rows(TURNS)) == [(("ann", "bo")[n % 2], 1 + n // 2) for n in range(7)]
    assert await ledger.write(counters_that_lie()) == []


async def test_a_round_does_not_begin_while_everybody_is_full_for_the_day(ledger: Ledger) -> None:
    _, agents = await pool_with_rounds(ledger, "ann", "bo", turns=1)
    for each in agents:
        await ledger.write(cap(agent_subject(each), 1))
    await come(ledger, "lin", "wang")

    answers = await come(ledger, "zhao", "sun", "li")

    assert answers == [Waiting, Waiting, Waiting]
    assert await ledger.read(one("SELECT round FROM pool")) == 1


async def test_a_cap_on_rounds_set_in_the_middle_of_one_counts_the_turns_it_has_seen(ledger: Ledger) -> None:
    ann, bo, cy = await ledger.write(shop("ann", "bo", "cy"))
    subject = f"pool:{await ledger.read(one('SELECT pool_id FROM live_code'))}"
    await come(ledger, "lin", "wang")

    await ledger.write(cap(subject, 1, "round"))

    counted = [await ledger.read(taken(f"agent:{id}@{subject}", "round", round=1)) for id in (ann, bo, cy)]
    assert counted == [1, 1, 0]
    await come(ledger, "zhao", "sun")
    assert await ledger.read(rows(TURNS)) == [("ann", 1), ("bo", 1), ("cy", 1), ("ann", 2)]


async def test_a_place_is_given_back_to_the_round_it_was_taken_in(ledger: Ledger) -> None:
    subject, (ann, _) = await pool_with_rounds(ledger, "ann", "bo", turns=1)
    await come(ledger, "lin", "wang", "zhao")
    ((first, way_id),) = await ledger.read(rows("SELECT id, way_id FROM reservation ORDER BY id LIMIT 1"))
    await ledger.write(lambda c: lease.release(c, first, NOW))

    await ledger.write(lambda c: lease.deletion_acknowledged(c, way_id, NOW, ZONE))

    turns = [await ledger.read(taken(f"agent:{ann}@{subject}", "round", round=number)) for number in (1, 2)]
    assert turns == [0, 1]
    assert await ledger.write(counters_that_lie()) == []


async def test_a_place_given_back_in_this_round_is_a_turn_to_have_again(ledger: Ledger) -> None:
    await pool_with_rounds(ledger, "ann", turns=1)
    await come(ledger, "lin")
    ((reservation_id, way_id),) = await ledger.read(rows("SELECT id, way_id FROM reservation"))
    await ledger.write(lambda c: lease.release(c, reservation_id, NOW))
    await ledger.write(lambda c: lease.deletion_acknowledged(c, way_id, NOW, ZONE))

    assert await come(ledger, "wang") == [Reserved]

    assert await ledger.read(rows(TURNS)) == [("ann", 1), ("ann", 1)]


async def test_a_cap_on_rounds_that_is_taken_away_binds_nobody(ledger: Ledger) -> None:
    subject, _ = await pool_with_rounds(ledger, "ann", "bo", turns=0)
    before = await come(ledger, "lin")

    await ledger.write(cap(subject, None, "round"))

    assert (before, await come(ledger, "lin")) == ([Waiting], [Reserved])
    assert await ledger.read(one("SELECT round FROM pool")) == 1
