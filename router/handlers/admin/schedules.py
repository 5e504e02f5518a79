"""Create, edit, archive and restore schedules (排班)."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import changes, schedules
from router.db.queries.edits import begin_edit
from router.db.queries.schedules import SavedSchedule
from router.domain.schedule import Schedule
from router.domain.schedule_content import read_schedule, write_schedule
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import Invalid, Missing, Refusal, archived, conflict, name_taken, text_problems
from tagtree.wording import Problem, Wording

SCHEDULE = Wording("schedule", "排班")


@dataclass(frozen=True, slots=True)
class NewSchedule:
    """``content`` is JSON as `router.domain.schedule_content` describes it."""

    name: str
    content: object


@dataclass(frozen=True, slots=True)
class ScheduleEdit:
    """What to change; None leaves a field as it is."""

    name: str | None = None
    content: object | None = None


def create_schedule(connection: Connection, act: Act, new: NewSchedule) -> SavedSchedule | Refusal:
    """A new schedule; it holds for whoever is given it."""
    begin_edit(connection)
    schedule = _checked(new.name, new.content)
    if not isinstance(schedule, Schedule):
        return Invalid(schedule)
    schedule_id = schedules.insert_schedule(connection, new.name, schedule, act.now)
    if schedule_id is None:
        return name_taken("name", new.name)
    return _saved(connection, act, "schedule.create", schedule_id, None)


def update_schedule(connection: Connection, act: Act, schedule_id: int, edit: ScheduleEdit) -> SavedSchedule | Refusal:
    """Edit a schedule; it holds from the next scan on for everybody who follows it."""
    begin_edit(connection)
    before = schedules.get_schedule(connection, schedule_id)
    if before is None:
        return Missing(SCHEDULE)
    if before.archived_at is not None:
        return archived(SCHEDULE)
    name = before.name if edit.name is None else edit.name
    content = write_schedule(before.schedule) if edit.content is None else edit.content
    schedule = _checked(name, content)
    if not isinstance(schedule, Schedule):
        return Invalid(schedule)
    if schedules.schedule_named(connection, name) not in (None, schedule_id):
        return name_taken("name", name)
    schedules.update_schedule(connection, schedule_id, name, schedule)
    return _saved(connection, act, "schedule.update", schedule_id, before)


def archive_schedule(connection: Connection, act: Act, schedule_id: int) -> SavedSchedule | Refusal:
    """Take a schedule out of use; refused while somebody follows it."""
    begin_edit(connection)
    before = schedules.get_schedule(connection, schedule_id)
    if before is None:
        return Missing(SCHEDULE)
    names = schedules.followers(connection, schedule_id)
    if names:
        return conflict(
            "",
            (f"Still followed by: {', '.join(names)}.", f"仍有人使用：{'、'.join(names)}。"),
            ("Give them another schedule first.", "请先为他们更换排班。"),
        )
    schedules.set_schedule_archived(connection, schedule_id, act.now)
    return _saved(connection, act, "schedule.archive", schedule_id, before)


def restore_schedule(connection: Connection, act: Act, schedule_id: int) -> SavedSchedule | Refusal:
    """Undo `archive_schedule`."""
    begin_edit(connection)
    before = schedules.get_schedule(connection, schedule_id)
    if before is None:
        return Missing(SCHEDULE)
    schedules.set_schedule_archived(connection, schedule_id, None)
    return _saved(connection, act, "schedule.restore", schedule_id, before)


def _checked(name: str, content: object) -> Schedule | tuple[Problem, ...]:
    problems = tuple(text_problems("name", name))
    schedule = read_schedule(content)
    if isinstance(schedule, Schedule):
        return problems or schedule
    return (*problems, *schedule)


def _saved(
    connection: Connection, act: Act, what: str, schedule_id: int, before: SavedSchedule | None
) -> SavedSchedule:
    after = schedules.get_schedule(connection, schedule_id)
    assert after is not None
    subject = f"schedule:{schedule_id}"
    changes.record(connection, what, subject, _shown(before), _shown(after), actor=act.actor, now=act.now)
    return after


def _shown(saved: SavedSchedule | None) -> dict[str, object] | None:
    if saved is None:
        return None
    return {"name": saved.name, "archived_at": saved.archived_at, **write_schedule(saved.schedule)}
