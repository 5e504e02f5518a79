"""收件箱 (inbox): what came from outside, stored before it is answered, decided in order, finished where decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.sql import Sql

SHARDS = 16  # rows of one subject share a shard; one transaction at a time decides a shard

_ADD = Sql(
    "INSERT INTO inbox (identity, callback, shard, subject, plaintext, received_at, timings, status, reason,"
    " deliveries, event, attempts, decision) VALUES (:identity, :callback, :shard, :subject, :plaintext, :received_at,"
    " :timings, :status, :reason, 1, '', 0, '')"
    " ON CONFLICT (identity) DO UPDATE SET deliveries = inbox.deliveries + 1"
)
_OPEN = Sql("SELECT id, callback, plaintext, received_at FROM inbox WHERE status = 'stored' ORDER BY id LIMIT :at_most")
_HAS_OPEN = Sql("SELECT 1 FROM inbox WHERE status = 'stored' LIMIT 1")
_OPEN_SHARDS = Sql("SELECT DISTINCT shard FROM inbox WHERE status = 'stored' ORDER BY shard")
_TRY_SHARD = Sql("SELECT pg_try_advisory_xact_lock(7002, :shard)")
_OPEN_IN_SHARD = Sql(
    "SELECT id, callback, plaintext, received_at FROM inbox WHERE status = 'stored' AND shard = :shard"
    " ORDER BY id LIMIT :at_most"
)
_FINISH = Sql(
    "UPDATE inbox SET status = :status, event = :event, reason = :reason, decision = :decision, decided_at = :now"
    " WHERE id = :id"
)
_REOPEN = Sql("UPDATE inbox SET status = 'stored', attempts = attempts + 1 WHERE id = :id AND status = 'failed'")


@dataclass(frozen=True, slots=True)
class Arrived:
    """One plaintext as it came in. ``reason`` is set when it could not be read: then it is stored as failed."""

    identity: str
    callback: str
    subject: str
    plaintext: str
    received_at: int
    timings: str = "{}"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """A stored row that waits for its decision."""

    id: int
    callback: str
    plaintext: str
    received_at: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a row: ``done``, ``ignored`` or ``failed``, with the decision as JSON."""

    inbox_id: int
    status: str
    event: str
    reason: str = ""
    decision: str = ""


def add_each(connection: Connection, arrived: Sequence[Arrived]) -> list[None]:
    """Store each one unless its identity is there already; a repeat is counted, and changes nothing else."""
    _ADD.run_many(connection, [_row(each) for each in arrived])
    wake(connection, "inbox")
    return [None] * len(arrived)


def take(connection: Connection, at_most: int) -> list[Open]:
    """The oldest rows to decide in this transaction, in order; nobody else decides the same customer meanwhile.

    On SQLite there is one writer. On PostgreSQL a transaction takes one shard under an advisory lock, so that the
    events of one customer stay in order while several workers share the inbox.
    """
    if connection.dialect.name == "sqlite":
        return [Open(*row) for row in _OPEN.rows(connection, at_most=at_most)]
    for (shard,) in _OPEN_SHARDS.rows(connection):
        locked = _TRY_SHARD.row(connection, shard=shard)
        if locked is not None and locked[0]:
            rows = _OPEN_IN_SHARD.rows(connection, shard=shard, at_most=at_most)
            if rows:
                return [Open(*row) for row in rows]
    return []


def has_open(connection: Connection) -> bool:
    """Whether a row waits for its decision, be it in another worker's hands."""
    return _HAS_OPEN.row(connection) is not None


def finish(connection: Connection, verdicts: Sequence[Verdict], now: int) -> None:
    """Write what was decided, in the transaction that wrote its consequences."""
    _FINISH.run_many(
        connection,
        [
            {
                "id": each.inbox_id,
                "status": each.status,
                "event": each.event,
                "reason": each.reason,
                "decision": each.decision,
                "now": now,
            }
            for each in verdicts
        ],
    )


def reopen(connection: Connection, inbox_id: int) -> bool:
    """Decide a failed row again because a person asked; False when it has not failed."""
    wake(connection, "inbox")
    return bool(_REOPEN.run(connection, id=inbox_id))


def shard_of(subject: str) -> int:
    """The shard of a customer, or of whatever else the row is about."""
    return crc32(subject.encode(errors="replace")) % SHARDS


def _row(each: Arrived) -> dict[str, object]:
    return {
        "identity": each.identity,
        "callback": each.callback,
        "shard": shard_of(each.subject),
        "subject": each.subject,
        "plaintext": each.plaintext,
        "received_at": each.received_at,
        "timings": each.timings,
        "status": "failed" if each.reason else "stored",
        "reason": each.reason,
    }
