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


SLOW = pytest.mark.parametrize(
    "faults",
    [
        pytest.param({"latency_ms": 200}, id="a slow platform"),
        pytest.param({"errors": [{"path": SEND, "hang_ms": 200}]}, id="a slow call"),
    ],
)


@SLOW
async def test_two_apps_sending_at_once_are_told_apart(sandbox: Sandbox, faults: dict[str, Any]) -> None:
    """The second is refused while the first waits for its answer; who comes later finds the conversation started."""
    codes = (await _added_for_two_apps(sandbox)).values()
    await sandbox.control("faults", **faults)
    answers: list[dict[str, Any]] = []

    async def send(code: str) -> None:
        answers.append(await sandbox.post(SEND, welcome_code=code, text=HELLO))

    async with anyio.create_task_group() as sending:
        for code in codes:
            sending.start_soon(send, code)
    await sandbox.advance(1)
    later = [await sandbox.post(SEND, welcome_code=code, text=HELLO) for code in codes]

    assert sorted(answer["errcode"] for answer in answers) == [0, 41096]
    assert later == [{"errcode": 41051}, {"errcode": 41051}]


@pytest.mark.parametrize("faster", ["CONTACT", "APP"])
async def test_the_first_app_to_send_speaks_for_both(sandbox: Sandbox, faster: str) -> None:
    codes = await _added_for_two_apps(sandbox)
    slower = codes.pop("APP" if faster == "CONTACT" else "CONTACT")

    first = await sandbox.post(SEND, welcome_code=codes[faster], text=HELLO)
    second = await sandbox.post(SEND, welcome_code=slower, text=HELLO)

    effects = (await sandbox.http.get("/control/effects?kind=welcome")).json()["items"]
    assert (first, second) == ({"errcode": 0}, {"errcode": 41051})
    assert [each["body"]["welcome_code"] for each in effects] == [codes[faster]]


async def test_the_codes_of_another_arrival_are_untouched(sandbox: Sandbox) -> None:
    one, other = await _added_for_two_apps(sandbox), await _added_for_two_apps(sandbox)

    await sandbox.post(SEND, welcome_code=one["CONTACT"], text=HELLO)
    sent = await sandbox.post(SEND, welcome_code=other["APP"], text=HELLO)

    assert sent == {"errcode": 0}


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


async def _added_for_two_apps(sandbox: Sandbox) -> dict[str, str]:
    """The welcome codes of one arrival, by callback."""
    config_id = await sandbox.way()
    added = await sandbox.control("add", config_id=config_id, callbacks=["CONTACT", "APP"])
    codes: dict[str, str] = added["welcome_codes"]
    return codes


async def _added(sandbox: Sandbox) -> dict[str, Any]:
    return await sandbox.control("add", config_id=await sandbox.way())
