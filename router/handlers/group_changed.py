"""A customer group of the platform changed: the QRs that lead into it are counted anew."""

from collections.abc import Sequence

from sqlalchemy import Connection

from router.db.queries.inbox import Verdict
from router.domain.events import GroupChanged
from router.handlers.group_codes import chat_changed
from router.handlers.received import Received, Situation

EVENT = "group_changed"
NOT_OURS = "no group code of ours leads into this group"


def handle(connection: Connection, batch: Sequence[Received[GroupChanged]], situation: Situation) -> list[Verdict]:
    """Have the people of each group asked for: what changed is not in the event of older versions (W-92130)."""
    return [_counted(connection, each, situation.now) for each in batch]


def _counted(connection: Connection, each: Received[GroupChanged], now: int) -> Verdict:
    if chat_changed(connection, each.event.chat_id, now) == 0:
        return Verdict(each.inbox_id, "ignored", EVENT, NOT_OURS)
    return Verdict(each.inbox_id, "done", EVENT)
