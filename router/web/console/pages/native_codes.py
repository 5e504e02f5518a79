"""Native codes (原生活码): who is on the print, how far caps may be passed; contact ways at WeCom and their patrol."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries import arrivals, native_ways, upstream_ways
from router.db.queries.agents import agent_names
from router.db.queries.live_codes import LiveCode, get_live_code
from router.db.queries.native_changes import NativeChange, list_native_changes
from router.db.queries.native_ways import NativeWay
from router.db.queries.page import Page
from router.db.queries.pools import pool_names
from router.db.queries.printed_adds import PrintedAdd, beyond_caps, list_printed_adds
from router.db.queries.subject_names import names_within
from router.db.queries.upstream_ways import Patrol, UpstreamWay
from router.domain.native import Roster
from router.handlers import native
from router.handlers.admin import native_codes as use_cases
from router.platforms.wecom.budget import CONTACT_WAYS
from router.web.console.asking import Refused, change, found, instant_of, now_of, read, services_of, words_of
from router.web.console.forms import read_form, read_query
from router.web.console.native_words import caps_in, names_in
from router.web.console.render import go, page
from router.web.console.sentences import caps_passed, passed_caps
from tagtree.wording import Problem, Wording

MINUTE = 60_000  # ms
NO_INSTANT = Problem(
    "at",
    Wording("This is no date with a time.", "这不是日期和时间。"),
    Wording("Choose one such as 2026-11-22 14:05.", "请选择日期和时间，例如 2026-11-22 14:05。"),
)


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
    history: "_History"


@dataclass(frozen=True, slots=True)
class _History:
    """A page of the list's changes up to an instant, with the names it speaks of, and who came until then."""

    changes: Page[NativeChange]
    names: dict[str, str]
    cap_names: dict[str, str]
    adds: Page[PrintedAdd]


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
    query = read_query(request)
    typed, before = query.text("at"), query.integer("before") or 0
    at = instant_of(request, typed)
    unclear = (NO_INSTANT,) if typed and at is None else ()
    until = None if at is None else at + MINUTE - 1  # the minute that was named is seen to its end

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
            _names(connection, {*way.wanted, *way.applied, *way.refused, way.backup, *roster.wanted}),
            tuple((id, name) for id, _, name in agents),
            {id: userid for id, userid, _ in agents},
            "" if roster.pool_id == way.pool_id else dict(pool_names(connection)).get(roster.pool_id, ""),
            beyond_caps(connection, code_id),
            _history(connection, code_id, before, until),
        )

    shown = await read(request, around)
    return page(
        request,
        "native_code.html",
        422 if refusal or unclear else 200,
        shown=shown,
        history=shown.history,
        adds=shown.history.adds,
        adds_beyond=passed_caps(shown.history.adds.items, shown.history.cap_names, words_of(request)),
        typed=typed,
        instant=at,
        started=before > 0,
        address=urlencode({"at": typed}) + "&" if typed else "",
        code=shown.code,
        way=shown.way,
        roster=shown.roster,
        beyond_caps=shown.beyond_caps,
        members=sorted({*shown.way.wanted, *shown.way.applied, *shown.way.refused}),
        leaving={shown.ids.get(each.agent_id, ""): each for each in shown.roster.leaving},
        edit_seconds=services.settings.native_edit_seconds,
        seen_seconds=services.settings.native_seen_seconds,
        problems=refusal.problems if refusal else unclear,
    )


def _history(connection: Connection, code_id: int, before: int, until: int | None) -> _History:
    changes = list_native_changes(connection, code_id, before=before, until=until, limit=20)
    adds = list_printed_adds(connection, code_id, until=until, limit=20)
    return _History(
        changes,
        _names(connection, names_in(changes.items)),
        names_within(connection, caps_in(changes.items) | caps_passed(adds.items)),
        adds,
    )


def _names(connection: Connection, userids: set[str]) -> dict[str, str]:
    """What these agents are called, archived ones and former userids included."""
    return {userid: agent.name for userid, agent in arrivals.agents(connection, userids).items()}


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
