"""Operations on the outbox (发件箱)."""

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import outbox_view as query
from router.handlers.admin import retry
from router.handlers.admin.refusal import EFFECT, Missing, Refusal
from router.web.api.fields import SEARCHABLE, Instant, ListOf, NoQuery, Paging, Resource, Since
from router.web.api.operation import Call, Operation


class OutboxItemResource(Resource):
    """One external effect; ``event_id`` is its cause."""

    id: int
    key: str
    kind: str
    lane: str
    status: str
    payload: dict[str, Any]
    event_id: int | None
    attempts: int
    not_before: Instant
    deadline_at: Instant | None
    created_at: Instant
    sent_at: Instant | None
    finished_at: Instant | None
    errcode: int | None
    error: str


class OutboxSummaryResource(Resource):
    """``counts`` by status: what is open, failed or late, and what was done since the instant."""

    counts: dict[str, int]
    oldest_waiting_at: Instant | None


class ListOutbox(Paging):
    status: Literal["pending", "sending", "done", "failed", "late"] | None = None
    kind: Annotated[str, Field(max_length=40, pattern=SEARCHABLE)] = ""
    lane: Literal["welcome", "chat", "platform", "webhook"] | None = None


def list_outbox(connection: Connection, call: Call[ListOutbox, None]) -> ListOf[OutboxItemResource]:
    page = query.list_outbox(
        connection,
        status=call.query.status or "",
        kind=call.query.kind,
        lane=call.query.lane or "",
        before=call.after,
        limit=call.query.limit,
    )
    return call.page(page, OutboxItemResource)


def summarise_outbox(connection: Connection, call: Call[Since, None]) -> OutboxSummaryResource:
    summary = query.outbox_summary(connection, call.query.from_instant(call.act.now))
    return OutboxSummaryResource.model_validate(summary)


def get_effect(connection: Connection, call: Call[NoQuery, None]) -> OutboxItemResource | Refusal:
    item = query.get_outbox_item(connection, call.ids["effect_id"])
    return Missing(EFFECT) if item is None else OutboxItemResource.model_validate(item)


def retry_effect(connection: Connection, call: Call[NoQuery, None]) -> OutboxItemResource | Refusal:
    outcome = retry.retry_effect(connection, call.act, call.ids["effect_id"])
    return OutboxItemResource.model_validate(outcome) if isinstance(outcome, query.OutboxItem) else outcome


ONE = "/v1/outbox/{effect_id}"
OPERATIONS = (
    Operation("GET", "/v1/outbox", "Effects, latest first", list_outbox, ListOf[OutboxItemResource], ListOutbox),
    Operation(
        "GET",
        "/v1/outbox/summary",
        "Effects by status, and since when the oldest waits",
        summarise_outbox,
        OutboxSummaryResource,
        Since,
    ),
    Operation("GET", ONE, "One effect", get_effect, OutboxItemResource),
    Operation(
        "POST",
        f"{ONE}/retry",
        "Carry out a failed effect again",
        retry_effect,
        OutboxItemResource,
        writes=True,
    ),
)
