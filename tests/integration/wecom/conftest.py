from collections.abc import AsyncIterator

import httpx
import pytest

from router.platforms.wecom.client import WeComClient
from tests.integration.wecom.answers import HOST, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(clock: Clock) -> AsyncIterator[WeComClient]:
    async with httpx.AsyncClient() as http:
        yield WeComClient(http, "ww5f2c0a91d7e8b346", "app-secret", now=clock, base_url=HOST)
