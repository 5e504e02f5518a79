"""Another zone moves the beginnings of days and hours; what happened in them stays counted."""

from zoneinfo import ZoneInfo

import pytest

from router.db.ledger import Ledger
from router.domain.scan import Reserved, Waiting
from router.handlers.admin.act import Act
from router.handlers.admin.settings import write_settings
from router.handlers.scan import ScanRules
from router.secret_box import SecretBox
from router.settings import read_settings
from tests.factories import MINUTE, ZONE, instant, scan, shop

pytestmark = pytest.mark.anyio


async def test_a_cap_that_is_used_up_stays_so_in_a_day_that_begins_elsewhere(ledger: Ledger) -> None:
    late = instant("2026-11-21 23:30")
    in_tokyo = ScanRules(ZoneInfo("Asia/Tokyo"), stock_low=0, stock_target=1)
    await ledger.write(shop("ann", cap_each=1))
    first = await ledger.write(scan("lin", now=late))
    act, settings = Act("admin", late + MINUTE, ZONE), read_settings(environment={})

    await ledger.write(
        lambda c: write_settings(c, act, SecretBox(bytes(32)), settings, {"TIME_ZONE": "Asia/Tokyo"}, {})
    )

    assert isinstance(first, Reserved)
    assert isinstance(await ledger.write(scan("wang", now=late + 2 * MINUTE, rules=in_tokyo)), Waiting)
