"""预占 (reservations): the ledger of places held, confirmed, expired and released."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from router.db import json
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql
from router.domain.record import unpacked

STATUSES = ("held", "confirmed", "expired", "released")

_RESERVATIONS = (
    "SELECT r.id, r.key, r.status, r.code_id, c.name, r.pool_id, r.agent_id, a.name, r.visitor, r.place_taken,"
    " r.held_at, r.expires_at, r.ended_at, u.external_userid, u.name, coalesce(d.content, '')"
    " FROM reservation AS r JOIN live_code AS c ON c.id = r.code_id JOIN agent AS a ON a.id = r.agent_id"
    " LEFT JOIN customer AS u ON u.id = r.customer_id LEFT JOIN decision AS d ON d.id = r.decision_id"
    " WHERE r.id < :before AND (:key = '' OR r.key = :key) AND (:status = '' OR r.status = :status)"
    " AND (:code_id = 0 OR r.code_id = :code_id) AND (:agent_id = 0 OR r.agent_id = :agent_id)"
)
_LATEST = " ORDER BY r.id DESC LIMIT :rows"
_PAGE = Sql(f"{_RESERVATIONS}{_LATEST}")
# A statement of its own: a range that is always there would keep the list from being read backwards by its key.
_PAGE_OF_DAY = Sql(f"{_RESERVATIONS} AND r.held_at >= :since AND r.held_at < :until{_LATEST}")


@dataclass(frozen=True, slots=True)
class Reservation:
    """``key`` is what the outside knows it by; ``decision`` tells who else stood by and why each was left out."""

    id: int
    key: str
    status: str
    code_id: int
    code_name: str
    pool_id: int
    agent_id: int
    agent_name: str
    visitor: str
    place_taken: bool
    held_at: int
    expires_at: int
    ended_at: int | None
    external_userid: str | None
    customer_name: str | None
    decision: dict[str, Any]


def list_reservations(
    connection: Connection,
    *,
    status: str = "",
    code_id: int = 0,
    agent_id: int = 0,
    held: tuple[int, int] | None = None,
    before: int = 0,
    limit: int = 50,
) -> Page[Reservation]:
    """Latest first; ``before`` continues a page.

    ``held`` bounds the instant at which a place was held: the first one that counts and the first that does not, in ms.
    """
    wanted = {"key": "", "status": status, "code_id": code_id, "agent_id": agent_id}
    wanted |= {"before": before or 2**62, "rows": limit + 1}
    if held is None:
        rows = _PAGE.rows(connection, **wanted)
    else:
        rows = _PAGE_OF_DAY.rows(connection, **wanted, since=held[0], until=held[1])
    return page_of([_reservation(row) for row in rows], limit, lambda each: each.id)


def get_reservation(connection: Connection, key: str) -> Reservation | None:
    """One reservation by its outside name."""
    rows = _PAGE.rows(connection, key=key, status="", code_id=0, agent_id=0, before=2**62, rows=1) if key else []
    return next((_reservation(row) for row in rows), None)


def _reservation(row: Row) -> Reservation:
    *plain, decision = row
    plain[9] = bool(plain[9])
    return Reservation(*(*plain, unpacked(json.load(decision))))
