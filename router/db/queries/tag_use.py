"""Who uses which tag: when it was last put on, by hand or not, and which live codes and pools name it."""

from sqlalchemy import Connection

from router.db.sql import Sql

_LAST_PUT_ON = Sql("SELECT tag_id, max(last_at) FROM tag_edge GROUP BY tag_id")
_BY_HAND = Sql("SELECT DISTINCT tag_id FROM tag_edge WHERE removed_at IS NULL AND source LIKE 'manual:%'")
_OF_CODES = Sql(
    "SELECT DISTINCT t.tag_id, c.active FROM live_code_tag AS t JOIN live_code AS c ON c.id = t.code_id"
    " WHERE c.archived_at IS NULL"
)
_OF_POOLS = Sql("SELECT vip_tag_id FROM pool WHERE vip_tag_id IS NOT NULL AND archived_at IS NULL")


def last_put_on(connection: Connection) -> dict[int, int]:
    """When each tag was last put on or renewed (ms), also where it was taken off since."""
    return dict(_LAST_PUT_ON.rows(connection))


def carried_by_hand(connection: Connection) -> frozenset[int]:
    """Tags that some customer carries because a person said so."""
    return frozenset(row[0] for row in _BY_HAND.rows(connection))


def tags_of_codes(connection: Connection, *, active: bool) -> frozenset[int]:
    """Tags that live codes put on; with ``active`` only by codes that are switched on."""
    return frozenset(tag_id for tag_id, is_on in _OF_CODES.rows(connection) if is_on or not active)


def tags_of_pools(connection: Connection) -> frozenset[int]:
    """Tags whose customers a pool receives."""
    return frozenset(row[0] for row in _OF_POOLS.rows(connection))
