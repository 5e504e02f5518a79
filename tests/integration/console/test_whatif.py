"""The page that runs a past day again, as an admin uses it."""

from functools import partial

import pytest

from router.db.ledger import Ledger
from router.handlers.scan import ScanRequest, scan_each
from router.web.console.pages import whatif
from tests.factories import NOW, RULES, agent, pool, shop
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio


async def test_a_day_is_compared_by_agent_and_by_live_code(ledger: Ledger, browsers: Browsers) -> None:
    (ann,) = await ledger.write(shop("ann", cap_each=2))
    await ledger.write(shop("bo", slug="autumn"))
    for number, slug in enumerate(("spring", "spring", "spring", "autumn")):
        request = ScanRequest(slug, f"v{number}")
        await ledger.write(partial(scan_each, requests=[request], now=NOW + number, rules=RULES))
    admin = await browsers.signed_in("admin")

    page = text_of(await admin.post("/what-if", data={"day": "2026-11-21", f"day.{ann}": "3"}))

    result = page[page.index("By agent") : page.index("Who was received")]
    by_agent, by_code = result.split("By live code")
    assert "Ann 2 2 3 +1" in by_agent
    assert "Bo 1 1 1 0" in by_agent
    assert "spring 2 2 3 +1 spring: found everyone full 1 1 0 -1" in by_code
    assert "autumn 1 1 1 0" in by_code
    assert "autumn: found" not in by_code


async def test_more_agents_and_pools_than_the_form_holds_are_said_with_what_to_do(
    ledger: Ledger, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whatif, "SHOWN", 2)
    admin = await browsers.signed_in("admin")
    for name in ("ann", "bo"):
        await ledger.write(agent(name))
        await ledger.write(pool(f"pool of {name}"))
    fitting = text_of(await admin.get("/what-if"))
    await ledger.write(agent("cy"))
    await ledger.write(pool("pool of cy"))

    page = text_of(await admin.get("/what-if"))

    assert "Only the first" not in fitting
    assert "Only the first 2 agents are shown; the others stay as they are. For them use liveqr whatif" in page
    assert "Only the first 2 pools are shown; the others stay as they are." in page
    assert "Cy" not in page


async def test_an_agent_beyond_the_form_has_a_name_in_the_result(
    ledger: Ledger, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whatif, "SHOWN", 1)
    await ledger.write(agent("ann"))
    await ledger.write(shop("bo"))
    await ledger.write(partial(scan_each, requests=[ScanRequest("spring", "v")], now=NOW, rules=RULES))
    admin = await browsers.signed_in("admin")

    page = text_of(await admin.post("/what-if", data={"day": "2026-11-21"}))

    assert "Bo 1 1 1 0" in page
