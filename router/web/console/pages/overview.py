"""Overview: what happened today, what waits, what is switched off, and who has room."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.alerts import Alert, open_alerts
from router.db.queries.events import EventSummary, event_summary
from router.db.queries.outbox_view import OutboxSummary, outbox_summary
from router.db.queries.subject_names import names_within
from router.db.queries.tasks import OpenTasks, open_tasks
from router.db.queries.turned_away import with_reasons
from router.web.console.asking import now_of, read, services_of, user_of
from router.web.console.board import Board, capacity_board
from router.web.console.render import go, page
from router.web.console.today import DAY, Today, figures_of_today

ALERTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page shows, read in one transaction."""

    today: Today
    events: EventSummary
    outbox: OutboxSummary
    board: Board
    alerts: tuple[Alert, ...]
    alert_names: Mapping[str, str]
    tasks: OpenTasks


async def show(request: Request) -> Response:
    """The page; an agent's home is the list of their customers."""
    if user_of(request).role == "agent":
        return go("/customers")
    settings, now = services_of(request).settings, now_of(request)

    def seen(connection: Connection) -> Seen:
        alerts = with_reasons(connection, open_alerts(connection))
        return Seen(
            figures_of_today(connection, now, settings.time_zone),
            event_summary(connection, now - DAY),
            outbox_summary(connection, now - DAY),
            capacity_board(connection, now, settings.time_zone),
            alerts,
            names_within(connection, (each.subject for each in alerts[:ALERTS_SHOWN])),
            open_tasks(connection),
        )

    found = await read(request, seen)
    return page(
        request,
        "overview.html",
        seen=found,
        alerts_shown=ALERTS_SHOWN,
        now=now,
        parts=settings.parts(),
        is_sandbox=settings.is_sandbox,
    )
