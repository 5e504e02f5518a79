"""Operations on pools (接待池)."""

from typing import Annotated, Literal, assert_never

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import pools as query
from router.db.queries.caps import Caps
from router.domain.assignment import Role
from router.domain.policies import Policy
from router.domain.spill import (
    WAITING_PAGE,
    ClosedPage,
    FallbackPool,
    GroupCode,
    KfAccount,
    LeaveNumber,
    SpillKind,
    SpillPolicy,
)
from router.handlers.admin import pools
from router.handlers.admin.refusal import POOL, Missing, Refusal
from router.web.api.fields import (
    MAX_ID,
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


class KfAccountBody(Body):
    """A button opens the chat with a 微信客服 account; ``url`` is the account's link."""

    kind: Literal["kf_account"]
    url: str = Field(min_length=1, max_length=pools.MAX_URL)
    open_kfid: str = Field(default="", max_length=pools.MAX_KFID)


class GroupCodeBody(Body):
    """The visitor is sent to a live code of the kind ``group``."""

    kind: Literal["group_code"]
    code_id: Id


class LeaveNumberBody(Body):
    """The visitor may leave a number, agreeing to ``consent``; it becomes a task."""

    kind: Literal["leave_number"]
    consent: str = Field(min_length=1, max_length=pools.MAX_CONSENT)
    title: str = Field(min_length=1, max_length=pools.MAX_TITLE)


AnySpillPolicyBody = (
    WaitingPageBody | FallbackPoolBody | ClosedPageBody | KfAccountBody | GroupCodeBody | LeaveNumberBody
)
SpillPolicyBody = Annotated[AnySpillPolicyBody, Field(discriminator="kind")]
AgentIds = Annotated[list[Id], Field(max_length=pools.MAX_MEMBERS, json_schema_extra={"uniqueItems": True})]
Percent = Annotated[int, Field(ge=1, le=100)]
PerMinute = Annotated[int, Field(ge=0, le=pools.MAX_RAMP)]


class MemberResource(Resource):
    agent_id: int
    userid: str
    name: str
    on_duty: bool
    available: bool
    role: Role


class SpillPolicyResource(Resource):
    """What happens when everyone is full; fields besides ``kind`` belong to their kinds only."""

    kind: SpillKind
    pool_id: int | None = None
    text: str | None = None
    open_kfid: str | None = None
    url: str | None = None
    code_id: int | None = None
    consent: str | None = None
    title: str | None = None


class PoolResource(Resource):
    """``round`` is the one the pool is in; ``vip_tag_id`` names whose carriers are received here."""

    id: int
    name: str
    policy: Policy
    warn_percent: int
    backup_percent: int
    ramp_per_minute: int
    vip_tag_id: int | None
    round: int
    spill_policy: SpillPolicyResource
    members: list[MemberResource]
    caps: CapsResource
    created_at: Instant
    archived_at: Instant | None


class ListPools(Paging):
    archived: QueryTruth = False


class NewPoolBody(Body):
    """``agent_ids`` in order; ``backup_ids`` are those of them who join only when the others are full."""

    name: Name
    agent_ids: AgentIds = Field(default=[])
    backup_ids: AgentIds = Field(default=[])
    policy: Policy = "idle_first"
    warn_percent: Percent = 80
    backup_percent: Percent = 100
    ramp_per_minute: PerMinute = 0
    vip_tag_id: Id | None = None
    spill_policy: SpillPolicyBody = WaitingPageBody(kind="waiting_page")
    caps: CapsBody = CapsBody()


class PoolEditBody(Body):
    """Fields left out, or null, stay as they are; ``agent_ids`` replaces all; ``vip_tag_id`` 0 takes the tag away."""

    name: Name | None = None
    agent_ids: AgentIds | None = None
    backup_ids: AgentIds | None = None
    policy: Policy | None = None
    warn_percent: Percent | None = None
    backup_percent: Percent | None = None
    ramp_per_minute: PerMinute | None = None
    vip_tag_id: int | None = Field(default=None, ge=0, le=MAX_ID)
    spill_policy: SpillPolicyBody | None = None
    caps: CapsBody | None = None


def resource_of(pool: query.Pool) -> PoolResource:
    """A pool with its terms beside its name."""
    terms = {name: getattr(pool.terms, name) for name in query.PoolTerms.__slots__}
    return PoolResource.model_validate(
        {name: getattr(pool, name) for name in query.Pool.__slots__ if name != "terms"} | terms, from_attributes=True
    )


def list_pools(connection: Connection, call: Call[ListPools, None]) -> ListOf[PoolResource]:
    page = query.list_pools(connection, archived=call.query.archived, after=call.after, limit=call.query.limit)
    return call.page_of([resource_of(pool) for pool in page.items], page.next)


def get_pool(connection: Connection, call: Call[NoQuery, None]) -> PoolResource | Refusal:
    pool = query.get_pool(connection, call.ids["pool_id"])
    return Missing(POOL) if pool is None else resource_of(pool)


def create_pool(connection: Connection, call: Call[NoQuery, NewPoolBody]) -> PoolResource | Refusal:
    body = call.body
    terms = query.PoolTerms(
        body.policy,
        body.warn_percent,
        body.backup_percent,
        body.ramp_per_minute,
        body.vip_tag_id,
        _policy(body.spill_policy),
    )
    caps = Caps(**body.caps.model_dump())
    new = pools.NewPool(body.name, tuple(body.agent_ids), tuple(body.backup_ids), terms, caps)
    return _resource(pools.create_pool(connection, call.act, new))


def update_pool(connection: Connection, call: Call[NoQuery, PoolEditBody]) -> PoolResource | Refusal:
    body = call.body
    edit = pools.PoolEdit(
        name=body.name,
        agent_ids=None if body.agent_ids is None else tuple(body.agent_ids),
        backup_ids=None if body.backup_ids is None else tuple(body.backup_ids),
        policy=body.policy,
        warn_percent=body.warn_percent,
        backup_percent=body.backup_percent,
        ramp_per_minute=body.ramp_per_minute,
        vip_tag_id=body.vip_tag_id,
        spill_policy=None if body.spill_policy is None else _policy(body.spill_policy),
        caps=None if body.caps is None else Caps(**body.caps.model_dump()),
    )
    return _resource(pools.update_pool(connection, call.act, call.ids["pool_id"], edit))


def archive_pool(connection: Connection, call: Call[NoQuery, None]) -> PoolResource | Refusal:
    return _resource(pools.archive_pool(connection, call.act, call.ids["pool_id"]))


def restore_pool(connection: Connection, call: Call[NoQuery, None]) -> PoolResource | Refusal:
    return _resource(pools.restore_pool(connection, call.act, call.ids["pool_id"]))


def _policy(body: AnySpillPolicyBody) -> SpillPolicy:
    match body:
        case WaitingPageBody():
            return WAITING_PAGE
        case FallbackPoolBody(pool_id=pool_id):
            return FallbackPool(pool_id)
        case ClosedPageBody(text=text):
            return ClosedPage(text)
        case KfAccountBody(url=url, open_kfid=open_kfid):
            return KfAccount(open_kfid, url)
        case GroupCodeBody(code_id=code_id):
            return GroupCode(code_id)
        case LeaveNumberBody(consent=consent, title=title):
            return LeaveNumber(consent, title)
        case _:
            assert_never(body)


def _resource(outcome: query.Pool | Refusal) -> PoolResource | Refusal:
    return resource_of(outcome) if isinstance(outcome, query.Pool) else outcome


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
