"""The QRs behind a group code (群活码): made by the platform or imported, put in order, edited, taken out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from router.db.queries import changes, group_qrs, live_codes, outbox
from router.db.queries.edits import begin_edit
from router.db.queries.group_qrs import GroupQr, NewGroupQr
from router.db.queries.outbox import Order
from router.domain.effects import DeleteJoinWay, KeepJoinWay
from router.domain.group_codes import Chat
from router.handlers.admin.act import Act
from router.handlers.admin.group_pictures import GroupPicture
from router.handlers.admin.refusal import (
    LIVE_CODE,
    Conflict,
    Invalid,
    Missing,
    Refusal,
    archived,
    conflict,
    problem,
    range_problems,
    text_problems,
)
from router.handlers.group_codes import count, review
from router.handlers.stock import new_state_token
from router.platforms.wecom.join_ways import CHATS_PER_WAY
from tagtree.wording import Problem, Wording

GROUP_QR = Wording("group", "群")
MAX_GROUPS = 100
PERSON_LIMITS = (1, 500)
LONGEST = 366 * 86_400_000  # ms that an imported QR may be said to live

_CHAT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

_OTHER_GROUPS = problem(
    "ids",
    ("These are not the groups of this code.", "与该活码现有的群不一致。"),
    ("Read the list again, and name each group once.", "请刷新列表，每个群只列一次。"),
)


@dataclass(frozen=True, slots=True)
class NewJoinWay:
    """A QR of the platform that leads into its groups in turn; ``makes_rooms``: and into new ones when all are full."""

    name: str
    chat_ids: tuple[str, ...]
    person_limit: int
    makes_rooms: bool = False


@dataclass(frozen=True, slots=True)
class ImportedGroup:
    """A group's QR that somebody saved from WeChat. With ``chat_id`` the platform counts its people."""

    name: str
    picture: GroupPicture
    person_limit: int
    expires_at: int | None
    chat_id: str = ""


@dataclass(frozen=True, slots=True)
class GroupEdit:
    """What to change; None leaves a field as it is. ``people`` corrects an estimate."""

    name: str | None = None
    person_limit: int | None = None
    people: int | None = None
    expires_at: int | None = None


def add_join_way(connection: Connection, act: Act, code_id: int, new: NewJoinWay) -> GroupQr | Refusal:
    """Order a join way; it is shown once the platform has made it."""
    refusal = _refusal(connection, act, code_id, _problems(new.name, new.person_limit) + _chat_problems(new.chat_ids))
    if refusal is not None:
        return refusal
    row = NewGroupQr(
        code_id=code_id,
        source="join_way",
        name=new.name,
        person_limit=new.person_limit,
        status="making",
        chats=tuple(Chat(chat_id) for chat_id in new.chat_ids),
        makes_rooms=new.makes_rooms,
        state=new_state_token(),
    )
    group_qr_id = group_qrs.insert_group_qr(connection, row, act.now)
    outbox.add_all(connection, [Order(KeepJoinWay(group_qr_id))], act.now)
    return _saved(connection, act, "group.add", group_qr_id, None)


def import_group(connection: Connection, act: Act, code_id: int, new: ImportedGroup) -> GroupQr | Refusal:
    """A group to be shown from its picture, after those that the code has."""
    chat_ids = (new.chat_id,) if new.chat_id else ()
    problems = _problems(new.name, new.person_limit) + _expiry_problems(new.expires_at, act.now)
    problems += _chat_problems(chat_ids) if chat_ids else []
    refusal = _refusal(connection, act, code_id, problems) or _link_refusal(connection, code_id, new.picture.link)
    if refusal is not None:
        return refusal
    row = NewGroupQr(
        code_id=code_id,
        source="imported",
        name=new.name,
        person_limit=new.person_limit,
        status="ready",
        chats=tuple(Chat(chat_id) for chat_id in chat_ids),
        link=new.picture.link,
        picture=new.picture.png,
        expires_at=new.expires_at,
    )
    group_qr_id = group_qrs.insert_group_qr(connection, row, act.now)
    count(connection, [group_qr_id] if chat_ids else [], act.now)
    return _saved(connection, act, "group.add", group_qr_id, None)


def update_group(
    connection: Connection, act: Act, code_id: int, group_qr_id: int, edit: GroupEdit
) -> GroupQr | Refusal:
    """Edit what a marketer knows better than the platform."""
    before = _found(connection, code_id, group_qr_id)
    if before is None:
        return Missing(GROUP_QR)
    fields = ("name", "person_limit", "people", "expires_at")
    changed = {name: value for name in fields if (value := getattr(edit, name)) is not None}
    after = replace(before.group, **changed)
    problems = _problems(after.name, after.person_limit) + range_problems("people", after.people, 0, 1_000_000)
    problems += _expiry_problems(edit.expires_at, act.now)
    refusal = _refusal(connection, act, code_id, problems, adds=0)
    if refusal is not None:
        return refusal
    group_qrs.update_group_qr(connection, after)
    return _saved(connection, act, "group.update", group_qr_id, before)


def place_groups(connection: Connection, act: Act, code_id: int, ids: Sequence[int]) -> tuple[GroupQr, ...] | Refusal:
    """Put the groups into this order; the first that can take somebody is shown."""
    refusal = _refusal(connection, act, code_id, [], adds=0)
    if refusal is not None:
        return refusal
    before = [each.id for each in group_qrs.group_qrs(connection, code_id)]
    if sorted(ids) != sorted(before):
        return Conflict((_OTHER_GROUPS,))
    group_qrs.place_group_qrs(connection, ids)
    subject = f"live_code:{code_id}"
    changes.record(connection, "group.place", subject, before, list(ids), actor=act.actor, now=act.now)
    review(connection, code_id, act.now)
    return group_qrs.group_qrs(connection, code_id)


def move_group(
    connection: Connection, act: Act, code_id: int, group_qr_id: int, by: int
) -> tuple[GroupQr, ...] | Refusal:
    """Move a group up (-1) or down (+1); at the end it stays where it is."""
    ids = [each.id for each in group_qrs.group_qrs(connection, code_id)]
    if group_qr_id not in ids:
        return Missing(GROUP_QR)
    place = ids.index(group_qr_id)
    ids.insert(max(0, place + by), ids.pop(place))
    return place_groups(connection, act, code_id, ids)


def try_again(connection: Connection, act: Act, code_id: int, group_qr_id: int) -> GroupQr | Refusal:
    """Ask the platform once more for a join way that it refused."""
    before = _found(connection, code_id, group_qr_id)
    if before is None or before.group.source != "join_way":
        return Missing(GROUP_QR)
    group_qrs.update_group_qr(connection, replace(before.group, status="making"))
    outbox.add_all(connection, [Order(KeepJoinWay(group_qr_id))], act.now)
    return _saved(connection, act, "group.retry", group_qr_id, before)


def remove_group(connection: Connection, act: Act, code_id: int, group_qr_id: int) -> GroupQr | Refusal:
    """Take a group out for good; its join way leaves the platform."""
    begin_edit(connection)
    before = _found(connection, code_id, group_qr_id)
    if before is None:
        return Missing(GROUP_QR)
    group_qrs.retire_group_qr(connection, group_qr_id)
    if before.config_id is not None:
        outbox.add_all(connection, [Order(DeleteJoinWay(before.config_id))], act.now)
    return _saved(connection, act, "group.remove", group_qr_id, before)


def _found(connection: Connection, code_id: int, group_qr_id: int) -> GroupQr | None:
    found = group_qrs.get_group_qr(connection, group_qr_id)
    is_there = found is not None and found.code_id == code_id and found.group.status != "retired"
    return found if is_there else None


def _refusal(connection: Connection, act: Act, code_id: int, problems: list[Problem], adds: int = 1) -> Refusal | None:
    begin_edit(connection)
    code = live_codes.get_live_code(connection, code_id, act.now, act.zone)
    if code is None:
        return Missing(LIVE_CODE)
    if code.archived_at is not None:
        return archived(LIVE_CODE)
    if code.kind != "group":
        return conflict(
            "",
            ("This live code does not lead to groups.", "该活码不是群活码。"),
            ("Create a group code first.", "请先创建群活码。"),
        )
    if problems:
        return Invalid(tuple(problems))
    if adds and len(group_qrs.group_qrs(connection, code_id)) >= MAX_GROUPS:
        return conflict(
            "",
            (f"A code has at most {MAX_GROUPS} groups.", f"一个活码最多 {MAX_GROUPS} 个群。"),
            ("Take out those that are full or expired.", "请先移除已满或已过期的群。"),
        )
    return None


def _link_refusal(connection: Connection, code_id: int, link: str) -> Refusal | None:
    if link not in {each.group.link for each in group_qrs.group_qrs(connection, code_id)}:
        return None
    return conflict(
        "picture",
        ("This code has the same QR already.", "该活码已有相同的群二维码。"),
        ("Upload the QR of another group.", "请上传另一个群的二维码。"),
    )


def _problems(name: str, person_limit: int) -> list[Problem]:
    return text_problems("name", name) + range_problems("person_limit", person_limit, *PERSON_LIMITS)


def _chat_problems(chat_ids: tuple[str, ...]) -> list[Problem]:
    well_formed = all(_CHAT_ID.fullmatch(chat_id) for chat_id in chat_ids)
    if well_formed and 1 <= len(chat_ids) <= CHATS_PER_WAY and len(set(chat_ids)) == len(chat_ids):
        return []
    return [
        problem(
            "chat_ids",
            (f"Not 1 to {CHATS_PER_WAY} different group ids.", f"不是 1 到 {CHATS_PER_WAY} 个不同的群 ID。"),
            ("Choose groups from the list.", "请从列表中选择群。"),
        )
    ]


def _expiry_problems(expires_at: int | None, now: int) -> list[Problem]:
    if expires_at is None or now < expires_at <= now + LONGEST:
        return []
    return [
        problem(
            "expires_at",
            ("Not within the coming year.", "不在未来一年之内。"),
            (
                "Say until when the QR works; WeChat's own work for 7 days.",
                "请填写二维码的失效时间；微信生成的群二维码有效期为 7 天。",
            ),
        )
    ]


def _saved(connection: Connection, act: Act, what: str, group_qr_id: int, before: GroupQr | None) -> GroupQr:
    after = group_qrs.get_group_qr(connection, group_qr_id)
    assert after is not None
    subject = f"live_code:{after.code_id}"
    changes.record(connection, what, subject, before, after, actor=act.actor, now=act.now)
    review(connection, after.code_id, act.now)
    return after
