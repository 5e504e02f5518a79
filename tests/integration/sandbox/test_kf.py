from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.sandbox.config import Rates
from router.sandbox.world import kf_messages
from router.sandbox.world.ids import Ids
from router.sandbox.world.world import new_world
from tests.integration.sandbox.running import CONFIG, Sandbox, running, seeded

pytestmark = pytest.mark.anyio

KF = CONFIG.service_accounts[0].open_kfid
SYNC = "kf/sync_msg"
SEND = "kf/send_msg"
ON_EVENT = "kf/send_msg_on_event"
TRANS = "kf/service_state/trans"
TEXT = {"msgtype": "text", "text": {"content": "九折到周五"}}
TWO_DAYS = 48 * 3600


async def test_the_notice_is_bare_and_sync_msg_has_the_words(sandbox: Sandbox) -> None:
    written = await sandbox.control("chat", customer="林晓", text="报价", menu_id="m_price")

    ((callback, notice),) = await sandbox.events()
    page = await sandbox.post(SYNC, open_kfid=KF, token=notice["Token"])
    (item,) = page["msg_list"]
    assert callback == "KF"
    assert sorted(notice) == ["CreateTime", "Event", "MsgType", "OpenKfId", "ToUserName", "Token"]
    assert (notice["Event"], notice["OpenKfId"]) == ("kf_msg_or_event", KF)
    assert item == {
        "msgid": written["msgid"],
        "send_time": int(notice["CreateTime"]),
        "open_kfid": KF,
        "external_userid": written["external_userid"],
        "origin": 3,
        "servicer_userid": "",
        "msgtype": "text",
        "text": {"content": "报价", "menu_id": "m_price"},
    }


async def test_the_cursor_goes_on_where_the_last_page_ended(sandbox: Sandbox) -> None:
    for text in ("一", "二", "三"):
        await sandbox.control("chat", customer="林晓", text=text)

    first = await sandbox.post(SYNC, open_kfid=KF, limit=2)
    rest = await sandbox.post(SYNC, open_kfid=KF, cursor=first["next_cursor"])
    nothing = await sandbox.post(SYNC, open_kfid=KF, cursor=rest["next_cursor"])

    assert [(_texts(page), page["has_more"]) for page in (first, rest, nothing)] == [
        (["一", "二"], 1),
        (["三"], 0),
        ([], 0),
    ]


@given(limits=st.lists(st.integers(1, 7), min_size=1), length=st.integers(0, 30))
def test_any_sequence_of_page_sizes_reads_the_whole_log_once(limits: list[int], length: int) -> None:
    world = new_world(CONFIG, Ids(seeded()))
    written = [kf_messages.append(world, KF, {"msgtype": "text"}, now=0) for _ in range(length)]

    read: list[str] = []
    page = kf_messages.page(world, KF, "", limits[0], now=0)
    read += [item["msgid"] for item in page.items]
    for turn in range(1, length + 2):
        page = kf_messages.page(world, KF, page.next_cursor, limits[turn % len(limits)], now=0)
        read += [item["msgid"] for item in page.items]

    assert read == written
    assert not page.has_more


async def test_messages_past_three_days_are_gone_and_their_page_may_be_empty(sandbox: Sandbox) -> None:
    await sandbox.control("chat", customer="林晓", text="旧")
    await sandbox.advance(3 * 86_400 + 1)
    await sandbox.control("chat", customer="林晓", text="新")

    first = await sandbox.post(SYNC, open_kfid=KF, limit=1)
    second = await sandbox.post(SYNC, open_kfid=KF, limit=1, cursor=first["next_cursor"])

    assert (_texts(first), first["has_more"]) == ([], 1)
    assert (_texts(second), second["has_more"]) == (["新"], 0)


async def test_an_empty_page_with_more_behind_it_can_be_had_on_demand(sandbox: Sandbox) -> None:
    await sandbox.control("chat", customer="林晓", text="在吗")
    await sandbox.control("faults", kf={"empty_pages": 1})

    empty = await sandbox.post(SYNC, open_kfid=KF)
    full = await sandbox.post(SYNC, open_kfid=KF, cursor=empty["next_cursor"])

    assert (_texts(empty), empty["has_more"]) == ([], 1)
    assert _texts(full) == ["在吗"]


async def test_a_sync_token_is_good_for_ten_minutes_and_its_own_account(sandbox: Sandbox) -> None:
    await sandbox.control("chat", customer="林晓", text="在吗")
    token = (await sandbox.events())[0][1]["Token"]

    await sandbox.advance(601)
    late = await sandbox.post(SYNC, open_kfid=KF, token=token)
    invented = await sandbox.post(SYNC, open_kfid=KF, token="invented")
    without = await sandbox.post(SYNC, open_kfid=KF)

    assert (late["errcode"], invented["errcode"], without["errcode"]) == (95007, 95007, 0)


async def test_without_a_token_the_rate_is_strict() -> None:
    async with running(rates=Rates(untokened_sync_per_minute=2)) as sandbox:
        answers = [(await sandbox.post(SYNC, open_kfid=KF))["errcode"] for _ in range(3)]

        assert answers == [0, 0, 45009]


async def test_five_messages_may_follow_each_message_of_the_customer(sandbox: Sandbox) -> None:
    customer = (await sandbox.control("chat", customer="林晓", text="在吗"))["external_userid"]

    first = [await _send(sandbox, customer) for _ in range(6)]
    await sandbox.control("chat", customer="林晓", text="还在吗")
    again = await _send(sandbox, customer)

    assert (first, again) == ([0, 0, 0, 0, 0, 95001], 0)


async def test_forty_eight_hours_after_the_last_message_nothing_can_be_sent(sandbox: Sandbox) -> None:
    customer = (await sandbox.control("chat", customer="林晓", text="在吗"))["external_userid"]
    await sandbox.advance(TWO_DAYS + 1)

    answer = await _send(sandbox, customer)

    assert answer == 95002


async def test_a_repeated_msgid_is_answered_alike_and_shown_once(sandbox: Sandbox) -> None:
    customer = (await sandbox.control("chat", customer="林晓", text="在吗"))["external_userid"]

    sent = await sandbox.post(SEND, touser=customer, open_kfid=KF, msgid="out-1", **TEXT)
    repeated = await sandbox.post(SEND, touser=customer, open_kfid=KF, msgid="out-1", **TEXT)

    lines = sandbox.platform.world.chats[customer]
    assert sent == repeated == {"errcode": 0, "msgid": "out-1"}
    assert [(line.is_from_customer, line.content["content"]) for line in lines] == [
        (True, "在吗"),
        (False, "九折到周五"),
    ]


@pytest.mark.parametrize(
    ("moves", "errcodes"),
    [
        pytest.param([1, 2, 3, 3, 4], [0, 0, 0, 0, 0], id="bot, pool, human, another human, end"),
        pytest.param([4], [95016], id="a new session cannot be ended"),
        pytest.param([2, 1], [0, 95016], id="not back from the pool"),
        pytest.param([3, 4, 3], [0, 0, 95016], id="not out of the end"),
    ],
)
async def test_sessions_move_along_the_platforms_table(sandbox: Sandbox, moves: list[int], errcodes: list[int]) -> None:
    customer = (await sandbox.control("chat", customer="林晓", text="在吗"))["external_userid"]
    await sandbox.post("kf/servicer/add", open_kfid=KF, userid_list=["chenyu"])

    answers = [await _move(sandbox, customer, state, "chenyu" if state == 3 else "") for state in moves]

    assert [answer["errcode"] for answer in answers] == errcodes


async def test_a_session_goes_only_to_a_servicer_who_receives(sandbox: Sandbox) -> None:
    customer = (await sandbox.control("chat", customer="林晓", text="在吗"))["external_userid"]

    stranger = await _move(sandbox, customer, 3, "chenyu")
    await sandbox.post("kf/servicer/add", open_kfid=KF, userid_list=["chenyu", "nobody"])
    servicer = await _move(sandbox, customer, 3, "chenyu")

    state = await sandbox.post("kf/service_state/get", open_kfid=KF, external_userid=customer)
    listed = await sandbox.get("kf/servicer/list", open_kfid=KF)
    assert (stranger["errcode"], servicer["errcode"]) == (95014, 0)
    assert state == {"errcode": 0, "service_state": 3, "servicer_userid": "chenyu"}
    assert listed["servicer_list"] == [{"userid": "chenyu", "status": 0}]


async def test_while_a_human_serves_the_api_may_not_send(sandbox: Sandbox) -> None:
    customer = await _served_by(sandbox, "chenyu")

    answer = await _send(sandbox, customer)

    assert answer == 95018


async def test_the_code_of_an_assignment_sends_one_message(sandbox: Sandbox) -> None:
    customer = (await sandbox.control("chat", customer="林晓", text="在吗"))["external_userid"]
    code = (await _move(sandbox, customer, 2, ""))["msg_code"]

    queued = await sandbox.post(ON_EVENT, code=code, msgid="q1", **TEXT)
    again = await sandbox.post(ON_EVENT, code=code, msgid="q2", **TEXT)

    assert (queued, again) == ({"errcode": 0, "msgid": "q1"}, {"errcode": 41051})


async def test_an_ended_session_can_say_goodbye_for_twenty_seconds(sandbox: Sandbox) -> None:
    customer = await _served_by(sandbox, "chenyu")
    code = (await _move(sandbox, customer, 4, ""))["msg_code"]
    await sandbox.advance(21)

    late = await sandbox.post(ON_EVENT, code=code, **TEXT)

    assert late == {"errcode": 41050}


async def test_entering_gives_a_welcome_code_only_to_who_has_not_talked_lately(sandbox: Sandbox) -> None:
    entered = await sandbox.control("chat", customer="林晓", enter=True, scene="lq7f3a9c", scene_param="ad_0420")
    welcomed = await sandbox.post(ON_EVENT, code=entered["welcome_code"], **TEXT)
    again = await sandbox.control("chat", customer="林晓", enter=True)
    await sandbox.advance(TWO_DAYS + 1)
    later = await sandbox.control("chat", customer="林晓", enter=True)

    items = (await sandbox.post(SYNC, open_kfid=KF))["msg_list"]
    assert welcomed["errcode"] == 0
    assert (again["welcome_code"], later["welcome_code"] is None) == (None, False)
    assert items[0]["event"] == {
        "event_type": "enter_session",
        "open_kfid": KF,
        "external_userid": entered["external_userid"],
        "scene": "lq7f3a9c",
        "scene_param": "ad_0420",
        "welcome_code": entered["welcome_code"],
    }


async def test_a_message_that_fails_later_is_reported_by_an_event(sandbox: Sandbox) -> None:
    customer = (await sandbox.control("chat", customer="林晓", text="在吗"))["external_userid"]
    await sandbox.control("faults", kf={"send_fails": 1, "fail_type": 10})

    await sandbox.post(SEND, touser=customer, open_kfid=KF, msgid="out-1", **TEXT)

    reported = (await sandbox.post(SYNC, open_kfid=KF))["msg_list"][-1]
    assert len(await sandbox.events()) == 2
    assert reported["event"] == {
        "event_type": "msg_send_fail",
        "open_kfid": KF,
        "external_userid": customer,
        "fail_msgid": "out-1",
        "fail_type": 10,
    }


async def test_a_servicer_who_writes_to_an_ended_session_takes_it_up_again(sandbox: Sandbox) -> None:
    customer = await _served_by(sandbox, "chenyu")
    await _move(sandbox, customer, 4, "")

    written = await sandbox.control("chat", customer=customer, text="补充一句", servicer="chenyu")

    change, message = (await sandbox.post(SYNC, open_kfid=KF))["msg_list"][-2:]
    assert written["service_state"] == 3
    assert (change["event"]["change_type"], change["event"]["new_servicer_userid"]) == (4, "chenyu")
    assert (message["origin"], message["servicer_userid"]) == (5, "chenyu")


async def test_customers_are_known_for_two_days_after_they_were_active(sandbox: Sandbox) -> None:
    customer = (await sandbox.control("chat", customer="林晓", enter=True, scene="lobby"))["external_userid"]

    known = await sandbox.post(
        "kf/customer/batchget", external_userid_list=[customer, "wmNOBODY"], need_enter_session_context=1
    )
    await sandbox.advance(TWO_DAYS + 1)
    forgotten = await sandbox.post("kf/customer/batchget", external_userid_list=[customer])

    (shown,) = known["customer_list"]
    assert (shown["nickname"], shown["enter_session_context"]["scene"]) == ("林晓", "lobby")
    assert known["invalid_external_userid"] == ["wmNOBODY"]
    assert forgotten["invalid_external_userid"] == [customer]


async def test_the_link_of_an_account_is_what_a_phone_scans(sandbox: Sandbox) -> None:
    link = (await sandbox.post("kf/add_contact_way", open_kfid=KF, scene="lobby"))["url"] + "&scene_param=ad%200420"

    scanned = await sandbox.control("scan", url=link, customer="林晓")

    assert (scanned["kind"], scanned["open_kfid"]) == ("kf", KF)
    assert (scanned["scene"], scanned["scene_param"]) == ("lobby", "ad 0420")


@pytest.mark.parametrize(
    ("message", "errcode"),
    [
        ({"msgtype": "business_card", "business_card": {"userid": "chenyu"}}, 40008),
        ({"msgtype": "text", "text": {"content": "字" * 683}}, 45002),
        ({"msgtype": "text", "text": {}}, 44004),
        ({"msgtype": "image", "image": {"media_id": "gone"}}, 40007),
        ({"msgtype": "msgmenu", "msgmenu": {"list": [{"type": "click"}] * 11}}, 95008),
        ({"msgtype": "msgmenu", "msgmenu": {"list": [{"type": "jump"}]}}, 95009),
        ({"open_kfid": "wk0", **TEXT}, 95000),
        ({"msgid": "不行", **TEXT}, 40058),
    ],
)
async def test_a_message_the_platform_would_not_take_is_refused(
    sandbox: Sandbox, message: dict[str, Any], errcode: int
) -> None:
    customer = (await sandbox.control("chat", customer="林晓", text="在吗"))["external_userid"]

    answer = await sandbox.post(SEND, **{"touser": customer, "open_kfid": KF} | message)

    assert answer == {"errcode": errcode}


async def _send(sandbox: Sandbox, customer: str) -> int:
    errcode: int = (await sandbox.post(SEND, touser=customer, open_kfid=KF, **TEXT))["errcode"]
    return errcode


async def _move(sandbox: Sandbox, customer: str, state: int, servicer: str) -> dict[str, Any]:
    return await sandbox.post(
        TRANS, open_kfid=KF, external_userid=customer, service_state=state, servicer_userid=servicer
    )


async def _served_by(sandbox: Sandbox, userid: str) -> str:
    customer: str = (await sandbox.control("chat", customer="林晓", text="在吗"))["external_userid"]
    await sandbox.post("kf/servicer/add", open_kfid=KF, userid_list=[userid])
    await _move(sandbox, customer, 3, userid)
    return customer


def _texts(page: dict[str, Any]) -> list[str]:
    return [item["text"]["content"] for item in page["msg_list"]]
