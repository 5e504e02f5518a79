"""待办 (tasks) and 警报 (alerts): what a person has to do, and what a person has to know."""

from dataclasses import replace

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.alerts import Alert, list_alerts, open_alerts
from router.db.queries.page import Page
from router.db.queries.subject_names import names_within
from router.db.queries.tasks import list_tasks
from router.db.queries.turned_away import with_reasons
from router.handlers.admin.tasks import finish_task, reopen_task
from router.web.console.asking import change, now_of, read
from router.web.console.forms import read_query
from router.web.console.render import go, page


async def show_tasks(request: Request) -> Response:
    """Open ones, the oldest first, or those done, the latest first."""
    query = read_query(request)
    done, after = query.ticked("done"), query.integer("after") or 0
    tasks = await read(request, lambda connection: list_tasks(connection, done=done, after=after))
    return page(request, "tasks.html", found=tasks, done=done, started=after > 0, now=now_of(request))


async def finish(request: Request) -> Response:
    """Say that a task is done."""
    task_id: int = request.path_params["id"]
    await change(request, lambda connection, act: finish_task(connection, act, task_id))
    return go("/tasks", said="done")


async def reopen(request: Request) -> Response:
    """Undo ``finish``."""
    task_id: int = request.path_params["id"]
    await change(request, lambda connection, act: reopen_task(connection, act, task_id))
    return go("/tasks", said="reopened")


async def show_alerts(request: Request) -> Response:
    """What is wrong now, and what was."""
    before = read_query(request).integer("before") or 0

    def around(connection: Connection) -> tuple[tuple[Alert, ...], Page[Alert], dict[str, str]]:
        wrong = with_reasons(connection, open_alerts(connection))
        listed = list_alerts(connection, ended=True, before=before)
        ended = replace(listed, items=with_reasons(connection, listed.items))
        return wrong, ended, names_within(connection, (each.subject for each in (*wrong, *ended.items)))

    wrong, ended, names = await read(request, around)
    return page(
        request,
        "alerts.html",
        wrong=wrong,
        ended=ended,
        alert_names=names,
        started=before > 0,
        now=now_of(request),
    )
