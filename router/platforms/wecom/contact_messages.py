"""Customers, their groups and their tags: what 客户联系 reports (W-92130)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from router.platforms.wecom.fields import Fields, Header


@dataclass(frozen=True, slots=True)
class ContactAdded:
    """A customer and a member came into contact.

    `is_half`: the customer added a member who need not approve, and the member has not confirmed. The full event may
    follow; the two are one arrival. `state` is "" when no code was involved. `welcome_code` is "" when no welcome may
    be sent, otherwise valid for 20 s and one success.
    """

    header: Header
    user_id: str
    external_user_id: str
    state: str
    welcome_code: str
    is_half: bool


@dataclass(frozen=True, slots=True)
class ContactEdited:
    """A member changed remark, phone, description or tags of a customer; the content must be read by API."""

    header: Header
    user_id: str
    external_user_id: str


@dataclass(frozen=True, slots=True)
class ContactRemoved:
    """The member removed the customer; `by_transfer` when only because the customer was handed to another member."""

    header: Header
    user_id: str
    external_user_id: str
    by_transfer: bool


@dataclass(frozen=True, slots=True)
class ContactLost:
    """The customer removed the member, who still lists the customer."""

    header: Header
    user_id: str
    external_user_id: str


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """A customer did not go over to `user_id`; `reason` is customer_refused or customer_limit_exceed."""

    header: Header
    user_id: str
    external_user_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class AuditApproved:
    """The customer agreed to chat archiving (W-92005); only now a welcome may be sent, with this `welcome_code`."""

    header: Header
    user_id: str
    external_user_id: str
    welcome_code: str


@dataclass(frozen=True, slots=True)
class GroupChatCreated:
    """A customer group exists."""

    header: Header
    chat_id: str


@dataclass(frozen=True, slots=True)
class GroupChatDismissed:
    """A customer group was dissolved."""

    header: Header
    chat_id: str


@dataclass(frozen=True, slots=True)
class GroupChatUpdated:
    """A customer group changed.

    `detail` is add_member, del_member, change_owner, change_name or change_notice. `members` mixes userids and external
    userids. The list is a delta only if `last_version` is the version known; otherwise the group must be read again.
    """

    header: Header
    chat_id: str
    detail: str
    join_scene: int | None
    quit_scene: int | None
    members: tuple[str, ...]
    last_version: str
    current_version: str


class Change(StrEnum):
    """What happened to a tag or a tag group."""

    CREATED = "create"
    UPDATED = "update"
    DELETED = "delete"


@dataclass(frozen=True, slots=True)
class TagChanged:
    """A corp tag or a tag group changed by hand; one event stands for a deleted group with all its tags."""

    header: Header
    change: Change
    id: str
    is_group: bool
    strategy_id: str


@dataclass(frozen=True, slots=True)
class TagsReordered:
    """Tags were put in another order: those of one group, or all groups when `group_id` is ""."""

    header: Header
    group_id: str
    strategy_id: str


ContactMessage: TypeAlias = (
    ContactAdded
    | ContactEdited
    | ContactRemoved
    | ContactLost
    | TransferFailed
    | AuditApproved
    | GroupChatCreated
    | GroupChatDismissed
    | GroupChatUpdated
    | TagChanged
    | TagsReordered
)


def _pair(fields: Fields) -> tuple[str, str]:
    return fields.id("UserID"), fields.id("ExternalUserID")


def _added(header: Header, fields: Fields) -> ContactAdded:
    return ContactAdded(
        header,
        *_pair(fields),
        state=fields.optional_id("State"),
        welcome_code=fields.text("WelcomeCode"),
        is_half=fields.id("ChangeType").lower() == "add_half_external_contact",
    )


def _edited(header: Header, fields: Fields) -> ContactEdited:
    return ContactEdited(header, *_pair(fields))


def _removed(header: Header, fields: Fields) -> ContactRemoved:
    return ContactRemoved(header, *_pair(fields), by_transfer=fields.optional_id("Source") == "DELETE_BY_TRANSFER")


def _lost(header: Header, fields: Fields) -> ContactLost:
    return ContactLost(header, *_pair(fields))


def _transfer_failed(header: Header, fields: Fields) -> TransferFailed:
    return TransferFailed(header, *_pair(fields), reason=fields.optional_id("FailReason"))


def _audit_approved(header: Header, fields: Fields) -> AuditApproved:
    return AuditApproved(header, *_pair(fields), welcome_code=fields.text("WelcomeCode"))


def _chat_updated(header: Header, fields: Fields) -> GroupChatUpdated:
    return GroupChatUpdated(
        header,
        chat_id=fields.id("ChatId"),
        detail=fields.optional_id("UpdateDetail"),
        join_scene=fields.optional_integer("JoinScene"),
        quit_scene=fields.optional_integer("QuitScene"),
        members=fields.all("MemChangeList/Item"),
        last_version=fields.optional_id("LastMemVer"),
        current_version=fields.optional_id("CurMemVer"),
    )


def _tag_changed(header: Header, fields: Fields) -> TagChanged:
    return TagChanged(
        header,
        change=Change(fields.id("ChangeType").lower()),
        id=fields.id("Id"),
        is_group=fields.optional_id("TagType") == "tag_group",
        strategy_id=fields.optional_id("StrategyId"),
    )


def _tags_reordered(header: Header, fields: Fields) -> TagsReordered:
    return TagsReordered(header, fields.optional_id("Id"), fields.optional_id("StrategyId"))


EVENTS: Final[Mapping[tuple[str, str], Callable[[Header, Fields], ContactMessage]]] = {
    ("change_external_contact", "add_external_contact"): _added,
    ("change_external_contact", "add_half_external_contact"): _added,
    ("change_external_contact", "edit_external_contact"): _edited,
    ("change_external_contact", "del_external_contact"): _removed,
    ("change_external_contact", "del_follow_user"): _lost,
    ("change_external_contact", "transfer_fail"): _transfer_failed,
    ("change_external_contact", "msg_audit_approved"): _audit_approved,
    ("change_external_chat", "create"): lambda header, fields: GroupChatCreated(header, fields.id("ChatId")),
    ("change_external_chat", "dismiss"): lambda header, fields: GroupChatDismissed(header, fields.id("ChatId")),
    ("change_external_chat", "update"): _chat_updated,
    ("change_external_tag", "create"): _tag_changed,
    ("change_external_tag", "update"): _tag_changed,
    ("change_external_tag", "delete"): _tag_changed,
    ("change_external_tag", "shuffle"): _tags_reordered,
}
"""Parsers by (Event, ChangeType) in lower case."""
