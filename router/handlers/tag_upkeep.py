"""What follows from the tag tree without anybody looking: edges expire, and the platform's marks follow the tree.

Both go over the customers of a tag batch by batch, one firing of a timer each, so that a tag of a hundred thousand
customers holds nobody up.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from router.db.queries import tag_expiry, tag_merges, tagging, tags, timers

MARKS_TIMER = "tag_marks"
EXPIRY_TIMER = "tag_expiry"
HOUR = 3_600_000  # ms between two sweeps: an edge goes at most so long after it expired
CUSTOMERS = 500  # in one batch


def keep_up(connection: Connection, now: int) -> None:
    """Have a sweep every hour; called at start."""
    if not timers.is_armed(connection, EXPIRY_TIMER):
        _go_on_sweeping(connection, now, 0, 0)


def marks_follow(connection: Connection, tag_ids: Iterable[int], now: int) -> None:
    """Have the platform's marks of everybody who carries these tags, or did, brought in line with the tree."""
    for tag_id in sorted(set(tag_ids)):
        _go_on_marking(connection, now, tag_id, 0)


def mark_batch(connection: Connection, tag_id: int, after: int, now: int) -> None:
    """The next customers of a tag."""
    customers = tags.customers_with(connection, tag_id, after, CUSTOMERS)
    tagging.want_marks(connection, customers, now)
    if len(customers) == CUSTOMERS:
        _go_on_marking(connection, now, tag_id, customers[-1])


def sweep(connection: Connection, tag_id: int, after: int, now: int) -> None:
    """Take expired tags off the next customers; when all were looked at, see after late edges and rest."""
    tag = tag_expiry.next_expiring(connection, tag_id)
    if tag is None:
        _send_late_edges_on(connection, now)
        return _go_on_sweeping(connection, now + HOUR, 0, 0)
    customers = tags.customers_with(connection, tag.id, after if tag.id == tag_id else 0, CUSTOMERS)
    tagging.want_marks(connection, tag_expiry.take_off_expired(connection, tag, customers, now), now)
    if len(customers) == CUSTOMERS:
        return _go_on_sweeping(connection, now, tag.id, customers[-1])
    return _go_on_sweeping(connection, now, tag.id + 1, 0)


def _send_late_edges_on(connection: Connection, now: int) -> None:
    """What another process put on while a merge was under way goes where the merged tag went."""
    late = tag_merges.merged_but_carried(connection)
    if late:
        heirs = tags.heirs(connection)
        for tag_id in late:
            tag_merges.move_edges(connection, tag_id, heirs[tag_id], now)
        marks_follow(connection, late, now)


def _go_on_marking(connection: Connection, at: int, tag_id: int, after: int) -> None:
    timers.arm(connection, MARKS_TIMER, f"{MARKS_TIMER}:{tag_id}", at, {"tag_id": tag_id, "after": after})


def _go_on_sweeping(connection: Connection, at: int, tag_id: int, after: int) -> None:
    timers.arm(connection, EXPIRY_TIMER, EXPIRY_TIMER, at, {"tag_id": tag_id, "after": after})
