"""The end of a hold: the contact way leaves the platform first, and only then is its place given on.

A saved picture works until its way is deleted, so the place stays taken until the platform has said so; a platform
that is down keeps places closed, never open.
"""

from collections.abc import Sequence
from datetime import tzinfo

from sqlalchemy import Connection

from router.db.queries import capacity, stock, timers
from router.db.sql import Sql
from router.domain.capacity import CUSTOMER, Place
from router.handlers.stock import retire

_END = Sql(
    "UPDATE reservation SET status = :status, ended_at = :now WHERE id = :id AND status = 'held' RETURNING way_id"
)
_RETURN_PLACE = Sql(
    "UPDATE reservation SET place_taken = false WHERE way_id = :way_id AND place_taken"
    " AND status IN ('expired', 'released') RETURNING agent_id, pool_id, code_id, round, held_at"
)


def arm_all(connection: Connection, holds: Sequence[tuple[int, int]]) -> None:
    """Let each hold end at its instant: reservation and ms."""
    timers.arm_all(
        connection,
        "lease_ends",
        [(f"lease:{reservation_id}", at, {"reservation_id": reservation_id}) for reservation_id, at in holds],
    )


def expire(connection: Connection, reservation_id: int, now: int) -> bool:
    """The hold ran out; False when it had ended before (a confirm won)."""
    return _end(connection, reservation_id, "expired", now)


def release(connection: Connection, reservation_id: int, now: int) -> bool:
    """Somebody gave the hold up; False when it had ended before."""
    return _end(connection, reservation_id, "released", now)


def _end(connection: Connection, reservation_id: int, status: str, now: int) -> bool:
    row = _END.row(connection, id=reservation_id, status=status, now=now)
    if row is not None:
        retire(connection, row[0], now)
    return row is not None


def deletion_acknowledged(connection: Connection, way_id: int, now: int, zone: tzinfo) -> None:
    """The platform no longer serves this contact way: whoever held it and did not add gives the place on."""
    if not stock.deleted(connection, way_id, now):
        return
    row = _RETURN_PLACE.row(connection, way_id=way_id)
    if row is None:
        return
    *place, held_at = row
    capacity.give_back(connection, Place(*place), CUSTOMER, held_at, zone)
