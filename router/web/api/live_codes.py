"""Operations on live codes (活码)."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import live_codes as query
from router.db.queries.caps import Caps
from router.domain.code_kinds import SETTINGS_OF, CodeKind
from router.handlers.admin import live_codes
from router.handlers.admin.refusal import LIVE_CODE, Missing, Refusal
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
    Search,
)
from router.web.api.operation import Call, Operation

LEAST_HOLD, MOST_HOLD = live_codes.HOLD_MINUTES
TagIds = Annotated[list[Id], Field(max_length=live_codes.MAX_TAGS, json_schema_extra={"uniqueItems": True})]
Welcome = Annotated[str, Field(max_length=live_codes.MAX_WELCOME_CHARACTERS)]


class CodeNumbersResource(Resource):
    """Since midnight in the corporation's zone."""

    scans: int
    visitors: int
    reservations: int
    adds: int


class LiveCodeFields(Resource):
    id: int
    slug: str
    name: str
    kind: CodeKind
    pool_id: int
    pool_name: str
    active: bool
    hold_minutes: int | None
    welcome: str
    tag_ids: list[int]
    caps: CapsResource
    today: CodeNumbersResource
    created_at: Instant
    archived_at: Instant | None


class LiveCodeResource(LiveCodeFields):
    """``url`` leads to the code and never changes. ``hold_minutes`` is null for kinds that hold no place."""

    url: str


class ListLiveCodes(Paging):
    search: Search = ""
    archived: QueryTruth = False


class NewLiveCodeBody(Body):
    """``slug`` is made up when left out; ``kind`` never changes afterwards.

    ``hold_minutes`` are refused (409) for any kind but ``hosted``: nothing is held through the others. So are
    ``welcome``, ``tag_ids`` and ``caps`` for a ``group``: nobody adds an agent through it.

    ``welcome`` may say ``{customer}`` and ``{agent}``.
    """

    name: Name
    pool_id: Id
    slug: str | None = Field(default=None, pattern=r"^[a-z0-9-]{3,40}$")
    kind: CodeKind = "hosted"
    hold_minutes: int | None = Field(default=None, ge=LEAST_HOLD, le=MOST_HOLD)
    welcome: Welcome = ""
    tag_ids: TagIds = Field(default=[])
    caps: CapsBody = CapsBody()


class LiveCodeEditBody(Body):
    """Fields left out, or null, stay as they are; ``active: false`` closes the code.

    What is refused (409) for a new code of the kind is refused here too.

    A closed code says so to whoever scans it. A native one cannot: its print goes on working at the platform.
    """

    name: Name | None = None
    pool_id: Id | None = None
    active: bool | None = None
    hold_minutes: int | None = Field(default=None, ge=LEAST_HOLD, le=MOST_HOLD)
    welcome: Welcome | None = None
    tag_ids: TagIds | None = None
    caps: CapsBody | None = None


def list_live_codes(connection: Connection, call: Call[ListLiveCodes, None]) -> ListOf[LiveCodeResource]:
    page = query.list_live_codes(
        connection,
        call.act.now,
        call.act.zone,
        search=call.query.search,
        archived=call.query.archived,
        before=call.after,
        limit=call.query.limit,
    )
    return call.page_of([_printed(LiveCodeFields.model_validate(each), call) for each in page.items], page.next)


def get_live_code(connection: Connection, call: Call[NoQuery, None]) -> LiveCodeResource | Refusal:
    code = query.get_live_code(connection, call.ids["code_id"], call.act.now, call.act.zone)
    return Missing(LIVE_CODE) if code is None else resource_of(code, call)


def create_live_code(connection: Connection, call: Call[NoQuery, NewLiveCodeBody]) -> LiveCodeResource | Refusal:
    body = call.body
    new = live_codes.NewLiveCode(
        name=body.name,
        pool_id=body.pool_id,
        slug=body.slug,
        kind=body.kind,
        hold_minutes=body.hold_minutes or _usual_hold(body.kind, call),
        welcome=body.welcome,
        tag_ids=tuple(body.tag_ids),
        caps=Caps(**body.caps.model_dump()),
    )
    return resource_of(live_codes.create_live_code(connection, call.act, new), call)


def update_live_code(connection: Connection, call: Call[NoQuery, LiveCodeEditBody]) -> LiveCodeResource | Refusal:
    body = call.body
    edit = live_codes.LiveCodeEdit(
        name=body.name,
        pool_id=body.pool_id,
        active=body.active,
        hold_minutes=body.hold_minutes,
        welcome=body.welcome,
        tag_ids=None if body.tag_ids is None else tuple(body.tag_ids),
        caps=None if body.caps is None else Caps(**body.caps.model_dump()),
    )
    return resource_of(live_codes.update_live_code(connection, call.act, call.ids["code_id"], edit), call)


def archive_live_code(connection: Connection, call: Call[NoQuery, None]) -> LiveCodeResource | Refusal:
    return resource_of(live_codes.archive_live_code(connection, call.act, call.ids["code_id"]), call)


def restore_live_code(connection: Connection, call: Call[NoQuery, None]) -> LiveCodeResource | Refusal:
    return resource_of(live_codes.restore_live_code(connection, call.act, call.ids["code_id"]), call)


def resource_of(outcome: query.LiveCode | Refusal, call: Call[Any, Any]) -> LiveCodeResource | Refusal:
    """What is said of a code that a use case returned."""
    if not isinstance(outcome, query.LiveCode):
        return outcome
    return _printed(LiveCodeFields.model_validate(outcome), call)


def _printed(fields: LiveCodeFields, call: Call[Any, Any]) -> LiveCodeResource:
    url = f"{call.services.settings.public_url}/q/{fields.slug}"
    shown = {name: getattr(fields, name) for name in LiveCodeFields.model_fields}
    if "hold_minutes" not in SETTINGS_OF[fields.kind]:
        shown["hold_minutes"] = None
    return LiveCodeResource(**shown, url=url)


def _usual_hold(kind: CodeKind, call: Call[Any, Any]) -> int | None:
    return call.services.settings.hold_minutes if "hold_minutes" in SETTINGS_OF[kind] else None


ONE = "/v1/live-codes/{code_id}"
OPERATIONS = (
    Operation(
        "GET",
        "/v1/live-codes",
        "Live codes with the numbers of today",
        list_live_codes,
        ListOf[LiveCodeResource],
        ListLiveCodes,
    ),
    Operation(
        "POST",
        "/v1/live-codes",
        "Create a live code",
        create_live_code,
        LiveCodeResource,
        body=NewLiveCodeBody,
        writes=True,
        status=201,
    ),
    Operation("GET", ONE, "One live code", get_live_code, LiveCodeResource),
    Operation(
        "PATCH",
        ONE,
        "Edit, close or reopen a live code",
        update_live_code,
        LiveCodeResource,
        body=LiveCodeEditBody,
        writes=True,
    ),
    Operation(
        "POST",
        f"{ONE}/archive",
        "Archive a live code",
        archive_live_code,
        LiveCodeResource,
        writes=True,
    ),
    Operation(
        "POST",
        f"{ONE}/restore",
        "Restore a live code",
        restore_live_code,
        LiveCodeResource,
        writes=True,
    ),
)
