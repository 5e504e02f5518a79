"""Customers who came through a native code (原生活码) or an acquisition link (获客链接), where nothing is reserved."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db import json
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql
from router.domain.capacity import Limit

_OF_CODE = (
    "SELECT s.id, s.at, a.name, u.external_userid, u.name, f.status, s.reason, s.beyond FROM assignment AS s"
    " JOIN agent AS a ON a.id = s.agent_id JOIN customer AS u ON u.id = s.customer_id"
    " LEFT JOIN follow AS f ON f.agent_id = s.agent_id AND f.customer_id = s.customer_id"
    " WHERE s.how = 'printed_code' AND s.code_id = :code_id"
)
_IN_ORDER = "ORDER BY s.at DESC, s.id DESC LIMIT :rows"  # as the index has them
_FIRST = Sql(f"{_OF_CODE} {_IN_ORDER}")
_UNTIL = Sql(f"{_OF_CODE} AND s.at <= :until {_IN_ORDER}")
_FURTHER = Sql(
    f"{_OF_CODE} AND (s.at, s.id) < (SELECT b.at, b.id FROM assignment AS b WHERE b.id = :before) {_IN_ORDER}"
)

_BEYOND = Sql("SELECT count(*) FROM assignment WHERE code_id = :code_id AND beyond <> ''")


@dataclass(frozen=True, slots=True)
class PrintedAdd:
    """Who came at ``at`` (ms), and to whom; ``follow`` is how the two stand now, ``reason`` why this agent.

    ``beyond`` is the cap that this customer passed, with what was taken then.
    """

    id: int
    at: int
    agent_name: str
    external_userid: str
    customer_name: str
    follow: str | None
    reason: str
    beyond: Limit | None


def list_printed_adds(
    connection: Connection, code_id: int, *, before: int = 0, until: int | None = None, limit: int = 50
) -> Page[PrintedAdd]:
    """Latest first, none after ``until`` (ms); ``before`` continues a page."""
    asked = {"code_id": code_id, "rows": limit + 1}
    if before:
        rows = _FURTHER.rows(connection, **asked, before=before)
    else:
        rows = _FIRST.rows(connection, **asked) if until is None else _UNTIL.rows(connection, **asked, until=until)
    return page_of([_add(row) for row in rows], limit, lambda each: each.id)


def beyond_caps(connection: Connection, code_id: int) -> int:
    """How many customers the code ever brought beyond a cap."""
    row = _BEYOND.row(connection, code_id=code_id)
    return row[0] if row else 0


def _add(row: Row) -> PrintedAdd:
    id, at, agent_name, external_userid, customer_name, follow, reason, beyond = row
    why, passed = json.load(reason).get("reason", ""), Limit(**json.load(beyond)) if beyond else None
    return PrintedAdd(id, at, agent_name, external_userid, customer_name, follow, why, passed)
