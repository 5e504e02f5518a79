from typing import Any

import anyio
import pytest

from tests.integration.sandbox.running import Sandbox

pytestmark = pytest.mark.anyio

SEND = "externalcontact/send_welcome_msg"
HELLO = {"content": "欢迎光临"}


async def test_one_welcome_within_twenty_seconds_reaches_the_customer(sandbox: Sandbox) -> None:
    added = await _added(sandbox)
    await sandbox.advance(19)

    sent = await sandbox.post(SEND, welcome_code=added["welcome_code"], text=HELLO)
    again = await sandbox.post(SEND, welcome_code=added["welcome_code"], text=HELLO)

    effects = (await sandbox.http.get("/control/effects?kind=welcome")).json()["items"]
    chats = (await sandbox.http.get("/control/world")).json()["chats"]
    assert (sent, again) == ({"errcode": 0}, {"errcode": 41051})
    assert [(each["external_userid"], each["userid"], each["body"]["text"]) for each in effects] == [
        (added["external_userid"], "chenyu", HELLO)
    ]
    assert [(line["msgtype"], line["content"]) for line in chats[added["external_userid"]]] == [("text", HELLO)]


async def test_after_twenty_seconds_a_code_is_as_good_as_invented(sandbox: Sandbox) -> None:
    added = await _added(sandbox)
    await sandbox.advance(21)

    late = await sandbox.post(SEND, welcome_code=added["welcome_code"], text=HELLO)
    invented = await sandbox.post(SEND, welcome_code="invented", text=HELLO)
    missing = await sandbox.post(SEND, text=HELLO)

    assert [answer["errcode"] for answer in (late, invented, missing)] == [41050, 41050, 41049]


async def test_two_apps_sending_at_once_are_told_apart(sandbox: Sandbox) -> None:
    """The second is refused while the first waits for its answer; who comes later finds the conversation started."""
    added = await _added(sandbox)
    await sandbox.control("faults", latency_ms=200)
    answers: list[dict[str, Any]] = []

    async def send() -> None:
        answers.append(await sandbox.post(SEND, welcome_code=added["welcome_code"], text=HELLO))

    async with anyio.create_task_group() as sending:
        sending.start_soon(send)
        sending.start_soon(send)
    await sandbox.advance(1)
    later = await sandbox.post(SEND, welcome_code=added["welcome_code"], text=HELLO)

    assert sorted(answer["errcode"] for answer in answers) == [0, 41096]
    assert later == {"errcode": 41051}


async def test_text_comes_before_its_attachments(sandbox: Sandbox) -> None:
    added = await _added(sandbox)
    link = {"title": "菜单", "url": "https://example.test/menu"}

    attachments = [{"msgtype": "link", "link": link}]
    await sandbox.post(SEND, welcome_code=added["welcome_code"], text=HELLO, attachments=attachments)

    lines = sandbox.platform.world.chats[added["external_userid"]]
    assert [(line.userid, line.msgtype, line.content) for line in lines] == [
        ("chenyu", "text", HELLO),
        ("chenyu", "link", link),
    ]


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        pytest.param({}, 41088, id="nothing to say"),
        pytest.param({"text": {"content": "字" * 1334}}, 45002, id="4002 bytes"),
        pytest.param({"attachments": [{"msgtype": "link", "link": {}}] * 10}, 41064, id="ten attachments"),
        pytest.param({"attachments": [{"msgtype": "voice", "voice": {}}]}, 41065, id="voice"),
        pytest.param({"attachments": [{"msgtype": "file", "file": {"media_id": "gone"}}]}, 40007, id="no such file"),
    ],
)
async def test_a_refused_welcome_leaves_the_code_usable(sandbox: Sandbox, fields: dict[str, Any], errcode: int) -> None:
    added = await _added(sandbox)

    refused = await sandbox.post(SEND, welcome_code=added["welcome_code"], **fields)
    sent = await sandbox.post(SEND, welcome_code=added["welcome_code"], text=HELLO)

    assert (refused["errcode"], sent["errcode"]) == (errcode, 0)


async def _added(sandbox: Sandbox) -> dict[str, Any]:
    return await sandbox.control("add", config_id=await sandbox.way())
