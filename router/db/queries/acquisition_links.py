"""The 获客链接 behind codes of that kind, and the quota that each of their customers costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from router.db import json
from router.db.sql import Row, Sql

LinkStatus = Literal["making", "ready", "failed"]

_COLUMNS = (
    "l.code_id, c.name, c.pool_id, c.skill, c.department, c.active AND c.archived_at IS NULL, l.state, l.link_id,"
    " l.url, l.members, l.quota_total, l.quota_balance, l.quota_at, l.status, l.error, l.changed_at"
)
_FROM = "FROM acquisition_link AS l JOIN live_code AS c ON c.id = l.code_id"
_ONE = Sql(f"SELECT {_COLUMNS} {_FROM} WHERE l.code_id = :code_id")
_WITH_LINK = Sql(f"SELECT {_COLUMNS} {_FROM} WHERE l.link_id = :link_id")
_IN_USE = Sql(
    "SELECT l.code_id FROM acquisition_link AS l JOIN live_code AS c ON c.id = l.code_id"
    " WHERE c.archived_at IS NULL ORDER BY l.code_id"
)
_IN_DOUBT = Sql(
    f"SELECT {_COLUMNS} {_FROM} WHERE c.active AND c.archived_at IS NULL"
    " AND (l.status = 'failed' OR l.quota_balance = 0) ORDER BY l.code_id"
)
_KNOWN = Sql("SELECT link_id FROM acquisition_link WHERE link_id {among:link_ids}")
_INSERT = Sql(
    "INSERT INTO acquisition_link (code_id, state, url, members, status, error, changed_at)"
    " VALUES (:code_id, :state, '', '[]', 'making', '', :now)"
)
_MADE = Sql(
    "UPDATE acquisition_link SET link_id = :link_id, url = :url, members = :members, status = 'ready', error = '',"
    " changed_at = :now WHERE code_id = :code_id"
)
_FAILED = Sql(
    "UPDATE acquisition_link SET status = 'failed', error = :error, changed_at = :now WHERE code_id = :code_id"
)
_GONE = Sql(
    "UPDATE acquisition_link SET link_id = NULL, url = '', members = '[]', status = :status, error = :error,"
    " changed_at = :now WHERE code_id = :code_id"
)
_QUOTA = Sql("UPDATE acquisition_link SET quota_total = :total, quota_balance = :balance, quota_at = :now")


@dataclass(frozen=True, slots=True)
class LinkQuota:
    """Customers the corporation bought and has left, as read ``at`` (ms)."""

    total: int
    balance: int
    at: int


@dataclass(frozen=True, slots=True)
class AcquisitionLink:
    """``members`` are the userids the platform has; ``error`` says why there is no link, or an old one.

    ``skill`` and ``department`` are what the code asks of an agent; empty: anybody.
    """

    code_id: int
    code_name: str
    pool_id: int
    skill: str
    department: str
    is_open: bool
    state: str
    link_id: str | None
    url: str
    members: tuple[str, ...]
    quota: LinkQuota | None
    status: LinkStatus
    error: str
    changed_at: int

    @property
    def is_used_up(self) -> bool:
        """Whether the quota is, so that the link leads nowhere."""
        return self.quota is not None and self.quota.balance == 0


def link_of(connection: Connection, code_id: int) -> AcquisitionLink | None:
    """The link behind a code."""
    row = _ONE.row(connection, code_id=code_id)
    return None if row is None else _link(row)


def with_link_id(connection: Connection, link_id: str) -> AcquisitionLink | None:
    """The link that the platform calls so."""
    row = _WITH_LINK.row(connection, link_id=link_id)
    return None if row is None else _link(row)


def codes_in_use(connection: Connection) -> tuple[int, ...]:
    """The codes that have a link and are not archived."""
    return tuple(row[0] for row in _IN_USE.rows(connection))


def in_doubt(connection: Connection) -> tuple[AcquisitionLink, ...]:
    """The links of open codes that the platform refused something, or whose quota is used up."""
    return tuple(_link(row) for row in _IN_DOUBT.rows(connection))


def known_link_ids(connection: Connection, link_ids: Sequence[str]) -> set[str]:
    """Those of the platform's ids that are ours."""
    return {row[0] for row in _KNOWN.rows(connection, link_ids=list(link_ids))}


def insert_link(connection: Connection, code_id: int, state: str, now: int) -> None:
    """A link that is about to be made."""
    _INSERT.run(connection, code_id=code_id, state=state, now=now)


def made(connection: Connection, code_id: int, link_id: str, url: str, members: Sequence[str], now: int) -> None:
    """The platform has the link, with these members."""
    _MADE.run(connection, code_id=code_id, link_id=link_id, url=url, members=json.dump(members), now=now)


def failed(connection: Connection, code_id: int, error: str, now: int) -> None:
    """The platform will not have it; what it had before stays as it was."""
    _FAILED.run(connection, code_id=code_id, error=error, now=now)


def gone(connection: Connection, code_id: int, status: LinkStatus, error: str, now: int) -> None:
    """The platform no longer has the link."""
    _GONE.run(connection, code_id=code_id, status=status, error=error, now=now)


def quota_read(connection: Connection, total: int, balance: int, now: int) -> None:
    """The quota is the corporation's: all links share it."""
    _QUOTA.run(connection, total=total, balance=balance, now=now)


def _link(row: Row) -> AcquisitionLink:
    code_id, name, pool_id, skill, department, is_open, state, link_id, url, members, *rest = row
    total, balance, at, status, error, changed_at = rest
    quota = None if total is None or balance is None or at is None else LinkQuota(total, balance, at)
    return AcquisitionLink(
        code_id=code_id,
        code_name=name,
        pool_id=pool_id,
        skill=skill,
        department=department,
        is_open=bool(is_open),
        state=state,
        link_id=link_id,
        url=url,
        members=tuple(json.load(members)),
        quota=quota,
        status=status,
        error=error,
        changed_at=changed_at,
    )
