"""The items that 微信客服 `sync_msg` returns (W-94670): messages of customers and servicers, and events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, TypeAlias

from router.platforms.wecom.answer import Answer
from router.platforms.wecom.errors import AnswerInvalid


class Origin(IntEnum):
    """Who made an item."""

    CUSTOMER = 3
    SYSTEM = 4
    SERVICER = 5


class MediaKind(StrEnum):
    """What kind of file a `media_id` stands for."""

    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"


class SessionChange(IntEnum):
    """How a session went from one servicer to another."""

    TAKEN_FROM_QUEUE = 1
    TRANSFERRED = 2
    ENDED = 3
    REENTERED = 4


@dataclass(frozen=True, slots=True)
class KfHeader:
    """What every item begins with.

    `msgid` is unique among all items; `sent_at` is Unix milliseconds, to the second; `external_user_id` is "" for
    events about a servicer alone; `servicer_user_id` is "" unless a servicer wrote or caused it.
    """

    msgid: str
    open_kf_id: str
    external_user_id: str
    sent_at: int
    origin: Origin
    servicer_user_id: str


@dataclass(frozen=True, slots=True)
class KfText:
    """Text; `menu_id` is "" unless the customer pressed a menu entry of that id."""

    header: KfHeader
    content: str
    menu_id: str


@dataclass(frozen=True, slots=True)
class KfMedia:
    """An image, voice, video or file, to be fetched by its `media_id` within three days."""

    header: KfHeader
    kind: MediaKind
    media_id: str


@dataclass(frozen=True, slots=True)
class KfLocation:
    """A place; degrees."""

    header: KfHeader
    latitude: float
    longitude: float
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class KfLink:
    """A link."""

    header: KfHeader
    title: str
    description: str
    url: str
    picture_url: str


@dataclass(frozen=True, slots=True)
class KfBusinessCard:
    """The card of a member."""

    header: KfHeader
    user_id: str


@dataclass(frozen=True, slots=True)
class KfMiniprogram:
    """A mini-program card."""

    header: KfHeader
    title: str
    app_id: str
    page_path: str
    thumb_media_id: str


@dataclass(frozen=True, slots=True)
class KfMenu:
    """A menu a servicer sent: its texts in order."""

    header: KfHeader
    head: str
    entries: tuple[str, ...]
    tail: str


@dataclass(frozen=True, slots=True)
class KfSessionEntered:
    """A customer opened the chat by link, QR or button.

    `scene` is that of the link, `scene_param` what was appended to it; `welcome_code` is "" when no welcome may be
    sent, otherwise valid for 20 s and once.
    """

    header: KfHeader
    scene: str
    scene_param: str
    welcome_code: str


@dataclass(frozen=True, slots=True)
class KfSendFailed:
    """A message sent by API did not reach the customer; `fail_type` is explained by `FAILURES`."""

    header: KfHeader
    failed_msgid: str
    fail_type: int


@dataclass(frozen=True, slots=True)
class KfServicerChanged:
    """A servicer began or stopped receiving customers (the event's status 1 or 2; `servicer/list` says 0 or 1)."""

    header: KfHeader
    is_receiving: bool


@dataclass(frozen=True, slots=True)
class KfSessionChanged:
    """A session changed hands; `msg_code` sends one message when it was taken or ended, otherwise ""."""

    header: KfHeader
    change: SessionChange
    from_user_id: str
    to_user_id: str
    msg_code: str


@dataclass(frozen=True, slots=True)
class KfRecalled:
    """The customer or the servicer, by the header, took a message back."""

    header: KfHeader
    recalled_msgid: str


@dataclass(frozen=True, slots=True)
class KfRejectionSwitched:
    """A servicer began or stopped rejecting the messages of a customer."""

    header: KfHeader
    is_rejecting: bool


@dataclass(frozen=True, slots=True)
class KfUnknown:
    """An item of no known kind or shape, as it came; `reason` tells which. `msgid` may be ""."""

    msgid: str
    msg_type: str
    event_type: str
    content: Mapping[str, object]
    reason: str


KfItem: TypeAlias = (
    KfText
    | KfMedia
    | KfLocation
    | KfLink
    | KfBusinessCard
    | KfMiniprogram
    | KfMenu
    | KfSessionEntered
    | KfSendFailed
    | KfServicerChanged
    | KfSessionChanged
    | KfRecalled
    | KfRejectionSwitched
    | KfUnknown
)

FAILURES: Final[Mapping[int, tuple[str, str]]] = {
    0: ("原因未知", "unknown reason"),
    1: ("客服账号已删除", "the account was deleted"),
    2: ("应用已关闭", "the app was closed"),
    4: ("距客户上一条消息超过四十八小时", "more than 48 hours since the customer's last message"),
    5: ("会话已关闭", "the session was closed"),
    6: ("已连续发送超过五条", "more than five messages in a row"),
    8: ("企业未认证", "the corp is not verified"),
    10: ("客户拒收", "the customer refused"),
    11: ("接待人员均未登录企业微信", "no servicer is signed in to WeCom"),
    12: ("应用不能发送这种消息", "the app may not send this kind of message"),
    13: ("被安全策略拦截", "blocked for security"),
}
"""Why a message did not arrive (`KfSendFailed.fail_type`), in Chinese and English."""


def parse_item(item: Mapping[str, object]) -> KfItem:
    """Return the typed item of one `msg_list` entry; one that cannot be read becomes `KfUnknown`, never an error."""
    answer = Answer("/cgi-bin/kf/sync_msg", dict(item))
    try:
        return _read(answer)
    except AnswerInvalid as error:
        return _unknown(item, error.reason)
    except ValueError as error:
        return _unknown(item, str(error))


def _read(item: Answer) -> KfItem:
    msg_type = item.text("msgtype")
    if msg_type == "event":
        event = item.nested("event")
        parser = _EVENTS.get(event.text("event_type"))
        if parser is None:
            return _unknown(item.fields, "an event of no known kind")
        return parser(_header(item, event), event)
    parser = _MESSAGES.get(msg_type)
    if parser is None:
        return _unknown(item.fields, "a message of no known kind")
    return parser(_header(item, item), item.nested(msg_type))


def _header(item: Answer, subject: Answer) -> KfHeader:
    # Events keep the account and the customer inside `event`, messages at the top.
    return KfHeader(
        msgid=item.text("msgid"),
        open_kf_id=subject.text("open_kfid"),
        external_user_id=subject.text_or_empty("external_userid"),
        sent_at=item.instant("send_time"),
        origin=Origin(item.integer("origin")),
        servicer_user_id=subject.text_or_empty("servicer_userid"),
    )


def _unknown(item: Mapping[str, object], reason: str) -> KfUnknown:
    event = item.get("event")
    event_type = event.get("event_type") if isinstance(event, dict) else None
    return KfUnknown(
        msgid=_text_or_empty(item.get("msgid")),
        msg_type=_text_or_empty(item.get("msgtype")),
        event_type=_text_or_empty(event_type),
        content=item,
        reason=reason,
    )


def _text_or_empty(value: object) -> str:
    return value if isinstance(value, str) else ""


def _text(header: KfHeader, body: Answer) -> KfText:
    return KfText(header, body.text_or_empty("content"), body.text_or_empty("menu_id"))


def _media(kind: MediaKind) -> "_Parser":
    return lambda header, body: KfMedia(header, kind, body.text("media_id"))


def _location(header: KfHeader, body: Answer) -> KfLocation:
    return KfLocation(
        header,
        latitude=body.number("latitude"),
        longitude=body.number("longitude"),
        name=body.text_or_empty("name"),
        address=body.text_or_empty("address"),
    )


def _link(header: KfHeader, body: Answer) -> KfLink:
    return KfLink(
        header,
        title=body.text_or_empty("title"),
        description=body.text_or_empty("desc"),
        url=body.text_or_empty("url"),
        picture_url=body.text_or_empty("pic_url"),
    )


def _miniprogram(header: KfHeader, body: Answer) -> KfMiniprogram:
    return KfMiniprogram(
        header,
        title=body.text_or_empty("title"),
        app_id=body.text_or_empty("appid"),
        page_path=body.text_or_empty("pagepath"),
        thumb_media_id=body.text_or_empty("thumb_media_id"),
    )


def _menu(header: KfHeader, body: Answer) -> KfMenu:
    entries = tuple(entry.nested(entry.text("type")).text_or_empty("content") for entry in body.objects("list"))
    return KfMenu(header, body.text_or_empty("head_content"), entries, body.text_or_empty("tail_content"))


def _session_entered(header: KfHeader, event: Answer) -> KfSessionEntered:
    return KfSessionEntered(
        header,
        scene=event.text_or_empty("scene"),
        scene_param=event.text_or_empty("scene_param"),
        welcome_code=event.text_or_empty("welcome_code"),
    )


def _session_changed(header: KfHeader, event: Answer) -> KfSessionChanged:
    return KfSessionChanged(
        header,
        change=SessionChange(event.integer("change_type")),
        from_user_id=event.text_or_empty("old_servicer_userid"),
        to_user_id=event.text_or_empty("new_servicer_userid"),
        msg_code=event.text_or_empty("msg_code"),
    )


def _send_failed(header: KfHeader, event: Answer) -> KfSendFailed:
    return KfSendFailed(header, event.text("fail_msgid"), event.integer("fail_type"))


def _recalled(header: KfHeader, event: Answer) -> KfRecalled:
    return KfRecalled(header, event.text("recall_msgid"))


_Parser: TypeAlias = Callable[[KfHeader, Answer], KfItem]

_MESSAGES: Final[Mapping[str, _Parser]] = {
    "text": _text,
    **{kind.value: _media(kind) for kind in MediaKind},
    "location": _location,
    "link": _link,
    "business_card": lambda header, body: KfBusinessCard(header, body.text("userid")),
    "miniprogram": _miniprogram,
    "msgmenu": _menu,
}

_EVENTS: Final[Mapping[str, _Parser]] = {
    "enter_session": _session_entered,
    "msg_send_fail": _send_failed,
    "servicer_status_change": lambda header, event: KfServicerChanged(header, event.integer("status") == 1),
    "session_status_change": _session_changed,
    "user_recall_msg": _recalled,
    "servicer_recall_msg": _recalled,
    "reject_customer_msg_switch_change": lambda header, event: KfRejectionSwitched(
        header, event.integer("reject_switch") == 1
    ),
}
