"""获客助手, the customer acquisition links: quota and what visitors did (W-97299)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from router.platforms.wecom.fields import Fields, Header


class QuotaLevel(StrEnum):
    """How much quota is left: below 20, none (links stop working), or newly bought."""

    LOW = "balance_low"
    EXHAUSTED = "balance_exhausted"
    INCREASED = "balance_increased"


@dataclass(frozen=True, slots=True)
class LinkQuotaChanged:
    """The corp's quota for added customers reached a level."""

    header: Header
    level: QuotaLevel


@dataclass(frozen=True, slots=True)
class LinkQuotaExpiring:
    """`quantity` units of quota expire at `expires_at`."""

    header: Header
    expires_at: int
    quantity: int


@dataclass(frozen=True, slots=True)
class LinkUnavailable:
    """A link leads nowhere, for example because no member of it can be added."""

    header: Header
    link_id: str


@dataclass(frozen=True, slots=True)
class LinkDeleted:
    """A link was deleted by hand."""

    header: Header
    link_id: str


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """A visitor opened the card behind a link; `state` is the link's customer_channel."""

    header: Header
    link_id: str
    state: str


@dataclass(frozen=True, slots=True)
class LinkContactRequested:
    """A visitor asked to add the member behind a link."""

    header: Header
    link_id: str
    state: str


@dataclass(frozen=True, slots=True)
class LinkChatStarted:
    """A customer of a link wrote the first message."""

    header: Header
    link_id: str
    user_id: str
    external_user_id: str


@dataclass(frozen=True, slots=True)
class LinkMessageCounted:
    """A customer of a link wrote the 3rd, 5th or 10th message; `chat_key` leads to who, for 30 minutes."""

    header: Header
    link_id: str
    chat_key: str


AcquisitionMessage: TypeAlias = (
    LinkQuotaChanged
    | LinkQuotaExpiring
    | LinkUnavailable
    | LinkDeleted
    | LinkOpened
    | LinkContactRequested
    | LinkChatStarted
    | LinkMessageCounted
)


def _quota(header: Header, fields: Fields) -> LinkQuotaChanged:
    return LinkQuotaChanged(header, QuotaLevel(fields.id("ChangeType").lower()))


def _expiring(header: Header, fields: Fields) -> LinkQuotaExpiring:
    return LinkQuotaExpiring(header, fields.instant("ExpireTime"), fields.integer("ExpireQuotaNum"))


def _opened(header: Header, fields: Fields) -> LinkOpened:
    return LinkOpened(header, fields.id("LinkId"), fields.optional_id("State"))


def _requested(header: Header, fields: Fields) -> LinkContactRequested:
    return LinkContactRequested(header, fields.id("LinkId"), fields.optional_id("State"))


def _chat_started(header: Header, fields: Fields) -> LinkChatStarted:
    return LinkChatStarted(header, fields.id("LinkId"), fields.id("UserID"), fields.id("ExternalUserID"))


def _message_counted(header: Header, fields: Fields) -> LinkMessageCounted:
    return LinkMessageCounted(header, fields.id("LinkId"), fields.text("ChatKey"))


EVENTS: Final[Mapping[tuple[str, str], Callable[[Header, Fields], AcquisitionMessage]]] = {
    ("customer_acquisition", "balance_low"): _quota,
    ("customer_acquisition", "balance_exhausted"): _quota,
    ("customer_acquisition", "balance_increased"): _quota,
    ("customer_acquisition", "quota_expire_soon"): _expiring,
    ("customer_acquisition", "link_unavailable"): lambda header, fields: LinkUnavailable(header, fields.id("LinkId")),
    ("customer_acquisition", "delete_link"): lambda header, fields: LinkDeleted(header, fields.id("LinkId")),
    ("customer_acquisition", "open_profile"): _opened,
    ("customer_acquisition", "friend_request"): _requested,
    ("customer_acquisition", "customer_start_chat"): _chat_started,
    ("customer_acquisition", "message_from_customer"): _message_counted,
}
"""Parsers by (Event, ChangeType) in lower case."""
