"""Numbers of a range of days: sums over exactly those hours, and what became of the reservations held in them."""

from datetime import date

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import exports, tally
from router.db.queries.exports import CustomerFilter, Parts, ReservationFilter, TallyLine
from router.db.queries.numbers import Scope, numbers_of
from router.db.queries.tally import Count
from router.db.sql import Sql
from router.domain.fairness import Share
from router.domain.numbers import Counts, Funnel, Range
from router.domain.scan import Reserved
from router.handlers.scan import ScanRequest, scan_each
from tests.factories import DAY, HOUR, NOW, RULES, ZONE, agent, customer, follow, shop

pytestmark = pytest.mark.anyio

TODAY = date(2026, 11, 21)
CONFIRM = Sql(
    "UPDATE reservation SET status = 'confirmed', customer_id = :customer_id, ended_at = :at WHERE visitor = :visitor"
)
END = Sql("UPDATE follow SET status = 'lost', ended_at = :at WHERE customer_id = :customer_id")


def days(first: int, last: int) -> Range:
    return Range(TODAY.replace(day=first), TODAY.replace(day=last))


def tallied(connection: Connection) -> None:
    """Three days of two codes and an agent, one hour of it a test."""
    tally.count_all(connection, NOW, ZONE, [Count("scan", 1, times=10), Count("visitor", 1, times=6)])
    tally.count_all(connection, NOW, ZONE, [Count("add", 1, 1, times=3), Count("add", 0, 1), Count("scan", 2)])
    tally.count_all(connection, NOW, ZONE, [Count("scan", 1, test=True, times=100)])
    tally.count_all(connection, NOW - DAY, ZONE, [Count("scan", 1, times=7), Count("lost", 1, 1)])
    tally.count_all(connection, NOW + DAY, ZONE, [Count("scan", 1, times=1_000)])


async def test_a_range_holds_its_days_and_no_hour_more(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    await ledger.write(tallied)

    found = await ledger.read(lambda c: numbers_of(c, Scope(days(20, 21)), NOW, ZONE))

    assert found.total == Counts(scans=18, visitors=6, adds=4, lost=1)
    assert found.hours == {
        2026112014: Counts(scans=7, lost=1),
        2026112114: Counts(scans=11, visitors=6, adds=4),
    }
    assert found.days == {date(2026, 11, 20): Counts(7, lost=1), date(2026, 11, 21): Counts(11, 6, 4)}
    assert [(each.id, each.name, each.counts) for each in found.codes] == [
        (1, "spring", Counts(scans=17, visitors=6, adds=3, lost=1)),
        (0, "", Counts(adds=1)),
        (2, "", Counts(scans=1)),
    ]
    assert found.week[5, 14] == Counts(scans=11, visitors=6, adds=4)


async def test_adds_are_compared_with_weights_and_who_was_never_given_a_customer_is_among_them(
    ledger: Ledger,
) -> None:
    ann, bo, cy = await ledger.write(shop("ann", "bo", "cy"))
    away = await ledger.write(agent("away"))  # a member of no pool
    await ledger.write(lambda c: Sql("UPDATE agent SET weight = 2 WHERE id = :id").run(c, id=ann))
    counts = [Count("add", 1, ann, times=4), Count("add", 1, bo, times=4), Count("lost", 1, away)]
    await ledger.write(lambda c: tally.count_all(c, NOW, ZONE, counts))

    found = await ledger.read(lambda c: numbers_of(c, Scope(days(21, 21)), NOW, ZONE))

    assert found.fairness is not None
    assert {each.id: each.share for each in found.agents} == {
        ann: Share(4, 0),
        bo: Share(2, 2),
        cy: Share(2, -2),
        away: None,
    }
    assert (found.fairness.furthest, found.fairness.deviation, found.fairness.deviation_share) == (bo, 2, 0.25)
    assert found.fairness.jain == pytest.approx(36 / 60)


async def test_of_a_code_the_members_of_its_pool_are_compared_and_no_backup_without_adds(ledger: Ledger) -> None:
    ann, bo, backup = await ledger.write(shop("ann", "bo", "backup"))
    await ledger.write(shop("elsewhere", slug="autumn"))
    await ledger.write(lambda c: Sql("UPDATE pool_member SET role = 'backup' WHERE agent_id = :id").run(c, id=backup))
    await ledger.write(lambda c: tally.count_all(c, NOW, ZONE, [Count("add", 1, ann, times=3)]))

    found = await ledger.read(lambda c: numbers_of(c, Scope(days(21, 21), code_id=1), NOW, ZONE))
    alone = await ledger.read(lambda c: numbers_of(c, Scope(days(21, 21), agent_id=ann), NOW, ZONE))
    nothing = await ledger.read(lambda c: numbers_of(c, Scope(days(20, 20)), NOW, ZONE))

    assert found.fairness is not None
    assert set(found.fairness.shares) == {ann, bo}
    assert [(each.id, each.share) for each in alone.agents] == [(ann, None)]
    assert (alone.fairness, nothing.fairness, nothing.agents) == (None, None, ())


async def test_a_code_an_agent_and_test_traffic_narrow_and_widen(ledger: Ledger) -> None:
    await ledger.write(tallied)

    async def total(scope: Scope) -> Counts:
        return (await ledger.read(lambda c: numbers_of(c, scope, NOW, ZONE))).total

    assert await total(Scope(days(21, 21), code_id=2)) == Counts(scans=1)
    assert await total(Scope(days(21, 21), agent_id=1)) == Counts(adds=4)
    assert await total(Scope(days(21, 21), code_id=1, with_test=True)) == Counts(110, 6, 3)
    assert await total(Scope(days(1, 19))) == Counts()


async def test_the_funnel_follows_the_reservations_held_in_the_range_for_seven_days(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann", ways=10))
    visits = {"stays": NOW, "leaves": NOW, "fresh": NOW + 6 * DAY, "only-scans": NOW, "a-test": NOW, "older": NOW - DAY}

    def live(connection: Connection) -> None:
        for visitor, at in visits.items():
            (answer,) = scan_each(connection, [ScanRequest("spring", visitor, test=visitor == "a-test")], at, RULES)
            assert isinstance(answer, Reserved), (visitor, answer)
        for visitor in ("stays", "leaves", "fresh", "a-test", "older"):
            customer_id = customer(f"wm-{visitor}")(connection)
            follow(ann, customer_id)(connection)
            CONFIRM.run(connection, visitor=visitor, customer_id=customer_id, at=visits[visitor])
            if visitor == "leaves":
                END.run(connection, customer_id=customer_id, at=NOW + HOUR)

    await ledger.write(live)

    scope = Scope(days(21, 27))
    found = await ledger.read(lambda c: numbers_of(c, scope, NOW + 8 * DAY, ZONE))

    assert (found.funnel.reserved, found.funnel.added, found.funnel.stayed, found.funnel.undecided) == (4, 3, 1, 1)
    assert isinstance(found.funnel, Funnel)


async def test_parts_of_an_export_begin_where_the_one_before_ends(ledger: Ledger) -> None:
    for number in range(7):
        await ledger.write(customer(f"wm-{number}", "林" if number % 2 else "=1+1"))
    wanted = CustomerFilter()

    parts = await ledger.read(lambda c: exports.customer_parts(c, wanted, 3))
    files = [
        [line.external_userid for line in await ledger.read(lambda c, k=key: exports.customer_lines(c, wanted, k, 3))]  # type: ignore[misc]
        for key in parts.begins
    ]

    assert (parts.rows, files) == (7, [["wm-6", "wm-5", "wm-4"], ["wm-3", "wm-2", "wm-1"], ["wm-0"]])
    assert await ledger.read(lambda c: exports.customer_parts(c, CustomerFilter("林"), 3)) == Parts(3, (exports.LAST,))
    assert (await ledger.read(lambda c: exports.reservation_parts(c, ReservationFilter(), 3))).rows == 0


async def test_the_lines_of_an_export_add_up_to_the_numbers(ledger: Ledger) -> None:
    await ledger.write(tallied)
    scope = Scope(days(20, 21), with_test=True)

    lines = await ledger.read(lambda c: exports.tally_lines(c, scope))
    total = (await ledger.read(lambda c: numbers_of(c, scope, NOW, ZONE))).total

    assert sum((line.counts for line in lines), Counts()) == total
    assert TallyLine(2026112114, 1, 0, True, Counts(scans=100)) in lines
