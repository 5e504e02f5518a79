"""Native codes (原生活码): who is on the print, how far caps may be passed; contact ways at WeCom and their patrol."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries import native_ways, upstream_ways
from router.db.queries.agents import agent_names
from router.db.queries.live_codes import LiveCode, get_live_code
from router.db.queries.native_ways import NativeWay
from router.db.queries.page import Page
from router.db.queries.pools import pool_names
from router.db.queries.printed_adds import beyond_caps
from router.db.queries.upstream_ways import Patrol, UpstreamWay
from router.domain.native import Roster
from router.handlers import native
from router.handlers.admin import native_codes as use_cases
from router.platforms.wecom.budget import CONTACT_WAYS
from router.web.console.asking import Refused, change, found, now_of, read, services_of
from router.web.console.forms import read_form, read_query
from router.web.console.render import go, page


@dataclass(frozen=True, slots=True)
class _Shown:
    code: LiveCode
    way: NativeWay
    roster: Roster
    names: dict[str, str]
    agents: tuple[tuple[int, str], ...]
    ids: dict[int, str]
    takes_over: str
    beyond_caps: int


async def show(request: Request) -> Response:
    """Who is wanted on the print, who is on it, and by how much a cap may be passed."""
    return await _show(request)


async def set_backup(request: Request) -> Response:
    """Name who stands by."""
    agent_id = (await read_form(request)).integer("backup_agent_id")
    return await _act(request, lambda c, act, code_id: use_cases.set_backup(c, act, code_id, agent_id), "saved")


async def send_again(request: Request) -> Response:
    """Send the list once more, and read it back."""
    return await _act(request, use_cases.send_again, "retried")


async def show_ways(request: Request) -> Response:
    """What the patrol met at WeCom that is not ours."""
    return await _show_ways(request)


async def start_patrol(request: Request) -> Response:
    """Look at all contact ways now; with the button for leftovers, delete those too."""
    with_orphans = (await read_form(request)).text("with_orphans") == "yes"

    def start(connection: Connection, act: Any) -> None:
        use_cases.start_patrol(connection, act, with_orphans=with_orphans)

    await change(request, start)
    return go("/contact-ways", said="retried")


async def import_way(request: Request) -> Response:
    """Make a native code of a contact way that somebody else made."""
    form = await read_form(request)
    way_id: int = request.path_params["id"]
    wanted = use_cases.Import(form.text("name"), form.integer("pool_id") or 0)
    outcome = await change(request, lambda c, act: use_cases.import_way(c, act, way_id, wanted))
    if isinstance(outcome, Refused):
        return await _show_ways(request, outcome)
    return go(f"/live-codes/{outcome.id}/native", said="created")


async def _act(request: Request, use_case: Any, said: str) -> Response:
    code_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_case(connection, act, code_id))
    if isinstance(outcome, Refused):
        return await _show(request, outcome)
    return go(f"/live-codes/{code_id}/native", said=said)


async def _show(request: Request, refusal: Refused | None = None) -> Response:
    services, now = services_of(request), now_of(request)
    code_id: int = request.path_params["id"]
    zone, rules = services.settings.time_zone, services.native_rules

    def around(connection: Connection) -> _Shown:
        code, way = get_live_code(connection, code_id, now, zone), native_ways.get(connection, code_id)
        if code is None or way is None:
            raise HTTPException(404)
        agents = agent_names(connection)
        roster = native.preview(connection, way, rules, now)
        return _Shown(
            code,
            way,
            roster,
            {userid: name for _, userid, name in agents},
            tuple((id, name) for id, _, name in agents),
            {id: userid for id, userid, _ in agents},
            "" if roster.pool_id == way.pool_id else dict(pool_names(connection)).get(roster.pool_id, ""),
            beyond_caps(connection, code_id),
        )

    shown = await read(request, around)
    return page(
        request,
        "native_code.html",
        422 if refusal else 200,
        shown=shown,
        code=shown.code,
        way=shown.way,
        roster=shown.roster,
        beyond_caps=shown.beyond_caps,
        members=sorted({*shown.way.wanted, *shown.way.applied, *shown.way.refused}),
        leaving={shown.ids.get(each.agent_id, ""): each for each in shown.roster.leaving},
        edit_seconds=services.settings.native_edit_seconds,
        seen_seconds=services.settings.native_seen_seconds,
        problems=refusal.problems if refusal else (),
    )


async def _show_ways(request: Request, refusal: Refused | None = None) -> Response:
    after, now = read_query(request).integer("before") or 0, now_of(request)

    def around(
        connection: Connection,
    ) -> tuple[Page[UpstreamWay], Patrol | None, tuple[int, int], tuple[tuple[int, str], ...]]:
        return (
            upstream_ways.list_upstream_ways(connection, after=after),
            upstream_ways.latest_patrol(connection),
            upstream_ways.counts(connection),
            pool_names(connection),
        )

    ways, patrol, (foreign, orphans), pools = found(await read(request, around))
    budget = services_of(request).platforms.budget
    return page(
        request,
        "contact_ways.html",
        422 if refusal else 200,
        ways=ways,
        patrol=patrol,
        foreign=foreign,
        orphans=orphans,
        pools=pools,
        calls=budget.calls(CONTACT_WAYS, now),
        per_path=budget.per_path,
        started=after > 0,
        problems=refusal.problems if refusal else (),
    )
