"""Cross-site requests, large bodies and response headers, on a bare ASGI application."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from router.web.security import HEADERS, BodyLimit, CrossSiteCheck, SecurityHeaders

pytestmark = pytest.mark.anyio


async def read_body(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


def client(base_url: str = "http://console.example") -> httpx.AsyncClient:
    app = Starlette(
        routes=[Route("/", read_body, methods=["GET", "POST"])],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(CrossSiteCheck, own_origin=lambda: "https://public.example"),
            Middleware(BodyLimit, largest=10),
        ],
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base_url)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        pytest.param("POST", {"sec-fetch-site": "same-origin"}, 200, id="our own page"),
        pytest.param("POST", {"sec-fetch-site": "none"}, 200, id="typed by the person"),
        pytest.param("POST", {"sec-fetch-site": "cross-site"}, 403, id="another site"),
        pytest.param("POST", {"sec-fetch-site": "same-site"}, 403, id="a neighbour under our domain"),
        pytest.param(
            "POST",
            {"sec-fetch-site": "cross-site", "origin": "http://console.example"},
            403,
            id="fetch metadata decides",
        ),
        pytest.param("POST", {"origin": "http://console.example"}, 200, id="older browser, our host"),
        pytest.param("POST", {"origin": "https://public.example"}, 200, id="older browser behind a proxy"),
        pytest.param("POST", {"origin": "https://evil.example"}, 403, id="older browser, another host"),
        pytest.param("POST", {"origin": "null"}, 403, id="opaque origin"),
        pytest.param("POST", {"origin": "http://["}, 403, id="no origin at all"),
        pytest.param("POST", {}, 200, id="not a browser"),
        pytest.param("GET", {"sec-fetch-site": "cross-site"}, 200, id="a link from another site"),
    ],
)
async def test_only_changes_that_another_site_asks_for_are_refused(
    method: str, headers: dict[str, str], status: int
) -> None:
    async with client() as browser:
        answer = await browser.request(method, "/", headers=headers)

    assert answer.status_code == status


async def test_a_body_over_the_limit_is_refused_whether_or_not_it_tells_its_length() -> None:
    async def untold() -> AsyncIterator[bytes]:
        yield b"123456"
        yield b"7890A"

    async with client() as browser:
        answers = [
            await browser.post("/", content=b"1234567890"),
            await browser.post("/", content=b"1234567890A"),
            await browser.post("/", content=untold()),
        ]

    assert [(answer.status_code, answer.text[:2]) for answer in answers] == [(200, "10"), (413, "Th"), (413, "Th")]


async def test_every_answer_carries_the_headers_and_over_https_that_it_stays_so() -> None:
    async with client() as plain, client("https://console.example") as secure:
        refused = await plain.post("/", headers={"sec-fetch-site": "cross-site"})
        served = await secure.get("/")

    assert {name: refused.headers[name] for name in HEADERS} == dict(HEADERS)
    assert "strict-transport-security" not in refused.headers
    assert served.headers["strict-transport-security"] == "max-age=31536000"


def test_the_policy_allows_no_inline_script_or_style() -> None:
    policy = HEADERS["content-security-policy"]

    assert "unsafe" not in policy
    assert {"script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))
