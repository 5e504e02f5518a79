"""The table of a code or pool in which every agent has a cap of their own."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from router.db.queries.agent_caps import AgentCaps, Within
from router.db.queries.caps import Caps
from router.domain.capacity import WINDOWS_OF, Window
from router.handlers.admin.agent_caps import list_agent_caps, set_shown_caps
from router.handlers.admin.refusal import Missing
from router.web.console.asking import Refused, act_of, change, found, read
from router.web.console.forms import Form, number_of, read_form
from tagtree.wording import Problem

SHOWN: Mapping[str, tuple[Window, ...]] = {noun: WINDOWS_OF[f"agent@{noun}"] for noun in ("code", "pool")}


@dataclass(frozen=True, slots=True)
class Line:
    """One agent and what their fields hold, by window."""

    agent: AgentCaps
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AgentCapsForm:
    """What the table shows, and why it was refused."""

    lines: tuple[Line, ...]
    windows: tuple[Window, ...]
    problems: tuple[Problem, ...] = ()


async def filled_form(request: Request, within: Within) -> AgentCapsForm:
    """The table as it is kept. Raises HTTPException 404 when there is no such code or pool."""
    windows = SHOWN[within.noun]
    agents = await _agents(request, within)
    return AgentCapsForm(tuple(Line(each, _kept(each, windows)) for each in agents), windows)


async def save_agent_caps(request: Request, within: Within) -> AgentCapsForm | None:
    """Save the submitted table; None once it is, else the table as it was filled in."""
    form, windows = await read_form(request), SHOWN[within.noun]
    agents = await _agents(request, within)
    wanted = {
        each.agent_id: Caps(**{window: number_of(text) for window, text in _typed(each, windows, form).items()})
        for each in agents
    }
    outcome = await change(request, lambda connection, act: set_shown_caps(connection, act, within, wanted, windows))
    if not isinstance(outcome, Refused):
        return None
    return AgentCapsForm(tuple(Line(each, _typed(each, windows, form)) for each in agents), windows, outcome.problems)


async def _agents(request: Request, within: Within) -> tuple[AgentCaps, ...]:
    act = act_of(request)
    agents = await read(request, lambda connection: list_agent_caps(connection, act, within))
    return found(None if isinstance(agents, Missing) else agents)


def _field(agent: AgentCaps, window: Window) -> str:
    return f"caps.{agent.agent_id}.{window}"


def _kept(agent: AgentCaps, windows: tuple[Window, ...]) -> dict[str, str]:
    places = {window: getattr(agent.caps, window) for window in windows}
    return {window: "" if number is None else str(number) for window, number in places.items()}


def _typed(agent: AgentCaps, windows: tuple[Window, ...], form: Form) -> dict[str, str]:
    """What was filled in; an agent who was not on the submitted page stays as kept."""
    kept = _kept(agent, windows)
    return {window: form.text(_field(agent, window), kept[window]) for window in windows}
