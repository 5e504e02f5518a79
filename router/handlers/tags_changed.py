"""Somebody changed corp tags by hand in WeCom: read the list, and follow what the settings say about drift."""

from collections.abc import Sequence

from sqlalchemy import Connection

from router.db.queries import outbox
from router.db.queries.inbox import Verdict
from router.db.queries.outbox import Order
from router.domain.events import TagsChanged
from router.domain.tag_effects import ReadTags
from router.handlers.received import Received, Situation

EVENT = "tags_changed"
CALM = 5_000  # ms to wait for more of the same: who edits one tag edits several


def handle(connection: Connection, batch: Sequence[Received[TagsChanged]], situation: Situation) -> list[Verdict]:
    """One reading for all of them; one that waits anyway is not put off."""
    reading = ReadTags("wecom", "event")
    if not outbox.waits(connection, reading.key):
        outbox.add_all(connection, [Order(reading, not_before=situation.now + CALM)], situation.now)
    return [Verdict(each.inbox_id, "done", EVENT) for each in batch]
