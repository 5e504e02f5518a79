"""Create, edit, close, reopen, archive and restore live codes (活码)."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.queries import changes, live_codes, pools
from router.db.queries.caps import NO_CAPS, Caps
from router.db.queries.edits import begin_edit
from router.db.queries.live_codes import CodeNumbers, LiveCode
from router.db.queries.tags import load_tree
from router.domain.code_kinds import CodeKind
from router.handlers import acquisition, group_codes, native
from router.handlers.admin.act import Act
from router.handlers.admin.caps import cap_problems, save_caps
from router.handlers.admin.placeholders import placeholder_problems
from router.handlers.admin.refusal import (
    LIVE_CODE,
    Conflict,
    Invalid,
    Missing,
    Refusal,
    archived,
    name_taken,
    problem,
    range_problems,
    text_problems,
)
from router.handlers.admin.unfit import unfit_problems
from tagtree.tree import Tag
from tagtree.wording import Problem

SLUG = re.compile(r"[a-z0-9-]{3,40}")
SLUG_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that reads like another when it is typed from paper
SLUG_LENGTH = 8
HOLD_MINUTES = (1, 120)
USUAL_HOLD = 20  # minutes
MAX_WELCOME_CHARACTERS = 1_000  # 3,000 bytes of Chinese, which leaves room for names below the platform's 4,000 bytes
MAX_TAGS = 20


@dataclass(frozen=True, slots=True)
class NewLiveCode:
    """``slug`` None: a random one. ``kind`` never changes afterwards: it is what the print leads to.

    ``hold_minutes`` None: the usual, where a place can be held at all. What would do nothing for a code of this kind is
    refused, see `SETTINGS_OF`.

    ``welcome`` may say ``{customer}`` and ``{agent}``; empty: no welcome from us.
    """

    name: str
    pool_id: int
    slug: str | None = None
    kind: CodeKind = "hosted"
    hold_minutes: int | None = None
    welcome: str = ""
    tag_ids: tuple[int, ...] = ()
    caps: Caps = NO_CAPS


@dataclass(frozen=True, slots=True)
class LiveCodeEdit:
    """What to change; None leaves a field as it is. The slug is printed: it never changes."""

    name: str | None = None
    pool_id: int | None = None
    active: bool | None = None
    hold_minutes: int | None = None
    welcome: str | None = None
    tag_ids: tuple[int, ...] | None = None
    caps: Caps | None = None


def create_live_code(connection: Connection, act: Act, new: NewLiveCode) -> LiveCode | Refusal:
    """A new code, open at once."""
    begin_edit(connection)
    slug = new_slug() if new.slug is None else new.slug
    hold_minutes = USUAL_HOLD if new.hold_minutes is None else new.hold_minutes
    problems = _slug_problems(slug) + _problems(new.name, hold_minutes, new.welcome, new.tag_ids, new.caps)
    refusal = _refusal(connection, problems, new.pool_id, new.tag_ids, _unfit(new, new.kind))
    if refusal is not None:
        return _and_taken(refusal, slug) if live_codes.is_slug_taken(connection, slug) else refusal
    code_id = live_codes.insert_live_code(
        connection, slug, new.name, new.kind, new.pool_id, hold_minutes, new.welcome, act.now
    )
    if code_id is None:
        return name_taken("slug", slug)
    live_codes.set_code_tags(connection, code_id, new.tag_ids)
    save_caps(connection, act, f"code:{code_id}", NO_CAPS, new.caps)
    if new.kind == "acquisition":
        acquisition.open_link(connection, code_id, act.now)
    if new.kind == "native":
        native.begin(connection, code_id, act.now)
    return _saved(connection, act, "live_code.create", code_id, None)


def update_live_code(connection: Connection, act: Act, code_id: int, edit: LiveCodeEdit) -> LiveCode | Refusal:
    """Edit a code; what is printed stays as it is."""
    begin_edit(connection)
    before = live_codes.get_live_code(connection, code_id, act.now, act.zone)
    if before is None:
        return Missing(LIVE_CODE)
    if before.archived_at is not None:
        return archived(LIVE_CODE)
    after = _edited(before, edit)
    problems = _problems(after.name, after.hold_minutes, after.welcome, after.tag_ids, edit.caps)
    refusal = _refusal(connection, problems, after.pool_id, edit.tag_ids or (), _unfit(edit, before.kind))
    if refusal is not None:
        return refusal
    live_codes.update_live_code(
        connection,
        code_id,
        name=after.name,
        pool_id=after.pool_id,
        active=after.active,
        hold_minutes=after.hold_minutes,
        welcome=after.welcome,
    )
    if edit.tag_ids is not None:
        live_codes.set_code_tags(connection, code_id, edit.tag_ids)
    save_caps(connection, act, f"code:{code_id}", before.caps, edit.caps)
    if after.kind == "group" and (after.active, after.name) != (before.active, before.name):
        group_codes.review(connection, code_id, act.now)
    return _saved(connection, act, "live_code.update", code_id, before)


def close_live_code(connection: Connection, act: Act, code_id: int) -> LiveCode | Refusal:
    """From now on scans are told that the code is closed; the print of a native one goes on working at the platform."""
    return update_live_code(connection, act, code_id, LiveCodeEdit(active=False))


def reopen_live_code(connection: Connection, act: Act, code_id: int) -> LiveCode | Refusal:
    """Undo `close_live_code`."""
    return update_live_code(connection, act, code_id, LiveCodeEdit(active=True))


def archive_live_code(connection: Connection, act: Act, code_id: int) -> LiveCode | Refusal:
    """Take a code out of sight; whoever scans a print of it is told that it is closed.

    The print of a native one goes on working, with the list as it was last; a link is deleted at the platform.
    """
    return _set_archived(connection, act, code_id, act.now)


def restore_live_code(connection: Connection, act: Act, code_id: int) -> LiveCode | Refusal:
    """Undo `archive_live_code`; refused when its pool or a tag of it was archived meanwhile."""
    return _set_archived(connection, act, code_id, None)


def new_slug() -> str:
    """Random, short, and hard to misread."""
    return "".join(secrets.choice(SLUG_LETTERS) for _ in range(SLUG_LENGTH))


def _set_archived(connection: Connection, act: Act, code_id: int, archived_at: int | None) -> LiveCode | Refusal:
    begin_edit(connection)
    before = live_codes.get_live_code(connection, code_id, act.now, act.zone)
    if before is None:
        return Missing(LIVE_CODE)
    refusal = _refusal(connection, [], before.pool_id, before.tag_ids) if archived_at is None else None
    if refusal is not None:
        return refusal
    live_codes.set_code_archived(connection, code_id, archived_at)
    _look_after(connection, act, before, archived_at)
    what = "live_code.restore" if archived_at is None else "live_code.archive"
    return _saved(connection, act, what, code_id, before)


def _look_after(connection: Connection, act: Act, code: LiveCode, archived_at: int | None) -> None:
    """What stands behind the code on the platform leaves with it, and returns with it."""
    match code.kind:
        case "acquisition" if archived_at is None:
            acquisition.keep(connection, code.id, act.now)
        case "acquisition":
            acquisition.give_up(connection, code.id, act.now)
        case "group":
            group_codes.review(connection, code.id, act.now)


def _edited(before: LiveCode, edit: LiveCodeEdit) -> LiveCode:
    fields = ("name", "pool_id", "active", "hold_minutes", "welcome", "tag_ids")
    return replace(before, **{name: value for name in fields if (value := getattr(edit, name)) is not None})


def _problems(name: str, hold_minutes: int, welcome: str, tag_ids: tuple[int, ...], caps: Caps | None) -> list[Problem]:
    problems = text_problems("name", name) + range_problems("hold_minutes", hold_minutes, *HOLD_MINUTES)
    problems += cap_problems(caps, "code") + _welcome_problems(welcome)
    if len(tag_ids) > MAX_TAGS or len(set(tag_ids)) < len(tag_ids):
        problems.append(
            problem(
                "tag_ids",
                (f"More than {MAX_TAGS} tags, or one of them twice.", f"超过 {MAX_TAGS} 个标签，或有重复。"),
                ("Name each tag once.", "每个标签只列一次。"),
            )
        )
    return problems


def _slug_problems(slug: str) -> list[Problem]:
    if SLUG.fullmatch(slug):
        return []
    return [
        problem(
            "slug",
            ("Not 3-40 small letters, digits and dashes.", "不是 3-40 位小写字母、数字和横线。"),
            ("Write a name such as spring-fair, or leave it out.", "请写成 spring-fair 这样的形式，或留空。"),
        )
    ]


def _welcome_problems(welcome: str) -> list[Problem]:
    if not welcome:
        return []
    problems = text_problems("welcome", welcome, MAX_WELCOME_CHARACTERS, lines=True)
    return problems + placeholder_problems("welcome", welcome)


def _unfit(given: NewLiveCode | LiveCodeEdit, kind: CodeKind) -> list[Problem]:
    """What is asked of a code of a kind for which it would do nothing; to ask for nothing is never refused."""
    asked = {"hold_minutes": given.hold_minutes, "welcome": given.welcome, "tag_ids": given.tag_ids}
    asked["caps"] = given.caps is not None and given.caps.any
    return unfit_problems([name for name, value in asked.items() if value], kind)


def _refusal(
    connection: Connection,
    problems: list[Problem],
    pool_id: int,
    tag_ids: tuple[int, ...],
    unfit: Sequence[Problem] = (),
) -> Invalid | Conflict | None:
    if problems:
        return Invalid(tuple(problems))
    missing = [*unfit]
    pool = pools.get_pool(connection, pool_id)
    if pool is None or pool.archived_at is not None:
        missing.append(
            problem(
                "pool_id",
                (f"There is no pool {pool_id}.", f"没有接待池 {pool_id}。"),
                ("Choose a pool from the list, or create one first.", "请从列表中选择，或先创建接待池。"),
            )
        )
    tree = load_tree(connection)
    missing += [_unknown_tag(place, tag_id) for place, tag_id in enumerate(tag_ids) if tag_id not in tree]
    missing += [
        _excluded_tag(place, tree.get(tag_id), tree.get(before))
        for place, tag_id in enumerate(tag_ids)
        for before in tag_ids[:place]
        if tag_id in tree and before in tree.excluded_by(tag_id)
    ]
    return Conflict(tuple(missing)) if missing else None


def _and_taken(refusal: Invalid | Conflict, slug: str) -> Refusal:
    """The slug with all the rest, and not only when that is mended."""
    return replace(refusal, problems=(*refusal.problems, *name_taken("slug", slug).problems))


def _unknown_tag(place: int, tag_id: int) -> Problem:
    return problem(
        f"tag_ids[{place}]",
        (f"There is no tag {tag_id}.", f"没有编号为 {tag_id} 的标签。"),
        ("Create the tag first.", "请先创建标签。"),
    )


def _excluded_tag(place: int, tag: Tag, before: Tag) -> Problem:
    return problem(
        f"tag_ids[{place}]",
        (f"{tag.name} and {before.name} exclude one another.", f"“{tag.name}”与“{before.name}”互斥。"),
        ("Keep one of the two.", "两个标签只能保留一个。"),
    )


def _saved(connection: Connection, act: Act, what: str, code_id: int, before: LiveCode | None) -> LiveCode:
    after = live_codes.get_live_code(connection, code_id, act.now, act.zone)
    assert after is not None
    subject = f"live_code:{code_id}"
    changes.record(connection, what, subject, _kept(before), _kept(after), actor=act.actor, now=act.now)
    wake(connection, "codes")
    return after


def _kept(code: LiveCode | None) -> LiveCode | None:
    """Without the numbers that move by themselves."""
    return None if code is None else replace(code, today=CodeNumbers(0, 0, 0, 0))
