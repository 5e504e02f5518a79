"""Reservations over the API, narrowed as on the console's page."""

from functools import partial

import pytest

from router.handlers.scan import ScanRequest, scan_each
from tests.factories import RULES, instant, shop
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio


async def test_reservations_of_a_day_are_those_held_on_it_by_the_corporation_s_clocks(api: Client) -> None:
    await api.services.ledger.write(shop("ann"))
    for moment in ("2026-11-20 23:59", "2026-11-21 00:00", "2026-11-22 00:00"):
        scanned = partial(scan_each, requests=[ScanRequest("spring", moment)], now=instant(moment), rules=RULES)
        await api.services.ledger.write(scanned)

    found = await api.get("/reservations", day="2026-11-21")

    assert [each["visitor"] for each in found["items"]] == ["2026-11-21 00:00"]


async def test_a_day_that_is_none_is_refused_at_its_field(api: Client) -> None:
    answer = await api.http.get("/reservations", params={"day": "2026-02-30"})

    assert answer.status_code == 422
    assert [each["path"] for each in answer.json()["problems"]] == ["day"]
