"""事件 (events): the log of everything that arrived, and the trace of one event to its last effect."""

from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.agents import list_agents
from router.db.queries.events import STATUSES, EventTrace, list_events, trace_event
from router.db.queries.subject_names import names_within
from router.db.queries.word_hits import flagged_events, list_hits
from router.handlers.admin.retry import retry_event
from router.web.console.asking import Refused, change, found, now_of, read, services_of, words_of
from router.web.console.forms import read_query
from router.web.console.naming import EVENT_NAMES, EVENT_STATES
from router.web.console.render import go, page
from router.web.console.sentences import cap_passed_in, event_sentences
from router.web.console.trace_steps import trace_steps
from router.web.console.word_naming import DEEDS, MESSAGE_NAMES, pieces
from tagtree.wording import Problem


async def show_list(request: Request) -> Response:
    """Events latest first, by state, kind and subject."""
    query, words = read_query(request), words_of(request)
    status = query.text("status") if query.text("status") in STATUSES else ""
    event, subject, before = query.text("event"), query.text("subject"), query.integer("before") or 0
    events = await read(request, lambda c: list_events(c, status=status, event=event, subject=subject, before=before))
    flagged = await read(request, lambda connection: flagged_events(connection, [each.id for each in events.items]))
    return page(
        request,
        "events.html",
        events=events,
        flagged=flagged,
        status=status,
        event=event,
        subject=subject,
        states=[(state, words.gettext(EVENT_STATES[state][0])) for state in STATUSES],
        kinds=[(kind, words.gettext(name)) for kind, name in EVENT_NAMES.items()],
        filters=urlencode({"status": status, "event": event, "subject": subject}) + "&",
        started=before > 0,
    )


async def show(request: Request) -> Response:
    """The trace of one event."""
    return await _show(request)


async def retry(request: Request) -> Response:
    """Decide a failed event again."""
    event_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: retry_event(connection, act, event_id))
    if isinstance(outcome, Refused):
        return await _show(request, outcome.problems)
    return go(f"/events/{event_id}", said="retried")


async def _show(request: Request, problems: tuple[Problem, ...] = ()) -> Response:
    event_id: int = request.path_params["id"]
    zone, now = services_of(request).settings.time_zone, now_of(request)

    def around(connection: Connection) -> tuple[EventTrace | None, dict[int, str], dict[str, str]]:
        trace, agents = trace_event(connection, event_id), list_agents(connection, now, zone, limit=1000).items
        cap_names = names_within(connection, cap_passed_in(trace.decision) if trace else ())
        return trace, {agent.id: agent.name for agent in agents}, cap_names

    trace, agents, cap_names = await read(request, around)
    hits = await read(request, lambda connection: list_hits(connection, inbox_id=event_id))
    kept = found(trace)
    return page(
        request,
        "event.html",
        422 if problems else 200,
        trace=kept,
        steps=trace_steps(kept),
        sentences=event_sentences(kept.event.event, kept.decision, agents, cap_names, words_of(request)),
        hits=[(each, pieces(each.text, [(each.start, each.end)])) for each in hits.items],
        DEEDS=DEEDS,
        MESSAGE_NAMES=MESSAGE_NAMES,
        problems=problems,
    )
