"""Tasks (待办) done, and open again. A change names the task, never the number in it."""

from sqlalchemy import Connection

from router.db.queries import changes, tasks
from router.db.queries.tasks import Task
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import TASK, Missing, Refusal


def finish_task(connection: Connection, act: Act, task_id: int) -> Task | Refusal:
    """Say that it is done; whoever was first stays named."""
    task = tasks.get_task(connection, task_id)
    if task is None:
        return Missing(TASK)
    return task if task.done_at is not None else _saved(connection, act, "task.done", task, act.now, act.actor)


def reopen_task(connection: Connection, act: Act, task_id: int) -> Task | Refusal:
    """Undo `finish_task`."""
    task = tasks.get_task(connection, task_id)
    if task is None:
        return Missing(TASK)
    return task if task.done_at is None else _saved(connection, act, "task.reopen", task, None, "")


def _saved(connection: Connection, act: Act, what: str, before: Task, done_at: int | None, done_by: str) -> Task:
    tasks.set_done(connection, before.id, done_at, done_by)
    after = tasks.get_task(connection, before.id)
    assert after is not None
    changes.record(connection, what, f"task:{before.id}", _told(before), _told(after), actor=act.actor, now=act.now)
    return after


def _told(task: Task) -> dict[str, object]:
    return {"kind": task.kind, "code_id": task.code_id, "done_at": task.done_at, "done_by": task.done_by}
