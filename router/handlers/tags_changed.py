"""Somebody changed corp tags by hand in WeCom: read the list, and follow what the settings say about drift."""

from collections.abc import Sequence

from sqlalchemy import Connection

from router.db.queries.inbox import Verdict
from router.domain.events import TagsChanged
from router.handlers.projection import read_again
from router.handlers.received import Received, Situation

EVENT = "tags_changed"
CALM = 5_000  # ms to wait for more of the same: who edits one tag edits several


def handle(connection: Connection, batch: Sequence[Received[TagsChanged]], situation: Situation) -> list[Verdict]:
    """One reading for all of them."""
    read_again(connection, "wecom", "event", situation.now, not_before=situation.now + CALM)
    return [Verdict(each.inbox_id, "done", EVENT) for each in batch]
