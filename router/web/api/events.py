"""Operations on events (事件): the inbox, the trace of one event, and its retry."""

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import events as query
from router.handlers.admin import retry
from router.handlers.admin.refusal import EVENT, Missing, Refusal
from router.web.api.fields import SEARCHABLE, Instant, ListOf, NoQuery, Paging, QueryInstant, Resource, Since
from router.web.api.operation import Call, Operation
from router.web.api.outbox import OutboxItemResource

Filter = Annotated[str, Field(max_length=128, pattern=SEARCHABLE)]


class EventResource(Resource):
    """``deliveries`` counts how often the platform sent it; it was decided once."""

    id: int
    callback: str
    subject: str
    event: str
    status: str
    reason: str
    received_at: Instant
    decided_at: Instant | None
    deliveries: int
    attempts: int


class EventTraceResource(Resource):
    """``timings`` are microseconds per step; ``effects`` what the event caused, in order."""

    event: EventResource
    identity: str
    plaintext: str
    timings: dict[str, Any]
    decision: dict[str, Any]
    effects: list[OutboxItemResource]


class EventSummaryResource(Resource):
    """``counts`` by status."""

    counts: dict[str, int]
    oldest_waiting_at: Instant | None


class ListEvents(Paging):
    status: Literal["stored", "done", "ignored", "failed"] | None = None
    callback: Filter = ""
    event: Filter = ""
    subject: Filter = ""
    since: QueryInstant | None = None
    until: QueryInstant | None = None


def list_events(connection: Connection, call: Call[ListEvents, None]) -> ListOf[EventResource]:
    asked = call.query
    page = query.list_events(
        connection,
        status=asked.status or "",
        callback=asked.callback,
        event=asked.event,
        subject=asked.subject,
        since=asked.since or 0,
        until=2**62 if asked.until is None else asked.until,
        before=call.after,
        limit=asked.limit,
    )
    return call.page(page, EventResource)


def summarise_events(connection: Connection, call: Call[Since, None]) -> EventSummaryResource:
    return EventSummaryResource.model_validate(query.event_summary(connection, call.query.from_instant(call.act.now)))


def get_event(connection: Connection, call: Call[NoQuery, None]) -> EventTraceResource | Refusal:
    trace = query.trace_event(connection, call.ids["event_id"])
    return Missing(EVENT) if trace is None else EventTraceResource.model_validate(trace)


def retry_event(connection: Connection, call: Call[NoQuery, None]) -> EventResource | Refusal:
    outcome = retry.retry_event(connection, call.act, call.ids["event_id"])
    return EventResource.model_validate(outcome) if isinstance(outcome, query.Event) else outcome


ONE = "/v1/events/{event_id}"
OPERATIONS = (
    Operation("GET", "/v1/events", "Events, latest first", list_events, ListOf[EventResource], ListEvents),
    Operation(
        "GET",
        "/v1/events/summary",
        "Events by status since an instant, else of 24 hours",
        summarise_events,
        EventSummaryResource,
        Since,
    ),
    Operation("GET", ONE, "One event with its trace", get_event, EventTraceResource),
    Operation("POST", f"{ONE}/retry", "Decide a failed event again", retry_event, EventResource, writes=True),
)
