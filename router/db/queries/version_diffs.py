"""Comparisons of two versions of a rule set over stored messages: asked for, under way, and what came out."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from router.db import json
from router.db.ledger import wake
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql

WAKES = "comparisons"
LEASE = 60_000  # ms for which a comparison is one worker's alone; each chunk renews it
SEARCHED = 200_000  # events that one page of messages is looked for in at most
KEPT = 20  # comparisons of one rule set

Status = Literal["waiting", "running", "done", "failed", "cancelled"]

_COLUMNS = (
    "SELECT id, rule_set_id, before_number, after_number, messages, status, compared, result, error, asked_at,"
    " asked_by, ended_at FROM version_diff"
)
_INSERT = Sql(
    "INSERT INTO version_diff (rule_set_id, before_number, after_number, before_rules, after_rules, messages, status,"
    " compared, result, error, lease_until, asked_at, asked_by) VALUES (:rule_set_id, :before_number, :after_number,"
    " :before_rules, :after_rules, :messages, 'waiting', 0, '', '', 0, :now, :actor) RETURNING id"
)
_FORGET = Sql(
    "DELETE FROM version_diff WHERE rule_set_id = :rule_set_id AND id NOT IN"
    " (SELECT id FROM version_diff WHERE rule_set_id = :rule_set_id ORDER BY id DESC LIMIT :kept)"
)
_GET = Sql(f"{_COLUMNS} WHERE id = :id AND rule_set_id = :rule_set_id")
_PAGE = Sql(f"{_COLUMNS} WHERE rule_set_id = :rule_set_id AND id < :before ORDER BY id DESC LIMIT :rows")
_CLAIM = Sql(
    "UPDATE version_diff SET status = 'running', compared = 0, lease_until = :until WHERE id ="
    " (SELECT id FROM version_diff WHERE status IN ('waiting', 'running') AND lease_until <= :now"
    " ORDER BY id LIMIT 1 {skip_locked}) RETURNING id, rule_set_id, before_rules, after_rules, messages"
)
_RENEW = Sql("UPDATE version_diff SET compared = :compared, lease_until = :until WHERE id = :id AND status = 'running'")
_FINISH = Sql(
    "UPDATE version_diff SET status = :status, result = :result, error = :error, ended_at = :now, lease_until = 0"
    " WHERE id = :id AND status = 'running'"
)
_CANCEL = Sql(
    "UPDATE version_diff SET status = 'cancelled', ended_at = :now WHERE id = :id AND status IN ('waiting', 'running')"
)
_NEWEST = Sql("SELECT max(id) FROM inbox")
_MESSAGES = Sql(
    "SELECT id, callback, plaintext FROM inbox WHERE id < :before AND id > :floor AND status = 'done'"
    " AND event IN ('message_received', 'employee_wrote') ORDER BY id DESC LIMIT :rows"
)
_OPEN = Sql("SELECT min(lease_until) FROM version_diff WHERE status IN ('waiting', 'running')")


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """``before_number`` None: no rules at all; ``after_number`` None: the draft as it was when asked.

    ``messages`` is how many at most, ``compared`` how many so far; ``result`` is empty until it is done.
    """

    id: int
    rule_set_id: int
    before_number: int | None
    after_number: int | None
    messages: int
    status: Status
    compared: int
    result: dict[str, Any]
    error: str
    asked_at: int
    asked_by: str
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class ClaimedDiff:
    """A comparison in this worker's hands, with the rules of both sides as JSON."""

    id: int
    rule_set_id: int
    before_rules: list[dict[str, Any]]
    after_rules: list[dict[str, Any]]
    messages: int


@dataclass(frozen=True, slots=True)
class StoredPlaintext:
    """A decided message as the platform sent it."""

    event_id: int
    callback: str
    plaintext: str


def insert_diff(
    connection: Connection,
    rule_set_id: int,
    before: tuple[int | None, list[dict[str, Any]]],
    after: tuple[int | None, list[dict[str, Any]]],
    messages: int,
    now: int,
    actor: str,
) -> int:
    """A comparison to be made; the oldest of the rule set are forgotten for it. Numbers come with their rules."""
    row = _INSERT.row(
        connection,
        rule_set_id=rule_set_id,
        before_number=before[0],
        after_number=after[0],
        before_rules=json.dump(before[1]),
        after_rules=json.dump(after[1]),
        messages=messages,
        now=now,
        actor=actor[:64],
    )
    assert row is not None
    _FORGET.run(connection, rule_set_id=rule_set_id, kept=KEPT)
    wake(connection, WAKES)
    return int(row[0])


def get_diff(connection: Connection, rule_set_id: int, diff_id: int) -> VersionDiff | None:
    """One comparison of the rule set."""
    row = _GET.row(connection, id=diff_id, rule_set_id=rule_set_id)
    return None if row is None else _diff(row)


def list_diffs(connection: Connection, rule_set_id: int, *, before: int = 0, limit: int = 20) -> Page[VersionDiff]:
    """Of one rule set, the latest first."""
    rows = _PAGE.rows(connection, rule_set_id=rule_set_id, before=before or 2**62, rows=limit + 1)
    return page_of([_diff(row) for row in rows], limit, lambda each: each.id)


def claim_diff(connection: Connection, now: int) -> ClaimedDiff | None:
    """The oldest that waits, or whose worker went away."""
    row = _CLAIM.row(connection, now=now, until=now + LEASE)
    if row is None:
        return None
    id, rule_set_id, before_rules, after_rules, messages = row
    return ClaimedDiff(id, rule_set_id, json.load(before_rules), json.load(after_rules), messages)


def renew(connection: Connection, diff_id: int, compared: int, now: int) -> bool:
    """Say how far it is; False when it was cancelled."""
    return bool(_RENEW.run(connection, id=diff_id, compared=compared, until=now + LEASE))


def finish(connection: Connection, diff_id: int, status: Status, result: object, error: str, now: int) -> None:
    """Write what came out; nothing when it was cancelled meanwhile."""
    text = "" if result is None else json.dump(result)
    _FINISH.run(connection, id=diff_id, status=status, result=text, error=error, now=now)


def cancel(connection: Connection, diff_id: int, now: int) -> bool:
    """Stop it; False when it is over."""
    return bool(_CANCEL.run(connection, id=diff_id, now=now))


def next_due(connection: Connection) -> int | None:
    """When the next comparison may be claimed (ms), or None when none is open."""
    row = _OPEN.row(connection)
    return row[0] if row else None


def newest_messages(connection: Connection, before: int, at_most: int) -> Page[StoredPlaintext]:
    """Decided messages, the newest first; ``before`` continues, 0 begins.

    Where messages are rare among other events, a page may have few or none, and be continued nevertheless.
    """
    before = before or _newest(connection) + 1
    floor = before - 1 - SEARCHED
    rows = _MESSAGES.rows(connection, before=before, floor=floor, rows=at_most)
    found = tuple(StoredPlaintext(*row) for row in rows)
    if len(found) == at_most:
        return Page(found, found[-1].event_id)
    return Page(found, floor + 1 if floor > 0 else None)


def _newest(connection: Connection) -> int:
    row = _NEWEST.row(connection)
    return (row[0] or 0) if row else 0


def _diff(row: Row) -> VersionDiff:
    *plain, result, error, asked_at, asked_by, ended_at = row
    return VersionDiff(*(*plain, json.load(result), error, asked_at, asked_by, ended_at))
