"""决定 (decisions): each run of the ranking for a visitor, above all those that gave nobody."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Connection

from router.db import json
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql
from router.domain.record import unpacked

Nobody = Literal["full", "preparing"]
NOBODY: tuple[Nobody, ...] = get_args(Nobody)
"""``full``: no place was to be had, or others stood in line; ``preparing``: a place was, but no contact way yet."""

_NOBODY = Sql(
    "SELECT d.id, d.at, d.code_id, c.name, d.visitor, d.outcome, d.test, coalesce(v.outcome, ''), d.content"
    " FROM decision AS d JOIN live_code AS c ON c.id = d.code_id"
    " LEFT JOIN visit AS v ON v.code_id = d.code_id AND v.visitor = d.visitor"
    " WHERE d.outcome <> 'reserved' AND d.id < :before AND (:code_id = 0 OR d.code_id = :code_id)"
    " AND (:outcome = '' OR d.outcome = :outcome) ORDER BY d.id DESC LIMIT :rows"
)


@dataclass(frozen=True, slots=True)
class FoundNobody:
    """A visitor to whom no agent was given at ``at`` (ms), and from what that was decided.

    ``told_last`` is what the visitor was told last on this code: ``reserved`` when somebody was found since.
    """

    id: int
    at: int
    code_id: int
    code_name: str
    visitor: str
    outcome: Nobody
    test: bool
    told_last: str
    decision: dict[str, Any]


def found_nobody(
    connection: Connection, *, code_id: int = 0, outcome: Nobody | None = None, before: int = 0, limit: int = 50
) -> Page[FoundNobody]:
    """Latest first; ``before`` continues a page."""
    rows = _NOBODY.rows(connection, code_id=code_id, outcome=outcome or "", before=before or 2**62, rows=limit + 1)
    return page_of([_read(row) for row in rows], limit, lambda each: each.id)


def _read(row: Row) -> FoundNobody:
    *plain, test, told_last, content = row
    return FoundNobody(*(*plain, bool(test), told_last, unpacked(json.load(content))))
