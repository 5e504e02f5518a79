"""The console over a migrated ledger, with a browser for each role."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from router.clock import Clock
from router.db.ledger import Ledger
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web.console import create_console
from tests.factories import NOW
from tests.integration.console.browsing import Browsers


def the_clock() -> int:
    return NOW


@pytest.fixture
def services(ledger: Ledger, tmp_path: Path) -> Services:
    environment = {
        "LIVEQR_VAR_PATH": str(tmp_path),
        "LIVEQR_WECOM_API_BASE": "http://127.0.0.1:1",
        "LIVEQR_PUBLIC_URL": "https://go.example.com",
        "LIVEQR_CORP_ID": "ww5f2c0a91d7e8b346",
    }
    clock: Clock = the_clock
    return Services(read_settings({}, environment), ledger, clock, SecretBox(b"k" * 32))


@pytest.fixture
async def browsers(services: Services) -> AsyncIterator[Browsers]:
    app = Starlette(routes=[Mount("/console", create_console(services))])
    async with Browsers(app, services) as browsers:
        yield browsers
