"""Operations on decisions (决定) that gave a visitor nobody."""

from typing import Any

from sqlalchemy import Connection

from router.db.queries import decisions as query
from router.db.queries.decisions import Nobody
from router.web.api.fields import Instant, ListOf, Paging, QueryId, Resource
from router.web.api.operation import Call, Operation


class FoundNobodyResource(Resource):
    """``decision`` tells every agent asked and why each was left out; ``told_last`` what the visitor was told since."""

    id: int
    at: Instant
    code_id: int
    code_name: str
    visitor: str
    outcome: Nobody
    test: bool
    told_last: str
    decision: dict[str, Any]


class ListFoundNobody(Paging):
    code_id: QueryId | None = None
    outcome: Nobody | None = None


def list_found_nobody(connection: Connection, call: Call[ListFoundNobody, None]) -> ListOf[FoundNobodyResource]:
    page = query.found_nobody(
        connection,
        code_id=call.query.code_id or 0,
        outcome=call.query.outcome,
        before=call.after,
        limit=call.query.limit,
    )
    return call.page(page, FoundNobodyResource)


OPERATIONS = (
    Operation(
        "GET",
        "/v1/decisions/found-nobody",
        "Visitors to whom no agent was given, and why, latest first",
        list_found_nobody,
        ListOf[FoundNobodyResource],
        ListFoundNobody,
    ),
)
