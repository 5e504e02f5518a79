"""警报 (alerts): what is wrong, since when, until whatever mends it ends it. One of a kind is open per subject."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from router.db import json
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql

AlertKind = Literal[
    "pool_full",
    "code_full",
    "cap_near",
    "stock_empty",
    "code_to_nobody",
    "group_none_left",
    "link_refused",
    "link_used_up",
    "native_out_of_step",
    "tags_drifted",
]

_RAISE = Sql(
    "INSERT INTO alert (key, kind, subject, text, since_at, last_at, times)"
    " VALUES (:key, :kind, :subject, :text, :now, :now, :times)"
    " ON CONFLICT (key) WHERE ended_at IS NULL DO UPDATE SET last_at = excluded.last_at,"
    " times = alert.times + excluded.times, text = excluded.text"
)
_END = Sql("UPDATE alert SET ended_at = :now WHERE key {among:keys} AND ended_at IS NULL")
_PAGE = Sql(
    "SELECT id, kind, subject, text, since_at, last_at, times, ended_at FROM alert"
    " WHERE id < :before AND (ended_at IS NOT NULL) = :ended ORDER BY id DESC LIMIT :rows"
)
_OPEN = Sql(
    "SELECT id, kind, subject, text, since_at, last_at, times, ended_at FROM alert WHERE ended_at IS NULL ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class Alert:
    """``subject`` is the thing (``pool:3``), ``text`` what its sentence is filled with, ``times`` how often raised."""

    id: int
    kind: str
    subject: str
    text: dict[str, Any]
    since_at: int
    last_at: int
    times: int
    ended_at: int | None

    @property
    def key(self) -> str:
        """What `raise_` and `end_` know it by."""
        return key_of(self.kind, self.subject)


def key_of(kind: str, subject: str) -> str:
    """The key of the one open alert of this kind about this subject."""
    return f"{kind}:{subject}"


def raise_(connection: Connection, kind: AlertKind, subject: str, now: int, times: int = 1, /, **text: object) -> None:
    """Say that something is wrong; ``times`` more when that was said before. To be called by what causes it."""
    key, content = key_of(kind, subject), json.dump(text)
    _RAISE.run(connection, key=key, kind=kind, subject=subject[:64], text=content, now=now, times=times)


def end_(connection: Connection, kind: AlertKind, subject: str, now: int) -> None:
    """Say that it is mended; nothing happens when nothing was wrong."""
    end_each(connection, [key_of(kind, subject)], now)


def end_each(connection: Connection, keys: list[str], now: int) -> None:
    """End the open alerts of these keys."""
    if keys:
        _END.run(connection, keys=keys, now=now)


def open_alerts(connection: Connection) -> tuple[Alert, ...]:
    """Everything that is wrong now, the longest first."""
    return tuple(_alert(row) for row in _OPEN.rows(connection))


def list_alerts(connection: Connection, *, ended: bool = False, before: int = 0, limit: int = 50) -> Page[Alert]:
    """Latest first; ``before`` continues a page."""
    rows = _PAGE.rows(connection, ended=ended, before=before or 2**62, rows=limit + 1)
    return page_of([_alert(row) for row in rows], limit, lambda alert: alert.id)


def _alert(row: Row) -> Alert:
    id, kind, subject, text, since_at, last_at, times, ended_at = row
    return Alert(id, kind, subject, json.load(text), since_at, last_at, times, ended_at)
