from collections.abc import AsyncIterator

import pytest

from tests.integration.sandbox.running import Sandbox, running


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with running() as sandbox:
        yield sandbox
