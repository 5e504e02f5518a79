"""The items of sync_msg, from tests/samples/wecom/kf_items.jsonl."""

import json
from pathlib import Path
from typing import Any

import pytest

from router.platforms.wecom.kf import (
    KfBusinessCard,
    KfHeader,
    KfItem,
    KfLink,
    KfLocation,
    KfMedia,
    KfMenu,
    KfMiniprogram,
    KfRecalled,
    KfRejectionSwitched,
    KfSendFailed,
    KfServicerChanged,
    KfSessionChanged,
    KfSessionEntered,
    KfText,
    KfUnknown,
    MediaKind,
    Origin,
    SessionChange,
    parse_item,
)

ITEMS: dict[str, dict[str, Any]] = {
    item["msgid"]: item
    for item in map(
        json.loads,
        (Path(__file__).parents[3] / "samples" / "wecom" / "kf_items.jsonl").read_text("utf-8").splitlines(),
    )
}


def by_customer(msgid: str, second: int) -> KfHeader:
    return KfHeader(msgid, "wkEXAMPLE1", "wmEXAMPLE1", 1_770_000_000_000 + second * 1000, Origin.CUSTOMER, "")


def by_system(msgid: str, second: int, customer: str = "wmEXAMPLE1", servicer: str = "") -> KfHeader:
    return KfHeader(msgid, "wkEXAMPLE1", customer, 1_770_000_000_000 + second * 1000, Origin.SYSTEM, servicer)


EXPECTED: dict[str, KfItem] = {
    "m1": KfText(by_customer("m1", 810), content="报价", menu_id="m_price"),
    "m2": KfMedia(by_customer("m2", 811), MediaKind.IMAGE, "MID"),
    "m3": KfMedia(by_customer("m3", 812), MediaKind.VOICE, "MID"),
    "m4": KfMedia(by_customer("m4", 813), MediaKind.VIDEO, "MID"),
    "m5": KfMedia(by_customer("m5", 814), MediaKind.FILE, "MID"),
    "m6": KfLocation(by_customer("m6", 815), 30.27, 120.15, "某地", "某路"),
    "m7": KfLink(by_customer("m7", 816), "t", "d", "https://example.test", "https://img.example.test"),
    "m8": KfBusinessCard(by_customer("m8", 817), "chenyu"),
    "m9": KfMiniprogram(by_customer("m9", 818), "t", "wx0", "p.html", "MID"),
    "m10": KfMenu(
        KfHeader("m10", "wkEXAMPLE1", "wmEXAMPLE1", 1_770_000_819_000, Origin.SERVICER, "chenyu"), "h", ("A",), "t"
    ),
    "e1": KfSessionEntered(by_system("e1", 830), "lq7f3a9c", "ad_0420", "KFWC-0001"),
    "e2": KfSendFailed(by_system("e2", 831), "out1", 6),
    "e3": KfServicerChanged(by_system("e3", 832, customer="", servicer="chenyu"), is_receiving=False),
    "e4": KfSessionChanged(by_system("e4", 833), SessionChange.TAKEN_FROM_QUEUE, "", "chenyu", "MC-0001"),
    "e5": KfRecalled(by_system("e5", 834), "m1"),
    "e6": KfRecalled(by_system("e6", 835, servicer="chenyu"), "m10"),
    "e7": KfRejectionSwitched(by_system("e7", 836, servicer="chenyu"), is_rejecting=True),
}


NO_TIME = "the answer has no send_time that is a Unix time in seconds"


def test_every_sample_is_expected() -> None:
    assert set(ITEMS) == set(EXPECTED)


@pytest.mark.parametrize("msgid", EXPECTED)
def test_a_documented_item_becomes_its_typed_value(msgid: str) -> None:
    assert parse_item(ITEMS[msgid]) == EXPECTED[msgid]


def test_text_without_a_menu_entry_has_none() -> None:
    item = {**ITEMS["m1"], "text": {"content": "你好"}}

    assert parse_item(item) == KfText(by_customer("m1", 810), "你好", menu_id="")


@pytest.mark.parametrize(
    ("changes", "event_type", "reason"),
    [
        pytest.param({"msgtype": "channels", "channels": {}}, "", "a message of no known kind", id="a new kind"),
        pytest.param(
            {"msgtype": "event", "event": {"event_type": "new"}}, "new", "an event of no known kind", id="a new event"
        ),
        pytest.param({"origin": 9}, "", "9 is not a valid Origin", id="a new origin"),
        pytest.param({"text": None}, "", "the answer has no text that is an object", id="no text"),
        pytest.param({"text": {"content": 7}}, "", "the answer has no content that is a text", id="a number for text"),
        pytest.param({"send_time": "now"}, "", "the answer has no send_time that is an integer", id="a time in words"),
        pytest.param({"send_time": 10**12}, "", NO_TIME, id="a time in milliseconds"),
        pytest.param({"send_time": 253_402_300_799}, "", NO_TIME, id="a time that is the year 10000 in China"),
        pytest.param({"send_time": -1}, "", NO_TIME, id="a time before 1970"),
        pytest.param({"open_kfid": ""}, "", "the answer has no open_kfid that is a text", id="no account"),
    ],
)
def test_an_item_that_cannot_be_read_is_kept_with_the_reason(
    changes: dict[str, Any], event_type: str, reason: str
) -> None:
    item = {**ITEMS["m1"], **changes}

    assert parse_item(item) == KfUnknown("m1", item["msgtype"], event_type, item, reason)


@pytest.mark.parametrize("item", [{}, {"msgid": 1}, {"msgtype": ["text"]}, {"event": "x", "msgtype": "event"}])
def test_an_item_without_sense_is_kept_too(item: dict[str, Any]) -> None:
    kept = parse_item(item)

    assert isinstance(kept, KfUnknown)
    assert (kept.content, kept.msgid) == (item, "")
