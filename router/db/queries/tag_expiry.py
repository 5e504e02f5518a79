"""Tag edges that expire: a tag may say after how many days without renewal a customer loses it."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.sql import Sql
from router.domain.taken_off import Expired, stored

DAY = 86_400_000  # ms

_NEXT = Sql(
    "SELECT id, expires_after_days FROM tag WHERE expires_after_days IS NOT NULL AND archived_at IS NULL"
    " AND id >= :from_id ORDER BY id LIMIT 1"
)
_TAKE_OFF = Sql(
    "UPDATE tag_edge SET removed_at = :now, removed_reason = :reason WHERE tag_id = :tag_id"
    " AND customer_id {among:customers} AND removed_at IS NULL AND last_at <= :until RETURNING customer_id"
)


@dataclass(frozen=True, slots=True)
class ExpiringTag:
    """A tag that a customer loses when nothing renewed it for ``days``."""

    id: int
    days: int


def expires_at(last_at: int, days: int) -> int:
    """The instant (ms) from which on an edge last renewed at ``last_at`` is taken off."""
    return last_at + days * DAY


def next_expiring(connection: Connection, from_id: int) -> ExpiringTag | None:
    """The first tag of the tree that expires, from this id on."""
    row = _NEXT.row(connection, from_id=from_id)
    return None if row is None else ExpiringTag(*row)


def take_off_expired(connection: Connection, tag: ExpiringTag, customer_ids: Collection[int], now: int) -> set[int]:
    """Take the tag off these customers where nothing renewed it in time; returns whom an edge was taken off."""
    rows = _TAKE_OFF.rows(
        connection,
        tag_id=tag.id,
        customers=customer_ids,
        until=now - tag.days * DAY,
        reason=stored(Expired(tag.days)),
        now=now,
    )
    return {row[0] for row in rows}
