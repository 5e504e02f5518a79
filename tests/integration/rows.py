"""A ledger filled row by row, for tests that need a past without living through it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection
from sqlmodel import SQLModel, insert

INSTANTS = (
    "created_at",
    "published_at",
    "received_at",
    "last_at",
    "held_at",
    "expires_at",
    "since_at",
    "at",
    "last_message_at",
)

Row = tuple[type[SQLModel], dict[str, Any]]


def insert_rows(connection: Connection, now: int, rows: Iterable[Row]) -> None:
    """Insert in order; instants that a row does not give are ``now``."""
    for table, values in rows:
        present = {name: now for name in INSTANTS if name in table.model_fields}
        row = table(**present | values)
        connection.execute(insert(table).values(**row.model_dump(exclude_none=True)))
