"""What the console promises and offers for a live code hangs on what stands behind its print."""

import re

import httpx
import pytest

from router.db.ledger import Ledger
from router.handlers.decide import decide_open
from router.services import Services
from tests import factories
from tests.integration.console.browsing import Browsers, text_of
from tests.integration.ledger.looking import one

pytestmark = pytest.mark.anyio


async def code_of_kind(ledger: Ledger, browser: httpx.AsyncClient, kind: str) -> str:
    """The page of a new code over a pool with one agent."""
    pool_id = await ledger.write(factories.pool(members=[await ledger.write(factories.agent("chenyu"))]))
    form = {"name": "Spring", "kind": kind, "pool_id": str(pool_id), "hold_minutes": "20", "slug": "spring"}
    created = await browser.post("/live-codes", data=form)
    assert created.status_code == 303, text_of(created)
    address: str = created.headers["location"].partition("?")[0].removeprefix("/console")
    return address


@pytest.mark.parametrize(
    ("kind", "offered", "said"),
    [
        (
            "hosted",
            ["scan_limit", "visitor_limit", "by_place", "skill", "department"],
            "Asked before anybody is chosen",
        ),
        ("native", ["skill", "department"], "Whoever scans a native code never passes our page"),
        ("group", ["scan_limit"], "only its visitors can be limited"),
        ("acquisition", ["scan_limit", "skill", "department"], "only the visitors of our page can be limited"),
    ],
)
async def test_a_code_is_offered_only_the_limits_that_can_hold_for_its_kind(
    ledger: Ledger, browsers: Browsers, kind: str, offered: list[str], said: str
) -> None:
    marketer = await browsers.signed_in("marketer")
    code = await code_of_kind(ledger, marketer, kind)

    page = await marketer.get(f"{code}/admission")
    saved = await marketer.post(f"{code}/admission", data=dict.fromkeys(offered, ""))
    others = {"scan_limit": "5", "visitor_limit": "2", "skill": "日语"}
    refused = await marketer.post(f"{code}/admission", data=others)

    fields = re.findall(r'name="(scan_limit|visitor_limit|by_place|skill|department)"', page.text)
    assert fields == offered
    assert said in text_of(page)
    assert ("Caps of single agents here" in text_of(page)) == (kind != "group")
    assert saved.status_code == 303
    assert refused.status_code == (303 if kind == "hosted" else 422)


@pytest.mark.parametrize(
    ("kind", "holds"), [("hosted", True), ("native", False), ("group", False), ("acquisition", False)]
)
async def test_minutes_of_a_hold_are_asked_only_for_a_code_that_holds_a_place(
    ledger: Ledger, browsers: Browsers, kind: str, holds: bool
) -> None:
    marketer = await browsers.signed_in("marketer")
    code = await code_of_kind(ledger, marketer, kind)

    form = await marketer.get(f"{code}/edit")
    given = {"name": "Autumn", "pool_id": "1", "hold_minutes": "45"} if holds else {"name": "Autumn", "pool_id": "1"}
    saved = await marketer.post(code, data=given)
    page = text_of(await marketer.get(code))

    assert ("hold_minutes" in form.text) == holds
    assert saved.status_code == 303, text_of(saved)
    assert "Autumn" in page
    assert ("Hold 45 minutes" in page, "Hold " in page) == (holds, holds)


@pytest.mark.parametrize("kind", ["hosted", "native", "group", "acquisition"])
async def test_welcome_tags_and_caps_are_asked_and_shown_only_where_customers_add_an_agent(
    ledger: Ledger, browsers: Browsers, kind: str
) -> None:
    marketer = await browsers.signed_in("marketer")
    tag_id = await ledger.write(factories.tag())
    pool_id = await ledger.write(factories.pool(members=[await ledger.write(factories.agent("chenyu"))]))
    form = {"name": "Spring", "kind": kind, "pool_id": str(pool_id), "hold_minutes": "20", "slug": "spring"}

    filled_in = {"welcome": "Hello there", "tag_ids": str(tag_id), "caps.day": "7"}
    created = await marketer.post("/live-codes", data=form | filled_in)
    code = created.headers["location"].partition("?")[0].removeprefix("/console")
    fields = re.findall(r'name="(welcome|tag_ids|caps\.day)"', (await marketer.get(f"{code}/edit")).text)
    page = text_of(await marketer.get(code))

    assert fields == ([] if kind == "group" else ["welcome", "tag_ids", "caps.day"])
    assert [said in page for said in ("Welcome", "Hello there", "Tags", "Caps of this code")] == [kind != "group"] * 4


@pytest.mark.parametrize(
    ("kind", "asked", "closed", "archived"),
    [
        ("hosted", "Whoever scans it is told", "Whoever scans the code now is told so.", "restore it at any time."),
        ("native", "Its print goes on working", "The print goes on working", "The print goes on working, with WeCom"),
        (
            "group",
            "whoever kept the QR of a group",
            "Whoever scans the code now is told so.",
            "restore it at any time.",
        ),
        ("acquisition", "whoever kept WeCom", "link itself still works.", "The link is being deleted at WeCom"),
    ],
)
async def test_to_close_and_to_archive_a_code_promises_what_its_kind_can_keep(
    ledger: Ledger, browsers: Browsers, kind: str, asked: str, closed: str, archived: str
) -> None:
    marketer = await browsers.signed_in("marketer")
    code = await code_of_kind(ledger, marketer, kind)

    page = (await marketer.get(code)).text
    answers = [await marketer.post(f"{code}/{act}") for act in ("close", "archive")]
    toasts = [text_of(await marketer.get(each.headers["location"].removeprefix("/console"))) for each in answers]

    assert asked in page
    assert ("is told that it is closed" in page, "Its prints then say" in page) == (kind != "native",) * 2
    assert [words in toast for words, toast in zip((closed, archived), toasts, strict=True)] == [True, True]
    assert ("Whoever scans the code now is told so" in toasts[0]) == (kind != "native")


async def add(ledger: Ledger, now: int, customers: int) -> None:
    """That many customers add the agent whom the platform shows on the only code, one a second."""
    state = await ledger.read(one("SELECT state FROM native_way UNION ALL SELECT state FROM acquisition_link"))
    for number in range(customers):
        at = now - (customers - number) * 1_000
        await ledger.write(
            factories.received(factories.customer_added("chenyu", f"wm-{number:02}", state=state, at=at), now=at)
        )
        await ledger.write(lambda c, at=at: decide_open(c, factories.situation(at)))  # type: ignore[misc]


async def test_the_trace_of_an_add_and_the_page_of_its_code_name_the_cap_that_was_passed_alike(
    ledger: Ledger, services: Services, browsers: Browsers
) -> None:
    admin = await browsers.signed_in("admin")
    code = await code_of_kind(ledger, admin, "native")
    await ledger.write(factories.cap("pool:1", 0, now=services.clock()))
    await add(ledger, services.clock(), 1)

    pages = [text_of(await admin.get(path)) for path in (code, "/events/1")]

    assert ["1 of 0 taken (cap of pool sales, per day)" in page for page in pages] == [True, True]


@pytest.mark.parametrize("kind", ["native", "acquisition"])
async def test_the_page_of_a_code_without_reservations_lists_who_came_a_page_at_a_time(
    ledger: Ledger, services: Services, browsers: Browsers, kind: str
) -> None:
    admin = await browsers.signed_in("admin")
    code = await code_of_kind(ledger, admin, kind)
    empty = text_of(await admin.get(code))
    await add(ledger, services.clock(), 21)

    first = await admin.get(code)
    further = re.search(rf'href="/console({code}\?before=\d+)"', first.text)
    assert further is not None
    last = await admin.get(further[1])
    marketer = await browsers.signed_in("marketer")

    listed = [re.findall(r"/customers/(wm-\d\d)", page.text) for page in (first, last)]
    assert "Nobody has added through it yet" in empty
    assert "Nobody has scanned it yet" not in empty
    assert listed == [[f"wm-{number:02}" for number in range(20, 0, -1)], ["wm-00"]]
    assert "Chenyu" in text_of(first)
    assert "the platform chose the agent" in text_of(first)
    assert "wm-20" not in (await marketer.get(code)).text


async def test_why_the_platform_gave_a_customer_is_told_in_chinese_too(
    ledger: Ledger, services: Services, browsers: Browsers
) -> None:
    marketer = await browsers.signed_in("marketer", language="zh")
    code = await code_of_kind(ledger, marketer, "native")
    await add(ledger, services.clock(), 1)

    assert "企业微信选定了接待员工" in text_of(await marketer.get(code))


@pytest.mark.parametrize(
    ("kind", "counted", "cells"),
    [
        ("hosted", ["Scans today", "Visitors", "Reserved", "Added"], ["0", "0", "0"]),
        ("native", ["Added today"], ["–", "–", "0"]),
        ("group", ["Scans today", "Visitors"], ["0", "–", "–"]),
        ("acquisition", ["Scans today", "Visitors", "Added"], ["0", "–", "0"]),
    ],
)
async def test_a_code_shows_only_the_figures_that_can_count_for_its_kind(
    ledger: Ledger, browsers: Browsers, kind: str, counted: list[str], cells: list[str]
) -> None:
    marketer = await browsers.signed_in("marketer")
    code = await code_of_kind(ledger, marketer, kind)

    page = await marketer.get(code)
    in_list = (await marketer.get("/live-codes")).text

    assert re.findall(r'"tile-label">(.*?)<', page.text) == counted
    assert ("Who was assigned, and why" in text_of(page)) == (kind == "hosted")
    assert ("Customers who came" in text_of(page)) == (kind in ("native", "acquisition"))
    assert re.findall(r'<td class="end number" data-label="[^"]*">(.*?)</td>', in_list) == cells


@pytest.mark.parametrize("kind", ["native", "acquisition"])
async def test_the_way_to_a_customer_shows_the_steps_that_exist_and_the_real_adds(
    ledger: Ledger, services: Services, browsers: Browsers, kind: str
) -> None:
    marketer = await browsers.signed_in("marketer")
    await code_of_kind(ledger, marketer, kind)
    await add(ledger, services.clock(), 2)

    page = text_of(await marketer.get("/numbers?code_id=1"))

    assert "Customers added 2" in page
    assert ("by 0 visitors" in page) == (kind == "acquisition")
    assert re.search(r"added 2 .{0,3}?still there after 7 days 0", page), page
    assert "reserved 0" not in page
    assert ("scans 0 " in page) == (kind == "acquisition")


async def test_who_opened_the_address_of_a_native_code_by_hand_is_no_measure_of_its_adds(
    ledger: Ledger, services: Services, browsers: Browsers
) -> None:
    marketer = await browsers.signed_in("marketer")
    code = await code_of_kind(ledger, marketer, "native")
    await ledger.write(factories.scan("by-hand", now=services.clock()))
    await add(ledger, services.clock(), 2)

    page = text_of(await marketer.get("/numbers?code_id=1"))

    assert "Customers added 2" in page
    assert "of the visitors" not in page
    assert "Scans today" not in text_of(await marketer.get(code))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("hosted", "Whoever opens this link is counted as test traffic and takes a place like anybody else."),
        ("native", "Every add through this print counts, your own too"),
        ("group", "Whoever opens this link is counted as test traffic. It works for a day."),
        ("acquisition", "An add that follows is not: it comes through WeCom's link, where every add counts"),
    ],
)
async def test_a_code_says_what_of_a_trial_is_left_out_of_its_numbers(
    ledger: Ledger, browsers: Browsers, kind: str, said: str
) -> None:
    marketer = await browsers.signed_in("marketer")
    code = await code_of_kind(ledger, marketer, kind)

    page = text_of(await marketer.get(code))

    assert said in page
    assert ("takes a place like anybody else" in page) == (kind == "hosted")
    assert ("Test scan" in page) == (kind != "native")
