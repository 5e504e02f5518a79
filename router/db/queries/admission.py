"""Whom a live code lets in and who receives there, as administration sees it."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db import json
from router.db.queries.entries import entered
from router.db.sql import Sql
from router.domain.code_kinds import CodeKind

_ADMISSION = Sql(
    "SELECT name, kind, scan_limit, visitor_limit, by_place, skill, department, archived_at FROM live_code"
    " WHERE id = :id"
)
_SET = Sql(
    "UPDATE live_code SET scan_limit = :scan_limit, visitor_limit = :visitor_limit, by_place = :by_place,"
    " skill = :skill, department = :department WHERE id = :id"
)
_BELONGING = Sql("SELECT skills, department FROM agent WHERE archived_at IS NULL")


@dataclass(frozen=True, slots=True)
class Limits:
    """``scan_limit``: visitors over the life of the code; ``visitor_limit``: reservations of one visitor a day.

    Only agents with ``skill`` and of ``department`` receive; an empty one asks for nothing.
    """

    scan_limit: int | None = None
    visitor_limit: int | None = None
    by_place: bool = False
    skill: str = ""
    department: str = ""


@dataclass(frozen=True, slots=True)
class Admission:
    """``entered`` counts the visitors let in, while the code has a scan limit."""

    code_id: int
    code_name: str
    kind: CodeKind
    limits: Limits
    entered: int
    archived_at: int | None


def get_admission(connection: Connection, code_id: int) -> Admission | None:
    """The admission of one code, archived or not."""
    row = _ADMISSION.row(connection, id=code_id)
    if row is None:
        return None
    name, kind, scan_limit, visitor_limit, by_place, skill, department, archived_at = row
    limits = Limits(scan_limit, visitor_limit, bool(by_place), skill, department)
    return Admission(code_id, name, kind, limits, entered(connection, code_id), archived_at)


def set_limits(connection: Connection, code_id: int, limits: Limits) -> None:
    """Write what a marketer may edit."""
    _SET.run(
        connection,
        id=code_id,
        scan_limit=limits.scan_limit,
        visitor_limit=limits.visitor_limit,
        by_place=limits.by_place,
        skill=limits.skill,
        department=limits.department,
    )


def offered_belongings(connection: Connection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The skills and the departments of the agents in use, each once and in order: what a code can ask for."""
    rows = _BELONGING.rows(connection)
    skills = {skill for stored, _ in rows for skill in json.load(stored)}
    return tuple(sorted(skills)), tuple(sorted({department for _, department in rows if department}))
