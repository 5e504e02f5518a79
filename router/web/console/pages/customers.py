"""客户 (customers): search, and one customer with the content of the contact card."""

from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from router.db.queries.agents import list_agents
from router.db.queries.customers import Customer, ListedCustomer, get_customer, list_customers
from router.db.queries.page import EVERY, Page
from router.db.queries.subject_names import names_within
from router.db.queries.tags import load_tree
from router.db.queries.users import User
from router.handlers.admin.customers import put_tag_on, take_tag_off
from router.handlers.admin.users import may_see
from router.web.card.page import load_card
from router.web.card_link import PURPOSE, sign_card_link
from router.web.console.asking import Refused, change, found, now_of, read, services_of, user_of
from router.web.console.forms import read_form, read_query
from router.web.console.render import go, page
from router.web.console.sentences import capped_in
from tagtree.tree import TagTree
from tagtree.wording import Problem


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; ``agent_id`` is fixed for a user of the role agent."""

    search: str
    tag_id: int
    agent_id: int


@dataclass(frozen=True, slots=True)
class Around:
    """What the list offers to narrow by."""

    customers: Page[ListedCustomer]
    tree: TagTree
    agents: tuple[tuple[int, str], ...]


async def show_list(request: Request) -> Response:
    """Customers latest first; an agent sees only their own."""
    query, user = read_query(request), user_of(request)
    before = query.integer("before") or 0
    filters = Filters(
        search=query.text("search"),
        tag_id=query.integer("tag_id") or 0,
        agent_id=_own_agent(user) if user.role == "agent" else query.integer("agent_id") or 0,
    )
    zone, now = services_of(request).settings.time_zone, now_of(request)

    def around(connection: Connection) -> Around:
        customers = list_customers(
            connection, search=filters.search, tag_id=filters.tag_id, agent_id=filters.agent_id, before=before
        )
        agents = () if user.role == "agent" else list_agents(connection, now, zone, limit=EVERY).items
        return Around(customers, load_tree(connection), tuple((agent.id, agent.name) for agent in agents))

    shown = await read(request, around)
    return page(
        request,
        "customers.html",
        customers=shown.customers,
        filters=filters,
        tags=_choices(shown.tree),
        agents=shown.agents,
        address=urlencode(
            {"search": filters.search, "tag_id": filters.tag_id or "", "agent_id": filters.agent_id or ""}
        ),
        started=before > 0,
    )


async def show(request: Request) -> Response:
    """One customer: tags with their reasons, assignments with theirs, conversations."""
    return await _show(request, await _customer(request))


async def _show(request: Request, customer: Customer, problems: tuple[Problem, ...] = ()) -> Response:
    card = found(await read(request, lambda connection: load_card(connection, customer.external_userid)))
    tree = await read(request, load_tree)
    capped = capped_in(each.decision for each in customer.assignments)
    carried = {tag.id for tag in card.tags}
    return page(
        request,
        "customer.html",
        422 if problems else 200,
        customer=customer,
        card=card,
        cap_names=await read(request, lambda connection: names_within(connection, capped)),
        tags=[(tag_id, path) for tag_id, path in _choices(tree) if tag_id not in carried],
        problems=problems,
    )


async def open_card(request: Request) -> Response:
    """The contact card as an agent sees it, by a signed link."""
    customer = await _customer(request)
    services, user = services_of(request), user_of(request)
    secret = services.secret_box.derive(PURPOSE)
    token = sign_card_link(secret, customer.external_userid, user.username, services.clock(), user_id=user.id)
    return RedirectResponse(f"/card/?t={token}", status_code=303)


async def put_on(request: Request) -> Response:
    """Put a tag on by hand."""
    tag_id = (await read_form(request)).integer("tag_id") or 0
    return await _tag(request, tag_id, is_on=True)


async def take_off(request: Request) -> Response:
    """Take a tag off by hand, whatever put it on."""
    tag_id = (await read_form(request)).integer("tag_id") or 0
    return await _tag(request, tag_id, is_on=False)


async def _tag(request: Request, tag_id: int, *, is_on: bool) -> Response:
    customer = await _customer(request)
    use_case = put_tag_on if is_on else take_tag_off
    outcome = await change(request, lambda c, act: use_case(c, act, customer.external_userid, tag_id))
    if isinstance(outcome, Refused):
        return await _show(request, customer, outcome.problems)
    return go(f"/customers/{customer.external_userid}", said="tagged" if is_on else "untagged")


async def _customer(request: Request) -> Customer:
    """The customer of the address. Raises HTTPException 404, also for an agent whose customer it is not."""
    external_userid: str = request.path_params["external_userid"]
    customer = found(await read(request, lambda connection: get_customer(connection, external_userid)))
    if not may_see(user_of(request), customer):
        raise HTTPException(404)
    return customer


def _own_agent(user: User) -> int:
    return user.agent_id or -1  # never 0, which would mean all agents


def _choices(tree: TagTree) -> list[tuple[int, str]]:
    return sorted(((tag.id, tree.path_name(tag.id)) for tag in tree.tags), key=lambda each: each[1])
