"""Cap what single agents take of one live code or one pool, effective from the next scan on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from router.db.queries import agent_caps, changes
from router.db.queries.agent_caps import AgentCaps, Within
from router.db.queries.caps import Caps
from router.db.queries.edits import begin_edit
from router.domain.capacity import WINDOWS, Window
from router.handlers.admin.act import Act
from router.handlers.admin.caps import cap_problems, save_caps
from router.handlers.admin.refusal import AGENT, LIVE_CODE, POOL, Conflict, Invalid, Missing, Refusal, archived
from router.handlers.admin.unfit import unfit_problems
from tagtree.wording import Problem

THINGS = {"code": LIVE_CODE, "pool": POOL}
_CHANGES = {"code": ("live_code.cap_agent", "live_code"), "pool": ("pool.cap_agent", "pool")}


def list_agent_caps(connection: Connection, act: Act, within: Within) -> tuple[AgentCaps, ...] | Missing:
    """The agents who receive here, by name, with their caps here."""
    scope = agent_caps.scope_of(connection, within)
    if scope is None:
        return Missing(THINGS[within.noun])
    return agent_caps.agent_caps(connection, within, scope, act.now, act.zone)


def set_agent_caps(connection: Connection, act: Act, within: Within, agent_id: int, caps: Caps) -> AgentCaps | Refusal:
    """Replace all caps of one agent here; problems are at the windows: ``day``."""
    problems = _problems(within, caps, "")
    outcome = _set(connection, act, within, {agent_id: caps}, WINDOWS, problems)
    return outcome[agent_id] if isinstance(outcome, dict) else outcome


def set_shown_caps(
    connection: Connection, act: Act, within: Within, wanted: Mapping[int, Caps], windows: Sequence[Window]
) -> dict[int, AgentCaps] | Refusal:
    """Set these windows of several agents, all or none; the other windows stay. Problems are at ``caps.3.day``."""
    problems = [each for id, caps in wanted.items() for each in _problems(within, caps, f"caps.{id}.")]
    return _set(connection, act, within, wanted, windows, problems)


def _set(
    connection: Connection,
    act: Act,
    within: Within,
    wanted: Mapping[int, Caps],
    windows: Sequence[Window],
    problems: Sequence[Problem],
) -> dict[int, AgentCaps] | Refusal:
    begin_edit(connection)
    scope = agent_caps.scope_of(connection, within)
    before = agent_caps.agent_caps_of(connection, within, wanted, act.now, act.zone)
    if scope is None or before.keys() != wanted.keys():
        return Missing(THINGS[within.noun] if scope is None else AGENT)
    if scope.archived_at is not None:
        return archived(THINGS[within.noun])
    if problems:
        return Invalid(tuple(problems))
    unfit = unfit_problems(["caps"], scope.kind) if scope.kind and any(caps.any for caps in wanted.values()) else []
    if unfit:
        return Conflict(tuple(unfit))
    return {
        id: _saved(connection, act, within, before[id], {window: getattr(caps, window) for window in windows})
        for id, caps in sorted(wanted.items())
    }


def _saved(
    connection: Connection, act: Act, within: Within, before: AgentCaps, windows: Mapping[str, int | None]
) -> AgentCaps:
    after = replace(before, caps=replace(before.caps, **windows))
    if after == before:
        return before
    save_caps(connection, act, within.subject(before.agent_id), before.caps, after.caps)
    what, thing = _CHANGES[within.noun]
    kept = [replace(each, taken_today=0) for each in (before, after)]  # moves by itself
    changes.record(connection, what, f"{thing}:{within.id}", *kept, actor=act.actor, now=act.now)
    return after


def _problems(within: Within, caps: Caps, at: str) -> list[Problem]:
    found = cap_problems(caps, f"agent@{within.noun}")
    return [replace(each, path=at + each.path.removeprefix("caps.")) for each in found]
