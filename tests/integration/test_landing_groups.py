"""What a phone gets from group codes, acquisition codes and the address of native codes."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx
import pytest
from sqlalchemy import Connection
from starlette.applications import Starlette

from router.clock import MovableClock
from router.db.ledger import Ledger
from router.db.queries import acquisition_links, group_qrs, native_ways
from router.db.queries.group_qrs import NewGroupQr
from router.db.queries.live_codes import LiveCode
from router.domain.code_kinds import CodeKind
from router.handlers.admin.act import Act
from router.handlers.admin.live_codes import NewLiveCode, create_live_code
from router.platforms.wecom.acquisition import opening_wechat
from router.sandbox.qr import picture, read_picture
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web import group_page, scan
from tests.factories import DAY, ZONE, agent, pool

pytestmark = pytest.mark.anyio

WECHAT = {"User-Agent": "Mozilla/5.0 (iPhone) AppleWebKit MicroMessenger/8.0.60 Language/zh_CN"}
ELSEWHERE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Safari/604.1"}
JSON = {"Accept": "application/json", "X-Liveqr-Visitor": "phone-1"}
BUTTON = re.compile(r'<a class="quiet-button" href="([^"]+)">(?:再看看有没有空位|Look for a free place again)</a>')
CARD = "https://work.weixin.qq.com/ca/card1"
LINK = "https://work.weixin.qq.com/ca/caw1"


@dataclass
class Shop:
    """A service with one code ``spring`` and a phone to open it with."""

    phone: httpx.AsyncClient
    ledger: Ledger
    clock: MovableClock

    async def open_code(self, kind: CodeKind) -> int:
        def create(connection: Connection) -> int:
            pool_id = pool(members=[agent("chenyu")(connection)])(connection)
            new = NewLiveCode("春季群", pool_id, "spring", kind)
            code = create_live_code(connection, Act("test", self.clock(), ZONE), new)
            assert isinstance(code, LiveCode)
            return code.id

        return await self.ledger.write(create)

    async def add_group(self, code_id: int, name: str, days: int) -> int:
        link = f"https://weixin.qq.com/g/{name}"
        expires_at = self.clock() + days * DAY
        new = NewGroupQr(
            code_id, "imported", name, 200, "ready", link=link, picture=picture(link), expires_at=expires_at
        )
        return await self.ledger.write(lambda c: group_qrs.insert_group_qr(c, new, self.clock()))


@pytest.fixture
async def shop(ledger: Ledger) -> AsyncIterator[Shop]:
    clock = MovableClock()
    app = Starlette(routes=[*scan.routes, *group_page.routes])
    settings = read_settings({}, {"LIVEQR_PUBLIC_URL": "https://go.example.com"})
    app.state.services = Services(settings, ledger, clock, SecretBox(bytes(32)))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://go.example.com", headers=WECHAT) as phone:
        yield Shop(phone, ledger, clock)


async def test_a_group_page_shows_the_groups_code_until_it_expires(shop: Shop) -> None:
    code_id = await shop.open_code("group")
    first, second = await shop.add_group(code_id, "one", 7), await shop.add_group(code_id, "two", 14)

    page, answer = await shop.phone.get("/q/spring"), await shop.phone.get("/q/spring", headers=JSON)
    shown = await shop.phone.get(f"/g/{first}.png")
    shop.clock.offset += 7 * DAY
    late, after = await shop.phone.get(f"/g/{first}.png"), await shop.phone.get("/q/spring", headers=JSON)

    assert f'src="../g/{first}.png"' in page.text
    assert "长按识别二维码，加入群聊" in page.text
    assert answer.json() == {
        "outcome": "reserved",
        "agent": None,
        "reservation": None,
        "qr_url": f"https://go.example.com/g/{first}.png",
        "reason": "this group takes new people",
        "url": "https://weixin.qq.com/g/one",
    }
    assert read_picture(shown.content) == "https://weixin.qq.com/g/one"
    assert (late.status_code, after.json()["qr_url"]) == (410, f"https://go.example.com/g/{second}.png")


async def test_a_group_code_without_a_group_left_tells_the_visitor_in_their_language(shop: Shop) -> None:
    await shop.open_code("group")

    chinese = await shop.phone.get("/q/spring", headers={"Accept-Language": "zh-CN"})
    english = await shop.phone.get("/q/spring", headers={"Accept-Language": "en"})
    answer = await shop.phone.get("/q/spring", headers=JSON)

    assert "群暂时加不进去" in chinese.text
    assert "No group can be joined right now" in english.text
    assert (answer.json()["outcome"], answer.json()["qr_url"]) == ("full", None)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_group_code_without_a_group_left_offers_to_look_again(shop: Shop, language: str) -> None:
    code_id = await shop.open_code("group")
    asked = {"Accept-Language": language}
    none_left = await shop.phone.get("/q/spring", headers=asked)
    button = BUTTON.search(none_left.text)
    assert button is not None

    await shop.add_group(code_id, "one", 7)
    again = await shop.phone.get(urljoin("/q/spring", button[1]), headers=asked)

    assert 'data-picture="/g/1.png"' in again.text


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_code_whose_link_is_refused_offers_to_look_again(shop: Shop, language: str) -> None:
    code_id = await shop.open_code("acquisition")
    asked = {"Accept-Language": language}
    await shop.ledger.write(lambda c: acquisition_links.failed(c, code_id, "48002", shop.clock()))
    refused = await shop.phone.get("/q/spring", headers=asked)
    button = BUTTON.search(refused.text)
    assert button is not None

    await shop.ledger.write(lambda c: acquisition_links.made(c, code_id, "caw1", LINK, ("chenyu",), shop.clock()))
    again = await shop.phone.get(urljoin("/q/spring", button[1]), headers=asked)

    assert (again.status_code, again.headers["location"].partition("?")[0]) == (302, LINK)


@pytest.mark.parametrize("path", ["/g/999.png", "/g/99999999999999999999.png"])
async def test_a_group_that_never_was_has_no_picture(shop: Shop, path: str) -> None:
    assert (await shop.phone.get(path)).status_code == 410


async def test_wechat_is_sent_to_the_link_and_other_browsers_are_offered_to_open_it(shop: Shop) -> None:
    code_id = await shop.open_code("acquisition")
    now = shop.clock()
    await shop.ledger.write(lambda c: acquisition_links.made(c, code_id, "caw1", LINK, ("chenyu",), now))
    link = await shop.ledger.read(lambda c: acquisition_links.link_of(c, code_id))
    assert link is not None
    url = f"{LINK}?customer_channel={link.state}"

    in_wechat = await shop.phone.get("/q/spring")
    elsewhere = await shop.phone.get("/q/spring", headers=ELSEWHERE)
    answer = await shop.phone.get("/q/spring", headers=JSON)

    assert (in_wechat.status_code, in_wechat.headers["location"]) == (302, url)
    assert f'href="{opening_wechat(url)}"' in elsewhere.text
    assert (answer.json()["outcome"], answer.json()["url"]) == ("reserved", url)


async def test_the_address_of_a_native_code_shows_its_print_to_whoever_opens_it(shop: Shop) -> None:
    code_id = await shop.open_code("native")
    being_made = await shop.phone.get("/q/spring")
    printed = picture(CARD)
    await shop.ledger.write(lambda c: native_ways.set_picture(c, code_id, CARD, printed))

    page, answer = await shop.phone.get("/q/spring"), await shop.phone.get("/q/spring", headers=JSON)
    source = re.search(r'<img src="([^"]+)"', page.text)
    assert source is not None
    shown = await shop.phone.get(urljoin("/q/spring", source[1]))

    assert 'data-outcome="preparing"' in being_made.text
    assert "长按识别二维码，添加顾问" in page.text
    assert f'href="{CARD}"' in page.text
    assert "预留" not in page.text
    assert answer.json() == {
        "outcome": "reserved",
        "agent": None,
        "reservation": None,
        "qr_url": "https://go.example.com/q/spring.png",
        "reason": "the platform chooses who answers",
        "url": CARD,
    }
    assert (shown.status_code, shown.content) == (200, printed)


@pytest.mark.parametrize(("language", "says"), [("zh-CN", "暂时无法添加"), ("en", "Nobody can be added right now")])
async def test_a_native_code_that_wecom_does_not_make_says_so_and_offers_to_look_again(
    shop: Shop, language: str, says: str
) -> None:
    code_id = await shop.open_code("native")
    await shop.ledger.write(lambda c: native_ways.blame(c, code_id, "failed", "48002", {}))

    page = await shop.phone.get("/q/spring", headers={"Accept-Language": language})

    assert says in page.text
    assert BUTTON.search(page.text)
    assert "48002" not in page.text
