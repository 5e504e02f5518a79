"""What a phone, a preview and a program get when they open a live code."""

import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import Connection
from starlette.applications import Starlette

from router.clock import MovableClock
from router.db.ledger import Ledger
from router.db.queries.presence import set_photo
from router.db.tables import (
    AgentRow,
    ContactWayRow,
    CustomerRow,
    FollowRow,
    LiveCodeRow,
    PoolMemberRow,
    PoolRow,
)
from router.sandbox.qr import picture
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web.scan import routes
from tests.integration.rows import Row, insert_rows

pytestmark = pytest.mark.anyio

PUBLIC_URL = "https://go.example.com"
WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.60 Language/zh_CN"
JSON = {"Accept": "application/json", "X-Liveqr-Visitor": "phone-1"}
MINUTE = 60_000


@dataclass
class Shop:
    """A service with one code ``spring`` and two agents, and a phone to open it with."""

    phone: httpx.AsyncClient
    ledger: Ledger
    clock: MovableClock

    async def run(self, statement: str) -> None:
        await self.ledger.write(lambda connection: connection.exec_driver_sql(statement))

    async def count(self, statement: str) -> int:
        return await self.ledger.read(lambda connection: int(connection.exec_driver_sql(statement).scalar_one()))

    async def reservations(self) -> int:
        return await self.count("SELECT count(*) FROM reservation")


@pytest.fixture
async def shop(ledger: Ledger) -> AsyncIterator[Shop]:
    clock = MovableClock()
    await ledger.write(lambda connection: open_shop(connection, clock()))
    app = Starlette(routes=routes)
    settings = read_settings({}, {"LIVEQR_PUBLIC_URL": PUBLIC_URL})
    app.state.services = Services(settings, ledger, clock, SecretBox(bytes(32)))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers={"User-Agent": WECHAT}) as phone:
        yield Shop(phone, ledger, clock)


def open_shop(connection: Connection, now: int) -> None:
    rows: list[Row] = [
        (PoolRow, {"id": 1, "name": "门店"}),
        (LiveCodeRow, {"id": 1, "slug": "spring", "name": "春季新品", "pool_id": 1}),
    ]
    for agent_id, name in ((1, "陈雨"), (2, "<b>李华</b>")):
        rows += [
            (AgentRow, {"id": agent_id, "userid": f"u{agent_id}", "name": name}),
            (PoolMemberRow, {"pool_id": 1, "agent_id": agent_id, "position": agent_id}),
            (ContactWayRow, ready_way(agent_id, now)),
        ]
    insert_rows(connection, now, rows)


def ready_way(agent_id: int, now: int) -> dict[str, Any]:
    link = f"https://work.weixin.qq.com/ca/way{agent_id}"
    return {
        "agent_id": agent_id,
        "state": f"state{agent_id}",
        "config_id": f"way{agent_id}",
        "status": "ready",
        "link": link,
        "picture": picture(link),
        "ready_at": now,
    }


def text_of(png: bytes) -> str | None:
    barcode = zxingcpp.read_barcode(Image.open(io.BytesIO(png)).convert("L"))
    return barcode.text if barcode else None


# --- a person ------------------------------------------------------------------------------------------------------


async def test_a_scan_holds_one_agent_and_shows_that_agents_picture(shop: Shop) -> None:
    page = await shop.phone.get("/q/spring")

    answer = (await shop.phone.get("/q/spring", headers={"Accept": "application/json"})).json()
    shown = await shop.phone.get(f"/w/{answer['reservation']['id']}.png")
    assert page.status_code == 200
    assert answer["agent"] == {"id": 1, "name": "陈雨"}
    assert f'src="../w/{answer["reservation"]["id"]}.png"' in page.text
    assert "陈雨" in page.text
    assert text_of(shown.content) == "https://work.weixin.qq.com/ca/way1"
    assert shown.headers["cache-control"] == "private, no-store"
    assert await shop.reservations() == 1


async def test_the_json_says_what_the_contract_promises(shop: Shop) -> None:
    response = await shop.phone.get("/q/spring", headers=JSON)

    answer = response.json()
    key = answer["reservation"]["id"]
    assert answer == {
        "outcome": "reserved",
        "agent": {"id": 1, "name": "陈雨"},
        "reservation": {"id": key, "expires_at": answer["reservation"]["expires_at"]},
        "qr_url": f"{PUBLIC_URL}/w/{key}.png",
        "reason": "reserved for you",
    }
    assert answer["reservation"]["expires_at"].endswith("Z")
    assert "set-cookie" not in response.headers


async def test_the_cookie_is_kept_long_and_away_from_scripts(shop: Shop) -> None:
    response = await shop.phone.get("/q/spring")

    name, *attributes = response.headers["set-cookie"].split("; ")
    assert len(name.removeprefix("lq_v=")) == 32
    assert set(attributes) == {"HttpOnly", "Max-Age=34560000", "Path=/", "SameSite=lax", "Secure"}


@pytest.mark.parametrize(
    ("address", "is_secure"),
    [("http://192.0.2.7:8080", False), ("http://go.example.com", True), ("https://192.0.2.7", True)],
    ids=["plain HTTP on another host", "behind a proxy that ends TLS", "TLS"],
)
async def test_the_cookie_is_secure_wherever_it_would_come_back(shop: Shop, address: str, is_secure: bool) -> None:
    response = await shop.phone.get(f"{address}/q/spring")

    assert ("Secure" in response.headers["set-cookie"]) == is_secure


async def test_two_visitors_get_two_agents_and_the_third_is_told_to_wait(shop: Shop) -> None:
    answers = [
        (await shop.phone.get("/q/spring", headers=JSON | {"X-Liveqr-Visitor": who})).json() for who in ("a", "b", "c")
    ]

    assert [answer["outcome"] for answer in answers] == ["reserved", "reserved", "preparing"]
    assert answers[0]["agent"] != answers[1]["agent"]
    assert answers[2] | {"reason": ""} == {
        "outcome": "preparing",
        "agent": None,
        "reservation": None,
        "qr_url": None,
        "reason": "",
    }


async def test_everyone_off_duty_is_a_page_that_asks_again_also_without_scripts(shop: Shop) -> None:
    await shop.run("UPDATE agent SET on_duty = false")

    page = await shop.phone.get("/q/spring", headers={"Accept-Language": "en"})

    assert page.status_code == 200
    assert "Everyone is busy right now" in page.text
    assert '<noscript><meta http-equiv="refresh" content="4"></noscript>' in page.text


async def test_a_pool_that_closes_when_full_shows_its_own_words_and_does_not_ask_again(shop: Shop) -> None:
    await shop.run("UPDATE agent SET on_duty = false")
    await shop.run("""UPDATE pool SET spill_policy = '{"kind": "closed_page", "text": "明早九点再来 <3"}'""")

    page = await shop.phone.get("/q/spring")

    assert "明早九点再来 &lt;3" in page.text
    assert "data-status" not in page.text
    assert "http-equiv" not in page.text


@pytest.mark.parametrize(("language", "says"), [("zh", "再看看有没有空位"), ("en", "Look for a free place again")])
async def test_the_words_of_a_full_pool_come_with_a_button_that_looks_again(
    shop: Shop, language: str, says: str
) -> None:
    await shop.run("UPDATE agent SET on_duty = false")
    await shop.run("""UPDATE pool SET spill_policy = '{"kind": "closed_page", "text": "明早九点再来"}'""")
    asked = {"Accept-Language": language}

    full = await shop.phone.get("/q/spring?x=1", headers=asked)
    button = re.search(r'<a class="quiet-button" href="([^"]+)">([^<]+)</a>', full.text)
    await shop.run("UPDATE agent SET on_duty = true")
    assert button is not None
    again = await shop.phone.get(urljoin("/q/spring?x=1", button[1]), headers=asked)

    assert button[2] == says
    assert 'data-outcome="reserved"' in again.text


async def test_a_code_that_is_closed_or_unknown_offers_no_button_to_look_again(shop: Shop) -> None:
    await shop.run("UPDATE live_code SET active = false")

    pages = [await shop.phone.get(path) for path in ("/q/spring", "/q/nothing")]

    assert [outcome for page in pages for outcome in re.findall(r'data-outcome="(\w+)"', page.text)] == [
        "closed",
        "unknown",
    ]
    assert [page.url for page in pages if "quiet-button" in page.text] == []


async def test_an_agents_name_is_shown_as_text_and_never_as_markup(shop: Shop) -> None:
    await shop.run("UPDATE agent SET on_duty = false WHERE id = 1")

    page = await shop.phone.get("/q/spring")

    assert "&lt;b&gt;李华&lt;/b&gt;" in page.text
    assert "<b>李华" not in page.text


async def test_a_page_asks_for_a_photo_only_of_an_agent_who_has_one(shop: Shop) -> None:
    initials = await shop.phone.get("/q/spring")
    await shop.ledger.write(lambda c: set_photo(c, 1, b"PNG"))
    await shop.ledger.write(lambda c: set_photo(c, 2, b"PNG"))

    again = await shop.phone.get("/q/spring")
    shop.phone.cookies.clear()
    another = await shop.phone.get("/q/spring")

    photos = [re.findall(r'src="\.\./a/(\d)\.png"', page.text) for page in (initials, again, another)]
    assert photos in ([[], ["1"], ["2"]], [[], ["2"], ["1"]])


async def test_a_visitor_who_added_the_agent_is_sent_to_the_chat(shop: Shop) -> None:
    await shop.phone.get("/q/spring", headers=JSON)
    await shop.ledger.write(lambda connection: add_agent(connection, shop.clock()))

    answer = (await shop.phone.get("/q/spring", headers=JSON)).json()
    page = await shop.phone.get("/q/spring", headers={"X-Liveqr-Visitor": "phone-1"})

    assert (answer["outcome"], answer["agent"]["name"], answer["qr_url"]) == ("reserved", "陈雨", None)
    assert "你已添加 陈雨" in page.text
    assert "/w/" not in page.text


def add_agent(connection: Connection, now: int) -> None:
    rows: list[Row] = [
        (CustomerRow, {"id": 1, "external_userid": "wm1", "name": "林晓"}),
        (FollowRow, {"agent_id": 1, "customer_id": 1, "status": "full"}),
    ]
    insert_rows(connection, now, rows)
    connection.exec_driver_sql("UPDATE reservation SET status = 'confirmed', customer_id = 1")


# --- codes that are closed, archived, or never were ----------------------------------------------------------------


@pytest.mark.parametrize("change", ["active = false", "archived_at = 1"], ids=["closed", "archived"])
async def test_what_is_printed_answers_with_a_useful_page_for_ever(shop: Shop, change: str) -> None:
    await shop.run(f"UPDATE live_code SET {change}")

    page = await shop.phone.get("/q/spring")
    answer = (await shop.phone.get("/q/spring", headers=JSON)).json()

    assert (page.status_code, answer["outcome"]) == (200, "closed")
    assert "这个二维码已停止使用" in page.text


@pytest.mark.parametrize("slug", ["nothing", "%00", "%F0%9F%98%80", "a" * 500, "..%2F..%2Fetc", "%ED%A0%80"])
async def test_a_slug_no_code_ever_had_is_a_page_that_says_so(shop: Shop, slug: str) -> None:
    page = await shop.phone.get(f"/q/{slug}")
    answer = await shop.phone.get(f"/q/{slug}", headers=JSON)

    assert page.status_code == answer.status_code == 404


async def test_a_visitor_header_past_its_limit_is_refused_with_the_limit(shop: Shop) -> None:
    answer = await shop.phone.get("/q/spring", headers=JSON | {"X-Liveqr-Visitor": "v" * 129})
    page = await shop.phone.get("/q/spring", headers={"X-Liveqr-Visitor": "v" * 129})

    assert (answer.status_code, page.status_code) == (400, 400)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:liveqr:problem:visitor_refused"
    assert answer.json()["detail"] == "X-Liveqr-Visitor is longer than 128 characters; send a shorter id"


# --- previews ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("HEAD", JSON),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}),
        ("GET", {"User-Agent": "curl/8.5.0"}),
    ],
    ids=["HEAD", "HEAD with a visitor", "prerender", "crawler", "bare program"],
)
async def test_who_only_looks_holds_no_place_and_gets_no_cookie(
    shop: Shop, method: str, headers: dict[str, str]
) -> None:
    response = await shop.phone.request(method, "/q/spring", headers=headers)

    assert response.status_code == 200
    assert "set-cookie" not in response.headers
    assert await shop.reservations() == 0
    assert await shop.count("SELECT count(*) FROM visit") == 0


@pytest.mark.parametrize(("active", "outcome"), [("true", "preparing"), ("false", "closed")])
async def test_a_preview_that_asks_for_json_gets_json_and_no_place(shop: Shop, active: str, outcome: str) -> None:
    await shop.run(f"UPDATE live_code SET active = {active}")
    headers = {"Accept": "application/json", "User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}

    answer = await shop.phone.get("/q/spring", headers=headers)
    unknown = await shop.phone.get("/q/nothing", headers=headers)
    head = await shop.phone.head("/q/spring", headers=JSON)

    assert answer.json() == {
        "outcome": outcome,
        "agent": None,
        "reservation": None,
        "qr_url": None,
        "reason": "previews hold no place; ask with X-Liveqr-Visitor and without preview headers",
    }
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert unknown.json().keys() == {"type", "title", "status", "detail", "code", "problems"}
    assert head.headers["content-type"] == "application/json"
    assert await shop.reservations() == 0


async def test_a_link_preview_learns_what_the_code_is(shop: Shop) -> None:
    page = await shop.phone.get("/q/spring", headers={"User-Agent": "Slackbot-LinkExpanding 1.0"})

    assert '<meta property="og:title" content="春季新品">' in page.text


async def test_a_person_judged_wrongly_gets_in_by_the_button(shop: Shop) -> None:
    page = await shop.phone.get("/q/spring?open=1", headers={"User-Agent": "Slackbot-LinkExpanding 1.0"})

    assert "长按识别二维码" in page.text


# --- the leased picture --------------------------------------------------------------------------------------------


async def test_the_picture_is_gone_when_its_lease_is_over(shop: Shop) -> None:
    answer = (await shop.phone.get("/q/spring", headers=JSON)).json()
    shop.clock.offset += 21 * MINUTE

    gone = await shop.phone.get(f"/w/{answer['reservation']['id']}.png")

    assert gone.status_code == 410
    assert gone.headers["content-type"] == "image/svg+xml"
    assert "二维码已过期，请刷新页面" in gone.text


async def test_a_picture_nobody_leased_is_gone_too(shop: Shop) -> None:
    responses = [await shop.phone.get(f"/w/{key}.png") for key in ("x", "%00", "a" * 300)]

    assert [response.status_code for response in responses] == [410, 410, 410]


# --- headers and downloads -----------------------------------------------------------------------------------------


async def test_a_page_loads_from_its_own_origin_only_and_every_address_in_it_is_relative(shop: Shop) -> None:
    page = await shop.phone.get("/q/spring")

    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["cache-control"] == "no-store"
    assert PUBLIC_URL not in page.text
    assert 'href="/' not in page.text
    assert 'src="/' not in page.text
    assert " style=" not in page.text


@pytest.mark.parametrize(
    ("asked", "filename"),
    [
        pytest.param("png?size=300", "spring-300.png", id="300"),
        pytest.param("png?size=1200", "spring-1200.png", id="1200"),
        pytest.param("png", "spring-600.png", id="the usual size"),
        pytest.param("svg?size=1200", "spring.svg", id="SVG"),
    ],
)
async def test_downloads_of_several_sizes_have_names_of_their_own(shop: Shop, asked: str, filename: str) -> None:
    response = await shop.phone.get(f"/q/spring.{asked}")

    assert response.headers["content-disposition"] == f'inline; filename="{filename}"'


@pytest.mark.parametrize("level", ["Q", "H"])
async def test_a_download_carries_the_printed_address(shop: Shop, level: str) -> None:
    response = await shop.phone.get(f"/q/spring.png?size=480&level={level}&download=1")

    assert text_of(response.content) == f"{PUBLIC_URL}/q/spring"
    assert response.headers["content-disposition"] == 'attachment; filename="spring-480.png"'


async def test_a_download_that_has_not_changed_is_not_sent_again(shop: Shop) -> None:
    first = await shop.phone.get("/q/spring.svg")

    again = await shop.phone.get("/q/spring.svg", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["content-type"] == "image/svg+xml"
    assert (again.status_code, again.content) == (304, b"")


async def test_nothing_is_printed_for_a_code_that_is_not_there(shop: Shop) -> None:
    responses = [await shop.phone.get(path) for path in ("/q/nothing.png", "/q/spring.png?size=1")]

    assert [response.status_code for response in responses] == [404, 400]
    assert responses[1].text == "size: write a whole number from 120 to 2048\n"
