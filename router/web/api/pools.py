"""Operations on pools (接待池)."""

from typing import Annotated, Literal, assert_never

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import pools as query
from router.db.queries.caps import Caps
from router.handlers.admin import pools
from router.handlers.admin.refusal import POOL, Missing, Refusal
from router.web.api.fields import (
    Body,
    CapsBody,
    CapsResource,
    Id,
    Instant,
    ListOf,
    Name,
    NoQuery,
    Paging,
    QueryTruth,
    Resource,
)
from router.web.api.operation import Call, Operation


class WaitingPageBody(Body):
    """The visitor sees a page that asks again by itself."""

    kind: Literal["waiting_page"]


class FallbackPoolBody(Body):
    """Another pool takes over."""

    kind: Literal["fallback_pool"]
    pool_id: Id


class ClosedPageBody(Body):
    """The visitor is told to come another time, in these words."""

    kind: Literal["closed_page"]
    text: str = Field(min_length=1, max_length=pools.MAX_CLOSED_TEXT)


SpillPolicyBody = Annotated[WaitingPageBody | FallbackPoolBody | ClosedPageBody, Field(discriminator="kind")]
AgentIds = Annotated[list[Id], Field(max_length=pools.MAX_MEMBERS, json_schema_extra={"uniqueItems": True})]


class MemberResource(Resource):
    agent_id: int
    userid: str
    name: str
    on_duty: bool
    available: bool


class SpillPolicyResource(Resource):
    """What happens when everyone is full; ``pool_id`` and ``text`` belong to their kinds only."""

    kind: Literal["waiting_page", "fallback_pool", "closed_page"]
    pool_id: int | None = None
    text: str | None = None


class PoolResource(Resource):
    id: int
    name: str
    spill_policy: SpillPolicyResource
    members: list[MemberResource]
    caps: CapsResource
    created_at: Instant
    archived_at: Instant | None


class ListPools(Paging):
    archived: QueryTruth = False


class NewPoolBody(Body):
    """``agent_ids`` are the members, in order."""

    name: Name
    agent_ids: AgentIds = Field(default=[])
    spill_policy: SpillPolicyBody = WaitingPageBody(kind="waiting_page")
    caps: CapsBody = CapsBody()


class PoolEditBody(Body):
    """Fields left out, or null, stay as they are; ``agent_ids`` replaces all members."""

    name: Name | None = None
    agent_ids: AgentIds | None = None
    spill_policy: SpillPolicyBody | None = None
    caps: CapsBody | None = None


def list_pools(connection: Connection, call: Call[ListPools, None]) -> ListOf[PoolResource]:
    page = query.list_pools(connection, archived=call.query.archived, after=call.after, limit=call.query.limit)
    return call.page(page, PoolResource)


def get_pool(connection: Connection, call: Call[NoQuery, None]) -> PoolResource | Refusal:
    pool = query.get_pool(connection, call.ids["pool_id"])
    return Missing(POOL) if pool is None else PoolResource.model_validate(pool)


def create_pool(connection: Connection, call: Call[NoQuery, NewPoolBody]) -> PoolResource | Refusal:
    body = call.body
    caps = Caps(**body.caps.model_dump())
    new = pools.NewPool(body.name, tuple(body.agent_ids), _policy(body.spill_policy), caps)
    return _resource(pools.create_pool(connection, call.act, new))


def update_pool(connection: Connection, call: Call[NoQuery, PoolEditBody]) -> PoolResource | Refusal:
    body = call.body
    edit = pools.PoolEdit(
        name=body.name,
        agent_ids=None if body.agent_ids is None else tuple(body.agent_ids),
        spill_policy=None if body.spill_policy is None else _policy(body.spill_policy),
        caps=None if body.caps is None else Caps(**body.caps.model_dump()),
    )
    return _resource(pools.update_pool(connection, call.act, call.ids["pool_id"], edit))


def archive_pool(connection: Connection, call: Call[NoQuery, None]) -> PoolResource | Refusal:
    return _resource(pools.archive_pool(connection, call.act, call.ids["pool_id"]))


def restore_pool(connection: Connection, call: Call[NoQuery, None]) -> PoolResource | Refusal:
    return _resource(pools.restore_pool(connection, call.act, call.ids["pool_id"]))


def _policy(body: WaitingPageBody | FallbackPoolBody | ClosedPageBody) -> query.SpillPolicy:
    match body:
        case WaitingPageBody():
            return query.WAITING_PAGE
        case FallbackPoolBody(pool_id=pool_id):
            return query.FallbackPool(pool_id)
        case ClosedPageBody(text=text):
            return query.ClosedPage(text)
        case _:
            assert_never(body)


def _resource(outcome: query.Pool | Refusal) -> PoolResource | Refusal:
    return PoolResource.model_validate(outcome) if isinstance(outcome, query.Pool) else outcome


ONE = "/v1/pools/{pool_id}"
OPERATIONS = (
    Operation("GET", "/v1/pools", "Pools with their members", list_pools, ListOf[PoolResource], ListPools),
    Operation(
        "POST",
        "/v1/pools",
        "Create a pool",
        create_pool,
        PoolResource,
        body=NewPoolBody,
        writes=True,
        status=201,
    ),
    Operation("GET", ONE, "One pool", get_pool, PoolResource),
    Operation("PATCH", ONE, "Edit a pool", update_pool, PoolResource, body=PoolEditBody, writes=True),
    Operation("POST", f"{ONE}/archive", "Archive a pool", archive_pool, PoolResource, writes=True),
    Operation("POST", f"{ONE}/restore", "Restore a pool", restore_pool, PoolResource, writes=True),
)
