import random

import httpx
import pytest

from router.sandbox.platform import new_platform
from tests.integration.sandbox.running import CONFIG

pytestmark = pytest.mark.anyio


async def stumble(*_: object) -> httpx.Response:
    raise AttributeError("'NoneType' object has no attribute 'getpeername'")


async def test_a_service_that_hangs_up_in_the_moment_of_connecting_is_told_as_one_that_does_not_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", stumble)
    platform = new_platform(CONFIG, random.Random(1), transport=None)

    with pytest.raises(httpx.HTTPError, match="closed in the moment of connecting"):
        await platform.client.get("http://service/q/spring")

    await platform.aclose()
