"""数字 (numbers): what live codes and agents brought in a range of days, drawn and as tables."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.numbers import Numbers, Scope, numbers_of
from router.domain.numbers import Counts, Range, hour_of_day, read_range
from router.handlers.admin import numbers as use_cases
from router.web.console.asking import Refused, change, now_of, read, services_of, words_of
from router.web.console.chart import NARROW, WIDTH, Chart, bar_chart, shades
from router.web.console.forms import Form, read_form, read_query
from router.web.console.narrowing import CodeFilter, agent_choices, read_code_filter
from router.web.console.render import go, page
from router.web.i18n import mark
from router.web.sheets import FORMATS
from tagtree.wording import Problem

SPANS = ((1, mark("Today")), (7, mark("7 days")), (30, mark("30 days")), (90, mark("90 days")))
WEEKDAYS = (mark("Mon"), mark("Tue"), mark("Wed"), mark("Thu"), mark("Fri"), mark("Sat"), mark("Sun"))
FUNNEL_STEPS = {
    "scans": mark("scans"),
    "visitors": mark("visitors"),
    "reserved": mark("reserved"),
    "added": mark("added"),
    "stayed": mark("still there after 7 days"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """The numbers, and what the page narrows them by."""

    numbers: Numbers
    code: CodeFilter
    agents: tuple[tuple[int, str], ...]


async def show(request: Request) -> Response:
    """The page; a range that makes no sense is said beside the form, over the numbers of the last seven days."""
    query, words = read_query(request), words_of(request)
    asked, problems = scope_in(request, query)
    zone, now = services_of(request).settings.time_zone, now_of(request)

    def around(connection: Connection) -> Shown:
        code = read_code_filter(connection, query)
        numbers = numbers_of(connection, replace(asked, code_id=code.code_id), now, zone)
        return Shown(numbers, code, agent_choices(connection, words))

    shown = await read(request, around)
    numbers, scope = shown.numbers, shown.numbers.scope
    problems = (*problems, *shown.code.problems)
    return page(
        request,
        "numbers.html",
        422 if problems else 200,
        numbers=numbers,
        scope=scope,
        code=shown.code,
        agents=shown.agents,
        problems=problems,
        wide=_chart(numbers, WIDTH),
        narrow=_chart(numbers, NARROW),
        heat=shades(_adds(numbers)),
        adds=_adds(numbers),
        spans=[(days, label, _span(request, days, scope)) for days, label in SPANS],
        weekdays=WEEKDAYS,
        funnel_steps=FUNNEL_STEPS,
        address=address_of(scope),
        names_of_agents={each.id: each.name for each in numbers.agents},
        formats=FORMATS,
    )


async def recount(request: Request) -> Response:
    """Count the adds and losses of a range again from their own rows."""
    scope, problems = scope_in(request, await read_form(request))
    if problems:
        return go("/numbers")
    outcome = await change(request, lambda connection, act: use_cases.recount(connection, act, scope.days))
    assert not isinstance(outcome, Refused)
    return go("/numbers", said="recounted", first=str(scope.days.first), last=str(scope.days.last))


def scope_in(request: Request, form: Form) -> tuple[Scope, tuple[Problem, ...]]:
    """What a form or query asks about; where its days make no sense, the last seven and why."""
    zone, now = services_of(request).settings.time_zone, now_of(request)
    days = read_range(form.text("first"), form.text("last"), now, zone)
    problems = () if isinstance(days, Range) else (days,)
    if not isinstance(days, Range):
        days = read_range("", "", now, zone)
        assert isinstance(days, Range)
    scope = Scope(
        days,
        code_id=max(0, form.integer("code_id") or 0),
        agent_id=max(0, form.integer("agent_id") or 0),
        with_test=form.ticked("with_test"),
    )
    return scope, problems


def address_of(scope: Scope) -> str:
    """The scope as a query string."""
    query: dict[str, object] = {"first": scope.days.first, "last": scope.days.last}
    query |= {name: value for name in ("code_id", "agent_id") if (value := getattr(scope, name))}
    return urlencode(query | ({"with_test": "yes"} if scope.with_test else {}))


def _span(request: Request, days: int, scope: Scope) -> tuple[str, bool]:
    """The address of the ``days`` that end today, and whether they are what is shown."""
    zone, now = services_of(request).settings.time_zone, now_of(request)
    span = read_range("", "", now, zone, days=days)
    assert isinstance(span, Range)
    return address_of(Scope(span, scope.code_id, scope.agent_id, scope.with_test)), span == scope.days


def _chart(numbers: Numbers, whole: int) -> Chart:
    """Visitors and adds: per hour of a single day, else per day."""
    days = numbers.days
    lines: dict[str, Counts]
    if len(days) == 1:
        day = numbers.scope.days.first
        lines = {f"{hour:02}:00": numbers.hours.get(hour_of_day(day, hour), Counts()) for hour in range(24)}
    else:
        lines = (
            {f"{day:%m-%d}": counts for day, counts in days.items()}
            if len(days) < LABEL_YEARS
            else {f"{day:%Y-%m-%d}": counts for day, counts in days.items()}
        )
    series = [[each.visitors for each in lines.values()], [each.adds for each in lines.values()]]
    return bar_chart(list(lines), series, whole)


LABEL_YEARS = 200  # days from which the labels say the year


def _adds(numbers: Numbers) -> dict[tuple[int, int], int]:
    return {hour: counts.adds for hour, counts in numbers.week.items()}
