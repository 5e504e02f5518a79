"""Operations on schedules (排班)."""

from typing import Any

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import schedules as query
from router.db.queries.schedules import SavedSchedule
from router.domain.schedule import next_change, on_shift
from router.domain.schedule_content import write_schedule
from router.domain.schedule_wording import describe, notes
from router.handlers.admin import schedules
from router.handlers.admin.refusal import Missing, Refusal
from router.web.api.fields import Body, Instant, ListOf, Name, NoQuery, Paging, QueryTruth, Resource, TextPair
from router.web.api.operation import Call, Operation


class NoteResource(Resource):
    """Something allowed that may not be meant, at a path within ``content``."""

    path: str
    said: TextPair


class ScheduleResource(Resource):
    """``content`` has week, special_days and holidays; ``changes_at`` null: it never changes."""

    id: int
    name: str
    content: dict[str, Any]
    described: list[TextPair]
    notes: list[NoteResource]
    is_on: bool
    changes_at: Instant | None
    agents: int
    created_at: Instant
    archived_at: Instant | None


class ListSchedules(Paging):
    archived: QueryTruth = False


class NewScheduleBody(Body):
    """``content``: {"week": {"monday": ["09:00-18:00"]}, "special_days": […], "holidays": {…}}."""

    name: Name
    content: dict[str, Any] = Field(json_schema_extra={"examples": [{"week": {"monday": ["09:00-18:00"]}}]})


class ScheduleEditBody(Body):
    """Fields left out, or null, stay as they are; ``content`` replaces the whole content."""

    name: Name | None = None
    content: dict[str, Any] | None = None


def list_schedules(connection: Connection, call: Call[ListSchedules, None]) -> ListOf[ScheduleResource]:
    page = query.list_schedules(connection, archived=call.query.archived, after=call.after, limit=call.query.limit)
    return call.page_of([_shown(each, call) for each in page.items], page.next)


def get_schedule(connection: Connection, call: Call[NoQuery, None]) -> ScheduleResource | Refusal:
    saved = query.get_schedule(connection, call.ids["schedule_id"])
    return Missing(schedules.SCHEDULE) if saved is None else _shown(saved, call)


def create_schedule(connection: Connection, call: Call[NoQuery, NewScheduleBody]) -> ScheduleResource | Refusal:
    new = schedules.NewSchedule(call.body.name, call.body.content)
    return _resource(schedules.create_schedule(connection, call.act, new), call)


def update_schedule(connection: Connection, call: Call[NoQuery, ScheduleEditBody]) -> ScheduleResource | Refusal:
    edit = schedules.ScheduleEdit(call.body.name, call.body.content)
    return _resource(schedules.update_schedule(connection, call.act, call.ids["schedule_id"], edit), call)


def archive_schedule(connection: Connection, call: Call[NoQuery, None]) -> ScheduleResource | Refusal:
    return _resource(schedules.archive_schedule(connection, call.act, call.ids["schedule_id"]), call)


def restore_schedule(connection: Connection, call: Call[NoQuery, None]) -> ScheduleResource | Refusal:
    return _resource(schedules.restore_schedule(connection, call.act, call.ids["schedule_id"]), call)


def _resource(outcome: SavedSchedule | Refusal, call: Call[Any, Any]) -> ScheduleResource | Refusal:
    return _shown(outcome, call) if isinstance(outcome, SavedSchedule) else outcome


def _shown(saved: SavedSchedule, call: Call[Any, Any]) -> ScheduleResource:
    now, zone = call.act.now, call.act.zone
    return ScheduleResource(
        id=saved.id,
        name=saved.name,
        content=write_schedule(saved.schedule),
        described=[TextPair.model_validate(part) for part in describe(saved.schedule)],
        notes=[NoteResource.model_validate(note) for note in notes(saved.schedule)],
        is_on=on_shift(saved.schedule, now, zone),
        changes_at=next_change(saved.schedule, now, zone),
        agents=saved.agents,
        created_at=saved.created_at,
        archived_at=saved.archived_at,
    )


ONE = "/v1/schedules/{schedule_id}"
OPERATIONS = (
    Operation(
        "GET",
        "/v1/schedules",
        "Schedules, whether they are on now, and when that changes",
        list_schedules,
        ListOf[ScheduleResource],
        ListSchedules,
    ),
    Operation(
        "POST",
        "/v1/schedules",
        "Create a schedule",
        create_schedule,
        ScheduleResource,
        body=NewScheduleBody,
        writes=True,
        status=201,
    ),
    Operation("GET", ONE, "One schedule", get_schedule, ScheduleResource),
    Operation("PATCH", ONE, "Edit a schedule", update_schedule, ScheduleResource, body=ScheduleEditBody, writes=True),
    Operation("POST", f"{ONE}/archive", "Archive a schedule", archive_schedule, ScheduleResource, writes=True),
    Operation("POST", f"{ONE}/restore", "Restore a schedule", restore_schedule, ScheduleResource, writes=True),
)
