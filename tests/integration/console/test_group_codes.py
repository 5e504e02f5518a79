"""Groups and acquisition links on the console's pages."""

import re

import httpx
import pytest

from router.db.ledger import Ledger
from router.db.queries import acquisition_links
from router.sandbox.qr import picture
from tests import factories
from tests.integration.console.browsing import Browsers, text_of
from tests.integration.console.filled import HOSTILE, fill

pytestmark = pytest.mark.anyio


async def _group_code(ledger: Ledger, browser: httpx.AsyncClient, kind: str = "group") -> str:
    pool_id = await ledger.write(factories.pool(members=[await ledger.write(factories.agent("chenyu"))]))
    form = {"name": "Spring groups", "kind": kind, "pool_id": str(pool_id), "hold_minutes": "20", "slug": "spring"}
    created = await browser.post("/live-codes", data=form)
    assert created.status_code == 303, text_of(created)
    address: str = created.headers["location"].partition("?")[0].removeprefix("/console")
    return address


async def _upload(browser: httpx.AsyncClient, code: str, name: str, content: bytes | None = None) -> httpx.Response:
    content = picture(f"https://weixin.qq.com/g/{name}") if content is None else content
    fields = {"name": name, "person_limit": "100", "expires_at": "2026-11-28T14:00", "chat_id": ""}
    return await browser.post(f"{code}/groups/import", data=fields, files={"picture": ("qr.png", content)})


def _names(answer: httpx.Response) -> list[str]:
    return re.findall(r'<strong class="break">(.*?)</strong>', answer.text)


async def test_a_marketer_makes_a_group_code_uploads_groups_and_changes_their_order(
    ledger: Ledger, browsers: Browsers
) -> None:
    browser = await browsers.signed_in("marketer")
    code = await _group_code(ledger, browser)
    empty = text_of(await browser.get(f"{code}/groups"))

    uploads = [await _upload(browser, code, name) for name in ("one", "two")]
    before = await browser.get(f"{code}/groups")
    await browser.post(f"{code}/groups/2/up")
    after = await browser.get(f"{code}/groups")

    assert "No group yet" in empty
    assert [each.status_code for each in uploads] == [303, 303]
    assert (_names(before), _names(after)) == (["one", "two"], ["two", "one"])
    assert "shown now" in text_of(before)
    assert "works until" in text_of(before)
    assert (await browser.get(f"{code}/groups/1.png")).headers["content-type"] == "image/png"
    assert "2 groups" in text_of(await browser.get(code))


async def test_until_when_a_group_works_is_told_with_its_zone_as_every_other_time(
    ledger: Ledger, browsers: Browsers
) -> None:
    browser = await browsers.signed_in("marketer")
    code = await _group_code(ledger, browser)
    await _upload(browser, code, "one")

    pages = [await browser.get(address) for address in (f"{code}/groups", code)]

    told = 'works until <time class="nowrap number" title="2026-11-28 14:00:00.000 +08:00">2026-11-28 14:00</time>'
    assert [told in page.text for page in pages] == [True, True]
    assert ["Times in Asia/Shanghai" in text_of(page) for page in pages] == [True, True]


async def test_a_picture_without_a_code_is_refused_and_the_form_keeps_what_was_typed(
    ledger: Ledger, browsers: Browsers
) -> None:
    browser = await browsers.signed_in("marketer")
    code = await _group_code(ledger, browser)

    refused = await _upload(browser, code, "my group", b"GIF89a")

    assert refused.status_code == 422
    assert "This is no PNG or JPEG picture." in text_of(refused)
    assert 'value="my group"' in refused.text


async def test_a_group_is_edited_and_taken_out(ledger: Ledger, browsers: Browsers) -> None:
    browser = await browsers.signed_in("marketer")
    code = await _group_code(ledger, browser)
    await _upload(browser, code, "one")

    await browser.post(f"{code}/groups/1", data={"name": "first", "person_limit": "50", "people": "50"})
    full = await browser.get(f"{code}/groups")
    await browser.post(f"{code}/groups/1/remove")
    gone = await browser.get(f"{code}/groups")

    assert _names(full) == ["first"]
    assert "No group is left" in text_of(full)
    assert _names(gone) == []


async def test_a_refused_link_says_what_to_do(ledger: Ledger, browsers: Browsers) -> None:
    browser = await browsers.signed_in("marketer")
    code = await _group_code(ledger, browser, "acquisition")
    await ledger.write(lambda c: acquisition_links.failed(c, 1, "the app may not (48002)", factories.NOW))

    shown = text_of(await browser.get(code))
    asked = await browser.post(f"{code}/acquisition-link")

    assert "WeCom refuses the link: the app may not (48002)" in shown
    assert "give the self-built app the right to 获客助手" in shown
    assert asked.status_code == 303


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_names_of_groups_never_become_markup(ledger: Ledger, browsers: Browsers, language: str) -> None:
    filled = await ledger.write(fill)
    browser = await browsers.signed_in("admin", language=language)

    pages = [
        await browser.get(path)
        for path in (
            f"/live-codes/{filled.group_code_id}",
            f"/live-codes/{filled.group_code_id}/groups",
            f"/live-codes/{filled.link_code_id}",
        )
    ]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert [HOSTILE in page.text for page in pages] == [False, False, False]


async def test_a_code_of_another_kind_has_no_page_of_groups(ledger: Ledger, browsers: Browsers) -> None:
    browser = await browsers.signed_in("marketer")
    code = await _group_code(ledger, browser, "hosted")

    assert (await browser.get(f"{code}/groups")).status_code == 404
