"""Operations on tasks (待办) and alerts (警报): what a person has to do or to know."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from router.db.queries import alerts as alerts_query
from router.db.queries import tasks as query
from router.db.queries.turned_away import with_reasons
from router.handlers.admin import tasks
from router.handlers.admin.refusal import TASK, Missing, Refusal
from router.web.api.fields import Instant, ListOf, NoQuery, Paging, QueryTruth, Resource
from router.web.api.operation import Call, Operation


class TaskResource(Resource):
    """``content`` of a ``call_back`` holds ``number``, ``consent``, ``consented_at``, and ``test`` if one."""

    id: int
    kind: str
    code_id: int | None
    code_name: str | None
    pool_id: int | None
    pool_name: str | None
    agent_id: int | None
    agent_name: str | None
    content: dict[str, Any]
    created_at: Instant
    done_at: Instant | None
    done_by: str


class AlertResource(Resource):
    """``subject`` is what it is about (``pool:3``), ``text`` what its sentence is filled with.

    A full pool says ``because`` when duty alone was the reason: ``nobody`` is there, or it is ``between_shifts``.
    """

    id: int
    kind: str
    subject: str
    text: dict[str, Any]
    since_at: Instant
    last_at: Instant
    times: int
    ended_at: Instant | None


class ListTasks(Paging):
    done: QueryTruth = False


class ListAlerts(Paging):
    ended: QueryTruth = False


def list_tasks(connection: Connection, call: Call[ListTasks, None]) -> ListOf[TaskResource]:
    page = query.list_tasks(connection, done=call.query.done, after=call.after, limit=call.query.limit)
    return call.page(page, TaskResource)


def get_task(connection: Connection, call: Call[NoQuery, None]) -> TaskResource | Refusal:
    task = query.get_task(connection, call.ids["task_id"])
    return Missing(TASK) if task is None else TaskResource.model_validate(task)


def finish_task(connection: Connection, call: Call[NoQuery, None]) -> TaskResource | Refusal:
    return _resource(tasks.finish_task(connection, call.act, call.ids["task_id"]))


def reopen_task(connection: Connection, call: Call[NoQuery, None]) -> TaskResource | Refusal:
    return _resource(tasks.reopen_task(connection, call.act, call.ids["task_id"]))


def list_alerts(connection: Connection, call: Call[ListAlerts, None]) -> ListOf[AlertResource]:
    page = alerts_query.list_alerts(connection, ended=call.query.ended, before=call.after, limit=call.query.limit)
    return call.page(replace(page, items=with_reasons(connection, page.items)), AlertResource)


def _resource(outcome: query.Task | Refusal) -> TaskResource | Refusal:
    return TaskResource.model_validate(outcome) if isinstance(outcome, query.Task) else outcome


ONE = "/v1/tasks/{task_id}"
OPERATIONS = (
    Operation(
        "GET",
        "/v1/tasks",
        "Open tasks, the oldest first, or those done",
        list_tasks,
        ListOf[TaskResource],
        ListTasks,
    ),
    Operation("GET", ONE, "One task", get_task, TaskResource),
    Operation("POST", f"{ONE}/done", "Say that a task is done", finish_task, TaskResource, writes=True),
    Operation("POST", f"{ONE}/reopen", "Open a task again", reopen_task, TaskResource, writes=True),
    Operation(
        "GET",
        "/v1/alerts",
        "What is wrong now, or was, latest first",
        list_alerts,
        ListOf[AlertResource],
        ListAlerts,
    ),
)
