"""What the contact card reads besides the customer: the messages that its reasons point to."""

from collections.abc import Collection

from sqlalchemy import Connection

from router.db.sql import Sql

_RECEIVED = Sql("SELECT id, callback, plaintext FROM inbox WHERE id {among:ids}")


def received(connection: Connection, event_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Event id → the callback it arrived on and its plaintext."""
    if not event_ids:
        return {}
    return {id: (callback, plaintext) for id, callback, plaintext in _RECEIVED.rows(connection, ids=list(event_ids))}
