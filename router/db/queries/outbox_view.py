"""发件箱 (the outbox) as people see it: what is to go out, what went, what failed and why."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from router.db import json
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql

STATUSES = ("pending", "sending", "done", "failed", "late")

_COLUMNS = (
    "SELECT id, key, kind, lane, status, payload, inbox_id, attempts, not_before, deadline_at, created_at, sent_at,"
    " finished_at, errcode, error FROM outbox"
)
_PAGE = Sql(
    f"{_COLUMNS} WHERE id < :before AND (:id = 0 OR id = :id) AND (:status = '' OR status = :status)"
    " AND (:kind = '' OR kind = :kind) AND (:lane = '' OR lane = :lane) ORDER BY id DESC LIMIT :rows"
)
_OF_EVENT = Sql(f"{_COLUMNS} WHERE inbox_id = :inbox_id ORDER BY id LIMIT 200")
_COUNTS = Sql(
    "SELECT status, count(*) FROM outbox WHERE status IN ('pending', 'sending', 'failed', 'late') GROUP BY status"
    " UNION ALL SELECT 'done', count(*) FROM outbox WHERE finished_at >= :since AND status = 'done'"
)
_OLDEST = Sql("SELECT min(created_at) FROM outbox WHERE status IN ('pending', 'sending')")

_SECRETS = frozenset({"welcome_code", "token"})  # short-lived keys of the platform: of no use to a reader


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One effect; ``payload`` without the platform's short-lived keys, ``event_id`` its cause."""

    id: int
    key: str
    kind: str
    lane: str
    status: str
    payload: dict[str, Any]
    event_id: int | None
    attempts: int
    not_before: int
    deadline_at: int | None
    created_at: int
    sent_at: int | None
    finished_at: int | None
    errcode: int | None
    error: str


@dataclass(frozen=True, slots=True)
class OutboxSummary:
    """Counts by status, and since when the oldest unfinished effect waits (ms).

    What is open, failed or late counts whenever it was written; ``done`` only since an instant.
    """

    counts: dict[str, int]
    oldest_waiting_at: int | None


def list_outbox(
    connection: Connection,
    *,
    status: str = "",
    kind: str = "",
    lane: str = "",
    before: int = 0,
    limit: int = 50,
) -> Page[OutboxItem]:
    """Latest first; ``before`` continues a page."""
    rows = _PAGE.rows(connection, id=0, status=status, kind=kind, lane=lane, before=before or 2**62, rows=limit + 1)
    return page_of([_item(row) for row in rows], limit, lambda item: item.id)


def get_outbox_item(connection: Connection, outbox_id: int) -> OutboxItem | None:
    """One effect by its id."""
    rows = _PAGE.rows(connection, id=outbox_id, status="", kind="", lane="", before=2**62, rows=1)
    return next((_item(row) for row in rows), None)


def effects_of_event(connection: Connection, event_id: int) -> tuple[OutboxItem, ...]:
    """What one event caused, in order (at most 200)."""
    return tuple(_item(row) for row in _OF_EVENT.rows(connection, inbox_id=event_id))


def outbox_summary(connection: Connection, since: int) -> OutboxSummary:
    """How much waits, for how long, what failed, and what was done since ``since`` (ms)."""
    found: dict[str, int] = dict(_COUNTS.rows(connection, since=since))
    oldest = _OLDEST.row(connection)
    return OutboxSummary({status: found.get(status, 0) for status in STATUSES}, oldest[0] if oldest else None)


def _item(row: Row) -> OutboxItem:
    id, key, kind, lane, status, payload, *rest = row
    shown = {name: value for name, value in json.load(payload).items() if name not in _SECRETS}
    return OutboxItem(id, _shown_key(key, kind), kind, lane, status, shown, *rest)


def _shown_key(key: str, kind: str) -> str:
    """The key of a welcome holds its code: shown in part."""
    return f"{key[:14]}…" if kind == "send_welcome" else key
