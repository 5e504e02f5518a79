"""People with browsers in front of the console."""

import html
import re
from datetime import UTC
from types import TracebackType
from typing import Self

import httpx
from starlette.applications import Starlette

from router.clock import system_clock
from router.db.queries.users import User
from router.domain.roles import Role
from router.handlers.admin.act import Act
from router.handlers.admin.users import NewUser, begin_sign_in, create_user
from router.services import Services
from router.web.console.sign_in import COOKIE

UNUSABLE_HASH = "no password fits"
CODE = re.compile(r"<(script|style).*?</\1>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")


class Browsers:
    """Opens browsers, signed in as somebody or as nobody; all are closed at the end."""

    def __init__(self, app: Starlette, services: Services) -> None:
        self._app = app
        self._services = services
        self._opened: list[httpx.AsyncClient] = []

    def nobody(
        self, base_url: str = "http://console.example", language: str = "en", address: str = "127.0.0.1"
    ) -> httpx.AsyncClient:
        """A browser in which nobody is signed in, on a machine of that address."""
        transport = httpx.ASGITransport(self._app, client=(address, 50_000))
        browser = httpx.AsyncClient(
            transport=transport, base_url=f"{base_url}/console", headers={"accept-language": language}
        )
        self._opened.append(browser)
        return browser

    async def signed_in(self, role: Role, agent_id: int | None = None, language: str = "en") -> httpx.AsyncClient:
        """A browser of a new user; nobody has to wait for a password to be verified."""
        user = await self._services.ledger.write(
            lambda connection: create_user(
                connection, Act("test", 0, UTC), NewUser(f"{role}-{language}", role, agent_id, language), UNUSABLE_HASH
            )
        )
        assert isinstance(user, User), user
        user_id = user.id
        token = await self._services.ledger.write(lambda connection: begin_sign_in(connection, user_id, system_clock()))
        browser = self.nobody()
        browser.cookies.set(COOKIE, token)
        return browser

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for browser in self._opened:
            await browser.aclose()


def text_of(answer: httpx.Response) -> str:
    """What a person reads on the page, its spaces levelled."""
    return " ".join(html.unescape(TAG.sub(" ", CODE.sub(" ", answer.text))).split())
