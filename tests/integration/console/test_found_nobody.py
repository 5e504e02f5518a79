"""Visitors to whom no agent was given are listed with the reasons, in the console and over the API."""

import pytest

from router.db.ledger import Ledger
from router.db.queries.decisions import found_nobody
from router.domain.capacity import agent_subject
from tests.factories import MINUTE, NOW, cap, live_code, pool, scan, shop
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio


async def two_turned_away(ledger: Ledger) -> None:
    """Lin finds ann full, is served a minute later; wu comes to a pool without agents."""
    (ann,) = await ledger.write(shop("ann", cap_each=0))
    await ledger.write(live_code(await ledger.write(pool("empty")), "autumn"))
    await ledger.write(scan("lin"))
    await ledger.write(scan("wu", slug="autumn"))
    await ledger.write(cap(agent_subject(ann), 5))
    await ledger.write(scan("lin", now=NOW + MINUTE))


async def test_who_found_nobody_is_listed_latest_first_with_what_became_of_them(ledger: Ledger) -> None:
    await two_turned_away(ledger)

    listed = (await ledger.read(found_nobody)).items

    assert [(each.visitor, each.code_name, each.outcome, each.told_last) for each in listed] == [
        ("wu", "autumn", "full", "full"),
        ("lin", "spring", "full", "reserved"),
    ]


async def test_each_agent_who_was_not_given_is_named_with_the_reason(ledger: Ledger, browsers: Browsers) -> None:
    await two_turned_away(ledger)
    marketer = await browsers.signed_in("marketer")

    everybody = text_of(await marketer.get("/reservations/nobody"))
    of_spring = text_of(await marketer.get("/reservations/nobody?code_id=1"))
    preparing = text_of(await marketer.get("/reservations/nobody?outcome=preparing"))

    assert "Ann was left out: full, 0 of 0 taken" in everybody
    assert "The pool has no agent." in everybody
    assert ("an agent was found" in of_spring, "nobody yet" in of_spring) == (True, False)
    assert "Nobody here" in preparing


async def test_who_stood_behind_others_is_told_apart_from_who_found_no_agent(
    ledger: Ledger, browsers: Browsers
) -> None:
    await ledger.write(shop("ann", cap_each=0))
    marketer = await browsers.signed_in("marketer")
    before = text_of(await marketer.get("/reservations/nobody"))
    for visitor in ("lin", "wu"):
        await ledger.write(scan(visitor))

    after = text_of(await marketer.get("/reservations/nobody"))

    assert "Everybody found somebody" in before
    assert after.index("Nobody was asked: others stood in line before.") < after.index("Ann was left out: full")


async def test_programs_read_who_found_nobody_page_by_page(ledger: Ledger) -> None:
    await two_turned_away(ledger)

    first = await ledger.read(lambda c: found_nobody(c, limit=1))
    second = await ledger.read(lambda c: found_nobody(c, limit=1, before=first.next or 0))

    assert [each.visitor for each in (*first.items, *second.items)] == ["wu", "lin"]
    assert second.next is None
