"""The board, alerts and reasons tell a cap by the names of agent, pool and code, and lead to where it is set."""

import pytest

from router.db.ledger import Ledger
from router.handlers.attention import look_around
from tests.factories import NOW, ZONE, agent, cap, live_code, pool, ready_ways, scan, shop
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio


async def two_pools(ledger: Ledger) -> None:
    """Ann, in two pools, has taken the one customer that she takes in the first of them."""
    ann = await ledger.write(agent("ann"))
    await ledger.write(live_code(await ledger.write(pool("counter", [ann])), "spring"))
    await ledger.write(live_code(await ledger.write(pool("online", [ann])), "web"))
    await ledger.write(ready_ways(ann))
    await ledger.write(cap("agent:1", 50))
    await ledger.write(cap("agent:1@pool:1", 1))
    await ledger.write(scan())


@pytest.mark.parametrize("path", ["/", "/agents"])
async def test_the_board_shows_each_pool_in_which_another_cap_decides(
    ledger: Ledger, browsers: Browsers, path: str
) -> None:
    await two_pools(ledger)

    board = text_of(await (await browsers.signed_in("admin")).get(path))

    assert "full in part counter 1 / 1 full 1/1 own cap in the pool counter, per day" in board
    assert "online 1 / 50 49 left 1/50 own cap, per day" in board


async def test_the_board_shows_the_cap_of_the_pool_when_that_is_what_is_used_up(
    ledger: Ledger, browsers: Browsers
) -> None:
    await ledger.write(shop("ann", cap_each=50))
    await ledger.write(cap("pool:1", 1))
    await ledger.write(scan())

    board = text_of(await (await browsers.signed_in("admin")).get("/"))

    assert "full 1 / 1 full 1/1 cap of pool pool of spring, per day" in board
    assert "takes customers" not in board


async def test_the_bar_is_marked_from_the_percentage_on_that_the_pool_warns_at(
    ledger: Ledger, browsers: Browsers
) -> None:
    await ledger.write(shop("ann", cap_each=2))
    await ledger.write(scan())
    admin = await browsers.signed_in("admin")
    before = (await admin.get("/agents")).text
    await ledger.write(lambda c: c.exec_driver_sql("UPDATE pool SET warn_percent = 50"))
    after = (await admin.get("/agents")).text

    assert ("bar-near" in before, "bar-near" in after) == (False, True)
    assert "nearly full" in after


async def test_codes_beyond_those_shown_are_counted(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(shop("ann"))
    for number in range(2, 8):
        await ledger.write(live_code(1, f"code-{number}"))
        await ledger.write(cap(f"code:{number}", number))

    board = text_of(await (await browsers.signed_in("admin")).get("/"))

    assert "pool of spring · code-5 0 / 5" in board
    assert "code-6" not in board
    assert "and 3 more with as much room or more" in board


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
