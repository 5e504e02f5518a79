"""Edit whom a live code lets in, and by which skill, department or place its agents are chosen."""

from collections.abc import Collection, Mapping
from dataclasses import fields, replace

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.queries import changes, entries
from router.db.queries.admission import Admission, Limits, get_admission, set_limits
from router.db.queries.edits import begin_edit
from router.domain.code_kinds import LIMITS_OF, CodeKind
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
    problem,
    range_problems,
    text_problems,
)
from tagtree.wording import Problem

MAX_SCAN_LIMIT = 10_000_000
MAX_VISITOR_LIMIT = 1_000
MAX_SKILL = MAX_SKILL_CHARACTERS
MAX_DEPARTMENT = MAX_NAME_CHARACTERS

_WHY_UNFIT: Mapping[CodeKind, tuple[str, str]] = {
    "native": (
        "Whoever scans a native code never passes our page, so nothing could hold this.",
        "扫原生活码的人不经过我们的页面，此项无法生效。",
    ),
    "group": (
        "A group code chooses no agent and reserves nothing, so nothing could hold this.",
        "群活码不选择员工，也不预占，此项无法生效。",
    ),
    "acquisition": (
        "WeCom chooses among the members of the link and nothing is reserved, so nothing could hold this.",
        "获客链接由企业微信选择成员，也不预占，此项无法生效。",
    ),
}
_INSTEAD = (
    "Leave it out, or make a code that leads to our own page.",
    "请留空，或新建一个打开我们页面的活码。",
)


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


def unfit_problems(asked: Collection[str], kind: CodeKind) -> list[Problem]:
    """Why each of the fields ``asked`` that cannot hold for a code of this kind is refused."""
    return [problem(path, _WHY_UNFIT[kind], _INSTEAD) for path in asked if path not in LIMITS_OF[kind]]


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
