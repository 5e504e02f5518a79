"""接待员工 (agents): the capacity board with caps and duty in place, one agent's form."""

import re
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.agents import Agent, get_agent
from router.db.queries.caps import Caps
from router.db.queries.pools import pools_of_agent
from router.db.queries.schedules import schedules_in_use
from router.domain.capacity import WINDOWS_OF
from router.handlers.admin import agents as use_cases
from router.handlers.admin.agents import AgentEdit, NewAgent
from router.web.console.asking import Refused, change, found, now_of, read, services_of
from router.web.console.board import capacity_board
from router.web.console.caps_form import caps_in
from router.web.console.forms import Form, read_form, read_query
from router.web.console.render import go, page

_COMMA = re.compile(r"[,，、;；\n]")


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form shows."""

    userid: str = ""
    name: str = ""
    weight: int = 1
    on_duty: bool = True
    caps: Caps = Caps(day=20)
    skills: tuple[str, ...] = ()
    department: str = ""
    schedule_id: int | None = None


async def show_list(request: Request) -> Response:
    """The board, by name or userid; archived agents on a page of their own."""
    query = read_query(request)
    search, archived, after = query.text("search"), query.ticked("archived"), query.integer("after") or 0
    zone, now = services_of(request).settings.time_zone, now_of(request)
    board = await read(request, lambda c: capacity_board(c, now, zone, search=search, archived=archived, after=after))
    return page(request, "agents.html", board=board, search=search, archived=archived, started=after > 0)


async def show_new(request: Request) -> Response:
    """The form for a new agent."""
    return await _show_form(request, Draft())


async def create(request: Request) -> Response:
    """Add an agent."""
    draft = _draft(await read_form(request))
    new = NewAgent(
        draft.userid,
        draft.name,
        draft.weight,
        draft.on_duty,
        draft.caps,
        draft.skills,
        draft.department,
        draft.schedule_id,
    )
    outcome = await change(request, lambda connection, act: use_cases.create_agent(connection, act, new))
    if isinstance(outcome, Refused):
        return await _show_form(request, draft, outcome)
    return go(f"/agents/{outcome.id}", said="created")


async def show(request: Request) -> Response:
    """One agent with the form to edit."""
    agent = await _agent(request)
    return await _show(request, agent, _draft_of(agent))


async def edit(request: Request) -> Response:
    """Save an agent; caps and duty hold from the next scan on."""
    agent_id: int = request.path_params["id"]
    draft = _draft(await read_form(request))
    changed = AgentEdit(
        draft.name,
        draft.weight,
        draft.on_duty,
        draft.caps,
        draft.skills,
        draft.department,
        draft.schedule_id or 0,
    )
    outcome = await change(request, lambda connection, act: use_cases.update_agent(connection, act, agent_id, changed))
    if isinstance(outcome, Refused):
        return await _show(request, await _agent(request), draft, outcome)
    return go(f"/agents/{agent_id}", said="saved")


async def set_day_cap(request: Request) -> Response:
    """The cap per day alone, as edited on the board; the other windows stay."""
    agent = await _agent(request)
    caps = caps_in(await read_form(request), ("day",))
    changed = AgentEdit(caps=replace(agent.caps, day=caps.day))
    return await _changed_on_board(request, changed)


async def set_duty(request: Request) -> Response:
    """On or off duty, from the next scan on."""
    form = await read_form(request)
    return await _changed_on_board(request, AgentEdit(on_duty=form.text("on_duty") == "yes"))


async def archive(request: Request) -> Response:
    """Give the agent no more customers."""
    agent_id: int = request.path_params["id"]
    await change(request, lambda connection, act: use_cases.archive_agent(connection, act, agent_id))
    return go(f"/agents/{agent_id}", said="archived")


async def restore(request: Request) -> Response:
    """Undo ``archive``."""
    agent_id: int = request.path_params["id"]
    await change(request, lambda connection, act: use_cases.restore_agent(connection, act, agent_id))
    return go(f"/agents/{agent_id}", said="restored")


async def _changed_on_board(request: Request, changed: AgentEdit) -> Response:
    agent_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_cases.update_agent(connection, act, agent_id, changed))
    if isinstance(outcome, Refused):
        agent = await _agent(request)
        draft = replace(_draft_of(agent), caps=changed.caps or agent.caps)
        return await _show(request, agent, draft, outcome)
    return go("/agents", said="saved")


async def _show(request: Request, agent: Agent, draft: Draft, refusal: Refused | None = None) -> Response:
    pools, schedules = await read(
        request, lambda connection: (pools_of_agent(connection, agent.id), schedules_in_use(connection))
    )
    return page(
        request,
        "agent.html",
        422 if refusal else 200,
        agent=agent,
        draft=draft,
        pools=pools,
        schedules=schedules,
        problems=refusal.problems if refusal else (),
    )


async def _show_form(request: Request, draft: Draft, refusal: Refused | None = None) -> Response:
    schedules = await read(request, schedules_in_use)
    problems = refusal.problems if refusal else ()
    return page(
        request, "agent_form.html", 422 if refusal else 200, draft=draft, schedules=schedules, problems=problems
    )


async def _agent(request: Request) -> Agent:
    agent_id: int = request.path_params["id"]
    zone, now = services_of(request).settings.time_zone, now_of(request)
    return found(await read(request, lambda connection: get_agent(connection, agent_id, now, zone)))


def _draft(form: Form) -> Draft:
    return Draft(
        userid=form.text("userid"),
        name=form.text("name"),
        weight=form.needed_number("weight"),
        on_duty=form.ticked("on_duty"),
        caps=caps_in(form, WINDOWS_OF["agent"]),
        skills=tuple(dict.fromkeys(each.strip() for each in _COMMA.split(form.text("skills")) if each.strip())),
        department=form.text("department"),
        schedule_id=form.integer("schedule_id"),
    )


def _draft_of(agent: Agent) -> Draft:
    return Draft(
        agent.userid,
        agent.name,
        agent.weight,
        agent.on_duty,
        agent.caps,
        agent.skills,
        agent.department,
        agent.schedule_id,
    )
