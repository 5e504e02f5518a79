"""Operations on what stands behind group codes (群活码) and customer acquisition links (获客链接)."""

import base64
import binascii
from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import acquisition_links, group_qrs
from router.db.queries.acquisition_links import AcquisitionLink, LinkStatus
from router.db.queries.group_qrs import GroupQr
from router.domain.group_codes import GroupSource, GroupStatus, choose
from router.handlers.admin import acquisition, group_codes
from router.handlers.admin.group_codes import GroupEdit, ImportedGroup, NewJoinWay
from router.handlers.admin.group_pictures import read_group_picture
from router.handlers.admin.refusal import LIVE_CODE, Invalid, Missing, Refusal, problem
from router.handlers.group_chats import offered_chats
from router.platforms.wecom.join_ways import CHATS_PER_WAY
from router.web.api.fields import DAY, Body, Id, Instant, ListOf, Name, NoQuery, QueryInstant, Resource
from router.web.api.operation import Call, Operation
from router.web.ledger_write import write

PICTURE_BYTES = 3 * 1024 * 1024  # base64 of 2 MB
LEAST_PEOPLE, MOST_PEOPLE = group_codes.PERSON_LIMITS

ChatId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
People = Annotated[int, Field(ge=LEAST_PEOPLE, le=MOST_PEOPLE)]


class ChatResource(Resource):
    """A group of the platform; ``people`` is null before it was read."""

    id: str
    name: str
    people: int | None


class GroupResource(Resource):
    """``shown`` is the one that scans see now; ``people`` are ``estimated`` where the platform does not count them."""

    id: int
    name: str
    source: GroupSource
    status: GroupStatus
    shown: bool
    people: int
    estimated: bool
    places: int
    person_limit: int
    chats: list[ChatResource]
    makes_rooms: bool
    expires_at: Instant | None
    counted_at: Instant | None
    link: str
    error: str


class NewJoinWayBody(Body):
    """A QR of the platform that leads into its groups in turn; ``person_limit`` of each: the settings' if absent."""

    name: Name
    chat_ids: Annotated[list[ChatId], Field(min_length=1, max_length=CHATS_PER_WAY)]
    person_limit: People | None = None
    makes_rooms: bool = False


class ImportedGroupBody(Body):
    """``picture``: base64 of a PNG or JPEG. Without ``expires_at`` it lives as many days as the settings say."""

    name: Name
    picture: Annotated[str, Field(min_length=1, max_length=PICTURE_BYTES)]
    person_limit: People | None = None
    expires_at: QueryInstant | None = None
    chat_id: ChatId | None = None


class GroupEditBody(Body):
    """Fields left out stay; ``people`` corrects an estimate."""

    name: Name | None = None
    person_limit: People | None = None
    people: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    expires_at: QueryInstant | None = None


class OrderBody(Body):
    """Every group of the code, in the order in which they are to be filled."""

    ids: Annotated[list[Id], Field(max_length=group_codes.MAX_GROUPS)]


class QuotaResource(Resource):
    """Customers the corporation bought, and how many are left."""

    total: int
    balance: int
    at: Instant


class AcquisitionLinkResource(Resource):
    code_id: int
    link_id: str | None
    url: str
    state: str
    members: list[str]
    quota: QuotaResource | None
    status: LinkStatus
    error: str
    changed_at: Instant


def list_groups(connection: Connection, call: Call[NoQuery, None]) -> ListOf[GroupResource]:
    return _all(group_qrs.group_qrs(connection, call.ids["code_id"]), call)


def add_join_way(connection: Connection, call: Call[NoQuery, NewJoinWayBody]) -> GroupResource | Refusal:
    body = call.body
    limit = body.person_limit or call.services.settings.group_person_limit
    new = NewJoinWay(body.name, tuple(body.chat_ids), limit, body.makes_rooms)
    return _one(connection, group_codes.add_join_way(connection, call.act, call.ids["code_id"], new), call)


async def import_group(call: Call[NoQuery, ImportedGroupBody]) -> GroupResource | Refusal:
    """The picture is read before a transaction begins."""
    body, settings = call.body, call.services.settings
    try:
        content = base64.b64decode(body.picture, validate=True)
    except (binascii.Error, ValueError):
        return Invalid((_NO_BASE64,))
    picture = await to_thread.run_sync(read_group_picture, content)
    if isinstance(picture, Invalid):
        return picture
    expires_at = body.expires_at or call.act.now + settings.group_qr_days * DAY
    limit = body.person_limit or settings.group_person_limit
    new = ImportedGroup(body.name, picture, limit, expires_at, body.chat_id or "")
    return await write(call.services.ledger, partial(_import, call=call, new=new))


def edit_group(connection: Connection, call: Call[NoQuery, GroupEditBody]) -> GroupResource | Refusal:
    edit = GroupEdit(**call.body.model_dump())
    ids = call.ids
    return _one(connection, group_codes.update_group(connection, call.act, ids["code_id"], ids["group_id"], edit), call)


def remove_group(connection: Connection, call: Call[NoQuery, None]) -> GroupResource | Refusal:
    outcome = group_codes.remove_group(connection, call.act, call.ids["code_id"], call.ids["group_id"])
    return _one(connection, outcome, call)


def retry_group(connection: Connection, call: Call[NoQuery, None]) -> GroupResource | Refusal:
    outcome = group_codes.try_again(connection, call.act, call.ids["code_id"], call.ids["group_id"])
    return _one(connection, outcome, call)


def place_groups(connection: Connection, call: Call[NoQuery, OrderBody]) -> ListOf[GroupResource] | Refusal:
    outcome = group_codes.place_groups(connection, call.act, call.ids["code_id"], call.body.ids)
    return _all(outcome, call) if isinstance(outcome, tuple) else outcome


async def list_group_chats(call: Call[NoQuery, None]) -> ListOf[ChatResource] | Refusal:
    """Groups of the platform to choose from; asks the platform, without a transaction."""
    found = await offered_chats(call.services.platform())
    if isinstance(found, str):
        reason = (f"WeCom does not list its groups: {found}", f"企业微信没有返回群列表：{found}")
        hint = ("Write the group ids by hand, or look at the settings.", "请手动填写群 ID，或检查设置。")
        return Invalid((problem("", reason, hint),))
    chats = [ChatResource(id=chat.chat_id, name=chat.name, people=chat.people) for chat in found]
    return ListOf[ChatResource](items=chats, next=None)


def get_acquisition_link(connection: Connection, call: Call[NoQuery, None]) -> AcquisitionLinkResource | Refusal:
    return _link(acquisition_links.link_of(connection, call.ids["code_id"]))


def keep_acquisition_link(connection: Connection, call: Call[NoQuery, None]) -> AcquisitionLinkResource | Refusal:
    outcome = acquisition.keep_link(connection, call.act, call.ids["code_id"])
    return _link(outcome) if isinstance(outcome, AcquisitionLink) else outcome


_NO_BASE64 = problem(
    "picture",
    ("This is no base64.", "不是 base64。"),
    ("Send the bytes of a PNG or JPEG in base64.", "请发送 PNG 或 JPEG 的 base64。"),
)


def _import(connection: Connection, call: Call[NoQuery, ImportedGroupBody], new: ImportedGroup) -> Any:
    return _one(connection, group_codes.import_group(connection, call.act, call.ids["code_id"], new), call)


def _one(connection: Connection, outcome: GroupQr | Refusal, call: Call[Any, Any]) -> GroupResource | Refusal:
    if not isinstance(outcome, GroupQr):
        return outcome
    shown = choose(group_qrs.groups(connection, outcome.code_id), call.act.now).shown
    return _resource(outcome, shown is not None and shown.id == outcome.id)


def _all(found: tuple[GroupQr, ...], call: Call[Any, Any]) -> ListOf[GroupResource]:
    shown = choose([each.group for each in found], call.act.now).shown
    items = [_resource(each, shown is not None and each.id == shown.id) for each in found]
    return ListOf[GroupResource](items=items, next=None)


def _resource(qr: GroupQr, shown: bool) -> GroupResource:
    group = qr.group
    return GroupResource(
        id=qr.id,
        name=group.name,
        source=group.source,
        status=group.status,
        shown=shown,
        people=group.taken,
        estimated=group.is_estimated,
        places=group.places,
        person_limit=group.person_limit,
        chats=[ChatResource.model_validate(chat) for chat in group.chats],
        makes_rooms=group.makes_rooms,
        expires_at=group.expires_at,
        counted_at=qr.counted_at,
        link=group.link,
        error=qr.error,
    )


def _link(link: AcquisitionLink | None) -> AcquisitionLinkResource | Refusal:
    return Missing(LIVE_CODE) if link is None else AcquisitionLinkResource.model_validate(link)


GROUPS = "/v1/live-codes/{code_id}/groups"
ONE = f"{GROUPS}/{{group_id}}"
LINK = "/v1/live-codes/{code_id}/acquisition-link"
OPERATIONS = (
    Operation("GET", GROUPS, "The groups behind a group code, in order", list_groups, ListOf[GroupResource]),
    Operation(
        "POST",
        GROUPS,
        "Add a join way of the platform to a group code",
        add_join_way,
        GroupResource,
        body=NewJoinWayBody,
        writes=True,
        status=201,
    ),
    Operation(
        "POST",
        f"{GROUPS}/import",
        "Add a group from the picture of its QR",
        import_group,
        GroupResource,
        body=ImportedGroupBody,
        writes=True,
        waits=True,
        status=201,
        body_bytes=PICTURE_BYTES + 4_096,
    ),
    Operation(
        "PUT",
        f"{GROUPS}/order",
        "Put the groups into another order",
        place_groups,
        ListOf[GroupResource],
        body=OrderBody,
        writes=True,
    ),
    Operation("PATCH", ONE, "Edit a group", edit_group, GroupResource, body=GroupEditBody, writes=True),
    Operation("DELETE", ONE, "Take a group out", remove_group, GroupResource, writes=True),
    Operation("POST", f"{ONE}/retry", "Ask for a refused join way again", retry_group, GroupResource, writes=True),
    Operation(
        "GET",
        "/v1/live-codes/{code_id}/group-chats",
        "Groups of the platform to choose from",
        list_group_chats,
        ListOf[ChatResource],
        waits=True,
    ),
    Operation("GET", LINK, "The acquisition link behind a code", get_acquisition_link, AcquisitionLinkResource),
    Operation(
        "POST",
        f"{LINK}/keep",
        "Bring the link in line with its pool now",
        keep_acquisition_link,
        AcquisitionLinkResource,
        writes=True,
    ),
)
