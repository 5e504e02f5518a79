"""Operations on native codes (原生活码) and on the contact ways that the patrol (巡检) meets."""

from typing import Any, Literal

from sqlalchemy import Connection

from router.db.queries import native_ways, upstream_ways
from router.db.queries.native_changes import NativeChange, list_native_changes
from router.db.queries.native_ways import NativeWay
from router.db.queries.printed_adds import beyond_caps
from router.domain.capacity import Window
from router.domain.native_reasons import Off, On, Reason
from router.handlers import native
from router.handlers.admin import native_codes
from router.handlers.admin.refusal import LIVE_CODE, Missing, Refusal
from router.platforms.wecom.budget import CONTACT_WAYS
from router.web.api.fields import Body, Id, Instant, ListOf, Name, NoQuery, Paging, QueryInstant, Resource
from router.web.api.live_codes import LiveCodeResource, resource_of
from router.web.api.operation import Call, Operation


class RefusedMember(Resource):
    """Somebody whom the platform will not have on the list, and why; offered to it again after an hour."""

    userid: str
    at: Instant
    reason: str


class LeavingMember(Resource):
    """Somebody taken off early: ``headroom`` places are left under ``cap``, ``margin`` are kept in reserve."""

    agent_id: int
    cap: str
    headroom: int
    margin: int


class BoundResource(Resource):
    """``customers`` may come above a cap: so many are under way at once at most, at the busiest minute's rate.

    ``passed`` is how many have come above one since the code was made.
    """

    customers: int
    passed: int
    adds_in_busiest_minute: int
    window_seconds: int


class NativeCodeResource(Resource):
    """The list as wanted and as the platform read it back; ``kept`` says who stands by while no member may.

    ``listed_pool_id`` is the pool whose agents are wanted: the code's own, or the one that takes over from it.
    """

    code_id: int
    status: Literal["making", "ready", "failed"]
    in_step: bool
    wanted: list[str]
    wanted_version: int
    applied: list[str]
    applied_version: int
    read_back_at: Instant | None
    kept: Literal["backup", "least_harm", "nobody"] | None
    listed_pool_id: int
    leaving: list[LeavingMember]
    refused: list[RefusedMember]
    bound: BoundResource
    backup_agent_id: int | None
    config_id: str | None
    link: str
    error: str


class CapReached(Resource):
    """A cap that is why somebody went off; ``margin`` of its places are kept in reserve for customers under way."""

    cap: str
    window: Window
    places: int
    taken: int
    margin: int


class WentOff(Resource):
    """Who is on the list no more, and why; ``said`` is the platform's own reason where it gave one."""

    userid: str
    why: Off
    cap: CapReached | None
    said: str


class CameOn(Resource):
    """Who is on the list, and why; ``was`` is what had kept somebody off who is ``back``."""

    userid: str
    why: On
    was: str


class NativeChangeResource(Resource):
    """A change of the list as the platform read it back at ``at``; ``listed`` is the list from then on."""

    id: int
    at: Instant
    version: int
    listed: list[str]
    came: list[CameOn]
    went: list[WentOff]


class ListNativeChanges(Paging):
    """``until``: none after this instant, so that the first one tells who was listed then."""

    until: QueryInstant | None = None


class BackupBody(Body):
    """Who stays on the code while no member of its pool may; null: whoever does least harm."""

    backup_agent_id: Id | None


class UpstreamWayResource(Resource):
    """``orphan``: left over of ours, to be deleted; others can be imported if ``type`` is 2 and ``scene`` is 2."""

    id: int
    config_id: str
    state: str
    remark: str
    members: list[str]
    type: int
    scene: int
    orphan: bool
    found_at: Instant
    seen_at: Instant


class PatrolResource(Resource):
    """The latest patrol, and how many contact-way calls this process made of those it may make a minute and path."""

    status: Literal["never", "pending", "sending", "done", "failed", "late"]
    full: bool
    began_at: Instant | None
    finished_at: Instant | None
    listed: int
    foreign: int
    orphans: int
    error: str
    calls_in_minute: int
    calls_in_hour: int
    calls_per_minute_and_path: int


class PatrolBody(Body):
    """``with_orphans``: delete at once what is left over of ours."""

    with_orphans: bool = False


class ImportBody(Body):
    name: Name
    pool_id: Id


def get_native_code(connection: Connection, call: Call[NoQuery, None]) -> NativeCodeResource | Refusal:
    way = native_ways.get(connection, call.ids["code_id"])
    return Missing(LIVE_CODE) if way is None else _resource(connection, way, call)


def list_changes(connection: Connection, call: Call[ListNativeChanges, None]) -> ListOf[NativeChangeResource] | Refusal:
    code_id, query = call.ids["code_id"], call.query
    if native_ways.get(connection, code_id) is None:
        return Missing(LIVE_CODE)
    page = list_native_changes(connection, code_id, before=call.after, until=query.until, limit=query.limit)
    return call.page_of([_change(each) for each in page.items], page.next)


def set_backup(connection: Connection, call: Call[NoQuery, BackupBody]) -> NativeCodeResource | Refusal:
    outcome = native_codes.set_backup(connection, call.act, call.ids["code_id"], call.body.backup_agent_id)
    return _resource(connection, outcome, call) if isinstance(outcome, NativeWay) else outcome


def send_again(connection: Connection, call: Call[NoQuery, None]) -> NativeCodeResource | Refusal:
    outcome = native_codes.send_again(connection, call.act, call.ids["code_id"])
    return _resource(connection, outcome, call) if isinstance(outcome, NativeWay) else outcome


def list_upstream_ways(connection: Connection, call: Call[Paging, None]) -> ListOf[UpstreamWayResource]:
    page = upstream_ways.list_upstream_ways(connection, after=call.after, limit=call.query.limit)
    return call.page(page, UpstreamWayResource)


def import_way(connection: Connection, call: Call[NoQuery, ImportBody]) -> LiveCodeResource | Refusal:
    wanted = native_codes.Import(call.body.name, call.body.pool_id)
    return resource_of(native_codes.import_way(connection, call.act, call.ids["way_id"], wanted), call)


def get_patrol(connection: Connection, call: Call[NoQuery, Any]) -> PatrolResource:
    latest = upstream_ways.latest_patrol(connection)
    foreign, orphans = upstream_ways.counts(connection)
    budget = call.services.platforms.budget
    calls = budget.calls(CONTACT_WAYS, call.act.now)
    return PatrolResource.model_validate(
        {
            "status": latest.status if latest else "never",
            "full": latest.full if latest else False,
            "began_at": latest.began_at if latest else None,
            "finished_at": latest.finished_at if latest else None,
            "listed": latest.listed if latest else 0,
            "foreign": foreign,
            "orphans": orphans,
            "error": latest.error if latest else "",
            "calls_in_minute": calls.in_minute,
            "calls_in_hour": calls.in_hour,
            "calls_per_minute_and_path": budget.per_path,
        }
    )


def start_patrol(connection: Connection, call: Call[NoQuery, PatrolBody]) -> PatrolResource:
    native_codes.start_patrol(connection, call.act, with_orphans=call.body.with_orphans)
    return get_patrol(connection, call)


def _resource(connection: Connection, way: NativeWay, call: Call[NoQuery, Any]) -> NativeCodeResource:
    found = native.preview(connection, way, call.services.native_rules, call.act.now)
    refused = [{"userid": userid, **refusal} for userid, refusal in way.refused.items()]
    leaving = [
        {"agent_id": each.agent_id, "cap": each.limit.subject, "headroom": each.limit.headroom, "margin": each.margin}
        for each in found.leaving
    ]
    bound = {
        "customers": found.in_flight.customers,
        "passed": beyond_caps(connection, way.code_id),
        "adds_in_busiest_minute": found.in_flight.per_minute,
        "window_seconds": found.in_flight.window // 1000,
    }
    own = {name: getattr(way, name) for name in _OWN}
    return NativeCodeResource.model_validate(
        {
            **own,
            "kept": found.kept,
            "listed_pool_id": found.pool_id,
            "refused": refused,
            "leaving": leaving,
            "bound": bound,
        }
    )


def _change(change: NativeChange) -> NativeChangeResource:
    return NativeChangeResource.model_validate(
        {
            "id": change.id,
            "at": change.at,
            "version": change.version,
            "listed": list(change.listed),
            "came": [{"userid": userid, "why": each.why, "was": each.was} for userid, each in change.came.items()],
            "went": [
                {"userid": userid, "why": each.why, "cap": _cap(each), "said": each.said}
                for userid, each in change.went.items()
            ],
        }
    )


def _cap(reason: Reason) -> dict[str, Any] | None:
    limit = reason.limit
    if limit is None:
        return None
    counted = {name: getattr(limit, name) for name in ("window", "places", "taken")}
    return {"cap": limit.source or limit.subject, "margin": reason.margin, **counted}


_OWN = (
    "code_id",
    "status",
    "in_step",
    "wanted",
    "wanted_version",
    "applied",
    "applied_version",
    "read_back_at",
    "backup_agent_id",
    "config_id",
    "link",
    "error",
)

ONE = "/v1/live-codes/{code_id}/native"
OPERATIONS = (
    Operation("GET", ONE, "Who is on a native code, and its bound", get_native_code, NativeCodeResource),
    Operation(
        "GET",
        f"{ONE}/changes",
        "Who was on a native code when, and why that changed",
        list_changes,
        ListOf[NativeChangeResource],
        ListNativeChanges,
    ),
    Operation(
        "PATCH",
        ONE,
        "Name who stands by on a native code",
        set_backup,
        NativeCodeResource,
        body=BackupBody,
        writes=True,
    ),
    Operation(
        "POST",
        f"{ONE}/send",
        "Send the list of a native code again",
        send_again,
        NativeCodeResource,
        writes=True,
    ),
    Operation(
        "GET",
        "/v1/upstream-ways",
        "Contact ways at WeCom that are not ours",
        list_upstream_ways,
        ListOf[UpstreamWayResource],
        Paging,
    ),
    Operation(
        "POST",
        "/v1/upstream-ways/{way_id}/import",
        "Import a contact way as a native code",
        import_way,
        LiveCodeResource,
        body=ImportBody,
        writes=True,
        status=201,
    ),
    Operation("GET", "/v1/patrol", "The latest patrol and the call budget", get_patrol, PatrolResource),
    Operation(
        "POST",
        "/v1/patrol",
        "Patrol all contact ways now",
        start_patrol,
        PatrolResource,
        body=PatrolBody,
        writes=True,
    ),
)
