"""Operations on reservations (预占)."""

from typing import Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import reservations as query
from router.domain.numbers import read_day
from router.handlers.admin.refusal import RESERVATION, Invalid, Missing, Refusal
from router.web.api.fields import Instant, ListOf, NoQuery, Paging, QueryId, Resource
from router.web.api.operation import Call, Operation
from tagtree.wording import Problem


class ReservationResource(Resource):
    """``key`` is what the landing page calls its id; ``decision`` tells who else stood by."""

    key: str
    status: str
    code_id: int
    code_name: str
    pool_id: int
    agent_id: int
    agent_name: str
    visitor: str
    place_taken: bool
    held_at: Instant
    expires_at: Instant
    ended_at: Instant | None
    external_userid: str | None
    customer_name: str | None
    decision: dict[str, Any]


class ListReservations(Paging):
    """``day``, such as 2026-11-21 on the clocks of the corporation, is that on which the place was held."""

    status: Literal["held", "confirmed", "expired", "released"] | None = None
    code_id: QueryId | None = None
    agent_id: QueryId | None = None
    day: str = Field(default="", max_length=10)


def list_reservations(
    connection: Connection, call: Call[ListReservations, None]
) -> ListOf[ReservationResource] | Refusal:
    day = read_day(call.query.day) if call.query.day else None
    if isinstance(day, Problem):
        return Invalid((day,))
    page = query.list_reservations(
        connection,
        status=call.query.status or "",
        code_id=call.query.code_id or 0,
        agent_id=call.query.agent_id or 0,
        held=None if day is None else day.bounds(call.act.zone),
        before=call.after,
        limit=call.query.limit,
    )
    return call.page(page, ReservationResource)


def get_reservation(connection: Connection, call: Call[NoQuery, None]) -> ReservationResource | Refusal:
    found = query.get_reservation(connection, call.names["key"])
    return Missing(RESERVATION) if found is None else ReservationResource.model_validate(found)


OPERATIONS = (
    Operation(
        "GET",
        "/v1/reservations",
        "Reservations, latest first",
        list_reservations,
        ListOf[ReservationResource],
        ListReservations,
    ),
    Operation("GET", "/v1/reservations/{key}", "One reservation", get_reservation, ReservationResource),
)
