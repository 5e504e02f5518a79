"""What the ledger answered is remembered until a commit says that it may have changed."""

import anyio
import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger, wake
from router.db.remembered import Remembered
from router.db.sql import Sql

pytestmark = pytest.mark.anyio

NAME = Sql("SELECT value FROM setting WHERE name = :name")
SET = Sql(
    "INSERT INTO setting (name, value, secret, updated_at, updated_by) VALUES (:name, :value, false, 0, '')"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


class Asked:
    """The query, with what it was asked."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def __call__(self, connection: Connection, name: str) -> str | None:
        self.keys.append(name)
        row = NAME.row(connection, name=name)
        return row[0] if row else None


async def write(ledger: Ledger, name: str, value: str) -> None:
    def work(connection: Connection) -> None:
        SET.run(connection, name=name, value=value)
        wake(connection, "names")

    await ledger.write(work)


async def test_what_was_answered_is_not_asked_again(ledger: Ledger) -> None:
    await write(ledger, "a", "first")
    remembered = Remembered(ledger, asked := Asked(), told="names")

    answers = [await remembered.get("a"), await remembered.get("a")]

    assert (answers, asked.keys) == (["first", "first"], ["a"])


async def test_a_change_is_seen_by_whoever_asks_after_it(ledger: Ledger) -> None:
    await write(ledger, "a", "first")
    remembered = Remembered(ledger, Asked(), told="names")
    await remembered.get("a")

    await write(ledger, "a", "second")

    assert await remembered.get("a") == "second"


async def test_what_is_not_there_is_asked_for_each_time(ledger: Ledger) -> None:
    remembered = Remembered(ledger, asked := Asked(), told="names")

    answers = [await remembered.get("a"), await remembered.get("a")]

    assert (answers, asked.keys) == ([None, None], ["a", "a"])


async def test_an_answer_that_was_read_before_a_change_is_not_remembered_after_it(ledger: Ledger) -> None:
    await write(ledger, "a", "first")
    read, go_on = anyio.Event(), anyio.Event()

    class SlowLedger(Ledger):
        """Answers late."""

        def __init__(self) -> None: ...

        async def read(self, query):  # type: ignore[no-untyped-def]
            answer = await ledger.read(query)
            read.set()
            await go_on.wait()
            return answer

        def subscribe(self, name, callback):  # type: ignore[no-untyped-def]
            ledger.subscribe(name, callback)

    remembered = Remembered(SlowLedger(), Asked(), told="names")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(remembered.get, "a")
        await read.wait()
        await write(ledger, "a", "second")
        go_on.set()

    assert await remembered.get("a") == "second"
