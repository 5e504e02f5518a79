"""Who changed what in console or API, with before and after; written in the transaction of the change."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from router.db import json
from router.db.queries import native_ways
from router.db.queries.page import Page, page_of
from router.db.sql import Sql

_RECORD = Sql(
    "INSERT INTO change (at, actor, what, subject, before, after)"
    " VALUES (:at, :actor, :what, :subject, :before, :after)"
)
_PAGE = Sql(
    "SELECT id, at, actor, what, subject, before, after FROM change"
    " WHERE id < :before_id AND (:subject = '' OR subject = :subject) ORDER BY id DESC LIMIT :rows"
)


@dataclass(frozen=True, slots=True)
class Change:
    """``what`` is the act (``agent.update``), ``subject`` the thing (``agent:3``); secrets never appear."""

    id: int
    at: int
    actor: str
    what: str
    subject: str
    before: Any
    after: Any


def record(
    connection: Connection, what: str, subject: str, before: object, after: object, *, actor: str, now: int
) -> None:
    """Remember one change; ``before`` and ``after`` are plain values or frozen dataclasses, None when there is none.

    Whatever is edited may change who can receive, so native codes are looked at anew.
    """
    _RECORD.run(
        connection,
        at=now,
        actor=actor[:64],
        what=what,
        subject=subject[:128],
        before="" if before is None else json.dump(before),
        after="" if after is None else json.dump(after),
    )
    native_ways.look_at_all(connection, now)


def list_changes(connection: Connection, *, subject: str = "", before_id: int = 0, limit: int = 50) -> Page[Change]:
    """Latest first; ``before_id`` continues a page."""
    rows = _PAGE.rows(connection, subject=subject, before_id=before_id or 2**62, rows=limit + 1)
    found = [
        Change(id, at, actor, what, about, json.load(before) or None, json.load(after) or None)
        for id, at, actor, what, about, before, after in rows
    ]
    return page_of(found, limit, lambda change: change.id)
