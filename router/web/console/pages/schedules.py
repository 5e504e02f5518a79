"""排班 (schedules): the week at a glance, special days and holidays, whether it is on now."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from router.db.queries import schedules as query
from router.db.queries.schedules import SavedSchedule
from router.domain.schedule import Schedule
from router.domain.schedule_content import WEEKDAYS
from router.domain.schedule_wording import describe, notes
from router.handlers.admin import schedules as use_cases
from router.handlers.admin.schedules import NewSchedule, ScheduleEdit
from router.web.console.asking import Refused, change, found, now_of, read, services_of
from router.web.console.forms import Form, read_form, read_query
from router.web.console.public_days_form import YEAR, Filled, asks_for_public_days, fill_in, year_to_offer
from router.web.console.render import go, page
from router.web.console.schedule_form import schedule_in, told_by_line, typed
from router.web.console.week import NAMES, special_days_of, state_of, week_of
from router.web.public_days import source, unknown_year

OFFICE_HOURS: Mapping[str, str] = {f"week.{day}": "09:00-18:00" for day in WEEKDAYS[:5]}
"""What the form for a new schedule begins with."""


async def show_list(request: Request) -> Response:
    """All schedules with what they say, who follows them, and whether they are on now."""
    asked = read_query(request)
    archived, after = asked.ticked("archived"), asked.integer("after") or 0
    zone, now = services_of(request).settings.time_zone, now_of(request)
    found_page = await read(request, lambda c: query.list_schedules(c, archived=archived, after=after, limit=50))
    lines = [(each, state_of(each.schedule, now, zone), describe(each.schedule)) for each in found_page.items]
    return page(request, "schedules.html", lines=lines, next=found_page.next, started=after > 0, archived=archived)


async def show_new(request: Request) -> Response:
    """The form for a new schedule."""
    return _form(request, "", {**typed(Schedule()), **OFFICE_HOURS}, None)


async def create(request: Request) -> Response:
    """Make a schedule."""
    form = await read_form(request)
    if asks_for_public_days(form):
        return _with_public_days(request, form, None)
    new = NewSchedule(form.text("name"), schedule_in(form))
    outcome = await change(request, lambda c, act: use_cases.create_schedule(c, act, new))
    if isinstance(outcome, Refused):
        return _form(request, new.name, form.values(), None, _told(outcome, form))
    return go(f"/schedules/{outcome.id}", said="created")


async def show(request: Request) -> Response:
    """One schedule: its week, its exceptions, what is odd about it, and the form to edit."""
    saved = await _saved(request)
    return _form(request, saved.name, typed(saved.schedule), saved)


async def edit(request: Request) -> Response:
    """Save a schedule; it holds from the next scan on."""
    schedule_id: int = request.path_params["id"]
    form = await read_form(request)
    if asks_for_public_days(form):
        return _with_public_days(request, form, await _saved(request))
    changed = ScheduleEdit(form.text("name"), schedule_in(form))
    outcome = await change(request, lambda c, act: use_cases.update_schedule(c, act, schedule_id, changed))
    if isinstance(outcome, Refused):
        return _form(request, form.text("name"), form.values(), await _saved(request), _told(outcome, form))
    return go(f"/schedules/{schedule_id}", said="saved")


async def archive(request: Request) -> Response:
    """Take a schedule out of use, unless somebody follows it."""
    schedule_id: int = request.path_params["id"]
    outcome = await change(request, lambda c, act: use_cases.archive_schedule(c, act, schedule_id))
    if isinstance(outcome, Refused):
        saved = await _saved(request)
        return _form(request, saved.name, typed(saved.schedule), saved, outcome)
    return go(f"/schedules/{schedule_id}", said="archived")


async def restore(request: Request) -> Response:
    """Undo ``archive``."""
    schedule_id: int = request.path_params["id"]
    await change(request, lambda c, act: use_cases.restore_schedule(c, act, schedule_id))
    return go(f"/schedules/{schedule_id}", said="restored")


def _with_public_days(request: Request, form: Form, saved: SavedSchedule | None) -> Response:
    """The form with the public holidays of a year typed in; nothing is saved yet."""
    filled = fill_in(form, request.state.words)
    if filled is None:
        return _form(request, form.text("name"), form.values(), saved, Refused((unknown_year(YEAR),)))
    return _form(request, form.text("name"), filled.fields, saved, filled=filled)


def _told(refusal: Refused, form: Form) -> Refused:
    return replace(refusal, problems=told_by_line(refusal.problems, form))


async def _saved(request: Request) -> SavedSchedule:
    schedule_id: int = request.path_params["id"]
    return found(await read(request, lambda connection: query.get_schedule(connection, schedule_id)))


def _form(
    request: Request,
    name: str,
    fields: Mapping[str, str],
    saved: SavedSchedule | None,
    refusal: Refused | None = None,
    filled: Filled | None = None,
) -> Response:
    zone, now = services_of(request).settings.time_zone, now_of(request)
    schedule = saved.schedule if saved else Schedule()
    return page(
        request,
        "schedule.html",
        422 if refusal else 200,
        saved=saved,
        name=name,
        fields=fields,
        weekdays=[(f"week.{day}", NAMES[day]) for day in WEEKDAYS],
        week=week_of(schedule, now, zone),
        special=special_days_of(schedule, now, zone),
        state=state_of(schedule, now, zone),
        parts=describe(schedule),
        notes=notes(schedule) if saved else (),
        problems=refusal.problems if refusal else (),
        filled=filled,
        public_days_year=fields.get(YEAR) or year_to_offer(datetime.fromtimestamp(now / 1000, zone).year),
        public_days_source=source(),
    )
