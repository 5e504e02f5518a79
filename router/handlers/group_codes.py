"""群活码 (group codes): a scan is shown the present group, and whoever can mend it hears when none is left."""

from sqlalchemy import Connection

from router.db.queries import alerts, group_qrs, outbox, timers
from router.db.queries.outbox import Order
from router.db.queries.scan import Code
from router.domain.effects import CountGroup
from router.domain.group_codes import GroupChoice, changes_at, choose
from router.domain.scan import Full, GroupShown, Preparing, ScanAnswer

COUNT_EVERY = 10 * 60_000  # ms between two readings of a group's people, besides those that an event asks for

TIMER = "group_code_due"
NONE_LEFT = "every group is full, or its code has expired"


def answer_group(connection: Connection, code: Code, visitor: str, now: int) -> ScanAnswer:
    """What a scan of a group code is answered with; the visitor is counted once where we are the ones who count."""
    choice = choose(group_qrs.groups(connection, code.id), now)
    if choice.shown is None:
        _speak_up(connection, code.id, code.name, choice, now)
        return Preparing("the group's code is being made") if choice.waits_for_platform else Full(NONE_LEFT)
    shown = choice.shown
    if shown.is_estimated and not group_qrs.was_shown(connection, code.id, visitor):
        group_qrs.shown(connection, shown.id)
    return GroupShown(shown.id, shown.name, shown.link, shown.expires_at, "this group takes new people")


def shown_picture(connection: Connection, group_qr_id: int, now: int) -> bytes | None:
    """The picture of a group while it is the one its code shows, None at any other time."""
    code_id = group_qrs.open_code_of(connection, group_qr_id)
    if code_id is None:
        return None
    shown = choose(group_qrs.groups(connection, code_id), now).shown
    if shown is None or shown.id != group_qr_id:
        return None
    return group_qrs.picture_of(connection, group_qr_id)


def review(connection: Connection, code_id: int, now: int) -> None:
    """After anything changed: say whether a group is left, and look again when the shown one expires."""
    name = group_qrs.code_name(connection, code_id)
    if name is None:
        timers.disarm(connection, _timer_key(code_id))
        alerts.end_(connection, "group_none_left", f"code:{code_id}", now)
        return
    groups = group_qrs.groups(connection, code_id)
    choice = choose(groups, now)
    _speak_up(connection, code_id, name, choice, now)
    next_count = now + COUNT_EVERY if any(group.chats for group in groups) else None
    dues = [at for at in (changes_at(groups, now), next_count) if at is not None]
    if dues:
        timers.arm(connection, TIMER, _timer_key(code_id), min(dues), {"code_id": code_id})
    else:
        timers.disarm(connection, _timer_key(code_id))


def due(connection: Connection, code_id: int, now: int) -> None:
    """The timer of a code fired: ask the platform how many people its groups have, and look at it anew."""
    count(connection, [each.id for each in group_qrs.group_qrs(connection, code_id) if each.group.chats], now)
    review(connection, code_id, now)


def chat_changed(connection: Connection, chat_id: str, now: int) -> int:
    """Somebody joined or left a group of the platform; returns how many of our QRs lead into it."""
    ids = group_qrs.with_chat(connection, chat_id)
    count(connection, ids, now)
    return len(ids)


def count(connection: Connection, group_qr_ids: list[int] | tuple[int, ...], now: int) -> None:
    """Have the platform asked for the people of these QRs' groups."""
    outbox.add_all(connection, [Order(CountGroup(id)) for id in group_qr_ids], now)


def _speak_up(connection: Connection, code_id: int, name: str, choice: GroupChoice, now: int) -> None:
    if choice.shown is None and not choice.waits_for_platform:
        alerts.raise_(connection, "group_none_left", f"code:{code_id}", now, name=name)
    else:
        alerts.end_(connection, "group_none_left", f"code:{code_id}", now)


def _timer_key(code_id: int) -> str:
    return f"{TIMER}:{code_id}"
