"""Operations on customers (客户): tags with reasons, assignments with reasons."""

from typing import Any

from sqlalchemy import Connection

from router.db.queries import customers as query
from router.db.queries.taken_off import Kind
from router.handlers.admin import customers
from router.handlers.admin.refusal import CUSTOMER, Missing, Refusal
from router.web.api.fields import Instant, ListOf, NoQuery, Paging, QueryId, Resource, Search
from router.web.api.operation import Call, Operation
from router.web.card_link import LIFETIME, PURPOSE, sign_card_link


class TagNameResource(Resource):
    """A tag as a chip shows it; ``path`` reads "产品 / 衬衫"."""

    id: int
    name: str
    path: str
    colour: str
    weight: int


class AgentNameResource(Resource):
    id: int
    name: str


class ListedCustomerResource(Resource):
    external_userid: str
    name: str
    tags: list[TagNameResource]
    agents: list[AgentNameResource]
    created_at: Instant


class TagReasonResource(Resource):
    """Why a tag is on; spans are characters of the message that arrived at ``message_at``; ``renewed``: given again."""

    source: str
    origin: str
    rule_name: str | None
    rule_set_id: int | None
    version: int | None
    event_id: int | None
    span_start: int | None
    span_end: int | None
    evidence: str
    hits: int
    created_at: Instant
    last_at: Instant
    message_at: Instant | None
    renewed_version: int | None
    renewed_event_id: int | None


class CarriedTagResource(Resource):
    """``expires_at``: the customer loses it then unless something renews it; null: never."""

    tag: TagNameResource
    reasons: list[TagReasonResource]
    expires_at: Instant | None


class TakenOffReasonResource(Resource):
    """Why a tag was taken off; fields that the kind does not need are null.

    ``manual``: ``by`` took it off; ``rule``: a rule did. ``excluded``: ``tag``, which excludes it, was put on by a
    person, a rule or a code. ``expired``: nothing renewed it for ``days``. ``merged``: ``tag`` took its place;
    ``merge_undone``: ``tag``, in whose place it stood, stands again. ``withdrawn``: ``by`` withdrew the rule that had
    put it on.
    """

    kind: Kind
    tag: TagNameResource | None
    by: str | None
    rule_name: str | None
    rule_set_id: int | None
    version: int | None
    code_id: int | None
    days: int | None


class TakenOffTagResource(Resource):
    """A tag that the customer carried and carries no more."""

    tag: TagNameResource
    put_on_at: Instant
    taken_off_at: Instant
    reason: TakenOffReasonResource


class FollowResource(Resource):
    agent_id: int
    userid: str
    agent_name: str
    status: str
    state: str
    since_at: Instant
    ended_at: Instant | None


class AssignmentResource(Resource):
    """``reason`` says how the customer was recognised, ``decision`` who else stood by and why each was left out."""

    id: int
    agent_id: int
    agent_name: str
    code_id: int | None
    code_name: str | None
    pool_id: int | None
    pool_name: str | None
    how: str
    at: Instant
    event_id: int | None
    reason: dict[str, Any]
    decision: dict[str, Any]


class ConversationResource(Resource):
    open_kfid: str
    account_name: str | None
    status: str
    agent_id: int | None
    agent_name: str | None
    pool_id: int | None
    waiting_since_at: Instant | None
    last_message_at: Instant


class CustomerResource(Resource):
    """Everything the contact card tells: tags heaviest first, the rest latest first.

    ``taken_off`` holds each tag once, the 20 that were taken off last.
    """

    external_userid: str
    name: str
    created_at: Instant
    tags: list[CarriedTagResource]
    taken_off: list[TakenOffTagResource]
    follows: list[FollowResource]
    assignments: list[AssignmentResource]
    conversations: list[ConversationResource]


class CardLinkResource(Resource):
    url: str
    expires_at: Instant


class ListCustomers(Paging):
    search: Search = ""
    tag_id: QueryId | None = None
    agent_id: QueryId | None = None


def list_customers(connection: Connection, call: Call[ListCustomers, None]) -> ListOf[ListedCustomerResource]:
    page = query.list_customers(
        connection,
        search=call.query.search,
        tag_id=call.query.tag_id or 0,
        agent_id=call.query.agent_id or 0,
        before=call.after,
        limit=call.query.limit,
    )
    return call.page(page, ListedCustomerResource)


def get_customer(connection: Connection, call: Call[NoQuery, None]) -> CustomerResource | Refusal:
    customer = query.get_customer(connection, call.names["external_userid"])
    return Missing(CUSTOMER) if customer is None else CustomerResource.model_validate(customer)


def put_tag_on(connection: Connection, call: Call[NoQuery, None]) -> CustomerResource | Refusal:
    external_userid, tag_id = call.names["external_userid"], call.ids["tag_id"]
    return _resource(customers.put_tag_on(connection, call.act, external_userid, tag_id))


def take_tag_off(connection: Connection, call: Call[NoQuery, None]) -> CustomerResource | Refusal:
    external_userid, tag_id = call.names["external_userid"], call.ids["tag_id"]
    return _resource(customers.take_tag_off(connection, call.act, external_userid, tag_id))


def link_card(connection: Connection, call: Call[NoQuery, None]) -> CardLinkResource | Refusal:
    external_userid = call.names["external_userid"]
    if query.get_customer(connection, external_userid) is None:
        return Missing(CUSTOMER)
    secret = call.services.secret_box.derive(PURPOSE)
    token = sign_card_link(secret, external_userid, call.act.actor, call.act.now)
    url = f"{call.services.settings.public_url}/card/?t={token}"
    return CardLinkResource(url=url, expires_at=call.act.now + LIFETIME)


def _resource(outcome: query.Customer | Refusal) -> CustomerResource | Refusal:
    return CustomerResource.model_validate(outcome) if isinstance(outcome, query.Customer) else outcome


ALL = "/v1/customers"
ONE = "/v1/customers/{external_userid}"
OPERATIONS = (
    Operation(
        "GET",
        ALL,
        "Customers, latest first, by name, tag or agent",
        list_customers,
        ListOf[ListedCustomerResource],
        ListCustomers,
    ),
    Operation("GET", ONE, "One customer: tags and assignments with reasons", get_customer, CustomerResource),
    Operation(
        "PUT",
        f"{ONE}/tags/{{tag_id}}",
        "Put a tag on by hand",
        put_tag_on,
        CustomerResource,
        writes=True,
    ),
    Operation(
        "DELETE",
        f"{ONE}/tags/{{tag_id}}",
        "Take a tag off by hand, whatever put it on",
        take_tag_off,
        CustomerResource,
        writes=True,
    ),
    Operation("POST", f"{ONE}/card-link", "A signed link to the contact card", link_card, CardLinkResource),
)
