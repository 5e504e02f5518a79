"""Fetching pictures: bounded, on one host, without the token."""

from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.errors import (
    PictureUnavailable,
)
from router.platforms.wecom.pictures import MAX_PICTURE_BYTES, Picture

pytestmark = pytest.mark.anyio


async def test_a_picture_is_fetched_without_the_token(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url="https://qr.test/0?ticket=1", status_code=302, headers={"Location": "/1"})
    httpx_mock.add_response(url="https://qr.test/1", content=b"\x89PNG", headers={"Content-Type": "image/png; q=1"})

    picture = await client.fetch_picture("https://qr.test/0?ticket=1")

    assert picture == Picture("image/png", b"\x89PNG")


async def test_a_host_that_moved_to_https_is_followed_there(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url="http://qr.test/0", status_code=301, headers={"Location": "https://qr.test/0"})
    httpx_mock.add_response(url="https://qr.test/0", content=b"\x89PNG", headers={"Content-Type": "image/png"})

    picture = await client.fetch_picture("http://qr.test/0")

    assert picture == Picture("image/png", b"\x89PNG")


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        pytest.param({"status_code": 404}, "HTTP status 404", id="none there"),
        pytest.param({"text": "<html>", "headers": {"Content-Type": "text/html"}}, "text/html", id="a page"),
        pytest.param(
            {"content": bytes(MAX_PICTURE_BYTES + 1), "headers": {"Content-Type": "image/png"}},
            "more than",
            id="too large",
        ),
        pytest.param(
            {"status_code": 302, "headers": {"Location": "https://other.test/0"}},
            "elsewhere, at https://other.test",
            id="elsewhere",
        ),
        pytest.param(
            {"status_code": 302, "headers": {"Location": "http://qr.test/0"}},
            "elsewhere, at http://qr.test",
            id="without encryption",
        ),
        pytest.param(
            {"status_code": 302, "headers": {"Location": "https://qr.test:8443/0"}},
            "elsewhere, at https://qr.test:8443",
            id="at another port",
        ),
    ],
)
async def test_what_is_no_picture_is_unavailable(
    client: WeComClient, httpx_mock: HTTPXMock, response: dict[str, Any], reason: str
) -> None:
    httpx_mock.add_response(url="https://qr.test/0", **response)

    with pytest.raises(PictureUnavailable) as raised:
        await client.fetch_picture("https://qr.test/0")

    assert reason in raised.value.reason


async def test_a_picture_that_redirects_for_ever_is_unavailable(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url="https://qr.test/0", status_code=302, headers={"Location": "/0"}, is_reusable=True)

    with pytest.raises(PictureUnavailable):
        await client.fetch_picture("https://qr.test/0")

    assert len(httpx_mock.get_requests()) == 4


async def test_a_host_that_does_not_answer_has_no_picture(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_exception(httpx.ReadTimeout("slow"), url="https://qr.test/0?ticket=SECRET")

    with pytest.raises(PictureUnavailable) as raised:
        await client.fetch_picture("https://qr.test/0?ticket=SECRET")

    assert (raised.value.place, raised.value.reason) == ("qr.test/0", "ReadTimeout")
