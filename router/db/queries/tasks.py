"""待办 (tasks): what a person has to do, such as calling back a visitor who left a number."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from router.db import json
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql

CALL_BACK = "call_back"
BY_RULE = "rule"  # a rule asked for it; ``title`` says what is to be done
LADDER = "ladder"  # a rule started an escalation ladder; ``due_at`` is when a person should have looked

_COLUMNS = (
    "SELECT t.id, t.kind, t.code_id, c.name, t.pool_id, p.name, t.agent_id, a.name, t.content, t.created_at, t.done_at,"
    " t.done_by FROM task AS t LEFT JOIN live_code AS c ON c.id = t.code_id LEFT JOIN pool AS p ON p.id = t.pool_id"
    " LEFT JOIN agent AS a ON a.id = t.agent_id"
)
_INSERT = Sql(
    "INSERT INTO task (kind, code_id, pool_id, visitor, content, created_at, done_by)"
    " VALUES (:kind, :code_id, :pool_id, :visitor, :content, :now, '') RETURNING id"
)
_INSERT_OF_CUSTOMER = Sql(
    "INSERT INTO task (kind, customer_id, visitor, content, created_at, done_by)"
    " VALUES (:kind, :customer_id, '', :content, :now, '')"
)
_OPEN_LADDERS = Sql(
    "SELECT customer_id, content FROM task WHERE done_at IS NULL AND customer_id IS NOT NULL AND kind = 'ladder'"
    " AND customer_id {among:customers}"
)
_GET = Sql(f"{_COLUMNS} WHERE t.id = :id")
_OPEN = Sql(f"{_COLUMNS} WHERE t.done_at IS NULL AND t.id > :after ORDER BY t.id LIMIT :rows")
_DONE = Sql(f"{_COLUMNS} WHERE t.done_at IS NOT NULL AND t.id < :before ORDER BY t.id DESC LIMIT :rows")
_SET_DONE = Sql("UPDATE task SET done_at = :done_at, done_by = :done_by WHERE id = :id")
_COUNT_OPEN = Sql("SELECT count(*), min(created_at) FROM task WHERE done_at IS NULL")
_OF_VISITOR = Sql(
    f"{_COLUMNS} WHERE t.code_id = :code_id AND t.visitor = :visitor AND t.visitor <> '' AND t.kind = 'call_back'"
    " AND t.done_at IS NULL ORDER BY t.id DESC LIMIT 1"
)
_LEFT_SINCE = Sql("SELECT count(*) FROM task WHERE code_id = :code_id AND visitor <> '' AND created_at >= :since")
_LEFT_BY_VISITOR_SINCE = Sql(
    "SELECT count(*) FROM task WHERE code_id = :code_id AND visitor = :visitor AND visitor <> ''"
    " AND created_at >= :since"
)
_DROP_OPEN = Sql(
    "DELETE FROM task WHERE code_id = :code_id AND visitor = :visitor AND visitor <> '' AND kind = 'call_back'"
    " AND done_at IS NULL"
)
_WITHDRAW = Sql(
    "DELETE FROM task WHERE code_id = :code_id AND visitor = :visitor AND visitor <> '' AND kind = 'call_back'"
)


@dataclass(frozen=True, slots=True)
class Task:
    """``content`` of a ``call_back``: ``number``, ``consent`` (the text agreed to), ``consented_at``.

    Of a ``rule``: ``title``; of a ``ladder``: ``ladder``, ``due_at``; of both, which rule, and the message.
    """

    id: int
    kind: str
    code_id: int | None
    code_name: str | None
    pool_id: int | None
    pool_name: str | None
    agent_id: int | None
    agent_name: str | None
    content: dict[str, Any]
    created_at: int
    done_at: int | None
    done_by: str


@dataclass(frozen=True, slots=True)
class CustomerTask:
    """A task to be opened because of what a customer wrote, or an employee (``customer_id`` None)."""

    kind: str
    customer_id: int | None
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OpenTasks:
    """How many are open, and since when the oldest is."""

    count: int
    oldest_at: int | None


def insert_call_back(
    connection: Connection, code_id: int, pool_id: int, visitor: str, content: dict[str, Any], now: int
) -> int:
    """A number to be called; returns the task's id."""
    row = _INSERT.row(
        connection,
        kind=CALL_BACK,
        code_id=code_id,
        pool_id=pool_id,
        visitor=visitor,
        content=json.dump(content),
        now=now,
    )
    assert row is not None
    return int(row[0])


def insert_of_customers(connection: Connection, asked: Sequence[CustomerTask], now: int) -> None:
    """Open the tasks of a batch of messages."""
    _INSERT_OF_CUSTOMER.run_many(
        connection,
        [
            {"kind": each.kind, "customer_id": each.customer_id, "content": json.dump(each.content), "now": now}
            for each in asked
        ],
    )


def open_ladders(connection: Connection, customer_ids: Collection[int]) -> set[tuple[int, str]]:
    """(customer, ladder) of the ladders that stand open for these customers."""
    rows = _OPEN_LADDERS.rows(connection, customers=sorted(customer_ids))
    return {(customer_id, str(json.load(content).get("ladder", ""))) for customer_id, content in rows}


def get_task(connection: Connection, task_id: int) -> Task | None:
    """One task, open or done."""
    row = _GET.row(connection, id=task_id)
    return None if row is None else _task(row)


def list_tasks(connection: Connection, *, done: bool = False, after: int = 0, limit: int = 50) -> Page[Task]:
    """Open ones, the oldest first, or done ones, the latest first; ``after`` continues a page."""
    if done:
        rows = _DONE.rows(connection, before=after or 2**62, rows=limit + 1)
    else:
        rows = _OPEN.rows(connection, after=after, rows=limit + 1)
    return page_of([_task(row) for row in rows], limit, lambda task: task.id)


def set_done(connection: Connection, task_id: int, done_at: int | None, done_by: str) -> None:
    """Done by somebody, or open again with None."""
    _SET_DONE.run(connection, id=task_id, done_at=done_at, done_by=done_by)


def open_tasks(connection: Connection) -> OpenTasks:
    """What waits to be done."""
    row = _COUNT_OPEN.row(connection)
    assert row is not None
    return OpenTasks(*row)


def call_back_of(connection: Connection, code_id: int, visitor: str) -> Task | None:
    """The open call-back that this visitor asked for on this code."""
    row = _OF_VISITOR.row(connection, code_id=code_id, visitor=visitor)
    return None if row is None else _task(row)


def numbers_left(connection: Connection, code_id: int, since: int) -> int:
    """How many numbers were left on this code since ``since`` (ms)."""
    row = _LEFT_SINCE.row(connection, code_id=code_id, since=since)
    assert row is not None
    return int(row[0])


def numbers_left_by(connection: Connection, code_id: int, visitor: str, since: int) -> int:
    """How many of them this visitor left."""
    row = _LEFT_BY_VISITOR_SINCE.row(connection, code_id=code_id, visitor=visitor, since=since)
    assert row is not None
    return int(row[0])


def drop_open(connection: Connection, code_id: int, visitor: str) -> None:
    """Forget the open call-backs of this visitor on this code: another one takes their place."""
    _DROP_OPEN.run(connection, code_id=code_id, visitor=visitor)


def withdraw(connection: Connection, code_id: int, visitor: str) -> int:
    """Delete every number this visitor left on this code, called back or not; returns how many."""
    return _WITHDRAW.run(connection, code_id=code_id, visitor=visitor)


def _task(row: Row) -> Task:
    *plain, content, created_at, done_at, done_by = row
    return Task(*(*plain, json.load(content), created_at, done_at, done_by))
