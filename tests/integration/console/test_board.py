"""The board, alerts and reasons tell a cap by the names of agent, pool and code, and lead to where it is set."""

import pytest

from router.db.ledger import Ledger
from router.handlers.attention import look_around
from tests.factories import NOW, ZONE, cap, scan, shop
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/", "/alerts"])
@pytest.mark.parametrize(
    ("subject", "named", "leads_to"),
    [
        ("agent:1", "Ann", "/console/agents/1"),
        ("agent:1@pool:1", "Ann in the pool pool of spring", "/console/pools/1#agent-caps"),
        ("agent:1@code:1", "Ann at the live code spring", "/console/live-codes/1/admission#agent-caps"),
    ],
)
async def test_an_alert_of_a_cap_names_what_it_binds_and_leads_to_where_it_is_set(
    ledger: Ledger, browsers: Browsers, path: str, subject: str, named: str, leads_to: str
) -> None:
    await ledger.write(shop("ann"))
    await ledger.write(cap(subject, 1))
    await ledger.write(scan())
    await ledger.write(lambda c: look_around(c, NOW, ZONE))
    admin = await browsers.signed_in("admin")

    page = await admin.get(path)

    assert f'href="{leads_to}">{named} is nearly full: 1 of 1, per day.</a>' in page.text
    if "#" in leads_to:
        caps = (await admin.get(leads_to.removeprefix("/console").partition("#")[0])).text
        assert ('id="agent-caps"' in caps, 'name="caps.1.day"' in caps) == (True, True)


@pytest.mark.parametrize("path", ["/reservations", "/live-codes/1"])
async def test_the_reasons_of_a_reservation_name_the_pool_whose_cap_left_somebody_out(
    ledger: Ledger, browsers: Browsers, path: str
) -> None:
    await ledger.write(shop("ann", "ben"))
    await ledger.write(cap("agent:1@pool:1", 0))
    await ledger.write(scan())

    page = text_of(await (await browsers.signed_in("admin")).get(path))

    assert "Ann was left out: full, 0 of 0 taken (cap of Ann in the pool pool of spring, per day)." in page
