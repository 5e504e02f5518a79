"""Edits of the console, one at a time: what they check spans rows that another process may be editing."""

from sqlalchemy import Connection

from router.db.sql import Sql

_LOCK = Sql("SELECT pg_advisory_xact_lock(7004, 0)")


def begin_edit(connection: Connection) -> None:
    """Wait for the edits of other processes, before anything is read; held until the transaction ends.

    Tags, rule sets, codes, pools and settings refer to one another, so they share one lock. SQLite has one writer.
    """
    if connection.dialect.name == "postgresql":
        _LOCK.rows(connection)
