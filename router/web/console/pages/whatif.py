"""假设分析 (what-if): a past day run again with other caps, weights, policies and schedules, beside what happened."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.agents import list_agents
from router.db.queries.numbers import AGENT_NAMES, CODE_NAMES, names_of
from router.db.queries.past import Edits
from router.db.queries.pools import list_pools
from router.db.queries.schedules import schedules_in_use
from router.domain.capacity import agent_subject
from router.domain.policies import Policy
from router.handlers import whatif
from router.handlers.whatif import Question
from router.web.console.asking import now_of, read, services_of
from router.web.console.forms import Form, read_form
from router.web.console.render import page
from tagtree.wording import Problem

SHOWN = 200  # agents, and pools, that a form can hold


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
class Offered:
    """What the form can change; of more agents or pools than `SHOWN` only the first."""

    agents: tuple[AgentLine, ...]
    pools: tuple[PoolLine, ...]
    schedules: tuple[tuple[int, str], ...]
    more_agents: bool
    more_pools: bool


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
class CodeResult:
    """What became of those who scanned one live code: received by somebody, or everyone was full."""

    received: Compared
    full: Compared


@dataclass(frozen=True, slots=True)
class Shown:
    """The result for the page."""

    arrivals: int
    received: Compared
    full: Compared
    agents: tuple[Compared, ...]
    codes: tuple[CodeResult, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The question, and what the ids of its answer are called."""

    question: Question
    agents: Mapping[int, str]
    codes: Mapping[int, str]


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
    offered = await read(request, partial(_present, form=form, now=now_of(request), request=request))
    problems: tuple[Problem, ...] = ()
    result = None
    if asked:
        chosen = whatif.read_day(day)
        if isinstance(chosen, date):
            result = await _result(request, chosen, offered)
        else:
            problems = chosen.problems
    return page(request, "whatif.html", day=day, offered=offered, most=SHOWN, result=result, problems=problems)


async def _result(request: Request, day: date, offered: Offered) -> Shown:
    zone, edits = services_of(request).settings.time_zone, _edits(offered.agents, offered.pools)

    def ask(connection: Connection) -> Asked:
        question = whatif.ask(connection, day, zone, edits)
        return Asked(question, names_of(AGENT_NAMES, connection), names_of(CODE_NAMES, connection))

    asked = await read(request, ask)
    answer = await whatif.answer(asked.question)
    outcomes = (answer.recorded, answer.present, answer.edited)
    agents = [outcome.by_agent for outcome in outcomes]
    codes, full = [outcome.by_live_code for outcome in outcomes], [outcome.full for outcome in outcomes]
    return Shown(
        answer.arrivals,
        Compared("", *(outcome.received for outcome in outcomes)),
        Compared("", *(outcome.full.total() for outcome in outcomes)),
        tuple(
            _compared(id, asked.agents, agents)
            for id in sorted(set().union(*agents, (each.id for each in offered.agents)))
        ),
        tuple(
            CodeResult(_compared(id, asked.codes, codes), _compared(id, asked.codes, full))
            for id in sorted(set().union(*codes, *full))
        ),
    )


def _compared(id: int, names: Mapping[int, str], runs: Sequence[Counter[int]]) -> Compared:
    return Compared(names.get(id, str(id)), *(run[id] for run in runs))


def _present(connection: Connection, form: Form, now: int, request: Request) -> Offered:
    zone = services_of(request).settings.time_zone
    agents = list_agents(connection, now, zone, limit=SHOWN)
    pools = list_pools(connection, limit=SHOWN)
    return Offered(
        agents=tuple(
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
            for agent in agents.items
        ),
        pools=tuple(
            PoolLine(pool.id, pool.name, pool.terms.policy, _policy(form.text(f"policy.{pool.id}"), pool.terms.policy))
            for pool in pools.items
        ),
        schedules=tuple(schedules_in_use(connection)),
        more_agents=agents.next is not None,
        more_pools=pools.next is not None,
    )


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
