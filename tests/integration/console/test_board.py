"""The board, alerts and reasons tell a cap by the names of agent, pool and code, and lead to where it is set."""

import pytest

from router.db.ledger import Ledger
from tests.factories import cap, scan, shop
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/reservations", "/live-codes/1"])
async def test_the_reasons_of_a_reservation_name_the_pool_whose_cap_left_somebody_out(
    ledger: Ledger, browsers: Browsers, path: str
) -> None:
    await ledger.write(shop("ann", "ben"))
    await ledger.write(cap("agent:1@pool:1", 0))
    await ledger.write(scan())

    page = text_of(await (await browsers.signed_in("admin")).get(path))

    assert "Ann was left out: full, 0 of 0 taken (cap of Ann in the pool pool of spring, per day)." in page
