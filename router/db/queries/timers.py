"""Timers are rows: restart and clock jumps lose none. Arming a key again moves it; firing deletes the row."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from router.db import json
from router.db.ledger import wake
from router.db.sql import Sql

_ARM = Sql(
    "INSERT INTO timer (key, kind, payload, due_at) VALUES (:key, :kind, :payload, :due_at)"
    " ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload"
)
_DISARM = Sql("DELETE FROM timer WHERE key = :key")
_ARMED = Sql("SELECT 1 FROM timer WHERE key = :key")
_TAKE_DUE = Sql(
    "DELETE FROM timer WHERE id IN (SELECT id FROM timer WHERE due_at <= :now ORDER BY due_at, id LIMIT :at_most"
    " {skip_locked}) RETURNING id, kind, key, payload, due_at"
)
_NEXT = Sql("SELECT min(due_at) FROM timer")


@dataclass(frozen=True, slots=True)
class Due:
    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    due_at: int


def arm(connection: Connection, kind: str, key: str, due_at: int, payload: dict[str, Any]) -> None:
    """Fire ``kind`` with ``payload`` at ``due_at`` (ms)."""
    _ARM.run(connection, key=key, kind=kind, payload=json.dump(payload), due_at=due_at)
    wake(connection, "timers")


def disarm(connection: Connection, key: str) -> None:
    """Forget a timer; one that already fired is gone anyway."""
    _DISARM.run(connection, key=key)


def is_armed(connection: Connection, key: str) -> bool:
    """Whether this timer is still to fire."""
    return _ARMED.row(connection, key=key) is not None


def take_due(connection: Connection, now: int, at_most: int) -> list[Due]:
    """Remove and return what is due, oldest first; to be acted on in the same transaction."""
    rows = _TAKE_DUE.rows(connection, now=now, at_most=at_most)
    due = (Due(id, kind, key, json.load(payload), due_at) for id, kind, key, payload, due_at in rows)
    return sorted(due, key=lambda each: (each.due_at, each.id))


def next_due(connection: Connection) -> int | None:
    """When the next timer is due (ms), or None."""
    row = _NEXT.row(connection)
    return row[0] if row else None
