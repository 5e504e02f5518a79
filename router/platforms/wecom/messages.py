"""Decrypted callback messages as typed values: `parse_message` and the union of all it returns.

A message of a kind this module does not know becomes `Unknown`; it is stored and acknowledged like any other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from router.platforms.wecom import acquisition_messages, app_messages, contact_messages, directory_messages
from router.platforms.wecom.acquisition_messages import (
    AcquisitionMessage,
    LinkChatStarted,
    LinkContactRequested,
    LinkDeleted,
    LinkMessageCounted,
    LinkOpened,
    LinkQuotaChanged,
    LinkQuotaExpiring,
    LinkUnavailable,
    QuotaLevel,
)
from router.platforms.wecom.app_messages import (
    AppEntered,
    AppEvent,
    AppImage,
    AppLink,
    AppLocation,
    AppMessage,
    AppText,
    AppVideo,
    AppVoice,
    BatchJobFinished,
    CardMenuPressed,
    CardPressed,
    LocationReported,
    MemberSubscribed,
    MemberUnsubscribed,
    MenuClicked,
    MenuViewed,
    QrScanned,
    Selection,
)
from router.platforms.wecom.callback_errors import MessageInvalid, XmlInvalid
from router.platforms.wecom.contact_messages import (
    AuditApproved,
    Change,
    ContactAdded,
    ContactEdited,
    ContactLost,
    ContactMessage,
    ContactRemoved,
    GroupChatCreated,
    GroupChatDismissed,
    GroupChatUpdated,
    TagChanged,
    TagsReordered,
    TransferFailed,
)
from router.platforms.wecom.directory_messages import (
    DepartmentDeleted,
    DepartmentSaved,
    DirectoryMessage,
    MemberChanged,
    MemberCreated,
    MemberDeleted,
    MemberTagChanged,
)
from router.platforms.wecom.fields import Fields, Header, read_header
from router.platforms.wecom.xml import Leaf, leaves

__all__ = [
    "AcquisitionMessage",
    "AppEntered",
    "AppEvent",
    "AppImage",
    "AppLink",
    "AppLocation",
    "AppMessage",
    "AppText",
    "AppVideo",
    "AppVoice",
    "ArchiveNotified",
    "AuditApproved",
    "BatchJobFinished",
    "CardMenuPressed",
    "CardPressed",
    "Change",
    "ContactAdded",
    "ContactEdited",
    "ContactLost",
    "ContactMessage",
    "ContactRemoved",
    "DepartmentDeleted",
    "DepartmentSaved",
    "DirectoryMessage",
    "GroupChatCreated",
    "GroupChatDismissed",
    "GroupChatUpdated",
    "Header",
    "KfAuthorizationChanged",
    "KfNotified",
    "LinkChatStarted",
    "LinkContactRequested",
    "LinkDeleted",
    "LinkMessageCounted",
    "LinkOpened",
    "LinkQuotaChanged",
    "LinkQuotaExpiring",
    "LinkUnavailable",
    "LocationReported",
    "MemberChanged",
    "MemberCreated",
    "MemberDeleted",
    "MemberSubscribed",
    "MemberTagChanged",
    "MemberUnsubscribed",
    "MenuClicked",
    "MenuViewed",
    "Message",
    "MessageInvalid",
    "ProgramNotified",
    "QrScanned",
    "QuotaLevel",
    "Selection",
    "TagChanged",
    "TagsReordered",
    "TransferFailed",
    "Unknown",
    "XmlInvalid",
    "message_from",
    "parse_message",
]


@dataclass(frozen=True, slots=True)
class KfNotified:
    """Something happened in a 微信客服 account (W-94670): `token` opens sync_msg at full frequency for ten minutes."""

    header: Header
    open_kf_id: str
    token: str


@dataclass(frozen=True, slots=True)
class KfAuthorizationChanged:
    """微信客服 accounts were granted to or taken from the app."""

    header: Header
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArchiveNotified:
    """New archived chat messages can be pulled (W-95039)."""

    header: Header


@dataclass(frozen=True, slots=True)
class ProgramNotified:
    """A program in the 数据与智能专区 has a result (W-101389); `notify_id` fetches it for ten minutes."""

    header: Header
    notify_id: str
    scene: int | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message of no known kind, with all its leaf elements; names in lower case, "" where absent."""

    msg_type: str
    event: str
    change_type: str
    fields: tuple[Leaf, ...]


Message: TypeAlias = (
    AppMessage
    | ContactMessage
    | DirectoryMessage
    | AcquisitionMessage
    | KfNotified
    | KfAuthorizationChanged
    | ArchiveNotified
    | ProgramNotified
    | Unknown
)

_Parser: TypeAlias = Callable[[Header, Fields], Message]

_BY_CHANGE: Final[Mapping[tuple[str, str], _Parser]] = {
    **contact_messages.EVENTS,
    **directory_messages.EVENTS,
    **acquisition_messages.EVENTS,
}

_BY_EVENT: Final[Mapping[str, _Parser]] = {
    **app_messages.EVENTS,
    "kf_msg_or_event": lambda header, fields: KfNotified(header, fields.id("OpenKfId"), fields.text("Token")),
    "kf_account_auth_change": lambda header, fields: KfAuthorizationChanged(
        header, fields.all("AuthAddOpenKfId"), fields.all("AuthDelOpenKfId")
    ),
    "msgaudit_notify": lambda header, _: ArchiveNotified(header),
    "program_notify": lambda header, fields: ProgramNotified(
        header, fields.id("NotifyId"), fields.optional_integer("NotifyScene")
    ),
}


def parse_message(plaintext: bytes) -> Message:
    """Return the message in a decrypted callback; event names are matched without regard to case.

    Raises `XmlInvalid` for what is not XML and `MessageInvalid` for a known kind with a field missing or out of bounds.
    """
    return message_from(leaves(plaintext))


def message_from(found: tuple[Leaf, ...]) -> Message:
    """Return the message whose leaf elements are already read. Raises `MessageInvalid`."""
    fields = Fields(found)
    msg_type, event, change_type = (fields.optional_id(name).lower() for name in ("MsgType", "Event", "ChangeType"))
    parser = _parser(msg_type, event, change_type)
    if parser is None:
        return Unknown(msg_type, event, change_type, found)
    try:
        return parser(read_header(fields), fields)
    except MessageInvalid as error:
        kind = "/".join(name for name in (msg_type, event, change_type) if name)
        raise MessageInvalid(f"{kind}: {error.detail}") from None


def _parser(msg_type: str, event: str, change_type: str) -> _Parser | None:
    if msg_type != "event":
        return app_messages.MESSAGES.get(msg_type)
    return _BY_EVENT.get(event) or _BY_CHANGE.get((event, change_type))
