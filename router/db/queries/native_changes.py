"""名单变动: who was on the list of a native code when, and why that changed, as the platform read it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from router.db import json
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql
from router.domain.capacity import Limit
from router.domain.native_reasons import Reason, Reasons, change_between

_INSERT = Sql(
    "INSERT INTO native_change (code_id, at, version, listed, came, went)"
    " VALUES (:code_id, :at, :version, :listed, :came, :went)"
)
_OF_CODE = "SELECT n.id, n.at, n.version, n.listed, n.came, n.went FROM native_change AS n WHERE n.code_id = :code_id"
_IN_ORDER = "ORDER BY n.at DESC, n.id DESC LIMIT :rows"  # as the index has them
_UNTIL = Sql(f"{_OF_CODE} AND n.at <= :until {_IN_ORDER}")
_FURTHER = Sql(
    f"{_OF_CODE} AND (n.at, n.id) < (SELECT b.at, b.id FROM native_change AS b WHERE b.id = :before) {_IN_ORDER}"
)
_EVER = 2**62  # ms


@dataclass(frozen=True, slots=True)
class NativeChange:
    """The list from ``at`` (ms) on, with version ``version``: who was on it then, who came and who went."""

    id: int
    at: int
    version: int
    listed: tuple[str, ...]
    came: Reasons
    went: Reasons


def remember(
    connection: Connection,
    code_id: int,
    version: int,
    before: Sequence[str],
    after: Sequence[str],
    reasons: Reasons,
    now: int,
) -> None:
    """Keep what changed between two lists; nothing when nothing did."""
    change = change_between(before, after, reasons)
    if change is not None:
        lists = {"listed": sorted(after), "came": change.came, "went": change.went}
        values = {name: json.dump(value) for name, value in lists.items()}
        _INSERT.run(connection, code_id=code_id, at=now, version=version, **values)


def list_native_changes(
    connection: Connection, code_id: int, *, before: int = 0, until: int | None = None, limit: int = 50
) -> Page[NativeChange]:
    """Latest first, none after ``until`` (ms): the first of them is what stood then. ``before`` continues a page."""
    asked = {"code_id": code_id, "rows": limit + 1}
    if before:
        rows = _FURTHER.rows(connection, **asked, before=before)
    else:
        rows = _UNTIL.rows(connection, **asked, until=_EVER if until is None else until)
    return page_of([_change(row) for row in rows], limit, lambda each: each.id)


def read_reasons(text: str) -> dict[str, Reason]:
    """The reasons behind a JSON column, by userid."""
    return {userid: _reason(each) for userid, each in json.load(text).items()}


def _reason(stored: dict[str, Any]) -> Reason:
    limit = stored["limit"]
    return Reason(**{**stored, "limit": Limit(**limit) if limit else None})


def _change(row: Row) -> NativeChange:
    id, at, version, listed, came, went = row
    return NativeChange(id, at, version, tuple(json.load(listed)), read_reasons(came), read_reasons(went))
