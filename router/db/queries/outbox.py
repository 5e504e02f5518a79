"""发件箱 (outbox): effects to carry out. Written in a use case's transaction; claimed with a lease and a fence."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db import json
from router.db.ledger import wake
from router.db.sql import Sql
from router.domain.effects import Effect, Lane

LEASE: Mapping[Lane, int] = {"welcome": 6_000, "chat": 15_000, "platform": 20_000, "webhook": 20_000}
"""ms for which a claimed effect is one sender's alone; an attempt ends before, so a lease lapses only with its process.

A welcome has 20 s in all (W-92137): when its sender dies, another process must take it over while it can still arrive.
"""

# A finished level (tags, a pull) is opened again; one under way is asked for once more afterwards; a pending one waits.
_ADD = Sql(
    "INSERT INTO outbox (key, kind, payload, lane, stream, inbox_id, deadline_at, not_before, created_at, status,"
    " again, attempts, fence, lease_until, error, result)"
    " VALUES (:key, :kind, :payload, :lane, :stream, :inbox_id, :deadline_at, :not_before, :now, 'pending', false,"
    " 0, 0, 0, '', '')"
    " ON CONFLICT (key) DO UPDATE SET payload = excluded.payload,"
    " again = (outbox.status = 'sending'),"
    " attempts = CASE WHEN outbox.status = 'sending' THEN outbox.attempts ELSE 0 END,"
    " not_before = CASE WHEN outbox.status = 'sending' THEN outbox.not_before ELSE excluded.not_before END,"
    " status = CASE WHEN outbox.status = 'sending' THEN 'sending' ELSE 'pending' END"
    " WHERE :level"
)
# Only the oldest open effect of a stream may go out, and only when no younger one is under way: a level that is asked
# for again is as old as when it was first written. Calls of one webhook are a stream without order, bounded in number.
_NEXT_OF_STREAM = (
    "(o.stream = '' OR o.lane = 'webhook'"
    " OR (NOT EXISTS (SELECT 1 FROM outbox AS earlier WHERE earlier.stream = o.stream"
    " AND earlier.status IN ('pending', 'sending') AND earlier.stream <> '' AND earlier.id < o.id)"
    " AND NOT EXISTS (SELECT 1 FROM outbox AS later WHERE later.stream = o.stream"
    " AND later.status IN ('pending', 'sending') AND later.status = 'sending' AND later.stream <> ''"
    " AND later.lease_until > :now AND later.id > o.id)))"
)


def _claiming(order: str) -> Sql:
    return Sql(
        "WITH next AS MATERIALIZED ("
        "SELECT id FROM outbox AS o WHERE lane = :lane AND status IN ('pending', 'sending')"
        " AND not_before <= :now AND lease_until <= :now AND NOT (kind {among:switched_off})"
        " AND NOT (stream {among:full})"
        f" AND {_NEXT_OF_STREAM}"
        f" ORDER BY {order} LIMIT :at_most {{skip_locked}})"
        " UPDATE outbox SET status = 'sending', fence = fence + 1, attempts = attempts + 1, lease_until = :lease_until"
        " WHERE id IN (SELECT id FROM next)"
        " RETURNING id, lane, kind, stream, payload, fence, attempts, deadline_at, inbox_id, created_at, lease_until"
    )


_CLAIM = _claiming("not_before")  # as the index has them: a claim costs what it takes, however many wait
_CLAIM_NEAREST_DEADLINE = _claiming("coalesce(deadline_at, 9007199254740992), id")
_EXPIRE = Sql(
    "UPDATE outbox SET status = 'late', finished_at = :now, lease_until = 0, error = :error"
    " WHERE lane = :lane AND status IN ('pending', 'sending') AND lease_until <= :now AND deadline_at <= :now"
)
# What is pending has no lease; few are being sent. So neither half reads more than it must.
_NEXT = Sql(
    "SELECT min(due) FROM (SELECT due FROM (SELECT not_before AS due FROM outbox AS o WHERE lane = :lane"
    " AND status IN ('pending', 'sending') AND status = 'pending' AND NOT (kind {among:switched_off})"
    " AND NOT (stream {among:full})"
    f" AND {_NEXT_OF_STREAM} ORDER BY not_before LIMIT 1) AS first UNION ALL"
    " SELECT CASE WHEN lease_until > not_before THEN lease_until ELSE not_before END FROM outbox AS o"
    f" WHERE lane = :lane AND status = 'sending' AND NOT (kind {{among:switched_off}})"
    f" AND (lease_until > :now OR {_NEXT_OF_STREAM})) AS dues"
)
_FINISH = Sql(
    "UPDATE outbox SET status = CASE WHEN again THEN 'pending' ELSE :status END, again = false,"
    " finished_at = :now, sent_at = coalesce(:sent_at, sent_at), errcode = :errcode, error = :error, result = :result,"
    " attempts = CASE WHEN again THEN 0 ELSE attempts END, not_before = :now, lease_until = 0"
    " WHERE id = :id AND fence = :fence AND status = 'sending'"
)
_POSTPONE = Sql(
    "UPDATE outbox SET status = 'pending', again = false, not_before = :at, lease_until = 0, errcode = :errcode,"
    " error = :error, attempts = attempts - :unsent"
    " WHERE id = :id AND fence = :fence AND status = 'sending'"
)
_IS_OPEN = Sql("SELECT 1 FROM outbox WHERE key = :key AND status IN ('pending', 'sending')")
_WAITS = Sql("SELECT 1 FROM outbox WHERE key = :key AND status = 'pending'")
_VOID_LEASES = Sql("UPDATE outbox SET lease_until = 0 WHERE status = 'sending' AND lease_until > 0")
_REOPEN = Sql(
    "UPDATE outbox SET status = 'pending', attempts = 0, not_before = :now, lease_until = 0"
    " WHERE id = :id AND status IN ('failed', 'late')"
)

HURRIED: frozenset[Lane] = frozenset({"welcome"})  # lanes whose effects have deadlines

EXPIRED = "its deadline had passed before it could be sent"

LEVELS = frozenset(
    {
        "mark_tags",
        "sync_kf",
        "make_tag",
        "read_tags",
        "remark_tag",
        "update_native_way",
        "patrol_contact_ways",
        "keep_join_way",
        "count_group",
        "keep_acquisition_link",
    }
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """An effect in this sender's hands until ``lease_until`` (ms); ``fence`` proves it when recording."""

    id: int
    lane: Lane
    kind: str
    stream: str
    payload: str
    fence: int
    attempts: int
    deadline_at: int | None
    inbox_id: int | None
    created_at: int
    lease_until: int


@dataclass(frozen=True, slots=True)
class Order:
    """An effect to write, with its cause, an optional deadline (ms) and the earliest instant to try it (ms)."""

    effect: Effect
    inbox_id: int | None = None
    deadline_at: int | None = None
    not_before: int = 0


def add_all(connection: Connection, orders: Sequence[Order], now: int) -> None:
    """Write effects; one whose key is there already is the same effect (a level is asked for again)."""
    if orders:
        _ADD.run_many(connection, [_parameters(order, now) for order in orders])
        for lane in {order.effect.lane for order in orders}:
            wake(connection, f"outbox:{lane}")


def claim(
    connection: Connection,
    lane: Lane,
    at_most: int,
    now: int,
    switched_off: Collection[str] = (),
    full: Collection[str] = (),
) -> list[Claimed]:
    """Take up to ``at_most`` effects that are due, one per stream, lapsed leases included, no kind ``switched_off`` and
    none of the streams that are ``full``.

    Where effects have deadlines the nearest is first, otherwise the one that has been due for longest.
    """
    sql = _CLAIM_NEAREST_DEADLINE if lane in HURRIED else _CLAIM
    lease_until = now + LEASE[lane]
    rows = sql.rows(
        connection,
        lane=lane,
        at_most=at_most,
        now=now,
        lease_until=lease_until,
        switched_off=list(switched_off),
        full=list(full),
    )
    return sorted((Claimed(*row) for row in rows), key=lambda each: (each.deadline_at or 2**53, each.id))


def expire(connection: Connection, lane: Lane, now: int) -> None:
    """End as ``late``, in one statement, what can no longer be sent in time: it must not stand before what can."""
    if lane in HURRIED:
        _EXPIRE.run(connection, lane=lane, now=now, error=EXPIRED)


def void_leases(connection: Connection) -> int:
    """End every lease; returns how many. Only for whoever knows that no sender is at work: the owner of a SQLite file,
    at its start, whose predecessor left effects claimed that nobody will record.
    """
    return _VOID_LEASES.run(connection)


def next_due(
    connection: Connection, lane: Lane, now: int, switched_off: Collection[str] = (), full: Collection[str] = ()
) -> int | None:
    """When the next effect of the lane may be claimed (ms), or None when the lane has none that can be sent."""
    row = _NEXT.row(connection, lane=lane, now=now, switched_off=list(switched_off), full=list(full))
    return row[0] if row else None


def finish(
    connection: Connection,
    claimed: Claimed,
    status: str,
    now: int,
    *,
    sent: bool,
    errcode: int | None = None,
    error: str = "",
    result: str = "",
) -> bool:
    """Record an end; False when the lease was lost meanwhile, and nothing was recorded."""
    if claimed.stream or claimed.kind in LEVELS:
        wake(connection, f"outbox:{claimed.lane}")  # the next of the stream, or the level once more
    changed = _FINISH.run(
        connection,
        id=claimed.id,
        fence=claimed.fence,
        status=status,
        now=now,
        sent_at=now if sent else None,
        errcode=errcode,
        error=error,
        result=result,
    )
    return bool(changed)


def postpone(
    connection: Connection, claimed: Claimed, at: int, *, errcode: int | None, error: str, sent: bool = True
) -> bool:
    """Record an attempt to be repeated at ``at`` (ms); one that was not ``sent`` does not count.

    False when the lease was lost meanwhile.
    """
    wake(connection, f"outbox:{claimed.lane}")  # the lane sleeps until the lease would have ended
    changed = _POSTPONE.run(
        connection, id=claimed.id, fence=claimed.fence, at=at, errcode=errcode, error=error, unsent=0 if sent else 1
    )
    return bool(changed)


def is_open(connection: Connection, key: str) -> bool:
    """Whether the effect with this key waits or is being sent."""
    return _IS_OPEN.row(connection, key=key) is not None


def waits(connection: Connection, key: str) -> bool:
    """Whether the effect with this key has yet to be sent: it will meet whatever is so by then."""
    return _WAITS.row(connection, key=key) is not None


def reopen(connection: Connection, outbox_id: int, lane: Lane, now: int) -> bool:
    """Try a failed or late effect again because a person asked; False when it is not in such a state."""
    wake(connection, f"outbox:{lane}")
    return bool(_REOPEN.run(connection, id=outbox_id, now=now))


def _parameters(order: Order, now: int) -> dict[str, object]:
    effect = order.effect
    return {
        "key": effect.key,
        "kind": effect.kind,
        "payload": json.dump(effect),
        "lane": effect.lane,
        "stream": effect.stream,
        "inbox_id": order.inbox_id,
        "deadline_at": order.deadline_at,
        "not_before": order.not_before,
        "now": now,
        "level": effect.kind in LEVELS,
    }


def orders_of(effects: Iterable[Effect], inbox_id: int | None = None) -> list[Order]:
    """Orders without deadline for several effects of one cause."""
    return [Order(effect, inbox_id) for effect in effects]
