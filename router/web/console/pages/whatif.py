"""假设分析 (what-if): a past day run again with other caps, weights, policies and schedules, beside what happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.agents import list_agents
from router.db.queries.past import Edits
from router.db.queries.pools import list_pools
from router.db.queries.schedules import schedules_in_use
from router.domain.capacity import agent_subject
from router.domain.policies import Policy
from router.domain.whatif import Outcome
from router.handlers import whatif
from router.web.console.asking import now_of, read, services_of
from router.web.console.forms import Form, read_form
from router.web.console.render import page
from tagtree.wording import Problem

SHOWN = 200  # agents that a form can hold


@dataclass(frozen=True, slots=True)
class AgentLine:
    """One agent as it is and as the form has it, and what each run gave it."""

    id: int
    name: str
    weight: int
    day: int | None
    schedule_id: int | None
    chosen_weight: int
    chosen_day: int | None
    chosen_schedule_id: int | None


@dataclass(frozen=True, slots=True)
class PoolLine:
    id: int
    name: str
    policy: Policy
    chosen_policy: Policy


@dataclass(frozen=True, slots=True)
class Compared:
    """A name, and its customers as recorded, run as things stand now, and with the edits."""

    name: str
    recorded: int
    present: int
    edited: int

    @property
    def change(self) -> int:
        """What the edits change."""
        return self.edited - self.present


@dataclass(frozen=True, slots=True)
class Shown:
    """The result for the page."""

    arrivals: int
    received: Compared
    full: Compared
    agents: tuple[Compared, ...]


async def show(request: Request) -> Response:
    """The form, with everything as it is, for yesterday."""
    zone = services_of(request).settings.time_zone
    yesterday = datetime.fromtimestamp(now_of(request) / 1000, UTC).astimezone(zone).date() - timedelta(days=1)
    return await _show(request, yesterday.isoformat(), Form(()))


async def run(request: Request) -> Response:
    """Run the day; writes nothing."""
    form = await read_form(request)
    return await _show(request, form.text("day"), form, asked=True)


async def _show(request: Request, day: str, form: Form, *, asked: bool = False) -> Response:
    agents, pools, schedules = await read(request, partial(_present, form=form, now=now_of(request), request=request))
    problems: tuple[Problem, ...] = ()
    result = None
    if asked:
        chosen = whatif.read_day(day)
        if isinstance(chosen, date):
            result = await _result(request, chosen, _edits(agents, pools), agents)
        else:
            problems = chosen.problems
    return page(
        request,
        "whatif.html",
        day=day,
        agents=agents,
        pools=pools,
        schedules=schedules,
        result=result,
        problems=problems,
    )


async def _result(request: Request, day: date, edits: Edits, agents: tuple[AgentLine, ...]) -> Shown:
    services = services_of(request)
    question = await services.ledger.read(partial(whatif.ask, day=day, zone=services.settings.time_zone, edits=edits))
    answer = await whatif.answer(question)
    outcomes = (answer.recorded, answer.present, answer.edited)
    names = {each.id: each.name for each in agents}
    ids = sorted({id for outcome in outcomes for id in outcome.by_agent} | set(names))
    return Shown(
        answer.arrivals,
        Compared("", *(outcome.received for outcome in outcomes)),
        Compared("", *(outcome.full.total() for outcome in outcomes)),
        tuple(Compared(names.get(id, str(id)), *_received(id, outcomes)) for id in ids),
    )


def _received(agent_id: int, outcomes: tuple[Outcome, ...]) -> Iterator[int]:
    return (outcome.by_agent[agent_id] for outcome in outcomes)


def _present(
    connection: Connection, form: Form, now: int, request: Request
) -> tuple[tuple[AgentLine, ...], tuple[PoolLine, ...], list[tuple[int, str]]]:
    zone = services_of(request).settings.time_zone
    agents = tuple(
        AgentLine(
            agent.id,
            agent.name,
            agent.weight,
            agent.caps.day,
            agent.schedule_id,
            form.integer(f"weight.{agent.id}") or agent.weight,
            form.integer(f"day.{agent.id}") if form.ticked(f"day.{agent.id}") else agent.caps.day,
            form.integer(f"schedule.{agent.id}") if form.ticked(f"schedule.{agent.id}") else agent.schedule_id,
        )
        for agent in list_agents(connection, now, zone, limit=SHOWN).items
    )
    pools = tuple(
        PoolLine(pool.id, pool.name, pool.terms.policy, _policy(form.text(f"policy.{pool.id}"), pool.terms.policy))
        for pool in list_pools(connection, limit=SHOWN).items
    )
    return agents, pools, list(schedules_in_use(connection))


def _policy(text: str, present: Policy) -> Policy:
    return next((policy for policy in whatif.POLICIES if policy == text), present)


def _edits(agents: tuple[AgentLine, ...], pools: tuple[PoolLine, ...]) -> Edits:
    """Only what differs from how things are."""
    return Edits(
        caps={(agent_subject(each.id), "day"): each.chosen_day for each in agents if each.chosen_day != each.day},
        weights={each.id: each.chosen_weight for each in agents if each.chosen_weight != each.weight},
        schedules={each.id: each.chosen_schedule_id for each in agents if each.chosen_schedule_id != each.schedule_id},
        policies={each.id: each.chosen_policy for each in pools if each.chosen_policy != each.policy},
    )
