"""What can be sent besides text, as the platform's JSON."""

from dataclasses import dataclass
from typing import TypeAlias, assert_never

from router.platforms.wecom.bounds import check_bytes, check_count, check_present
from router.platforms.wecom.kf import MediaKind


@dataclass(frozen=True, slots=True)
class MediaAttachment:
    """An uploaded image, video or file (a voice in 微信客服 only)."""

    kind: MediaKind
    media_id: str


@dataclass(frozen=True, slots=True)
class LinkAttachment:
    """A link card; title at most 128 bytes, description 512.

    Its picture is `picture_url` in a welcome and `thumb_media_id` in 微信客服.
    """

    title: str
    url: str
    description: str = ""
    picture_url: str = ""
    thumb_media_id: str = ""


@dataclass(frozen=True, slots=True)
class MiniprogramAttachment:
    """A mini-program card; title at most 64 bytes, the picture an uploaded image of 520 by 416."""

    title: str
    app_id: str
    page: str
    picture_media_id: str


Attachment: TypeAlias = MediaAttachment | LinkAttachment | MiniprogramAttachment


def welcome_json(attachment: Attachment) -> dict[str, object]:
    """Return an attachment of `send_welcome_msg` (W-92137). Raises `RequestInvalid`."""
    match attachment:
        case MediaAttachment(kind, media_id):
            check_present(f"{kind.value}.media_id", media_id)
            return {"msgtype": kind.value, kind.value: {"media_id": media_id}}
        case LinkAttachment():
            _check_link(attachment)
            link = {"title": attachment.title, "desc": attachment.description, "url": attachment.url}
            return {"msgtype": "link", "link": {**link, "picurl": attachment.picture_url}}
        case MiniprogramAttachment(title, app_id, page, picture):
            check_bytes("miniprogram.title", title, 64)
            card = {"title": title, "pic_media_id": picture, "appid": app_id, "page": page}
            return {"msgtype": "miniprogram", "miniprogram": card}
        case _:
            assert_never(attachment)


@dataclass(frozen=True, slots=True)
class KfTextReply:
    """Text of at most 2,048 bytes."""

    content: str


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A menu entry to press; its `id` comes back as the `menu_id` of the customer's text. 128 bytes each."""

    id: str
    content: str


@dataclass(frozen=True, slots=True)
class KfMenuReply:
    """A menu: head and tail of at most 1,024 bytes, one to ten entries."""

    head: str
    entries: tuple[MenuEntry, ...]
    tail: str = ""


@dataclass(frozen=True, slots=True)
class KfAcquisitionLinkReply:
    """A customer acquisition link shown as a card: how a customer gets from 微信客服 to a member."""

    url: str


KfReply: TypeAlias = KfTextReply | KfMenuReply | KfAcquisitionLinkReply | Attachment


def kf_json(reply: KfReply) -> dict[str, object]:
    """Return the message part of `kf/send_msg` (W-94677). Raises `RequestInvalid`."""
    match reply:
        case KfTextReply(content):
            check_present("text.content", content)
            check_bytes("text.content", content, 2048)
            return {"msgtype": "text", "text": {"content": content}}
        case KfMenuReply():
            return {"msgtype": "msgmenu", "msgmenu": _menu_json(reply)}
        case KfAcquisitionLinkReply(url):
            check_present("ca_link.link_url", url)
            return {"msgtype": "ca_link", "ca_link": {"link_url": url}}
        case MediaAttachment(kind, media_id):
            check_present(f"{kind.value}.media_id", media_id)
            return {"msgtype": kind.value, kind.value: {"media_id": media_id}}
        case LinkAttachment():
            _check_link(reply)
            check_present("link.thumb_media_id", reply.thumb_media_id)
            link = {"title": reply.title, "desc": reply.description, "url": reply.url}
            return {"msgtype": "link", "link": {**link, "thumb_media_id": reply.thumb_media_id}}
        case MiniprogramAttachment(title, app_id, page, picture):
            check_bytes("miniprogram.title", title, 64)
            card = {"title": title, "thumb_media_id": picture, "appid": app_id, "pagepath": page}
            return {"msgtype": "miniprogram", "miniprogram": card}
        case _:
            assert_never(reply)


def _check_link(link: LinkAttachment) -> None:
    check_present("link.title", link.title)
    check_present("link.url", link.url)
    check_bytes("link.title", link.title, 128)
    check_bytes("link.desc", link.description, 512)
    check_bytes("link.url", link.url, 2048)


def _menu_json(menu: KfMenuReply) -> dict[str, object]:
    check_bytes("msgmenu.head_content", menu.head, 1024)
    check_bytes("msgmenu.tail_content", menu.tail, 1024)
    check_count("msgmenu.list", menu.entries, 1, 10)
    for entry in menu.entries:
        check_present("msgmenu.click.content", entry.content)
        check_bytes("msgmenu.click.id", entry.id, 128)
        check_bytes("msgmenu.click.content", entry.content, 128)
    entries = [{"type": "click", "click": {"id": entry.id, "content": entry.content}} for entry in menu.entries]
    return {"head_content": menu.head, "list": entries, "tail_content": menu.tail}
