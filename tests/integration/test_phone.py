"""The sandbox's phone page: its browser, its view of the world, and what it asks the service for."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from router.sandbox.app import create_sandbox
from router.sandbox.config import SandboxConfig
from router.sandbox.phone.web import LARGEST
from router.sandbox.platform import Platform
from router.sandbox.qr import picture
from router.sandbox.world import kf_sessions

pytestmark = pytest.mark.anyio

SERVICE = "http://service.test"
SANDBOX = "http://sandbox.test"
TOKEN = "service-token"


@dataclass
class Service:
    """A stand-in for the service that keeps what it was asked."""

    requests: list[Request] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/q/big", self.big),
                Route("/q/{slug}", self.page),
                Route("/api/v1/live-codes", self.codes),
                Route("/api/v1/customers/{customer}/card-link", self.card_link, methods=["POST"]),
            ]
        )

    async def page(self, request: Request) -> Response:
        self.requests.append(request)
        headers = {
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
            "X-Frame-Options": "DENY",
            "Set-Cookie": "lq_v=1",
            "X-Liveqr-Now": "7",
        }
        return HTMLResponse("<p>hello</p>", 200, headers)

    async def big(self, _request: Request) -> Response:
        return Response(b"x" * (LARGEST + 1))

    async def codes(self, request: Request) -> Response:
        self.requests.append(request)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"detail": "wrong token"}, 401)
        return JSONResponse({"items": [{"slug": "spring", "name": "春季新品", "id": 1}], "next": None})

    async def card_link(self, request: Request) -> Response:
        return JSONResponse({"url": f"{SERVICE}/card/?t={request.path_params['customer']}", "expires_at": "x"})


@dataclass
class Phone:
    """A browser that looks at the phone page."""

    browser: httpx.AsyncClient
    service: Service
    platform: Platform

    async def customer(self, name: str = "林晓") -> dict[str, str]:
        made: dict[str, str] = (await self.browser.post("/phone/customers", json={"name": name})).json()
        return made

    async def sessions(self, customer: dict[str, str]) -> list[dict[str, object]]:
        view = await self.browser.get("/phone/view", params={"customer": customer["external_userid"]})
        shown: list[dict[str, object]] = view.json()["phone"]["sessions"]
        return shown


def config(token: str | None = TOKEN) -> SandboxConfig:
    return SandboxConfig(
        corp_id="ww1", app_secret="s", app_agent_id=1, service_url=SERVICE, public_url=SANDBOX, service_token=token
    )


@pytest.fixture
async def phone() -> AsyncIterator[Phone]:
    service = Service()
    sandbox = create_sandbox(config(), transport=httpx.ASGITransport(service.app()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox), base_url=SANDBOX) as browser:
        yield Phone(browser, service, sandbox.state.platform)
        await sandbox.state.platform.aclose()


async def test_the_page_loads_from_its_own_origin_only(phone: Phone) -> None:
    page = await phone.browser.get("/phone/")

    assert page.status_code == 200
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in page.headers["content-security-policy"]
    for file in ("phone.js", "phone.css", "bench.css", "screens/browser.js"):
        assert (await phone.browser.get(f"/phone/static/{file}")).status_code == 200


async def test_the_address_without_its_slash_leads_to_the_page(phone: Phone) -> None:
    answer = await phone.browser.get("/phone")

    assert (answer.status_code, answer.headers["location"]) == (307, "/phone/")


# --- the browser inside the phone ----------------------------------------------------------------------------------


async def test_the_browser_opens_the_real_page_as_the_customers_wechat(phone: Phone) -> None:
    customer = await phone.customer()

    page = await phone.browser.get(f"/phone/web/{customer['external_userid']}/q/spring?open=1")

    [asked] = phone.service.requests
    assert page.text == "<p>hello</p>"
    assert str(asked.url) == f"{SERVICE}/q/spring?open=1"
    assert "MicroMessenger" in asked.headers["user-agent"]
    assert asked.headers["x-liveqr-visitor"] == phone.platform.world.customers[customer["external_userid"]].visitor


async def test_neither_cookies_nor_frame_rules_pass_the_phones_browser(phone: Phone) -> None:
    customer = await phone.customer()

    page = await phone.browser.get(
        f"/phone/web/{customer['external_userid']}/q/spring", headers={"Cookie": "lq_v=other; session=secret"}
    )

    [asked] = phone.service.requests
    assert "cookie" not in asked.headers
    assert "set-cookie" not in page.headers
    assert "x-frame-options" not in page.headers
    assert page.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'self'"
    assert page.headers["x-liveqr-now"] == "7"


@pytest.mark.parametrize(
    ("chosen", "asked_for"), [("phone_language=en", "en"), ("phone_language=zh", "zh-CN,zh"), ("", "fr")]
)
async def test_the_phones_language_is_the_pages_language(phone: Phone, chosen: str, asked_for: str) -> None:
    customer = await phone.customer()

    await phone.browser.get(
        f"/phone/web/{customer['external_userid']}/q/spring", headers={"Cookie": chosen, "Accept-Language": "fr"}
    )

    assert phone.service.requests[0].headers["accept-language"] == asked_for


@pytest.mark.parametrize(
    "path", ["console/", "api/v1/agents", "", "../api/v1/agents", "http://other.test/q/x", "%2Fq/x"]
)
async def test_the_browser_opens_nothing_but_pages_of_scanned_codes(phone: Phone, path: str) -> None:
    customer = await phone.customer()

    page = await phone.browser.get(f"{SANDBOX}/phone/web/{customer['external_userid']}/{path}")

    assert page.status_code == 404
    assert phone.service.requests == []


async def test_an_answer_past_the_limit_is_not_passed_on(phone: Phone) -> None:
    customer = await phone.customer()

    page = await phone.browser.get(f"/phone/web/{customer['external_userid']}/q/big")

    assert page.status_code == 502
    assert len(page.content) < 1_000


async def test_a_phone_nobody_owns_opens_nothing(phone: Phone) -> None:
    page = await phone.browser.get("/phone/web/nobody/q/spring")

    assert page.status_code == 404


# --- what the page shows -------------------------------------------------------------------------------------------


async def test_the_view_shows_the_owners_phone_and_everybodys_name(phone: Phone) -> None:
    first, second = await phone.customer("林晓"), await phone.customer("高远")

    view = (await phone.browser.get("/phone/view", params={"customer": first["external_userid"]})).json()

    assert view["customers"] == [second, first]
    assert view["phone"] == first | {"follows": [], "lines": [], "sessions": []}
    assert view["members"]["chenyu"] == "陈雨"
    assert view["has_token"] is True


async def test_the_view_tells_how_the_platform_has_the_owners_sessions_now(phone: Phone) -> None:
    first, second = await phone.customer("林晓"), await phone.customer("高远")
    for each in (first, second):
        await phone.browser.post("/control/chat", json={"customer": each["external_userid"], "text": "转人工"})
    open_kfid = next(iter(phone.platform.world.kf_accounts))
    queued = kf_sessions.session(phone.platform.world, open_kfid, first["external_userid"], phone.platform.now())
    kf_sessions.move(phone.platform.world, queued, kf_sessions.WAITING, "", phone.platform.now())

    seen = [await phone.sessions(each) for each in (first, second)]
    await phone.browser.post("/control/clock", json={"advance_seconds": 49 * 3_600})
    later = await phone.sessions(first)

    assert seen == [[{"open_kfid": open_kfid, "service_state": state}] for state in (2, 0)]
    assert later == [{"open_kfid": open_kfid, "service_state": 4}]


async def test_a_new_customer_without_a_name_gets_one(phone: Phone) -> None:
    made = (await phone.browser.post("/phone/customers", json={})).json()

    assert made["name"]
    assert made["external_userid"].startswith("wm")


async def test_a_picture_is_read_and_one_without_a_code_is_refused(phone: Phone) -> None:
    blank = io.BytesIO()
    Image.new("L", (80, 80), 255).save(blank, "PNG")

    read = await phone.browser.post("/phone/read", content=picture(f"{SERVICE}/q/spring"))
    refused = [await phone.browser.post("/phone/read", content=body) for body in (blank.getvalue(), b"", b"<svg/>")]

    assert read.json() == {"text": f"{SERVICE}/q/spring"}
    assert [answer.status_code for answer in refused] == [400, 400, 400]


# --- what it asks the service for ----------------------------------------------------------------------------------


async def test_the_codes_to_scan_come_from_the_services_api(phone: Phone) -> None:
    answer = await phone.browser.get("/phone/codes")

    assert answer.json() == {"items": [{"slug": "spring", "name": "春季新品"}]}


async def test_the_contact_card_opens_by_a_link_the_service_signed(phone: Phone) -> None:
    customer = await phone.customer()

    answer = await phone.browser.post("/phone/card-link", json={"customer": customer["external_userid"]})

    assert answer.json() == {"url": f"{SERVICE}/card/?t={customer['external_userid']}"}


async def test_without_a_token_no_codes_are_listed_and_the_card_says_what_to_do() -> None:
    service = Service()
    sandbox = create_sandbox(config(token=None), transport=httpx.ASGITransport(service.app()))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox), base_url=SANDBOX) as browser:
        customer = (await browser.post("/phone/customers", json={})).json()
        codes = await browser.get("/phone/codes")
        card = await browser.post("/phone/card-link", json={"customer": customer["external_userid"]})
    await sandbox.state.platform.aclose()

    assert codes.json() == {"items": []}
    assert (card.status_code, card.json()) == (
        409,
        {"error": "the sandbox has no API token of the service; start it with one"},
    )
