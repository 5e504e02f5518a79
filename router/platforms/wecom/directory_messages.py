"""Members and departments: what the contact-book assistant 通讯录同步 reports (W-90970)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from router.platforms.wecom.fields import Fields, Header


@dataclass(frozen=True, slots=True)
class MemberCreated:
    """A member joined; department ids as text."""

    header: Header
    user_id: str
    departments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberChanged:
    """A member's profile changed.

    `new_user_id` is "" unless the userid itself changed. `departments` is () when they did not change. `status` is
    1 active, 2 disabled, 4 not activated, 5 left; None in callbacks configured since 2022-08-15, which do not carry it.
    """

    header: Header
    user_id: str
    new_user_id: str
    departments: tuple[str, ...]
    status: int | None


@dataclass(frozen=True, slots=True)
class MemberDeleted:
    """A member left."""

    header: Header
    user_id: str


@dataclass(frozen=True, slots=True)
class DepartmentSaved:
    """A department was created or changed; fields that did not change are "" or None."""

    header: Header
    department_id: str
    name: str
    parent_id: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class DepartmentDeleted:
    """A department is gone."""

    header: Header
    department_id: str


@dataclass(frozen=True, slots=True)
class MemberTagChanged:
    """A tag on members (not on customers) went to or from members and departments."""

    header: Header
    tag_id: str
    added_users: tuple[str, ...]
    removed_users: tuple[str, ...]
    added_departments: tuple[str, ...]
    removed_departments: tuple[str, ...]


DirectoryMessage: TypeAlias = (
    MemberCreated | MemberChanged | MemberDeleted | DepartmentSaved | DepartmentDeleted | MemberTagChanged
)


def _created(header: Header, fields: Fields) -> MemberCreated:
    return MemberCreated(header, fields.id("UserID"), fields.listed("Department"))


def _changed(header: Header, fields: Fields) -> MemberChanged:
    return MemberChanged(
        header,
        user_id=fields.id("UserID"),
        new_user_id=fields.optional_id("NewUserID"),
        departments=fields.listed("Department"),
        status=fields.optional_integer("Status"),
    )


def _department_saved(header: Header, fields: Fields) -> DepartmentSaved:
    return DepartmentSaved(
        header,
        department_id=fields.id("Id"),
        name=fields.text("Name"),
        parent_id=fields.optional_id("ParentId"),
        is_new=fields.id("ChangeType").lower() == "create_party",
    )


def _member_tag(header: Header, fields: Fields) -> MemberTagChanged:
    return MemberTagChanged(
        header,
        tag_id=fields.id("TagId"),
        added_users=fields.listed("AddUserItems"),
        removed_users=fields.listed("DelUserItems"),
        added_departments=fields.listed("AddPartyItems"),
        removed_departments=fields.listed("DelPartyItems"),
    )


EVENTS: Final[Mapping[tuple[str, str], Callable[[Header, Fields], DirectoryMessage]]] = {
    ("change_contact", "create_user"): _created,
    ("change_contact", "update_user"): _changed,
    ("change_contact", "delete_user"): lambda header, fields: MemberDeleted(header, fields.id("UserID")),
    ("change_contact", "create_party"): _department_saved,
    ("change_contact", "update_party"): _department_saved,
    ("change_contact", "delete_party"): lambda header, fields: DepartmentDeleted(header, fields.id("Id")),
    ("change_contact", "update_tag"): _member_tag,
}
"""Parsers by (Event, ChangeType) in lower case."""
