"""What the console promises and offers for a live code hangs on what stands behind its print."""

import re

import httpx
import pytest

from router.db.ledger import Ledger
from tests import factories
from tests.integration.console.browsing import Browsers, text_of

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
        ("acquisition", ["scan_limit"], "only the visitors of our page can be limited"),
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
