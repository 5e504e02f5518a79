"""An API over a fresh ledger, and a client that holds its token."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection
from starlette.applications import Starlette

from router.clock import MovableClock
from router.db.ledger import Ledger
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web.api.app import api_mount

TOKEN = "a-token-for-tests"


@dataclass
class Client:
    """Sends JSON to /api/v1 with the token and reads JSON back."""

    http: httpx.AsyncClient
    services: Services

    async def get(self, path: str, **query: Any) -> Any:
        return self._body(await self.http.get(path, params=query))

    async def post(self, path: str, body: Any = None, status: int | None = None) -> Any:
        return self._body(await self.http.post(path, json=body), status)

    async def patch(self, path: str, body: Any, status: int = 200) -> Any:
        return self._body(await self.http.patch(path, json=body), status)

    async def put(self, path: str, body: Any = None, status: int = 200) -> Any:
        return self._body(await self.http.put(path, json=body), status)

    async def delete(self, path: str, status: int = 200) -> Any:
        return self._body(await self.http.delete(path), status)

    async def run(self, *statements: str) -> None:
        """Write rows as other parts of the service would."""

        def write(connection: Connection) -> None:
            for statement in statements:
                connection.exec_driver_sql(statement)

        await self.services.ledger.write(write)

    @staticmethod
    def _body(response: httpx.Response, status: int | None = None) -> Any:
        expected = {status} if status is not None else {200, 201}
        assert response.status_code in expected, response.text
        return response.json()


@pytest.fixture
def services(ledger: Ledger) -> Services:
    settings = read_settings(environment={"LIVEQR_API_TOKEN": TOKEN, "LIVEQR_PUBLIC_URL": "https://go.example.com"})
    return Services(settings, ledger, MovableClock(), SecretBox(bytes(32)))


@pytest.fixture
def app(services: Services) -> Starlette:
    return Starlette(routes=[api_mount(services)])


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token of its own."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        yield client


@pytest.fixture
async def api(app: Starlette, services: Services) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://service/api/v1",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as client:
        yield Client(client, services)
