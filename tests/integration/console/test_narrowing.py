"""Reservations and numbers narrowed by any live code, by agent and by day, as a marketer does it."""

import html
import re
from functools import partial

import httpx
import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import tally
from router.db.queries.live_codes import set_code_archived
from router.db.queries.tally import Count
from router.db.sql import Sql
from router.handlers.scan import ScanRequest, scan_each
from router.web.console import narrowing
from tests.factories import NOW, RULES, ZONE, instant, live_code, pool, shop
from tests.integration.console.browsing import Browsers, text_of
from tests.integration.console.test_numbers import lines_of

pytestmark = pytest.mark.anyio

RENAME = Sql("UPDATE live_code SET name = :name WHERE slug = :slug")
LISTS = ("/reservations", "/numbers")


async def visit(ledger: Ledger, slug: str, visitor: str, at: int = NOW) -> None:
    await ledger.write(partial(scan_each, requests=[ScanRequest(slug, visitor)], now=at, rules=RULES))


async def two_codes(ledger: Ledger) -> tuple[int, int]:
    """An agent each behind *Spring fair* (closed for good) and *Autumn*; the ids of the agents."""
    (ann,), (bo,) = await ledger.write(shop("ann", slug="k3f")), await ledger.write(shop("bo", slug="x9d"))
    await visit(ledger, "k3f", "v1")
    await visit(ledger, "x9d", "v2")

    def name_them(connection: Connection) -> None:
        RENAME.run(connection, name="Spring fair", slug="k3f")
        RENAME.run(connection, name="Autumn", slug="x9d")
        set_code_archived(connection, 1, NOW)
        tally.count_all(connection, NOW, ZONE, [Count("add", 1, ann, times=41), Count("add", 2, bo, times=52)])

    await ledger.write(name_them)
    return ann, bo


def agents_in(page: str) -> list[str]:
    """Whose reservations are listed."""
    table = page[page.index("<table") : page.index("</table>")] if "<table" in page else ""
    return re.findall(r'class="row-title">(\w+)<', table)


def links_to(page: httpx.Response, pattern: str) -> list[str]:
    """The links of a page within the console that begin so."""
    links = (html.unescape(link) for link in re.findall(r'href="/console([^"]*)"', page.text))
    return [link for link in links if re.match(pattern, link)]


def link_to(page: httpx.Response, pattern: str) -> str:
    """The only one."""
    (link,) = links_to(page, pattern)
    return link


@pytest.mark.parametrize(
    "text", ["Spring fair", "ring f", "SPRING", "k3f", "Spring fair · k3f", "Its name before · k3f"]
)
async def test_an_archived_code_is_chosen_by_name_part_of_it_or_slug(
    ledger: Ledger, browsers: Browsers, text: str
) -> None:
    await two_codes(ledger)
    marketer = await browsers.signed_in("marketer")

    reservations = await marketer.get("/reservations", params={"code": text})
    numbers = await marketer.get("/numbers", params={"code": text, "first": "2026-11-21", "last": "2026-11-21"})

    assert [answer.status_code for answer in (reservations, numbers)] == [200, 200]
    assert agents_in(reservations.text) == ["Ann"]
    assert "Customers added 41" in text_of(numbers)
    assert all('name="code" value="Spring fair · k3f"' in answer.text for answer in (reservations, numbers))


@pytest.mark.parametrize("path", LISTS)
async def test_a_link_names_the_code_by_its_id_and_no_name_means_all(
    ledger: Ledger, browsers: Browsers, path: str
) -> None:
    await two_codes(ledger)
    marketer = await browsers.signed_in("marketer")

    linked = await marketer.get(f"{path}?code_id=1")
    emptied = await marketer.get(f"{path}?code=")

    assert 'name="code" value="Spring fair · k3f"' in linked.text
    assert 'name="code" value=""' in emptied.text
    assert '<option value="Spring fair · k3f">archived</option>' in emptied.text


@pytest.mark.parametrize("path", LISTS)
async def test_codes_of_one_name_are_offered_as_links_that_keep_the_filters(
    ledger: Ledger, browsers: Browsers, path: str
) -> None:
    ann, _ = await two_codes(ledger)
    await ledger.write(lambda c: RENAME.run(c, name="Spring fair", slug="x9d"))
    marketer = await browsers.signed_in("marketer")

    page = await marketer.get(f"{path}?code=Spring+fair&agent_id={ann}")
    chosen = [await marketer.get(link) for link in links_to(page, rf"{path}\?.*code_id=\d$")]

    assert page.status_code == 422
    assert "Several live codes fit. Choose one of those below" in text_of(page)
    assert ["Spring fair · x9d" in chosen[0].text, "Spring fair · k3f" in chosen[1].text] == [True, True]
    assert all(f'<option value="{ann}" selected>' in answer.text for answer in chosen)


@pytest.mark.parametrize("path", LISTS)
async def test_a_name_that_no_code_has_is_said_beside_the_field(ledger: Ledger, browsers: Browsers, path: str) -> None:
    await two_codes(ledger)
    marketer = await browsers.signed_in("marketer")

    page = await marketer.get(f"{path}?code=%3Cscript%3Ewinter")

    assert page.status_code == 422
    assert "No live code has this in its name or address. Type a part of its name" in text_of(page)
    assert "<script>winter" not in page.text


async def test_a_code_that_is_not_suggested_any_more_is_still_found(
    ledger: Ledger, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrowing, "OFFERED", 3)
    await ledger.write(shop("ann", slug="first"))
    await visit(ledger, "first", "v1")
    empty = await ledger.write(pool("nobody"))
    for number in range(5):
        await ledger.write(live_code(empty, f"later-{number}"))
    marketer = await browsers.signed_in("marketer")

    everything = await marketer.get("/reservations")
    found = await marketer.get("/reservations?code=firs")

    assert "· first" not in everything.text
    assert 'value="first · first"' in found.text
    assert agents_in(found.text) == ["Ann"]


async def test_reservations_of_an_agent_who_was_archived_are_found(ledger: Ledger, browsers: Browsers) -> None:
    ann, _ = await two_codes(ledger)
    await ledger.write(lambda c: Sql("UPDATE agent SET archived_at = :now WHERE id = :id").run(c, now=NOW, id=ann))
    marketer = await browsers.signed_in("marketer")

    page = await marketer.get(f"/reservations?agent_id={ann}")

    assert agents_in(page.text) == ["Ann"]
    assert f'<option value="{ann}" selected>Ann (archived)</option>' in page.text


async def test_a_day_begins_at_midnight_in_the_corporation_s_zone(ledger: Ledger, browsers: Browsers) -> None:
    for name, moment in (("ann", "2026-11-20 23:59"), ("bo", "2026-11-21 00:00"), ("cy", "2026-11-22 00:00")):
        await ledger.write(shop(name, slug=f"code-of-{name}"))
        await visit(ledger, f"code-of-{name}", "v", instant(moment))
    marketer = await browsers.signed_in("marketer")

    page = await marketer.get("/reservations?day=2026-11-21")
    file = await marketer.get("/reservations/export.csv?day=2026-11-21")

    assert agents_in(page.text) == ["Bo"]
    assert [line[4] for line in lines_of(file)[1:]] == ["Bo"]
    assert "Held on (Asia/Shanghai)" in text_of(page)


async def test_a_day_that_is_none_is_said_beside_its_field(browsers: Browsers) -> None:
    marketer = await browsers.signed_in("marketer")

    page = await marketer.get("/reservations?day=2026-02-30")
    file = await marketer.get("/reservations/export.csv?day=2026-02-30")

    assert (page.status_code, file.status_code) == (422, 400)
    assert "Not a day between 2020 and 2099." in text_of(page)


async def test_further_pages_and_the_export_keep_every_filter(ledger: Ledger, browsers: Browsers) -> None:
    (ann,) = await ledger.write(shop("ann", ways=60))
    await ledger.write(shop("bo", slug="x9d"))
    for number in range(52):
        await visit(ledger, "spring", f"v{number}", NOW + number)
    await visit(ledger, "x9d", "last")
    marketer = await browsers.signed_in("marketer")

    first = await marketer.get(f"/reservations?status=held&code=spring&agent_id={ann}&day=2026-11-21")
    further, export = (link_to(first, f"/reservations{end}") for end in (r"\?.*before=\d+", r"/export\?"))
    second = await marketer.get(further)
    offered = await marketer.get(export)
    file = await marketer.get(link_to(offered, r"/reservations/export\.csv\?"))

    assert (agents_in(first.text), agents_in(second.text)) == (["Ann"] * 50, ["Ann"] * 2)
    assert {"status=held", "code_id=1", f"agent_id={ann}", "day=2026-11-21"} <= set(re.split(r"[?&]", further))
    assert "52 rows" in text_of(offered)
    assert len(lines_of(file)) == 1 + 52
