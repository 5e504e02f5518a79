"""A running sandbox, and a receiver that decrypts its callbacks with wechatpy: crypto that shares nothing with ours."""

import random
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from xml.etree import ElementTree

import httpx
from starlette.applications import Starlette
from wechatpy.enterprise.crypto import WeChatCrypto

from router.sandbox.app import create_sandbox
from router.sandbox.config import CallbackTarget, Delivery, MemberChoice, SandboxConfig
from router.sandbox.platform import Platform

CORP_ID = "ww5f2c0a91d7e8b346"
AGENT_ID = 1000027
KEYS = {
    "CONTACT": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "KF": "bcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH",
    "APP": "cdefghijklmnopqrstuvwxyz0123456789ABCDEFGHI",
}
TARGETS = tuple(CallbackTarget(name, f"http://service/callback/{name}", f"token{name}", KEYS[name]) for name in KEYS)
CONFIG = SandboxConfig(
    corp_id=CORP_ID,
    app_secret="app-secret",
    contact_secret="contact-secret",
    kf_secret="kf-secret",
    app_agent_id=AGENT_ID,
    service_url="http://service",
    public_url="http://sandbox",
    callbacks=TARGETS,
    member_choice=MemberChoice.FIRST,
    delivery=Delivery(retry_spacing_seconds=0.0),
)
Fields = dict[str, str]


@dataclass
class Outside(httpx.AsyncBaseTransport):
    """Everything the sandbox calls: callbacks are decrypted and kept, pages are answered from `pages`.

    `answers` scripts what the next callbacks meet: a status, or an exception instead of an answer.
    """

    answers: deque[int | Exception] = field(default_factory=deque)
    received: list[tuple[str, Fields]] = field(default_factory=list)
    raw: list[httpx.Request] = field(default_factory=list)
    plaintexts: list[str] = field(default_factory=list)
    pages: dict[str, httpx.Response] = field(default_factory=dict)
    page_requests: list[httpx.Request] = field(default_factory=list)
    echo: str | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/callback/"):
            self.page_requests.append(request)
            return self.pages.get(request.url.path, httpx.Response(404))
        name = request.url.path.removeprefix("/callback/")
        if request.method == "GET":
            return httpx.Response(200, text=self.echo or self._echo(name, request.url.params))
        self.raw.append(request)
        answer = self.answers.popleft() if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        if answer == 200:
            self._keep(name, request)
        return httpx.Response(answer)

    def _keep(self, name: str, request: httpx.Request) -> None:
        query = request.url.params
        crypto = WeChatCrypto(f"token{name}", KEYS[name], CORP_ID)
        plaintext = crypto.decrypt_message(request.content, query["msg_signature"], query["timestamp"], query["nonce"])
        self.plaintexts.append(plaintext)
        self.received.append((name, {each.tag: each.text or "" for each in ElementTree.fromstring(plaintext)}))

    def _echo(self, name: str, query: httpx.QueryParams) -> str:
        crypto = WeChatCrypto(f"token{name}", KEYS[name], CORP_ID)
        echo: str = crypto.check_signature(query["msg_signature"], query["timestamp"], query["nonce"], query["echostr"])
        return echo


@dataclass
class Sandbox:
    """Short ways to call the API and the control routes of one running sandbox."""

    app: Starlette
    http: httpx.AsyncClient
    outside: Outside
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def platform(self) -> Platform:
        platform: Platform = self.app.state.platform
        return platform

    async def token(self, secret: str = "app-secret") -> str:
        answer = await self.http.get("/cgi-bin/gettoken", params={"corpid": CORP_ID, "corpsecret": secret})
        token: str = answer.json()["access_token"]
        return token

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        answer = await self.http.get(f"/cgi-bin/{path}", params={"access_token": await self.token(), **query})
        return _without_reason(answer.json())

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        return await self.post_as("app-secret", path, **body)

    async def post_as(self, secret: str, path: str, **body: Any) -> dict[str, Any]:
        query = {"access_token": await self.token(secret)}
        answer = await self.http.post(
            f"/cgi-bin/{path}", params=query, content=httpx.Request("POST", "/", json=body).content
        )
        return _without_reason(answer.json())

    async def control(self, path: str, **wish: Any) -> dict[str, Any]:
        answer = await self.http.post(f"/control/{path}", json=wish)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def refused(self, path: str, **wish: Any) -> tuple[int, str]:
        answer = await self.http.post(f"/control/{path}", json=wish)
        return answer.status_code, answer.json()["error"]

    async def advance(self, seconds: float) -> None:
        await self.control("clock", advance_seconds=seconds)

    async def events(self) -> list[tuple[str, Fields]]:
        """Every callback received so far, after those on their way have arrived."""
        await self.platform.sender.settled()
        return self.outside.received

    async def way(self, *users: str, state: str = "lq-7f3a9c") -> str:
        answer = await self.post(
            "externalcontact/add_contact_way", type=2, scene=2, user=list(users or ["chenyu"]), state=state
        )
        config_id: str = answer["config_id"]
        return config_id


def _without_reason(answer: dict[str, Any]) -> dict[str, Any]:
    """`errmsg` is not stable, nobody may compare it."""
    return {name: value for name, value in answer.items() if name != "errmsg"}


def seeded() -> random.Random:
    return random.Random(7)


@asynccontextmanager
async def running(config: SandboxConfig = CONFIG, **changes: Any) -> AsyncIterator[Sandbox]:
    outside = Outside()
    app = create_sandbox(replace(config, **changes), source=seeded(), transport=outside)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://sandbox") as http,
    ):
        yield Sandbox(app, http, outside)
