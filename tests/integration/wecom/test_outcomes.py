"""What a call that went wrong says about whether it was executed."""

from typing import Any

import anyio
import httpx
import pytest
from pytest_httpx import HTTPXMock
from structlog.testing import capture_logs

from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.error_codes import Action
from router.platforms.wecom.errors import (
    AnswerInvalid,
    OutcomeUnknown,
    Refused,
    Unreachable,
)
from tests.integration.wecom.answers import GETTOKEN, OK, Clock, answer, give_token, url

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError])
async def test_a_call_that_never_connected_was_not_executed(
    client: WeComClient, httpx_mock: HTTPXMock, error: type[httpx.TransportError]
) -> None:
    give_token(httpx_mock)
    httpx_mock.add_exception(error("no"), url=url("externalcontact/del_contact_way"))

    with pytest.raises(Unreachable):
        await client.del_contact_way("42b3")


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError]
)
async def test_a_call_that_lost_its_answer_may_have_been_executed(
    client: WeComClient, httpx_mock: HTTPXMock, error: type[httpx.TransportError]
) -> None:
    give_token(httpx_mock)
    httpx_mock.add_exception(error("lost"), url=url("externalcontact/del_contact_way"))

    with pytest.raises(OutcomeUnknown):
        await client.del_contact_way("42b3")


@pytest.mark.parametrize(
    "response",
    [
        pytest.param({"status_code": 500, "json": OK}, id="a server error"),
        pytest.param({"status_code": 302, "headers": {"Location": "https://elsewhere.test"}}, id="a redirect"),
        pytest.param({"status_code": 404, "text": "not found"}, id="another server"),
        pytest.param({"text": '{"errcode":0'}, id="half an answer"),
        pytest.param({"json": ["errcode", 0]}, id="a list"),
        pytest.param({"json": {"errcode": "0"}}, id="a code in text"),
        pytest.param({"content": b"\xd6\xd0"}, id="GBK"),
    ],
)
async def test_an_answer_that_cannot_be_read_leaves_the_outcome_unknown(
    client: WeComClient, httpx_mock: HTTPXMock, response: dict[str, Any]
) -> None:
    give_token(httpx_mock)
    httpx_mock.add_response(url=url("externalcontact/del_contact_way"), **response)

    with pytest.raises(OutcomeUnknown):
        await client.del_contact_way("42b3")


async def test_an_answer_without_errcode_is_a_success(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    httpx_mock.add_response(url=url("externalcontact/get_follow_user_list"), json={"follow_user": ["chenyu"]})

    assert await client.get_follow_user_list() == ("chenyu",)


async def test_an_answer_without_what_it_promises_is_no_success(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    answer(httpx_mock, "externalcontact/add_contact_way", qr_code="https://qr.test/0")

    with pytest.raises(AnswerInvalid) as raised:
        await client.add_contact_way(users=["chenyu"], state="lq-1")

    assert raised.value.reason == "the answer has no config_id that is a text"


async def test_after_45009_a_path_rests_for_a_minute_and_others_do_not(
    client: WeComClient, httpx_mock: HTTPXMock, clock: Clock
) -> None:
    give_token(httpx_mock)
    path = "externalcontact/del_contact_way"
    httpx_mock.add_response(url=url(path), json={"errcode": 45009, "errmsg": "api freq out of limit"})
    httpx_mock.add_response(url=url("getcallbackip"), json={**OK, "ip_list": []})
    for _ in range(3):
        with pytest.raises(Refused) as raised:
            await client.del_contact_way("42b3")
        assert raised.value.action is Action.WAIT_WINDOW
    await client.get_token()
    httpx_mock.add_response(url=url(path), json=OK)
    clock.now += 60_000

    await client.del_contact_way("42b3")

    assert len(httpx_mock.get_requests(url=url(path))) == 2


async def test_after_45009_calls_that_wait_already_are_not_sent(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    path = "externalcontact/get_follow_user_list"
    httpx_mock.add_response(url=url(path), json={"errcode": 45009, "errmsg": "too frequent"}, is_reusable=True)
    refused: list[int] = []

    async def ask() -> None:
        with pytest.raises(Refused) as raised:
            await client.get_follow_user_list()
        refused.append(raised.value.errcode)

    async with anyio.create_task_group() as calls:
        for _ in range(50):
            calls.start_soon(ask)

    assert refused == [45009] * 50
    assert len(httpx_mock.get_requests(url=url(path))) <= 5


async def test_each_refusal_is_logged_once_with_what_support_asks_for(
    client: WeComClient, httpx_mock: HTTPXMock, clock: Clock
) -> None:
    errmsg = "not allow to access from your ip, hint: [1700000000_12_abcdef], from ip: 203.0.113.9"
    httpx_mock.add_response(url=GETTOKEN, json={"errcode": 40013, "errmsg": "invalid corpid" + "x" * 600})
    with capture_logs() as logged:
        for _ in range(2):  # the second is believed without asking again
            with pytest.raises(Refused):
                await client.get_token()
        clock.now += 60_000
        give_token(httpx_mock)
        httpx_mock.add_response(url=url("getcallbackip"), json={"errcode": 60020, "errmsg": errmsg})
        httpx_mock.add_response(
            url=url("externalcontact/del_contact_way"), json={"errcode": 45009, "errmsg": "too frequent"}
        )
        with pytest.raises(Refused):
            await client.get_token()
        for _ in range(2):
            with pytest.raises(Refused):
                await client.del_contact_way("42b3")

    shown = [(each["log_level"], each["path"], each["errcode"], each["hint"], each["errmsg"]) for each in logged]
    assert shown == [
        ("warning", "/cgi-bin/gettoken", 40013, "", ("invalid corpid" + "x" * 600)[:500]),
        ("warning", "/cgi-bin/getcallbackip", 60020, "1700000000_12_abcdef", errmsg),
        ("info", "/cgi-bin/externalcontact/del_contact_way", 45009, "", "too frequent"),
    ]
