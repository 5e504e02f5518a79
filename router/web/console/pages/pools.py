"""接待池 (pools): who may be assigned, in which order, and what happens when everyone is full."""

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.agents import Agent, list_agents
from router.db.queries.caps import Caps
from router.db.queries.page import EVERY
from router.db.queries.pools import (
    ClosedPage,
    FallbackPool,
    Pool,
    SpillPolicy,
    WaitingPage,
    codes_of_pool,
    get_pool,
    list_pools,
    pool_names,
)
from router.domain.capacity import WINDOWS_OF
from router.handlers.admin import pools as use_cases
from router.handlers.admin.pools import NewPool, PoolEdit
from router.web.console.asking import Refused, change, found, now_of, read, services_of
from router.web.console.caps_form import caps_in
from router.web.console.forms import Form, read_form, read_query
from router.web.console.render import go, page


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form shows."""

    name: str = ""
    agent_ids: tuple[int, ...] = ()
    spill_policy: SpillPolicy = WaitingPage()
    caps: Caps = Caps()


async def show_list(request: Request) -> Response:
    """Pools with their members and policy."""
    query = read_query(request)
    archived, after = query.ticked("archived"), query.integer("after") or 0
    pools = await read(request, lambda connection: list_pools(connection, archived=archived, after=after, limit=100))
    names = dict(await read(request, pool_names))
    return page(
        request, "pools.html", pools=pools.items, next=pools.next, started=after > 0, names=names, archived=archived
    )


async def show_new(request: Request) -> Response:
    """The form for a new pool."""
    return await _form(request, Draft(), None)


async def create(request: Request) -> Response:
    """Make a pool."""
    draft = _draft(await read_form(request))
    new = NewPool(draft.name, draft.agent_ids, draft.spill_policy, draft.caps)
    outcome = await change(request, lambda connection, act: use_cases.create_pool(connection, act, new))
    if isinstance(outcome, Refused):
        return await _form(request, draft, None, outcome)
    return go(f"/pools/{outcome.id}", said="created")


async def show(request: Request) -> Response:
    """One pool with the form to edit."""
    pool = await _pool(request)
    agent_ids = tuple(member.agent_id for member in pool.members)
    return await _form(request, Draft(pool.name, agent_ids, pool.spill_policy, pool.caps), pool)


async def edit(request: Request) -> Response:
    """Save a pool; members and policy hold from the next scan on."""
    pool_id: int = request.path_params["id"]
    draft = _draft(await read_form(request))
    changed = PoolEdit(draft.name, draft.agent_ids, draft.spill_policy, draft.caps)
    outcome = await change(request, lambda connection, act: use_cases.update_pool(connection, act, pool_id, changed))
    if isinstance(outcome, Refused):
        return await _form(request, draft, await _pool(request), outcome)
    return go(f"/pools/{pool_id}", said="saved")


async def archive(request: Request) -> Response:
    """Take a pool out of use, unless a code, a pool or a rule leads to it."""
    pool_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_cases.archive_pool(connection, act, pool_id))
    if isinstance(outcome, Refused):
        pool = await _pool(request)
        draft = Draft(pool.name, tuple(each.agent_id for each in pool.members), pool.spill_policy, pool.caps)
        return await _form(request, draft, pool, outcome)
    return go(f"/pools/{pool_id}", said="archived")


async def restore(request: Request) -> Response:
    """Undo ``archive``."""
    pool_id: int = request.path_params["id"]
    await change(request, lambda connection, act: use_cases.restore_pool(connection, act, pool_id))
    return go(f"/pools/{pool_id}", said="restored")


async def _form(request: Request, draft: Draft, pool: Pool | None, refusal: Refused | None = None) -> Response:
    zone, now = services_of(request).settings.time_zone, now_of(request)

    def around(connection: Connection) -> tuple[tuple[Agent, ...], tuple[tuple[int, str], ...], tuple[str, ...]]:
        codes = codes_of_pool(connection, pool.id) if pool else ()
        return list_agents(connection, now, zone, limit=EVERY).items, pool_names(connection), codes

    agents, pools, codes = await read(request, around)
    place = {agent_id: position for position, agent_id in enumerate(draft.agent_ids)}
    return page(
        request,
        "pool_form.html",
        422 if refusal else 200,
        draft=draft,
        pool=pool,
        agents=sorted(agents, key=lambda agent: place.get(agent.id, len(place))),
        others=[(id, name) for id, name in pools if pool is None or id != pool.id],
        codes=codes,
        problems=refusal.problems if refusal else (),
    )


async def _pool(request: Request) -> Pool:
    pool_id: int = request.path_params["id"]
    return found(await read(request, lambda connection: get_pool(connection, pool_id)))


def _draft(form: Form) -> Draft:
    return Draft(
        form.text("name"),
        tuple(dict.fromkeys(form.integers("agent_ids"))),
        _policy(form),
        caps_in(form, WINDOWS_OF["pool"]),
    )


def _policy(form: Form) -> SpillPolicy:
    match form.text("spill_policy.kind"):
        case "fallback_pool":
            return FallbackPool(form.integer("spill_policy.pool_id") or 0)
        case "closed_page":
            return ClosedPage(form.text("spill_policy.text").replace("\r\n", "\n"))
        case _:
            return WaitingPage()
