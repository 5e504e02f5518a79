"""What an app receives (W-90239, W-90240). The senders are employees in the app's chat window, never customers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from router.platforms.wecom.fields import Fields, Header
from router.platforms.wecom.xml import Leaf


@dataclass(frozen=True, slots=True)
class AppText:
    """Text a member typed; `message_id` is a 64-bit integer, kept as text."""

    header: Header
    message_id: str
    content: str


@dataclass(frozen=True, slots=True)
class AppImage:
    """A picture; its `media_id` can be fetched for three days."""

    header: Header
    message_id: str
    picture_url: str
    media_id: str


@dataclass(frozen=True, slots=True)
class AppVoice:
    """A voice message; `format` is amr or speex."""

    header: Header
    message_id: str
    media_id: str
    format: str


@dataclass(frozen=True, slots=True)
class AppVideo:
    """A video."""

    header: Header
    message_id: str
    media_id: str
    thumb_media_id: str


@dataclass(frozen=True, slots=True)
class AppLocation:
    """A place a member chose; degrees."""

    header: Header
    message_id: str
    latitude: float
    longitude: float
    scale: int | None
    label: str


@dataclass(frozen=True, slots=True)
class AppLink:
    """A link a member shared."""

    header: Header
    message_id: str
    title: str
    description: str
    url: str
    picture_url: str


@dataclass(frozen=True, slots=True)
class MemberSubscribed:
    """A member came into the app's visible range."""

    header: Header


@dataclass(frozen=True, slots=True)
class MemberUnsubscribed:
    """A member left the app's visible range."""

    header: Header


@dataclass(frozen=True, slots=True)
class AppEntered:
    """A member opened the app."""

    header: Header


@dataclass(frozen=True, slots=True)
class LocationReported:
    """Where a member is, as the client reports it; degrees, precision in metres."""

    header: Header
    latitude: float
    longitude: float
    precision: float


@dataclass(frozen=True, slots=True)
class MenuClicked:
    """A member chose a menu entry with a key."""

    header: Header
    key: str


@dataclass(frozen=True, slots=True)
class MenuViewed:
    """A member opened a menu entry with a URL, or the page of a mini-program."""

    header: Header
    target: str


@dataclass(frozen=True, slots=True)
class QrScanned:
    """A member scanned a picture through a menu entry; `is_waiting` when the app shows that it waits for the answer."""

    header: Header
    key: str
    scan_type: str
    result: str
    is_waiting: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """The options a member chose for one question of a template card."""

    question: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardPressed:
    """A member pressed a button or voted on a template card; `response_code` updates the card once within 72 h."""

    header: Header
    key: str
    task_id: str
    card_type: str
    response_code: str
    selections: tuple[Selection, ...]


@dataclass(frozen=True, slots=True)
class CardMenuPressed:
    """A member chose an entry of a template card's own menu."""

    header: Header
    key: str
    task_id: str
    card_type: str
    response_code: str


@dataclass(frozen=True, slots=True)
class BatchJobFinished:
    """An asynchronous job of the contact book ended; `errcode` 0 is success."""

    header: Header
    job_id: str
    job_type: str
    errcode: int
    errmsg: str


@dataclass(frozen=True, slots=True)
class AppEvent:
    """Any other app event that W-90240 names, with all its leaf elements; `event` in lower case."""

    header: Header
    event: str
    key: str
    fields: tuple[Leaf, ...]


AppMessage: TypeAlias = (
    AppText
    | AppImage
    | AppVoice
    | AppVideo
    | AppLocation
    | AppLink
    | MemberSubscribed
    | MemberUnsubscribed
    | AppEntered
    | LocationReported
    | MenuClicked
    | MenuViewed
    | QrScanned
    | CardPressed
    | CardMenuPressed
    | BatchJobFinished
    | AppEvent
)

_OTHER_EVENTS: Final = frozenset(
    {
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "location_select",
        "open_approval_change",
        "sys_approval_change",
        "share_agent_change",
        "share_chain_change",
        "close_inactive_agent",
        "reopen_inactive_agent",
        "inactive_alert",
        "low_active_alert",
        "low_active",
        "active_restored",
    }
)


def _text(header: Header, fields: Fields) -> AppText:
    return AppText(header, fields.id("MsgId"), fields.text("Content"))


def _image(header: Header, fields: Fields) -> AppImage:
    return AppImage(header, fields.id("MsgId"), fields.text("PicUrl"), fields.text("MediaId"))


def _voice(header: Header, fields: Fields) -> AppVoice:
    return AppVoice(header, fields.id("MsgId"), fields.text("MediaId"), fields.optional_id("Format"))


def _video(header: Header, fields: Fields) -> AppVideo:
    return AppVideo(header, fields.id("MsgId"), fields.text("MediaId"), fields.text("ThumbMediaId"))


def _location(header: Header, fields: Fields) -> AppLocation:
    return AppLocation(
        header,
        fields.id("MsgId"),
        latitude=fields.number("Location_X"),
        longitude=fields.number("Location_Y"),
        scale=fields.optional_integer("Scale"),
        label=fields.text("Label"),
    )


def _link(header: Header, fields: Fields) -> AppLink:
    return AppLink(
        header,
        fields.id("MsgId"),
        title=fields.text("Title"),
        description=fields.text("Description"),
        url=fields.text("Url"),
        picture_url=fields.text("PicUrl"),
    )


def _location_event(header: Header, fields: Fields) -> LocationReported:
    return LocationReported(header, fields.number("Latitude"), fields.number("Longitude"), fields.number("Precision"))


def _scan(header: Header, fields: Fields) -> QrScanned:
    return QrScanned(
        header,
        key=fields.text("EventKey"),
        scan_type=fields.optional_id("ScanCodeInfo/ScanType"),
        result=fields.text("ScanCodeInfo/ScanResult"),
        is_waiting=fields.optional_id("Event").lower() == "scancode_waitmsg",
    )


def _card(header: Header, fields: Fields) -> CardPressed:
    return CardPressed(
        header,
        key=fields.text("EventKey"),
        task_id=fields.optional_id("TaskId"),
        card_type=fields.optional_id("CardType"),
        response_code=fields.text("ResponseCode"),
        selections=_selections(fields.leaves),
    )


def _card_menu(header: Header, fields: Fields) -> CardMenuPressed:
    return CardMenuPressed(
        header,
        key=fields.text("EventKey"),
        task_id=fields.optional_id("TaskId"),
        card_type=fields.optional_id("CardType"),
        response_code=fields.text("ResponseCode"),
    )


def _selections(leaves: tuple[Leaf, ...]) -> tuple[Selection, ...]:
    # Paths do not tell one SelectedItem from the next: a question owns the options that follow it.
    selections: list[Selection] = []
    for path, value in leaves:
        if path == "SelectedItems/SelectedItem/QuestionKey":
            selections.append(Selection(value, ()))
        elif path == "SelectedItems/SelectedItem/OptionIds/OptionId" and selections:
            last = selections.pop()
            selections.append(Selection(last.question, (*last.options, value)))
    return tuple(selections)


def _batch_job(header: Header, fields: Fields) -> BatchJobFinished:
    return BatchJobFinished(
        header,
        job_id=fields.id("BatchJob/JobId"),
        job_type=fields.optional_id("BatchJob/JobType"),
        errcode=fields.integer("BatchJob/ErrCode"),
        errmsg=fields.text("BatchJob/ErrMsg"),
    )


def _menu_click(header: Header, fields: Fields) -> MenuClicked:
    return MenuClicked(header, fields.text("EventKey"))


def _menu_view(header: Header, fields: Fields) -> MenuViewed:
    return MenuViewed(header, fields.text("EventKey"))


def _other(header: Header, fields: Fields) -> AppEvent:
    return AppEvent(header, fields.id("Event").lower(), fields.text("EventKey"), fields.leaves)


Parser: TypeAlias = Callable[[Header, Fields], AppMessage]

MESSAGES: Final[Mapping[str, Parser]] = {
    "text": _text,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "location": _location,
    "link": _link,
}
"""Parsers by MsgType."""

EVENTS: Final[Mapping[str, Parser]] = {
    "subscribe": lambda header, _: MemberSubscribed(header),
    "unsubscribe": lambda header, _: MemberUnsubscribed(header),
    "enter_agent": lambda header, _: AppEntered(header),
    "location": _location_event,
    "click": _menu_click,
    "view": _menu_view,
    "view_miniprogram": _menu_view,
    "scancode_push": _scan,
    "scancode_waitmsg": _scan,
    "template_card_event": _card,
    "template_card_menu_event": _card_menu,
    "batch_job_result": _batch_job,
    **dict.fromkeys(_OTHER_EVENTS, _other),
}
"""Parsers by Event in lower case."""
