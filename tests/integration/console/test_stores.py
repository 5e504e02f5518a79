"""Stores and the limits of a live code, in the console."""

from dataclasses import replace
from pathlib import Path

import pytest

from router.db.ledger import Ledger
from router.db.queries.admission import Limits, get_admission
from router.db.queries.stores import get_store
from router.domain.place import Point
from router.services import Services
from tests import factories
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio

FORM = {"name": "外滩店", "pool_id": "1", "region": "上海", "address": "中山东一路", "latitude": "31.24"}


async def test_a_store_is_added_shown_and_edited(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(factories.pool("上海"))
    admin = await browsers.signed_in("admin")

    created = await admin.post("/stores", data=FORM | {"longitude": "121.49"})
    listed = text_of(await admin.get("/stores"))
    await admin.post("/stores/1", data={"name": "外滩店", "pool_id": "1", "region": "上海"})
    store = await ledger.read(lambda c: get_store(c, 1))

    assert created.headers["location"] == "/console/stores?said=created"
    assert "外滩店 中山东一路 上海 31.2400, 121.4900 上海" in listed
    assert store is not None
    assert (store.address, store.point) == ("", None)


async def test_a_refused_store_comes_back_as_it_was_filled_in(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(factories.pool("上海"))
    admin = await browsers.signed_in("admin")

    alone = await admin.post("/stores", data=FORM)
    no_number = await admin.post("/stores", data=FORM | {"longitude": "east"})

    assert alone.status_code == 422
    assert "One coordinate without the other. Write both, or neither." in text_of(alone)
    assert 'value="外滩店"' in alone.text
    assert "Not between -180 and 180 degrees." in text_of(no_number)
    assert 'value="east"' in no_number.text


async def test_coordinates_come_back_as_they_are_kept(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(factories.pool("上海"))
    admin = await browsers.signed_in("admin")
    await admin.post("/stores", data=FORM | {"latitude": "-0.5", "longitude": "100"})

    page = await admin.get("/stores/1")

    store = await ledger.read(lambda c: get_store(c, 1))
    assert store is not None
    assert store.point == Point(-500_000, 100_000_000)
    assert 'value="-0.5"' in page.text
    assert 'value="100"' in page.text


async def test_the_console_says_of_when_the_file_of_regions_is_and_that_it_ages(
    browsers: Browsers, services: Services, tmp_path: Path
) -> None:
    admin = await browsers.signed_in("admin")
    packaged = text_of(await admin.get("/stores"))
    file = tmp_path / "regions.csv"
    file.write_text("203.0.113.0/24,上海\nnonsense\n")
    services.settings = replace(services.settings, region_file=file)

    own = text_of(await admin.get("/stores"))

    assert "ip2region.xdb · from the package iputil" in packaged
    assert "This data is more than a year old" in packaged
    assert "Networks 1" in own
    assert "line 2: not a network and a region" in own


async def test_a_marketer_limits_whom_a_code_lets_in(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(factories.shop("ann"))
    marketer = await browsers.signed_in("marketer")

    limits = {"scan_limit": "100", "visitor_limit": "", "by_place": "yes", "skill": "日语", "department": "south"}
    saved = await marketer.post("/live-codes/1/admission", data=limits)
    refused = await marketer.post("/live-codes/1/admission", data={"scan_limit": "many"})
    page = text_of(await marketer.get("/live-codes/1/admission"))

    admission = await ledger.read(lambda c: get_admission(c, 1))
    assert saved.headers["location"] == "/console/live-codes/1/admission?said=saved"
    assert refused.status_code == 422
    assert admission is not None
    assert admission.limits == Limits(scan_limit=100, by_place=True, skill="日语", department="south")
    assert "Whoever refuses or clears cookies is a new visitor each time" in page
    assert "There are no stores yet" in page


async def test_the_page_of_a_code_says_how_many_were_let_in_and_that_it_is_used_up(
    ledger: Ledger, browsers: Browsers
) -> None:
    await ledger.write(factories.shop("ann"))
    marketer = await browsers.signed_in("marketer")

    pages = []
    for limit in ("", "100", "0"):
        await marketer.post("/live-codes/1/admission", data={"scan_limit": limit})
        pages.append(text_of(await marketer.get("/live-codes/1")))

    assert ["Visitors let in" in page for page in pages] == [False, True, True]
    assert "Visitors let in 0 / 100" in pages[1]
    assert ["used up" in page for page in pages] == [False, False, True]
