"""事件 (events): what the inbox holds, and the trace of one of them from receipt to its last effect."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from router.db import json
from router.db.queries.outbox_view import OutboxItem, effects_of_event
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql

STATUSES = ("stored", "done", "ignored", "failed")

_PAGE = Sql(
    "SELECT id, callback, subject, event, status, reason, received_at, decided_at, deliveries, attempts FROM inbox"
    " WHERE id < :before AND (:id = 0 OR id = :id) AND (:status = '' OR status = :status)"
    " AND (:callback = '' OR callback = :callback) AND (:event = '' OR event = :event)"
    " AND (:subject = '' OR subject = :subject) AND received_at >= :since AND received_at < :until"
    " ORDER BY id DESC LIMIT :rows"
)
_TRACE = Sql("SELECT identity, plaintext, timings, decision FROM inbox WHERE id = :id")
_COUNTS = Sql(
    "SELECT status, count(*) FROM inbox WHERE received_at >= :since AND status <> 'stored' GROUP BY status"
    " UNION ALL SELECT 'stored', count(*) FROM inbox WHERE status = 'stored'"
)
_OLDEST = Sql("SELECT min(received_at) FROM inbox WHERE status = 'stored'")


@dataclass(frozen=True, slots=True)
class Event:
    """``deliveries`` counts how often the platform sent it; it was decided once."""

    id: int
    callback: str
    subject: str
    event: str
    status: str
    reason: str
    received_at: int
    decided_at: int | None
    deliveries: int
    attempts: int


@dataclass(frozen=True, slots=True)
class EventTrace:
    """``timings`` are microseconds per step; ``effects`` are what the event caused, in order."""

    event: Event
    identity: str
    plaintext: str
    timings: dict[str, Any]
    decision: dict[str, Any]
    effects: tuple[OutboxItem, ...]


@dataclass(frozen=True, slots=True)
class EventSummary:
    """Counts since an instant (``stored``: all that wait), and since when the oldest undecided event waits (ms)."""

    counts: dict[str, int]
    oldest_waiting_at: int | None


def list_events(
    connection: Connection,
    *,
    status: str = "",
    callback: str = "",
    event: str = "",
    subject: str = "",
    since: int = 0,
    until: int = 2**62,
    before: int = 0,
    limit: int = 50,
) -> Page[Event]:
    """Latest first; ``since`` and ``until`` (ms) bound the receipt, ``before`` continues a page."""
    rows = _PAGE.rows(
        connection,
        id=0,
        status=status,
        callback=callback,
        event=event,
        subject=subject,
        since=since,
        until=until,
        before=before or 2**62,
        rows=limit + 1,
    )
    return page_of([Event(*row) for row in rows], limit, lambda each: each.id)


def get_event(connection: Connection, event_id: int) -> Event | None:
    """One event without its trace."""
    rows = _PAGE.rows(
        connection,
        id=event_id,
        status="",
        callback="",
        event="",
        subject="",
        since=0,
        until=2**62,
        before=2**62,
        rows=1,
    )
    return next((Event(*row) for row in rows), None)


def trace_event(connection: Connection, event_id: int) -> EventTrace | None:
    """One event with its decision and everything it caused."""
    event = get_event(connection, event_id)
    kept: Row | None = _TRACE.row(connection, id=event_id)
    if event is None or kept is None:
        return None
    identity, plaintext, timings, decision = kept
    effects = effects_of_event(connection, event_id)
    return EventTrace(event, identity, plaintext, json.load(timings), json.load(decision), effects)


def event_summary(connection: Connection, since: int) -> EventSummary:
    """How many events wait, and how many in each other state arrived since ``since`` (ms)."""
    found: dict[str, int] = dict(_COUNTS.rows(connection, since=since))
    oldest = _OLDEST.row(connection)
    return EventSummary({status: found.get(status, 0) for status in STATUSES}, oldest[0] if oldest else None)
