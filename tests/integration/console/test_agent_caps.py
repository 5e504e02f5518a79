"""The table of caps of single agents, on the pages of a code and of a pool."""

import pytest

from router.db.ledger import Ledger
from router.db.queries.caps import Caps, caps_of
from tests import factories
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio


async def test_one_save_caps_every_agent_of_a_pool_and_leaves_fields_that_were_not_sent(
    ledger: Ledger, browsers: Browsers
) -> None:
    await ledger.write(factories.shop("ann", "bo"))
    await ledger.write(factories.cap("agent:1@pool:1", 400, "total"))
    admin = await browsers.signed_in("admin")

    table = {"caps.1.day": "5", "caps.1.round": "2", "caps.2.day": "", "caps.2.round": "1"}
    saved = await admin.post("/pools/1/agent-caps", data=table)
    page = await admin.get("/pools/1")

    kept = await ledger.read(lambda c: caps_of(c, ["agent:1@pool:1", "agent:2@pool:1"]))
    assert saved.headers["location"] == "/console/pools/1?said=saved"
    assert kept == {"agent:1@pool:1": Caps(day=5, round=2, total=400), "agent:2@pool:1": Caps(round=1)}
    assert 'name="caps.1.day" value="5"' in page.text


async def test_a_marketer_caps_an_agent_within_a_code(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(factories.shop("ann", "bo"))
    marketer = await browsers.signed_in("marketer")

    saved = await marketer.post("/live-codes/1/agent-caps", data={"caps.2.day": "3"})
    page = await marketer.get("/live-codes/1/admission")

    assert saved.headers["location"] == "/console/live-codes/1/admission?said=saved"
    assert await ledger.read(lambda c: caps_of(c, ["agent:2@code:1"])) == {"agent:2@code:1": Caps(day=3)}
    assert 'name="caps.2.day" value="3"' in page.text


@pytest.mark.parametrize(
    ("path", "subject", "shown"),
    [
        ("/live-codes/1", "agent:1@code:1", "/live-codes/1/admission"),
        ("/pools/1", "agent:1@pool:1", "/pools/1"),
    ],
)
async def test_caps_of_an_hour_and_in_total_stand_beside_those_of_a_day(
    ledger: Ledger, browsers: Browsers, path: str, subject: str, shown: str
) -> None:
    await ledger.write(factories.shop("ann"))
    admin = await browsers.signed_in("admin")

    await admin.post(f"{path}/agent-caps", data={"caps.1.hour": "2", "caps.1.day": "5", "caps.1.total": "90"})
    page = await admin.get(shown)

    assert await ledger.read(lambda c: caps_of(c, [subject])) == {subject: Caps(hour=2, day=5, total=90)}
    assert [f'name="caps.1.{window}" value="{cap}"' in page.text for window, cap in (("hour", 2), ("total", 90))] == [
        True,
        True,
    ]


@pytest.mark.parametrize("path", ["/live-codes/1/agent-caps", "/pools/1/agent-caps"])
async def test_a_refused_table_comes_back_as_it_was_filled_in(ledger: Ledger, browsers: Browsers, path: str) -> None:
    await ledger.write(factories.shop("ann", "bo"))
    admin = await browsers.signed_in("admin")

    refused = await admin.post(path, data={"caps.1.day": "many", "caps.2.day": "4"})

    assert refused.status_code == 422
    assert "Write a whole number between 0 and 1000000." in text_of(refused)
    assert 'name="caps.1.day" value="many"' in refused.text
    assert 'name="caps.2.day" value="4"' in refused.text
    assert await ledger.read(lambda c: caps_of(c, ["agent:2@code:1", "agent:2@pool:1"])) == {
        "agent:2@code:1": Caps(),
        "agent:2@pool:1": Caps(),
    }


@pytest.mark.parametrize("path", ["/live-codes/9/agent-caps", "/pools/9/agent-caps"])
async def test_there_is_no_table_of_what_is_not_there(browsers: Browsers, path: str) -> None:
    admin = await browsers.signed_in("admin")

    assert (await admin.post(path, data={"caps.1.day": "1"})).status_code == 404
