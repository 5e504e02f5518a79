"""An API over a fresh ledger, and a client that holds its token."""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, create_engine
from starlette.applications import Starlette
from starlette.routing import Mount

from router.clock import MovableClock
from router.db.ledger import Ledger
from router.db.tables import Table
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web.api.app import create_api

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
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def blank_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger file with every table and no rows, made once."""
    path = tmp_path_factory.mktemp("blank") / "ledger.db"
    engine = create_engine(f"sqlite:///{path}")
    Table.metadata.create_all(engine)
    engine.dispose()
    return path


@pytest.fixture
def services(tmp_path: Path, blank_ledger: Path) -> Iterator[Services]:
    copy = shutil.copy(blank_ledger, tmp_path)
    ledger = Ledger(f"sqlite:///{copy}")
    settings = read_settings(environment={"LIVEQR_API_TOKEN": TOKEN, "LIVEQR_PUBLIC_URL": "https://go.example.com"})
    yield Services(settings, ledger, MovableClock(), SecretBox(bytes(32)))
    ledger.close()


@pytest.fixture
def app(services: Services) -> Starlette:
    return Starlette(routes=[Mount("/api", create_api(services))])


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
