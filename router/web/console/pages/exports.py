"""Exports: numbers, reservations and customers as CSV or XLSX, in files of a bounded number of rows.

A file is walked by key and sent as it is read: no transaction spans it, and a long one costs no more memory than a
short one. The page before the download tells how many rows there are and in which parts they come.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from router.db.queries import exports as query
from router.db.queries.exports import CustomerFilter, CustomerLine, Parts, ReservationFilter, ReservationLine
from router.db.queries.numbers import AGENT_NAMES, CODE_NAMES, AgentCounts, Scope, agents_of, names_of
from router.db.queries.tags import load_tree
from router.domain.numbers import Range, day_of_hour
from router.handlers.admin.numbers import record_export
from router.web.console.asking import change, now_of, read, services_of, user_of, words_of
from router.web.console.forms import read_query
from router.web.console.naming import RESERVATION_STATES
from router.web.console.pages.numbers import address_of, scope_in
from router.web.console.pages.reservations import Filters, filters_in
from router.web.console.render import page
from router.web.i18n import Words, mark
from router.web.sheets import FORMATS, MEDIA_TYPES, Cell, Format, csv_file, xlsx_file

PART = 50_000  # rows of one file
BATCH = 500  # rows read at once
SHORT = 100  # days of numbers in one file: an hour, code and agent make a row

Rows = Sequence[Sequence[Cell]]
Batches = AsyncIterator[Rows]
RowOf = Callable[[Any, tzinfo, Words], Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table that can be exported: what it is called, its columns, and its rows from a key on."""

    name: str
    title: str
    columns: tuple[str, ...]
    batches: Callable[[int], Batches]


# ``zone`` names the zone of the instants below such a title: a file is read far from the page that it came from.
CUSTOMER_COLUMNS = (
    mark("Customer id"),
    mark("Name"),
    mark("First seen (%(zone)s)"),
    mark("Agents"),
    mark("Tags"),
)
RESERVATION_COLUMNS = (
    mark("Reservation"),
    mark("State"),
    mark("Live code"),
    mark("Pool"),
    mark("Agent"),
    mark("Visitor"),
    mark("Held (%(zone)s)"),
    mark("Until (%(zone)s)"),
    mark("Ended (%(zone)s)"),
    mark("Customer id"),
    mark("Name"),
    mark("Test"),
)
NUMBER_COLUMNS = (
    mark("Day"),
    mark("Hour (%(zone)s)"),
    mark("Live code"),
    mark("Agent"),
    mark("Scans"),
    mark("Visitors"),
    mark("Adds"),
    mark("Beyond a cap"),
    mark("Lost"),
    mark("Removed"),
    mark("Replies"),
    mark("Test"),
)
AGENT_COLUMNS = (
    mark("Agent"),
    mark("Adds"),
    mark("Weight"),
    mark("Share by weight"),
    mark("Difference"),
    mark("Beyond a cap"),
    mark("Lost"),
    mark("Removed"),
    mark("Replies"),
)


# --- customers -------------------------------------------------------------------------------------------------------


async def show_customers(request: Request) -> Response:
    """How many customers the filters of the list leave, and their files."""
    wanted = _wanted_customers(request)
    parts = await read(request, partial(query.customer_parts, wanted=wanted, rows=PART))
    return _offer(request, "customers", parts, {key: value or "" for key, value in asdict(wanted).items()})


async def send_customers(request: Request) -> Response:
    """One file of customers, latest first."""
    wanted = _wanted_customers(request)
    tree = await read(request, load_tree)

    def row(line: CustomerLine, zone: tzinfo, words: Words) -> Sequence[Cell]:
        tags = [tree.path_name(tag_id) for tag_id in line.tag_ids if tag_id in tree]
        comma = words.gettext(", ")
        return (
            line.external_userid,
            line.name,
            _moment(line.created_at, zone),
            comma.join(line.agents),
            comma.join(tags),
        )

    def batches(before: int) -> Batches:
        return _walk(request, partial(query.customer_lines, wanted=wanted), row, before)

    await _remember(request, "customers", asdict(wanted))
    return await _send(request, Sheet("customers", mark("Customers"), CUSTOMER_COLUMNS, batches))


def _wanted_customers(request: Request) -> CustomerFilter:
    asked, user = read_query(request), user_of(request)
    own = user.agent_id or -1  # never 0, which would mean all agents
    return CustomerFilter(
        search=asked.text("search"),
        tag_id=asked.integer("tag_id") or 0,
        agent_id=own if user.role == "agent" else asked.integer("agent_id") or 0,
    )


# --- reservations ----------------------------------------------------------------------------------------------------


async def show_reservations(request: Request) -> Response:
    """How many reservations the filters of the list leave, and their files."""
    filters, wanted = _wanted_reservations(request)
    parts = await read(request, partial(query.reservation_parts, wanted=wanted, rows=PART))
    return _offer(request, "reservations", parts, filters.named)


async def send_reservations(request: Request) -> Response:
    """One file of reservations, latest first."""
    filters, wanted = _wanted_reservations(request)

    def batches(before: int) -> Batches:
        return _walk(request, partial(query.reservation_lines, wanted=wanted), _reservation_row, before)

    await _remember(request, "reservations", filters.named)
    return await _send(request, Sheet("reservations", mark("Reservations"), RESERVATION_COLUMNS, batches))


def _wanted_reservations(request: Request) -> tuple[Filters, ReservationFilter]:
    """The filters of the list, as its address has them and as the query takes them.

    Raises HTTPException 400 for a day that is none.
    """
    filters, problems = filters_in(read_query(request))
    if problems:
        raise HTTPException(400, problems[0].reason.en)
    wanted = ReservationFilter(filters.status, filters.code_id, filters.agent_id)
    if filters.day is not None:
        since, until = filters.day.bounds(services_of(request).settings.time_zone)
        wanted = replace(wanted, since=since, until=until)
    return filters, wanted


def _reservation_row(line: ReservationLine, zone: tzinfo, words: Words) -> Sequence[Cell]:
    return (
        line.key,
        words.gettext(RESERVATION_STATES[line.status][0]),
        line.code,
        line.pool,
        line.agent,
        line.visitor,
        _moment(line.held_at, zone),
        _moment(line.expires_at, zone),
        _moment(line.ended_at, zone),
        line.external_userid,
        line.customer,
        _yes(line.test, words),
    )


# --- numbers ---------------------------------------------------------------------------------------------------------


async def show_numbers(request: Request) -> Response:
    """The files of a range of days: one per hundred days, since their rows are only known when they are read."""
    scope, problems = scope_in(request, read_query(request))
    files = [(f"{each.first} – {each.last}", address_of(_within(scope, each))) for each in _short(scope.days)]
    return page(
        request,
        "export.html",
        422 if problems else 200,
        what="numbers",
        title=mark("Numbers"),
        rows=None,
        files=files,
        formats=FORMATS,
        back=f"/numbers?{address_of(scope)}",
        problems=problems,
    )


async def send_numbers(request: Request) -> Response:
    """One file: a row per hour, live code and agent."""
    scope, problems = scope_in(request, read_query(request))
    if problems:
        raise HTTPException(400, problems[0].reason.en)
    scope = _within(scope, _short(scope.days)[0])
    codes = await read(request, partial(names_of, CODE_NAMES))
    agents = await read(request, partial(names_of, AGENT_NAMES))
    words = words_of(request)

    async def batches(_before: int) -> Batches:
        for day in scope.days.days:
            lines = await read(request, partial(query.tally_lines, scope=_within(scope, Range(day, day))))
            yield [
                (
                    _day(line.hour),
                    line.hour % 100,
                    codes.get(line.code_id),
                    agents.get(line.agent_id),
                    *asdict(line.counts).values(),
                    _yes(line.test, words),
                )
                for line in lines
            ]

    return await _send(request, Sheet("numbers", mark("Numbers"), NUMBER_COLUMNS, batches))


async def send_agents(request: Request) -> Response:
    """One file: a row per agent, with what the weight would have given of the adds."""
    scope, problems = scope_in(request, read_query(request))
    if problems:
        raise HTTPException(400, problems[0].reason.en)

    async def batches(_before: int) -> Batches:
        agents, _ = await read(request, partial(agents_of, scope=scope))
        yield [_agent_row(each) for each in agents if each.id]

    return await _send(request, Sheet("numbers-by-agent", mark("By agent"), AGENT_COLUMNS, batches))


def _agent_row(each: AgentCounts) -> Sequence[Cell]:
    return (
        each.name or str(each.id),
        each.counts.adds,
        each.weight,
        None if each.share is None else round(each.share.expected, 2),
        None if each.share is None else round(each.share.difference, 2),
        each.counts.beyond,
        each.counts.lost,
        each.counts.removed,
        each.counts.replies,
    )


def _within(scope: Scope, days: Range) -> Scope:
    return Scope(days, scope.code_id, scope.agent_id, scope.with_test)


def _short(days: Range) -> list[Range]:
    """The range in pieces that fit into a file each."""
    begins = days.days[::SHORT]
    return [Range(first, min(days.last, first + timedelta(days=SHORT - 1))) for first in begins]


def _day(hour: int) -> str:
    return str(day_of_hour(hour))


# --- all -------------------------------------------------------------------------------------------------------------


def _offer(request: Request, what: str, parts: Parts, filters: dict[str, object]) -> Response:
    words = words_of(request)
    files = [
        (
            words.gettext(
                "rows %(first)s to %(last)s",
                first=words.number(number * PART + 1),
                last=words.number(min(parts.rows, (number + 1) * PART)),
            ),
            urlencode(filters | {"before": before}),
        )
        for number, before in enumerate(parts.begins)
    ]
    return page(
        request,
        "export.html",
        what=what,
        title={"customers": mark("Customers"), "reservations": mark("Reservations")}[what],
        rows=parts.rows,
        files=files if parts.rows else [],
        formats=FORMATS,
        back=f"/{what}?{urlencode(filters)}",
    )


async def _walk(request: Request, lines: Callable[..., Sequence[Any]], row: RowOf, before: int) -> Batches:
    """Rows in batches until there are no more or the file is full."""
    zone, words = services_of(request).settings.time_zone, words_of(request)
    for _ in range(PART // BATCH):
        found = await read(request, partial(lines, before=before, rows=BATCH))
        yield [row(line, zone, words) for line in found]
        if len(found) < BATCH:
            return
        before = found[-1].id


async def _send(request: Request, sheet: Sheet) -> Response:
    words, kind = words_of(request), _kind(request)
    before = read_query(request).integer("before") or query.LAST
    columns = [words.gettext(column, zone=words.zone()) for column in sheet.columns]
    batches = sheet.batches(before)
    content = csv_file(columns, batches) if kind == "csv" else xlsx_file(words.gettext(sheet.title), columns, batches)
    today = datetime.fromtimestamp(now_of(request) / 1000, UTC).astimezone(services_of(request).settings.time_zone)
    name = f"liveqr-{sheet.name}-{today:%Y-%m-%d}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(content, headers=headers, media_type=MEDIA_TYPES[kind])


def _kind(request: Request) -> Format:
    """The kind of file asked for. Raises HTTPException 404 for any other."""
    for kind in FORMATS:
        if kind == request.path_params["format"]:
            return kind
    raise HTTPException(404)


async def _remember(request: Request, what: str, narrowed_by: dict[str, object]) -> None:
    _kind(request)
    await change(request, lambda connection, act: record_export(connection, act, what, narrowed_by))


def _moment(instant: int | None, zone: tzinfo) -> Cell:
    return (
        None if instant is None else datetime.fromtimestamp(instant // 1000, UTC).astimezone(zone).replace(tzinfo=None)
    )


def _yes(value: bool, words: Words) -> str:
    return words.gettext(mark("yes")) if value else ""
