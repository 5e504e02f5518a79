"""Timers are rows: restart and clock jumps lose none. Arming a key again moves it; firing deletes the row."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from router.db import json
from router.db.ledger import wake
from router.db.sql import Row, Sql

_ARM = Sql(
    "INSERT INTO timer (key, kind, payload, due_at) VALUES (:key, :kind, :payload, :due_at)"
    " ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at, payload = excluded.payload"
)
_DISARM = Sql("DELETE FROM timer WHERE key = :key")
_ARMED = Sql("SELECT 1 FROM timer WHERE key = :key")
_DUE = "WITH due AS MATERIALIZED (SELECT id FROM timer WHERE due_at <= :now"
_TAKEN = (
    " ORDER BY due_at, id LIMIT :at_most {skip_locked})"
    " DELETE FROM timer WHERE id IN (SELECT id FROM due) RETURNING id, kind, key, payload, due_at"
)
_TAKE_DUE = Sql(f"{_DUE} AND NOT (kind {{among:besides}}){_TAKEN}")
_TAKE_DUE_OF = Sql(f"{_DUE} AND kind {{among:kinds}}{_TAKEN}")
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
    arm_all(connection, kind, [(key, due_at, payload)])


def arm_all(connection: Connection, kind: str, armed: Sequence[tuple[str, int, dict[str, Any]]]) -> None:
    """Arm many of a kind at once: key, instant (ms) and payload of each."""
    if not armed:
        return
    _ARM.run_many(
        connection,
        [{"key": key, "kind": kind, "payload": json.dump(payload), "due_at": at} for key, at, payload in armed],
    )
    wake(connection, "timers")


def disarm(connection: Connection, key: str) -> None:
    """Forget a timer; one that already fired is gone anyway."""
    _DISARM.run(connection, key=key)


def is_armed(connection: Connection, key: str) -> bool:
    """Whether this timer is still to fire."""
    return _ARMED.row(connection, key=key) is not None


def take_due(connection: Connection, now: int, at_most: int, *, besides: Collection[str] = ()) -> list[Due]:
    """Remove and return what is due, oldest first, without these kinds; to be acted on in the same transaction."""
    return _oldest_first(_TAKE_DUE.rows(connection, now=now, at_most=at_most, besides=sorted(besides)))


def take_due_of(connection: Connection, kinds: Collection[str], now: int, at_most: int) -> list[Due]:
    """`take_due`, of these kinds alone."""
    return _oldest_first(_TAKE_DUE_OF.rows(connection, now=now, at_most=at_most, kinds=sorted(kinds)))


def next_due(connection: Connection) -> int | None:
    """When the next timer is due (ms), or None."""
    row = _NEXT.row(connection)
    return row[0] if row else None


def _oldest_first(rows: list[Row]) -> list[Due]:
    due = (Due(id, kind, key, json.load(payload), due_at) for id, kind, key, payload, due_at in rows)
    return sorted(due, key=lambda each: (each.due_at, each.id))
