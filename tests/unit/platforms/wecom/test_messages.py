"""Every message kind of WeCom's documentation, as a typed value."""

import re
from pathlib import Path

import pytest

from router.platforms.wecom.messages import (
    AppEntered,
    AppEvent,
    AppImage,
    AppLink,
    AppLocation,
    AppText,
    AppVideo,
    AppVoice,
    ArchiveNotified,
    AuditApproved,
    BatchJobFinished,
    CardMenuPressed,
    CardPressed,
    Change,
    ContactAdded,
    ContactEdited,
    ContactLost,
    ContactRemoved,
    DepartmentDeleted,
    DepartmentSaved,
    GroupChatCreated,
    GroupChatDismissed,
    GroupChatUpdated,
    Header,
    KfAuthorizationChanged,
    KfNotified,
    LinkChatStarted,
    LinkContactRequested,
    LinkDeleted,
    LinkMessageCounted,
    LinkOpened,
    LinkQuotaChanged,
    LinkQuotaExpiring,
    LinkUnavailable,
    LocationReported,
    MemberChanged,
    MemberCreated,
    MemberDeleted,
    MemberSubscribed,
    MemberTagChanged,
    MemberUnsubscribed,
    MenuClicked,
    MenuViewed,
    Message,
    ProgramNotified,
    QrScanned,
    QuotaLevel,
    Selection,
    TagChanged,
    TagsReordered,
    TransferFailed,
    parse_message,
)
from router.platforms.wecom.xml import Node, write

EVENTS = Path(__file__).parents[3] / "samples" / "wecom" / "events"

CUSTOMER = "wmEXAMPLE00000000000000000000001"
GROUP_CHAT = "wrEXAMPLEchat0000000000000000001"
TAG = "etEXAMPLEtag00000000000000000001"
LINK = "caEXAMPLElink01"
CORP = "ww5f2c0a91d7e8b346"
ACCOUNT = "wkEXAMPLEkf0000000000000000000001"


def by_member(second: int) -> Header:
    return Header(CORP, "chenyu", 1_770_000_000_000 + second * 1000, 1000027)


def by_system(second: int) -> Header:
    return Header(CORP, "sys", 1_770_000_000_000 + second * 1000, None)


EXPECTED: dict[str, Message] = {
    "batch_job_result": BatchJobFinished(by_system(209), job_id="job001", job_type="sync_user", errcode=0, errmsg="ok"),
    "change_contact.create_party": DepartmentSaved(
        by_system(304), department_id="9", name="华东销售", parent_id="2", is_new=True
    ),
    "change_contact.create_user": MemberCreated(by_system(301), user_id="wangqi", departments=("2", "5")),
    "change_contact.delete_party": DepartmentDeleted(by_system(303), department_id="9"),
    "change_contact.delete_user": MemberDeleted(by_system(303), user_id="wangqi2"),
    "change_contact.update_party": DepartmentSaved(
        by_system(304), department_id="9", name="华东销售", parent_id="", is_new=False
    ),
    "change_contact.update_tag": MemberTagChanged(
        by_system(305),
        tag_id="3",
        added_users=("chenyu", "wangqi2"),
        removed_users=("lihua",),
        added_departments=("2",),
        removed_departments=(),
    ),
    "change_contact.update_user": MemberChanged(
        by_system(302), user_id="wangqi", new_user_id="wangqi2", departments=("2",), status=None
    ),
    "change_external_chat.create": GroupChatCreated(by_system(501), chat_id=GROUP_CHAT),
    "change_external_chat.dismiss": GroupChatDismissed(by_system(501), chat_id=GROUP_CHAT),
    "change_external_chat.update": GroupChatUpdated(
        by_system(502),
        chat_id=GROUP_CHAT,
        detail="add_member",
        join_scene=3,
        quit_scene=0,
        members=(CUSTOMER, "chenyu"),
        last_version="9a0f3c0d1b2e4f5a6b7c8d9e0f1a2b3c",
        current_version="1f2e3d4c5b6a79880716253443526170",
    ),
    "change_external_contact.add_external_contact": ContactAdded(
        by_system(401),
        user_id="chenyu",
        external_user_id=CUSTOMER,
        state="lq-7f3a9c",
        welcome_code="WC-0001-example",
        is_half=False,
    ),
    "change_external_contact.add_half_external_contact": ContactAdded(
        by_system(402),
        user_id="chenyu",
        external_user_id="wmEXAMPLE00000000000000000000002",
        state="lq-7f3a9c",
        welcome_code="WC-0002-example",
        is_half=True,
    ),
    "change_external_contact.del_external_contact": ContactRemoved(
        by_system(404), user_id="chenyu", external_user_id=CUSTOMER, by_transfer=True
    ),
    "change_external_contact.del_follow_user": ContactLost(by_system(405), user_id="chenyu", external_user_id=CUSTOMER),
    "change_external_contact.edit_external_contact": ContactEdited(
        by_system(403), user_id="chenyu", external_user_id=CUSTOMER
    ),
    "change_external_contact.msg_audit_approved": AuditApproved(
        by_system(407), user_id="chenyu", external_user_id=CUSTOMER, welcome_code="WC-0003-example"
    ),
    "change_external_contact.transfer_fail": TransferFailed(
        by_system(406), user_id="lihua", external_user_id=CUSTOMER, reason="customer_limit_exceed"
    ),
    "change_external_tag.create": TagChanged(
        by_system(601), change=Change.CREATED, id=TAG, is_group=False, strategy_id=""
    ),
    "change_external_tag.delete": TagChanged(
        by_system(601), change=Change.DELETED, id=TAG, is_group=False, strategy_id=""
    ),
    "change_external_tag.shuffle": TagsReordered(
        by_system(602), group_id="etEXAMPLEgrp00000000000000000001", strategy_id=""
    ),
    "change_external_tag.update": TagChanged(
        by_system(601), change=Change.UPDATED, id=TAG, is_group=False, strategy_id=""
    ),
    "click": MenuClicked(by_member(204), key="duty_on"),
    "customer_acquisition.balance_exhausted": LinkQuotaChanged(by_system(701), level=QuotaLevel.EXHAUSTED),
    "customer_acquisition.balance_increased": LinkQuotaChanged(by_system(701), level=QuotaLevel.INCREASED),
    "customer_acquisition.balance_low": LinkQuotaChanged(by_system(701), level=QuotaLevel.LOW),
    "customer_acquisition.customer_start_chat": LinkChatStarted(
        by_system(705), link_id=LINK, user_id="chenyu", external_user_id=CUSTOMER
    ),
    "customer_acquisition.delete_link": LinkDeleted(by_system(703), link_id=LINK),
    "customer_acquisition.friend_request": LinkContactRequested(by_system(704), link_id=LINK, state="ad_0420"),
    "customer_acquisition.link_unavailable": LinkUnavailable(by_system(703), link_id=LINK),
    "customer_acquisition.message_from_customer": LinkMessageCounted(by_system(706), link_id=LINK, chat_key="CK-0001"),
    "customer_acquisition.open_profile": LinkOpened(by_system(704), link_id=LINK, state="ad_0420"),
    "customer_acquisition.quota_expire_soon": LinkQuotaExpiring(by_system(702), expires_at=1770600000000, quantity=50),
    "enter_agent": AppEntered(by_member(202)),
    "kf_account_auth_change": KfAuthorizationChanged(
        by_system(802), added=(ACCOUNT,), removed=("wkEXAMPLEkf0000000000000000000002",)
    ),
    "kf_msg_or_event": KfNotified(Header(CORP, "", 1770000801000, None), open_kf_id=ACCOUNT, token="ENC-kf-token-0001"),
    "location": LocationReported(by_member(203), latitude=30.274, longitude=120.155, precision=40.0),
    "location_select": AppEvent(
        by_member(207),
        event="location_select",
        key="loc1",
        fields=(
            ("ToUserName", CORP),
            ("FromUserName", "chenyu"),
            ("CreateTime", "1770000207"),
            ("MsgType", "event"),
            ("Event", "location_select"),
            ("EventKey", "loc1"),
            ("SendLocationInfo/Location_X", "30"),
            ("SendLocationInfo/Location_Y", "120"),
            ("SendLocationInfo/Scale", "16"),
            ("SendLocationInfo/Label", "某地"),
            ("SendLocationInfo/Poiname", ""),
            ("AgentID", "1000027"),
            ("AppType", "wxwork"),
        ),
    ),
    "low_active_alert": AppEvent(
        Header(CORP, "sys", 1770000210000, 1000027),
        event="low_active_alert",
        key="",
        fields=(
            ("ToUserName", CORP),
            ("FromUserName", "sys"),
            ("CreateTime", "1770000210"),
            ("MsgType", "event"),
            ("Event", "low_active_alert"),
            ("EffectTime", "1771000000"),
            ("AgentID", "1000027"),
        ),
    ),
    "message.image": AppImage(
        by_member(102),
        message_id="7311800000000000102",
        picture_url="https://img.example.test/p/1",
        media_id="1mediaAAA",
    ),
    "message.link": AppLink(
        by_member(106),
        message_id="7311800000000000106",
        title="标题",
        description="描述",
        url="https://example.test/a",
        picture_url="https://img.example.test/t",
    ),
    "message.location": AppLocation(
        by_member(105),
        message_id="7311800000000000105",
        latitude=30.274085,
        longitude=120.15507,
        scale=16,
        label="测试路 1 号",
    ),
    "message.text": AppText(by_member(101), message_id="7311800000000000101", content="今天谁值班"),
    "message.video": AppVideo(
        by_member(104), message_id="7311800000000000104", media_id="1mediaCCC", thumb_media_id="1mediaDDD"
    ),
    "message.voice": AppVoice(by_member(103), message_id="7311800000000000103", media_id="1mediaBBB", format="amr"),
    "msgaudit_notify": ArchiveNotified(Header(CORP, "sys", 1770000901000, 2000004)),
    "pic_weixin": AppEvent(
        by_member(206),
        event="pic_weixin",
        key="pic1",
        fields=(
            ("ToUserName", CORP),
            ("FromUserName", "chenyu"),
            ("CreateTime", "1770000206"),
            ("MsgType", "event"),
            ("Event", "pic_weixin"),
            ("EventKey", "pic1"),
            ("SendPicsInfo/Count", "1"),
            ("SendPicsInfo/PicList/item/PicMd5Sum", "0123456789abcdef0123456789abcdef"),
            ("AgentID", "1000027"),
        ),
    ),
    "program_notify": ProgramNotified(Header(CORP, "sys", 1770000902000, 1000027), notify_id="NID-0001", scene=1),
    "scancode_push": QrScanned(
        by_member(205), key="scan1", scan_type="qrcode", result="https://example.test/q", is_waiting=False
    ),
    "scancode_waitmsg": QrScanned(
        by_member(205), key="scan1", scan_type="qrcode", result="https://example.test/q", is_waiting=True
    ),
    "subscribe": MemberSubscribed(by_member(201)),
    "template_card_event": CardPressed(
        by_member(208),
        key="take_lead",
        task_id="lead-8842",
        card_type="button_interaction",
        response_code="rcode0001",
        selections=(Selection(question="q1", options=("opt_a",)),),
    ),
    "template_card_menu_event": CardMenuPressed(
        by_member(208), key="take_lead", task_id="lead-8842", card_type="button_interaction", response_code="rcode0001"
    ),
    "unsubscribe": MemberUnsubscribed(by_member(201)),
    "view": MenuViewed(by_member(204), target="https://example.test/board"),
    "view_miniprogram": MenuViewed(by_member(204), target="pages/board"),
}


def customer_added(**changes: str | int) -> list[Node]:
    fields: dict[str, str | int] = {
        "ToUserName": CORP,
        "FromUserName": "sys",
        "CreateTime": 1770000401,
        "MsgType": "event",
        "Event": "change_external_contact",
        "ChangeType": "add_external_contact",
        "UserID": "chenyu",
        "ExternalUserID": CUSTOMER,
    }
    return list({**fields, **changes}.items())


def test_every_sample_is_expected() -> None:
    assert {sample.stem for sample in EVENTS.glob("*.xml")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_documented_message_becomes_its_typed_value(name: str) -> None:
    assert parse_message((EVENTS / f"{name}.xml").read_bytes()) == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_names_of_events_are_read_without_regard_to_case(name: str) -> None:
    sample = (EVENTS / f"{name}.xml").read_text("utf-8")

    shouted = re.sub(r"(<(MsgType|Event|ChangeType)>(?:<!\[CDATA\[)?)(\w+)", lambda m: m[1] + m[3].upper(), sample)

    assert type(parse_message(shouted.encode())) is type(EXPECTED[name])


def test_a_customer_without_code_or_welcome_is_an_ordinary_arrival() -> None:
    message = parse_message(write(customer_added(State="")))

    assert message == ContactAdded(by_system(401), "chenyu", CUSTOMER, state="", welcome_code="", is_half=False)


def test_a_customer_removed_by_hand_was_not_transferred() -> None:
    message = parse_message(write(customer_added(ChangeType="del_external_contact")))

    assert message == ContactRemoved(by_system(401), "chenyu", CUSTOMER, by_transfer=False)


def test_a_group_change_of_an_older_platform_has_no_list() -> None:
    message = parse_message(write(customer_added(Event="change_external_chat", ChangeType="update", ChatId=GROUP_CHAT)))

    assert message == GroupChatUpdated(by_system(401), GROUP_CHAT, "", None, None, (), "", "")


def test_a_full_profile_of_an_older_callback_tells_the_status() -> None:
    fields = customer_added(Event="change_contact", ChangeType="update_user", Department="1,2", Status=5, Name="陈雨")

    message = parse_message(write(fields))

    assert message == MemberChanged(by_system(401), "chenyu", "", ("1", "2"), 5)


def test_each_question_of_a_card_keeps_its_own_options() -> None:
    items: list[Node] = [
        ("SelectedItem", [("QuestionKey", "q1"), ("OptionIds", [("OptionId", "a"), ("OptionId", "b")])]),
        ("SelectedItem", [("QuestionKey", "q2"), ("OptionIds", [])]),
        ("SelectedItem", [("QuestionKey", "q3"), ("OptionIds", [("OptionId", "c")])]),
    ]
    fields = customer_added(Event="template_card_event", ResponseCode="r1")

    message = parse_message(write([*fields, ("SelectedItems", items)]))

    assert isinstance(message, CardPressed)
    assert message.selections == (Selection("q1", ("a", "b")), Selection("q2", ()), Selection("q3", ("c",)))


def test_several_accounts_may_be_granted_at_once() -> None:
    fields = customer_added(Event="kf_account_auth_change")

    message = parse_message(
        write([*fields, ("AuthAddOpenKfId", "wk1"), ("AuthAddOpenKfId", "wk2"), ("AuthDelOpenKfId", "")])
    )

    assert message == KfAuthorizationChanged(by_system(401), ("wk1", "wk2"), ())
