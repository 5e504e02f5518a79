"""The access token: fetched once, shared, replaced when it is rejected, never shown."""

import logging
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from pytest_httpx import HTTPXMock

from router.platforms.wecom.client import TokenProbe, WeComClient
from router.platforms.wecom.error_codes import Action
from router.platforms.wecom.errors import (
    AnswerInvalid,
    Refused,
    Unreachable,
)
from tests.integration.wecom.answers import GETTOKEN, OK, Clock, give_token, url

pytestmark = pytest.mark.anyio


async def test_twenty_concurrent_calls_fetch_one_token(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    httpx_mock.add_response(
        url=url("externalcontact/get_follow_user_list"), json={**OK, "follow_user": ["chenyu"]}, is_reusable=True
    )
    answers: list[tuple[str, ...]] = []

    async def ask() -> None:
        answers.append(await client.get_follow_user_list())

    async with anyio.create_task_group() as calls:
        for _ in range(20):
            calls.start_soon(ask)

    assert answers == [("chenyu",)] * 20
    assert len(httpx_mock.get_requests(url=GETTOKEN)) == 1


@pytest.mark.parametrize("errcode", [40014, 41001, 42001])
async def test_a_rejected_token_is_replaced_and_the_call_repeated_once(
    client: WeComClient, httpx_mock: HTTPXMock, errcode: int
) -> None:
    give_token(httpx_mock, "T1")
    httpx_mock.add_response(url=url("getcallbackip"), json={"errcode": errcode, "errmsg": "invalid access_token"})
    give_token(httpx_mock, "T2")
    httpx_mock.add_response(url=url("getcallbackip", "T2"), json={**OK, "ip_list": ["203.0.113.9"]})

    probe = await client.get_token()

    assert probe.callback_addresses == ("203.0.113.9",)


async def test_a_token_rejected_twice_is_a_refusal(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock, "T1")
    httpx_mock.add_response(url=url("getcallbackip"), json={"errcode": 40014, "errmsg": "invalid access_token"})
    give_token(httpx_mock, "T2")
    httpx_mock.add_response(url=url("getcallbackip", "T2"), json={"errcode": 40014, "errmsg": "invalid access_token"})

    with pytest.raises(Refused) as raised:
        await client.get_token()

    assert (raised.value.errcode, raised.value.action) == (40014, Action.REFRESH)


async def test_concurrent_calls_whose_token_is_rejected_share_the_new_one(
    client: WeComClient, httpx_mock: HTTPXMock
) -> None:
    give_token(httpx_mock, "T1")
    httpx_mock.add_response(url=url("getcallbackip"), json={"errcode": 42001, "errmsg": "expired"}, is_reusable=True)
    give_token(httpx_mock, "T2")
    httpx_mock.add_response(url=url("getcallbackip", "T2"), json={**OK, "ip_list": []}, is_reusable=True)

    async with anyio.create_task_group() as calls:
        for _ in range(20):
            calls.start_soon(client.get_token)

    assert len(httpx_mock.get_requests(url=GETTOKEN)) == 2


async def test_a_token_is_fetched_again_before_it_ends(
    client: WeComClient, httpx_mock: HTTPXMock, clock: Clock
) -> None:
    give_token(httpx_mock, "T1")
    httpx_mock.add_response(url=url("getcallbackip"), json={**OK, "ip_list": []}, is_reusable=True)
    first = await client.get_token()
    clock.now = first.expires_at - 1
    still_first = await client.get_token()
    give_token(httpx_mock, "T2")
    httpx_mock.add_response(url=url("getcallbackip", "T2"), json={**OK, "ip_list": []})
    clock.now = first.expires_at

    second = await client.get_token()

    assert first == still_first == TokenProbe(1_770_000_000_000 + 6_900_000, ())
    assert second.expires_at == first.expires_at + 6_900_000


async def test_a_wrong_secret_is_not_tried_again_within_a_minute(
    client: WeComClient, httpx_mock: HTTPXMock, clock: Clock
) -> None:
    httpx_mock.add_response(url=GETTOKEN, json={"errcode": 40001, "errmsg": "invalid credential"}, is_reusable=True)

    for at in (0, 1, 59_999, 60_000):
        clock.now = 1_770_000_000_000 + at
        with pytest.raises(Refused) as raised:
            await client.get_token()
        assert raised.value.errcode == 40001

    assert len(httpx_mock.get_requests(url=GETTOKEN)) == 2


@pytest.mark.parametrize(
    "response",
    [
        pytest.param({"status_code": 502, "text": "bad gateway"}, id="a gateway's page"),
        pytest.param({"json": {"errcode": 0, "expires_in": 7200}}, id="no token"),
        pytest.param({"json": {"errcode": 0, "access_token": "T1", "expires_in": "soon"}}, id="no lifetime"),
        pytest.param({"text": "<html>"}, id="no JSON"),
    ],
)
async def test_without_a_token_nothing_was_executed(
    client: WeComClient, httpx_mock: HTTPXMock, response: dict[str, Any]
) -> None:
    httpx_mock.add_response(url=GETTOKEN, **response)

    with pytest.raises(Unreachable):
        await client.send_welcome_msg("WC-1", "欢迎")


async def test_a_token_that_times_out_leaves_the_call_unexecuted_and_the_next_may_try(
    client: WeComClient, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_exception(httpx.ReadTimeout("slow"), url=GETTOKEN)
    with pytest.raises(Unreachable):
        await client.get_token()
    give_token(httpx_mock)
    httpx_mock.add_response(url=url("getcallbackip"), json={**OK, "ip_list": []})

    probe = await client.get_token()

    assert probe.callback_addresses == ()


async def test_neither_secret_nor_token_reaches_the_log(
    client: WeComClient, httpx_mock: HTTPXMock, caplog: pytest.LogCaptureFixture
) -> None:
    give_token(httpx_mock, "TOKEN-IN-QUERY")
    httpx_mock.add_response(url=url("user/get", "TOKEN-IN-QUERY", userid="chenyu"), json={**OK, "userid": "chenyu"})

    with caplog.at_level(logging.DEBUG), pytest.raises(AnswerInvalid):
        await client.user_get("chenyu")

    assert "/cgi-bin/user/get" in caplog.text
    assert "app-secret" not in caplog.text
    assert "TOKEN-IN-QUERY" not in caplog.text
