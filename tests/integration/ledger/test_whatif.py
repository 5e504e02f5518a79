"""A past day is run again from what the ledger kept of it, and the ledger stays as it is."""

from datetime import date
from functools import partial

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries.past import Edits
from router.domain.scan import Reserved
from router.handlers import lease, whatif
from router.handlers.scan import ScanRequest, scan_each
from router.handlers.whatif import Answer
from tests.factories import MINUTE, NOW, RULES, ZONE, shop
from tests.integration.ledger.looking import rows

pytestmark = pytest.mark.anyio

TODAY = date(2026, 11, 21)


async def ask(ledger: Ledger, edits: Edits, day: date = TODAY) -> Answer:
    return whatif.run(await ledger.read(lambda connection: whatif.ask(connection, day, ZONE, edits)))


async def visit(ledger: Ledger, *visitors: str, test: bool = False) -> None:
    for number, visitor in enumerate(visitors):
        request = ScanRequest("spring", visitor, test=test)
        await ledger.write(partial(scan_each, requests=[request], now=NOW + number, rules=RULES))


async def test_a_day_as_it_was_run_again_and_run_with_a_raised_cap(ledger: Ledger) -> None:
    ann, bo = await ledger.write(shop("ann", "bo", cap_each=2))
    await visit(ledger, *(f"v{number}" for number in range(6)))

    answer = await ask(ledger, Edits(caps={(f"agent:{ann}", "day"): 3}))

    assert answer.arrivals == 6
    assert (answer.recorded.by_agent, answer.recorded.full.total()) == ({ann: 2, bo: 2}, 2)
    assert (answer.present.by_agent, answer.present.full.total()) == ({ann: 2, bo: 2}, 2)
    assert (answer.edited.by_agent, answer.edited.full.total()) == ({ann: 3, bo: 2}, 1)


async def test_whoever_left_gives_the_place_to_a_later_visitor(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=1))
    await visit(ledger, "left")
    await ledger.write(lambda c: lease.expire(c, 1, NOW + 20 * MINUTE))
    later = ScanRequest("spring", "later")
    told = await ledger.write(lambda c: scan_each(c, [later], NOW + 21 * MINUTE, RULES))

    answer = await ask(ledger, Edits())

    assert not isinstance(told[0], Reserved)  # the platform had not deleted the way yet: the place was closed
    assert answer.present.received == 2


async def test_edits_of_weight_policy_and_schedule_are_followed(ledger: Ledger) -> None:
    ann, bo = await ledger.write(shop("ann", "bo"))
    await visit(ledger, *(f"v{number}" for number in range(6)))

    heavier = await ask(ledger, Edits(weights={ann: 5}))
    in_order = await ask(ledger, Edits(policies={1: "sequential"}))

    assert heavier.edited.by_agent == {ann: 5, bo: 1}
    assert in_order.edited.by_agent == {ann: 6}


async def test_test_visits_and_other_days_are_left_out(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    await visit(ledger, "somebody of ours", test=True)

    assert (await ask(ledger, Edits())).arrivals == 0
    assert (await ask(ledger, Edits(), date(2026, 11, 20))).arrivals == 0


async def test_nothing_is_written(ledger: Ledger) -> None:
    await ledger.write(shop("ann", "bo", cap_each=2))
    await visit(ledger, *(f"v{number}" for number in range(6)))
    before = await ledger.read(_everything)

    await ask(ledger, Edits(caps={("agent:1", "day"): 50}))

    assert await ledger.read(_everything) == before


def _everything(connection: Connection) -> list[object]:
    tables = ("reservation", "counter", "cap", "contact_way", "decision", "visit", "assignment", "outbox", "timer")
    return [rows(f"SELECT * FROM {table} ORDER BY 1, 2")(connection) for table in tables]


async def test_a_long_day_is_run_in_a_process_of_its_own(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    await ledger.write(shop("ann", "bo", cap_each=2))
    await visit(ledger, "v1", "v2", "v3")
    monkeypatch.setattr(whatif, "FEW", 2)
    question = await ledger.read(lambda connection: whatif.ask(connection, TODAY, ZONE, Edits()))

    assert await whatif.answer(question) == whatif.run(question)
