"""Calls that send messages, and those of 微信客服."""

from typing import Any

import pytest
from pytest_httpx import HTTPXMock

from router.platforms.wecom.attachments import (
    KfMenuReply,
    KfTextReply,
    LinkAttachment,
    MediaAttachment,
    MenuEntry,
    MiniprogramAttachment,
)
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.errors import (
    AnswerInvalid,
)
from router.platforms.wecom.kf import MediaKind
from router.platforms.wecom.kf_calls import KfAccount, KfPage, KfServicer, KfSession, ServiceState
from router.platforms.wecom.sending import AppMessageSent
from tests.integration.wecom.answers import OK, answer, give_token, sent, url

pytestmark = pytest.mark.anyio


async def test_a_welcome_carries_text_and_attachments(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    answer(httpx_mock, "externalcontact/send_welcome_msg")

    await client.send_welcome_msg(
        "WC-1",
        "欢迎",
        [
            MediaAttachment(MediaKind.IMAGE, "MID"),
            LinkAttachment("标题", "https://example.test", "描述", picture_url="https://img.test"),
            MiniprogramAttachment("商城", "wx0", "index", "MID2"),
        ],
    )

    assert sent(httpx_mock) == {
        "welcome_code": "WC-1",
        "text": {"content": "欢迎"},
        "attachments": [
            {"msgtype": "image", "image": {"media_id": "MID"}},
            {
                "msgtype": "link",
                "link": {"title": "标题", "desc": "描述", "url": "https://example.test", "picurl": "https://img.test"},
            },
            {
                "msgtype": "miniprogram",
                "miniprogram": {"title": "商城", "pic_media_id": "MID2", "appid": "wx0", "page": "index"},
            },
        ],
    }


async def test_an_employee_message_tells_whom_it_did_not_reach(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    answer(httpx_mock, "message/send", msgid="M1", invaliduser="lihua|zhao", unlicenseduser="")

    done = await client.send_app_message(
        agent_id=1000027, users=["chenyu", "LiHua", "zhao"], content="有客户等待", duplicate_check_seconds=600
    )

    assert done == AppMessageSent("M1", ("lihua", "zhao"), ())
    assert sent(httpx_mock) == {
        "touser": "chenyu|LiHua|zhao",
        "msgtype": "text",
        "agentid": 1000027,
        "text": {"content": "有客户等待"},
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 600,
    }


async def test_a_page_of_items_comes_as_it_is(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    items: list[dict[str, Any]] = [{"msgid": "m1", "msgtype": "text", "text": {"content": "报价"}}, {"odd": None}]
    answer(httpx_mock, "kf/sync_msg", msg_list=items, next_cursor="c2", has_more=1)

    page = await client.kf_sync_msg("wk1", cursor="c1", token="ENC")

    assert page == KfPage(tuple(items), "c2", has_more=True)
    assert sent(httpx_mock) == {"open_kfid": "wk1", "limit": 1000, "cursor": "c1", "token": "ENC"}


async def test_a_menu_is_sent_under_our_own_number(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    answer(httpx_mock, "kf/send_msg", msgid="out-1")
    menu = KfMenuReply("请选择", (MenuEntry("m_price", "报价"), MenuEntry("m_human", "人工")), "谢谢")

    msgid = await client.kf_send_msg("wk1", "wm1", "out-1", menu)

    assert msgid == "out-1"
    assert sent(httpx_mock) == {
        "touser": "wm1",
        "open_kfid": "wk1",
        "msgid": "out-1",
        "msgtype": "msgmenu",
        "msgmenu": {
            "head_content": "请选择",
            "list": [
                {"type": "click", "click": {"id": "m_price", "content": "报价"}},
                {"type": "click", "click": {"id": "m_human", "content": "人工"}},
            ],
            "tail_content": "谢谢",
        },
    }


async def test_a_welcome_of_customer_service_uses_its_code(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    answer(httpx_mock, "kf/send_msg_on_event")

    msgid = await client.kf_send_msg_on_event("KFWC-1", "out-2", KfTextReply("您好"))

    assert msgid == "out-2"
    assert sent(httpx_mock) == {"code": "KFWC-1", "msgid": "out-2", "msgtype": "text", "text": {"content": "您好"}}


async def test_a_session_is_read_and_given_to_a_servicer(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    answer(httpx_mock, "kf/service_state/get", service_state=3, servicer_userid="chenyu")
    answer(httpx_mock, "kf/service_state/trans", msg_code="MC-1")

    session = await client.kf_get_service_state("wk1", "wm1")
    msg_code = await client.kf_trans_service_state("wk1", "wm1", ServiceState.HUMAN, "lihua")

    assert (session, msg_code) == (KfSession(ServiceState.HUMAN, "chenyu"), "MC-1")
    assert sent(httpx_mock) == {
        "open_kfid": "wk1",
        "external_userid": "wm1",
        "service_state": 3,
        "servicer_userid": "lihua",
    }


async def test_a_state_of_tomorrow_is_an_answer_that_cannot_be_used(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    answer(httpx_mock, "kf/service_state/get", service_state=9)

    with pytest.raises(AnswerInvalid):
        await client.kf_get_service_state("wk1", "wm1")


async def test_accounts_are_listed_to_the_last_page(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    accounts = [
        {"open_kfid": f"wk{n}", "name": f"客服{n}", "avatar": "", "manage_privilege": n > 0} for n in range(101)
    ]
    answer(httpx_mock, "kf/account/list", account_list=accounts[:100])
    answer(httpx_mock, "kf/account/list", account_list=accounts[100:])

    found = await client.kf_list_accounts()

    assert found == tuple(KfAccount(f"wk{n}", f"客服{n}", "", n > 0) for n in range(101))
    assert sent(httpx_mock) == {"offset": 100, "limit": 100}


async def test_servicers_are_members_or_departments(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    servicers = [{"userid": "chenyu", "status": 0}, {"userid": "lihua", "status": 1}, {"department_id": 2}]
    httpx_mock.add_response(url=url("kf/servicer/list", open_kfid="wk1"), json={**OK, "servicer_list": servicers})

    found = await client.kf_list_servicers("wk1")

    assert found == (KfServicer("chenyu", None, True), KfServicer("lihua", None, False), KfServicer("", 2, True))


async def test_a_link_of_customer_service_carries_its_parameter(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    answer(httpx_mock, "kf/add_contact_way", url="https://work.weixin.qq.com/kf/kfc?enc_scene=E")

    link = await client.kf_add_contact_way("wk1", "lq7f3a9c", "广告&1")

    assert link == "https://work.weixin.qq.com/kf/kfc?enc_scene=E&scene_param=%E5%B9%BF%E5%91%8A%261"
