"""Edit whom a live code lets in, and by which skill, department or place its agents are chosen."""

from dataclasses import fields, replace

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.queries import changes, entries
from router.db.queries.admission import Admission, Limits, get_admission, set_limits
from router.db.queries.edits import begin_edit
from router.handlers.admin.act import Act
from router.handlers.admin.agents import MAX_SKILL_CHARACTERS
from router.handlers.admin.refusal import (
    LIVE_CODE,
    MAX_NAME_CHARACTERS,
    Conflict,
    Invalid,
    Missing,
    Refusal,
    archived,
    range_problems,
    text_problems,
)
from router.handlers.admin.unfit import unfit_problems
from tagtree.wording import Problem

MAX_SCAN_LIMIT = 10_000_000
MAX_VISITOR_LIMIT = 1_000
MAX_SKILL = MAX_SKILL_CHARACTERS
MAX_DEPARTMENT = MAX_NAME_CHARACTERS


def set_admission(connection: Connection, act: Act, code_id: int, limits: Limits) -> Admission | Refusal:
    """Write all of it, effective from the next scan on. A first scan limit counts those let in before.

    What cannot hold for a code of its kind is refused: a limit that does nothing would only look like one.
    """
    begin_edit(connection)
    before = get_admission(connection, code_id)
    if before is None:
        return Missing(LIVE_CODE)
    if before.archived_at is not None:
        return archived(LIVE_CODE)
    problems = _problems(limits)
    if problems:
        return Invalid(tuple(problems))
    unfit = unfit_problems(_given(limits), before.kind)
    if unfit:
        return Conflict(tuple(unfit))
    set_limits(connection, code_id, limits)
    if limits.scan_limit is not None and before.limits.scan_limit is None:
        entries.count_known(connection, code_id)
    wake(connection, "codes")
    after = get_admission(connection, code_id)
    assert after is not None
    kept = [replace(each, entered=0) for each in (before, after)]  # moves by itself
    changes.record(connection, "live_code.admit", f"live_code:{code_id}", *kept, actor=act.actor, now=act.now)
    return after


def _given(limits: Limits) -> list[str]:
    """The fields that ask for anything."""
    return [each.name for each in fields(limits) if getattr(limits, each.name) != each.default]


def _problems(limits: Limits) -> list[Problem]:
    found: list[Problem] = []
    if limits.scan_limit is not None:
        found += range_problems("scan_limit", limits.scan_limit, 0, MAX_SCAN_LIMIT)
    if limits.visitor_limit is not None:
        found += range_problems("visitor_limit", limits.visitor_limit, 1, MAX_VISITOR_LIMIT)
    if limits.skill:
        found += text_problems("skill", limits.skill, MAX_SKILL)
    if limits.department:
        found += text_problems("department", limits.department, MAX_DEPARTMENT)
    return found
