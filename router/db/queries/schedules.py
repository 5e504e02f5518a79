"""排班 (schedules) as administration sees them, and who follows them."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db import json
from router.db.queries.duty import parsed
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql
from router.domain.schedule import Schedule
from router.domain.schedule_content import write_schedule

_COLUMNS = (
    "s.id, s.name, s.content, s.created_at, s.archived_at,"
    " (SELECT count(*) FROM agent AS a WHERE a.schedule_id = s.id AND a.archived_at IS NULL)"
)
_SCHEDULES = Sql(
    f"SELECT {_COLUMNS} FROM schedule AS s WHERE (s.archived_at IS NOT NULL) = :archived AND s.id > :after"
    " ORDER BY s.id LIMIT :rows"
)
_SCHEDULE = Sql(f"SELECT {_COLUMNS} FROM schedule AS s WHERE s.id = :id")
_NAMED = Sql("SELECT id FROM schedule WHERE name = :name")
_INSERT = Sql(
    "INSERT INTO schedule (name, content, created_at) VALUES (:name, :content, :now)"
    " ON CONFLICT DO NOTHING RETURNING id"
)
_UPDATE = Sql("UPDATE schedule SET name = :name, content = :content WHERE id = :id")
_ARCHIVE = Sql("UPDATE schedule SET archived_at = :archived_at WHERE id = :id")
_FOLLOWERS = Sql("SELECT name FROM agent WHERE schedule_id = :id AND archived_at IS NULL ORDER BY id LIMIT 10")
_IN_USE = Sql("SELECT id, name FROM schedule WHERE archived_at IS NULL ORDER BY name")
_USABLE = Sql("SELECT 1 FROM schedule WHERE id = :id AND archived_at IS NULL")


@dataclass(frozen=True, slots=True)
class SavedSchedule:
    """A schedule with its name; ``agents`` counts those who follow it."""

    id: int
    name: str
    schedule: Schedule
    created_at: int
    archived_at: int | None
    agents: int


def list_schedules(
    connection: Connection, *, archived: bool = False, after: int = 0, limit: int = 200
) -> Page[SavedSchedule]:
    """Schedules by id; ``after`` continues a page."""
    rows = _SCHEDULES.rows(connection, archived=archived, after=after, rows=limit + 1)
    return page_of([_saved(row) for row in rows], limit, lambda schedule: schedule.id)


def get_schedule(connection: Connection, schedule_id: int) -> SavedSchedule | None:
    """One schedule, archived or not."""
    row = _SCHEDULE.row(connection, id=schedule_id)
    return None if row is None else _saved(row)


def schedule_named(connection: Connection, name: str) -> int | None:
    """The id of the schedule of that name, archived or not."""
    row = _NAMED.row(connection, name=name)
    return None if row is None else int(row[0])


def insert_schedule(connection: Connection, name: str, schedule: Schedule, now: int) -> int | None:
    """The new schedule's id, or None when the name is taken."""
    row = _INSERT.row(connection, name=name, content=json.dump(write_schedule(schedule)), now=now)
    return None if row is None else int(row[0])


def update_schedule(connection: Connection, schedule_id: int, name: str, schedule: Schedule) -> None:
    """Write name and content."""
    _UPDATE.run(connection, id=schedule_id, name=name, content=json.dump(write_schedule(schedule)))


def set_schedule_archived(connection: Connection, schedule_id: int, archived_at: int | None) -> None:
    """Take out of sight, or back with None."""
    _ARCHIVE.run(connection, id=schedule_id, archived_at=archived_at)


def followers(connection: Connection, schedule_id: int) -> list[str]:
    """The names of agents who follow a schedule, ten at most."""
    return [row[0] for row in _FOLLOWERS.rows(connection, id=schedule_id)]


def schedules_in_use(connection: Connection) -> list[tuple[int, str]]:
    """Id and name of every schedule that can be chosen, by name."""
    return [(row[0], row[1]) for row in _IN_USE.rows(connection)]


def is_usable(connection: Connection, schedule_id: int) -> bool:
    """Whether agents may be given this schedule: it exists and is not archived."""
    return _USABLE.row(connection, id=schedule_id) is not None


def _saved(row: Row) -> SavedSchedule:
    id, name, content, created_at, archived_at, agents = row
    return SavedSchedule(id, name, parsed(content), created_at, archived_at, agents)
