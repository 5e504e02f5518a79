"""接待池 (pools): who may be assigned, in which order, and what happens when everyone is full."""

from dataclasses import dataclass, fields
from typing import get_args

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.agent_caps import Within
from router.db.queries.agents import Agent, list_agents
from router.db.queries.caps import Caps
from router.db.queries.page import EVERY, Page
from router.db.queries.pools import (
    Pool,
    PoolTerms,
    codes_of_pool,
    get_pool,
    group_codes,
    kf_accounts,
    list_pools,
    pool_names,
)
from router.db.queries.staffing import Staff, staff_of
from router.db.queries.tags import load_tree
from router.domain.capacity import WINDOWS_OF
from router.domain.policies import Policy
from router.domain.spill import (
    WAITING_PAGE,
    ClosedPage,
    FallbackPool,
    GroupCode,
    KfAccount,
    LeaveNumber,
    SpillPolicy,
)
from router.handlers.admin import pools as use_cases
from router.handlers.admin.pools import NO_TAG, NewPool, PoolEdit
from router.web.console.agent_caps_form import AgentCapsForm, filled_form, save_agent_caps
from router.web.console.asking import Refused, change, found, now_of, read, services_of
from router.web.console.caps_form import caps_in
from router.web.console.forms import Form, read_form, read_query
from router.web.console.render import go, page

POLICIES: tuple[Policy, ...] = get_args(Policy)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form shows."""

    name: str = ""
    agent_ids: tuple[int, ...] = ()
    backup_ids: tuple[int, ...] = ()
    terms: PoolTerms = PoolTerms()
    caps: Caps = Caps()


@dataclass(frozen=True, slots=True)
class Offered:
    """What the form lets choose from: agents in their order, pools, group codes, customer service accounts, tags."""

    agents: tuple[Agent, ...]
    pools: tuple[tuple[int, str], ...]
    group_codes: tuple[tuple[int, str], ...]
    kf_accounts: tuple[tuple[str, str], ...]
    tags: tuple[tuple[int, str], ...]
    codes: tuple[str, ...]


async def show_list(request: Request) -> Response:
    """Pools with their members and policy."""
    query = read_query(request)
    archived, after = query.ticked("archived"), query.integer("after") or 0
    zone, now = services_of(request).settings.time_zone, now_of(request)

    def listed(connection: Connection) -> tuple[Page[Pool], dict[int, Staff]]:
        pools = list_pools(connection, archived=archived, after=after, limit=100)
        reachable = {pool.id: [each.agent_id for each in pool.members if each.available] for pool in pools.items}
        return pools, staff_of(connection, reachable, now, zone)

    pools, staffs = await read(request, listed)
    names = dict(await read(request, pool_names))
    return page(
        request,
        "pools.html",
        pools=pools.items,
        staffs=staffs,
        next=pools.next,
        started=after > 0,
        names=names,
        archived=archived,
    )


async def show_new(request: Request) -> Response:
    """The form for a new pool."""
    return await _form(request, Draft(), None)


async def create(request: Request) -> Response:
    """Make a pool."""
    draft = _draft(await read_form(request))
    new = NewPool(draft.name, draft.agent_ids, draft.backup_ids, draft.terms, draft.caps)
    outcome = await change(request, lambda connection, act: use_cases.create_pool(connection, act, new))
    if isinstance(outcome, Refused):
        return await _form(request, draft, None, outcome)
    return go(f"/pools/{outcome.id}", said="created")


async def show(request: Request) -> Response:
    """One pool with the form to edit."""
    pool = await _pool(request)
    return await _form(request, _draft_of(pool), pool)


async def edit(request: Request) -> Response:
    """Save a pool; members and terms hold from the next scan on."""
    pool_id: int = request.path_params["id"]
    draft = _draft(await read_form(request))
    changed = _edit(draft)
    outcome = await change(request, lambda connection, act: use_cases.update_pool(connection, act, pool_id, changed))
    if isinstance(outcome, Refused):
        return await _form(request, draft, await _pool(request), outcome)
    return go(f"/pools/{pool_id}", said="saved")


async def edit_agent_caps(request: Request) -> Response:
    """Save how many customers of this pool each agent takes."""
    pool_id: int = request.path_params["id"]
    refused = await save_agent_caps(request, Within("pool", pool_id))
    if refused is not None:
        pool = await _pool(request)
        return await _form(request, _draft_of(pool), pool, caps=refused)
    return go(f"/pools/{pool_id}", said="saved")


async def archive(request: Request) -> Response:
    """Take a pool out of use, unless a code, a pool or a rule leads to it."""
    pool_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_cases.archive_pool(connection, act, pool_id))
    if isinstance(outcome, Refused):
        pool = await _pool(request)
        return await _form(request, _draft_of(pool), pool, outcome)
    return go(f"/pools/{pool_id}", said="archived")


async def restore(request: Request) -> Response:
    """Undo ``archive``."""
    pool_id: int = request.path_params["id"]
    await change(request, lambda connection, act: use_cases.restore_pool(connection, act, pool_id))
    return go(f"/pools/{pool_id}", said="restored")


async def _form(
    request: Request,
    draft: Draft,
    pool: Pool | None,
    refusal: Refused | None = None,
    caps: AgentCapsForm | None = None,
) -> Response:
    zone, now = services_of(request).settings.time_zone, now_of(request)

    def offered(connection: Connection) -> Offered:
        tree = load_tree(connection)
        return Offered(
            list_agents(connection, now, zone, limit=EVERY).items,
            pool_names(connection),
            group_codes(connection),
            kf_accounts(connection),
            tuple(sorted(((tag.id, tree.path_name(tag.id)) for tag in tree.tags), key=lambda each: each[1])),
            codes_of_pool(connection, pool.id) if pool else (),
        )

    choices = await read(request, offered)
    if caps is None and pool is not None:
        caps = await filled_form(request, Within("pool", pool.id))
    place = {agent_id: position for position, agent_id in enumerate(draft.agent_ids)}
    return page(
        request,
        "pool_form.html",
        422 if refusal or (caps and caps.problems) else 200,
        draft=draft,
        pool=pool,
        agent_caps=caps,
        offered=choices,
        agents=sorted(choices.agents, key=lambda agent: place.get(agent.id, len(place))),
        others=[(id, name) for id, name in choices.pools if pool is None or id != pool.id],
        problems=refusal.problems if refusal else (),
    )


async def _pool(request: Request) -> Pool:
    pool_id: int = request.path_params["id"]
    return found(await read(request, lambda connection: get_pool(connection, pool_id)))


def _draft_of(pool: Pool) -> Draft:
    agent_ids = tuple(each.agent_id for each in pool.members)
    backup_ids = tuple(each.agent_id for each in pool.members if each.role == "backup")
    return Draft(pool.name, agent_ids, backup_ids, pool.terms, pool.caps)


def _edit(draft: Draft) -> PoolEdit:
    terms = {field.name: getattr(draft.terms, field.name) for field in fields(PoolTerms)}
    terms["vip_tag_id"] = draft.terms.vip_tag_id or NO_TAG
    return PoolEdit(name=draft.name, agent_ids=draft.agent_ids, backup_ids=draft.backup_ids, caps=draft.caps, **terms)


def _draft(form: Form) -> Draft:
    agent_ids = tuple(dict.fromkeys(form.integers("agent_ids")))
    backup_ids = tuple(id for id in dict.fromkeys(form.integers("backup_ids")) if id in agent_ids)
    return Draft(form.text("name"), agent_ids, backup_ids, _terms(form), caps_in(form, WINDOWS_OF["pool"]))


def _terms(form: Form) -> PoolTerms:
    absent = PoolTerms()
    return PoolTerms(
        policy=_policy(form.text("policy")),
        warn_percent=_number(form, "warn_percent", absent.warn_percent),
        backup_percent=_number(form, "backup_percent", absent.backup_percent),
        ramp_per_minute=_number(form, "ramp_per_minute", absent.ramp_per_minute),
        vip_tag_id=form.integer("vip_tag_id"),
        spill_policy=_spill_policy(form),
    )


def _policy(text: str) -> Policy:
    return next((policy for policy in POLICIES if policy == text), "idle_first")


def _number(form: Form, name: str, absent: int) -> int:
    """As filled in; empty is the default, and what is no number is refused at its field."""
    if not form.text(name):
        return absent
    return form.needed_number(name)


def _spill_policy(form: Form) -> SpillPolicy:
    def lines(name: str) -> str:
        return form.text(f"spill_policy.{name}").replace("\r\n", "\n")

    match form.text("spill_policy.kind"):
        case "fallback_pool":
            return FallbackPool(form.integer("spill_policy.pool_id") or 0)
        case "closed_page":
            return ClosedPage(lines("text"))
        case "kf_account":
            return KfAccount(form.text("spill_policy.open_kfid"), form.text("spill_policy.url"))
        case "group_code":
            return GroupCode(form.integer("spill_policy.code_id") or 0)
        case "leave_number":
            return LeaveNumber(lines("consent"), form.text("spill_policy.title"))
        case _:
            return WAITING_PAGE
