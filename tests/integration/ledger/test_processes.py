"""Several processes on one database: none stops another, and each hears what the others commit."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from router.db import engine
from router.db.ledger import CHANNEL, Ledger
from router.db.listen import Listener
from router.db.queries import scan
from tests.factories import agent
from tests.integration.ledger.looking import column, one
from tests.integration.ledger.writing import AGENTS, Busy, announced, kill_connections

pytestmark = pytest.mark.anyio


class Heard:
    """Collects what a ledger is told, and waits for it."""

    def __init__(self, ledger: Ledger, name: str) -> None:
        self._event = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        ledger.subscribe(name, self._hear)

    def _hear(self) -> None:
        self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self) -> bool:
        try:
            await asyncio.wait_for(self._event.wait(), 15)
        except TimeoutError:
            return False
        return True


async def until_listening(ledger: Ledger) -> None:
    """The listener's connection has said LISTEN."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = :query"
    while not await ledger.read(one(query, query=f"LISTEN {CHANNEL}")):
        await asyncio.sleep(0.01)


async def test_a_process_that_stands_still_in_its_transaction_stops_no_other(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "IDLE_IN_TRANSACTION", 300)
    frozen, ledger = Ledger(postgresql_url), Ledger(postgresql_url)

    busy = Busy()

    def stand_still(connection: Connection) -> None:
        scan.lock_pools(connection, {1})
        busy(connection)
        agent("bo")(connection)

    stopped = asyncio.create_task(frozen.write(stand_still))
    await asyncio.to_thread(busy.began.wait, 10)
    await ledger.write(lambda c: scan.lock_pools(c, {1}))
    await ledger.write(agent("ann"))
    busy.end()
    await stopped

    assert await ledger.read(column(AGENTS)) == ["ann", "bo"]
    frozen.close()
    ledger.close()


async def test_a_lock_that_is_not_had_in_time_is_asked_for_again(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LOCK_TIMEOUT", 50)
    busy, ledger = Ledger(postgresql_url), Ledger(postgresql_url)
    runs: list[int] = []

    with busy._writer_engine.connect() as other:
        holding = other.begin()
        scan.lock_pools(other, {1})

        def lock(connection: Connection) -> None:
            runs.append(1)
            if len(runs) == 3:
                holding.rollback()
            scan.lock_pools(connection, {1})

        await ledger.write(lock)

    assert len(runs) == 3
    busy.close()
    ledger.close()


async def test_the_statements_of_one_read_see_one_moment(ledger: Ledger, open_ledger: Callable[[], Ledger]) -> None:
    await ledger.write(agent("ann"))
    other = open_ledger()

    def twice(connection: Connection) -> list[list[str]]:
        before = column(AGENTS)(connection)
        asyncio.run(other.write(agent("bo")))
        return [before, column(AGENTS)(connection)]

    assert await ledger.read(twice) == [["ann"], ["ann"]]
    assert await ledger.read(column(AGENTS)) == ["ann", "bo"]


async def test_what_one_process_commits_wakes_the_workers_of_another(postgresql_url: str) -> None:
    mine, theirs = Ledger(postgresql_url), Ledger(postgresql_url)
    heard = Heard(theirs, "inbox")
    listener = Listener(postgresql_url, theirs.tell)
    await until_listening(mine)

    await mine.write(announced("inbox", agent("ann")))

    assert await heard.wait()
    listener.close()
    mine.close()
    theirs.close()


async def test_a_listener_that_lost_its_connection_catches_up_with_what_it_missed(postgresql_url: str) -> None:
    theirs = Ledger(postgresql_url)
    first = Heard(theirs, "catalog")
    listener = Listener(postgresql_url, theirs.tell)
    assert await first.wait()
    again = Heard(theirs, "catalog")

    kill_connections(postgresql_url)

    assert await again.wait()
    listener.close()
    theirs.close()
