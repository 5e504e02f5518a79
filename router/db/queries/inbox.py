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
# Counted no further than a batch needs, so that a backlog of any length costs the same.
_OPEN_SHARDS = Sql(
    "SELECT s.shard, count(*) FROM generate_series(0, :shards - 1) AS s (shard)"
    " CROSS JOIN LATERAL (SELECT id FROM inbox WHERE status = 'stored' AND shard = s.shard"
    " ORDER BY id LIMIT :at_most) AS waiting"
    " GROUP BY s.shard ORDER BY min(waiting.id)"
)
_TRY_SHARD = Sql("SELECT pg_try_advisory_xact_lock(7002, :shard)")
_OPEN_IN_SHARDS = Sql(
    "SELECT o.id, o.callback, o.plaintext, o.received_at FROM unnest(CAST(:shards AS integer[])) AS s (shard)"
    " CROSS JOIN LATERAL (SELECT id, callback, plaintext, received_at FROM inbox WHERE status = 'stored'"
    " AND shard = s.shard ORDER BY id LIMIT :at_most) AS o ORDER BY o.id LIMIT :at_most"
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
    """What became of a row: ``done``, ``ignored`` or ``failed``, with the decision as JSON.

    To be counted: ``fired``, (rule set, rule) of each rule that fired, and ``unknown_words``, (word, its message).
    """

    inbox_id: int
    status: str
    event: str
    reason: str = ""
    decision: str = ""
    fired: tuple[tuple[int, str], ...] = ()
    unknown_words: tuple[tuple[str, str], ...] = ()


def add_each(connection: Connection, arrived: Sequence[Arrived]) -> list[None]:
    """Store each one unless its identity is there already; a repeat is counted, and changes nothing else."""
    _ADD.run_many(connection, [_row(each) for each in arrived])
    wake(connection, "inbox")
    return [None] * len(arrived)


def take(connection: Connection, at_most: int) -> list[Open]:
    """The oldest rows to decide in this transaction, in order; nobody else decides the same customer meanwhile.

    On SQLite there is one writer. On PostgreSQL a transaction takes shards under advisory locks, so that the events of
    one customer stay in order while several workers share the inbox; it begins with the shard whose row is the oldest,
    so that none waits for ever, and takes as many as fill the batch.
    """
    if connection.dialect.name == "sqlite":
        return [Open(*row) for row in _OPEN.rows(connection, at_most=at_most)]
    locked = _lock_shards(connection, at_most)
    return [Open(*row) for row in _OPEN_IN_SHARDS.rows(connection, shards=locked, at_most=at_most)]


def _lock_shards(connection: Connection, at_most: int) -> list[int]:
    """Shards nobody else is deciding, the longest waiting first, until they hold ``at_most`` rows."""
    locked: list[int] = []
    found = 0
    for shard, waiting in _OPEN_SHARDS.rows(connection, shards=SHARDS, at_most=at_most):
        if found >= at_most:
            break
        row = _TRY_SHARD.row(connection, shard=shard)
        if row is not None and row[0]:
            locked.append(shard)
            found += waiting
    return locked


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
