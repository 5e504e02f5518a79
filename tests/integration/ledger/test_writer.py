"""The one writer: callers share commits, faults stay with whoever caused them, and wakes follow commits."""

import asyncio
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, make_url

from router.db import engine
from router.db.ledger import (
    CHANNEL,
    Ledger,
    LedgerClosedError,
    LedgerUnreachableError,
    OutcomeUnknownError,
    wake,
)
from router.db.listen import Listener
from router.db.queries import scan
from router.db.sql import Sql
from tests.factories import agent
from tests.integration.ledger.looking import column, one

pytestmark = pytest.mark.anyio

AGENTS = "SELECT userid FROM agent ORDER BY id"


class Busy:
    """Keeps the writer inside one transaction, so that what is queued meanwhile shares the next."""

    def __init__(self) -> None:
        self._may_end = threading.Event()
        self.began = threading.Event()

    def __call__(self, _connection: Connection) -> None:
        self.began.set()
        assert self._may_end.wait(10)

    def end(self) -> None:
        self._may_end.set()


async def queued_behind(busy: Busy, ledger: Ledger, *works: Callable[[Connection], object]) -> list[object]:
    """What each unit of work came to, errors included, when all were queued while the writer was busy."""
    first = asyncio.create_task(ledger.write(busy))
    await asyncio.to_thread(busy.began.wait, 10)
    tasks = [asyncio.create_task(ledger.write(work)) for work in works]
    while ledger.waiting < len(works):
        await asyncio.sleep(0)
    busy.end()
    await first
    return list(await asyncio.gather(*tasks, return_exceptions=True))


def announced(name: str, work: Callable[[Connection], object]) -> Callable[[Connection], None]:
    """``work``, after saying that the worker ``name`` has something to do."""

    def announce(connection: Connection) -> None:
        wake(connection, name)
        work(connection)

    return announce


def refuse(_connection: Connection) -> int:
    raise ValueError("this unit is at fault")


async def test_a_unit_at_fault_fails_alone_and_the_others_of_its_batch_are_committed(ledger: Ledger) -> None:
    results = await queued_behind(Busy(), ledger, agent("ann"), refuse, agent("bo"))

    assert isinstance(results[1], ValueError)
    assert all(isinstance(results[position], int) for position in (0, 2))
    assert await ledger.read(column(AGENTS)) == ["ann", "bo"]


async def test_a_unit_that_breaks_a_constraint_fails_alone(ledger: Ledger) -> None:
    results = await queued_behind(Busy(), ledger, agent("ann"), agent("ann"), agent("bo"))

    assert isinstance(results[1], Exception)
    assert await ledger.read(column(AGENTS)) == ["ann", "bo"]


async def test_what_a_failed_unit_wrote_before_its_fault_is_gone(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError):
        await ledger.write(lambda c: [agent("ann")(c), 1 / 0])

    assert await ledger.read(column(AGENTS)) == []


async def test_items_queued_for_one_work_are_handed_to_it_together_and_in_order(ledger: Ledger) -> None:
    seen: list[list[int]] = []

    def double(_connection: Connection, items: Sequence[int]) -> list[int]:
        seen.append(list(items))
        return [2 * item for item in items]

    busy = Busy()
    first = asyncio.create_task(ledger.write(busy))
    await asyncio.to_thread(busy.began.wait, 10)
    tasks = [asyncio.create_task(ledger.write_each(double, number)) for number in range(5)]
    while ledger.waiting < 5:
        await asyncio.sleep(0)
    busy.end()

    assert await asyncio.gather(*tasks) == [0, 2, 4, 6, 8]
    assert seen == [[0, 1, 2, 3, 4]]
    await first


async def test_a_caller_who_goes_away_does_not_undo_the_change(ledger: Ledger) -> None:
    busy = Busy()
    first = asyncio.create_task(ledger.write(busy))
    await asyncio.to_thread(busy.began.wait, 10)
    impatient = asyncio.create_task(ledger.write(agent("ann")))
    while ledger.waiting < 1:
        await asyncio.sleep(0)

    impatient.cancel()
    busy.end()
    await first
    await ledger.write(agent("bo"))

    assert impatient.cancelled()
    assert await ledger.read(column(AGENTS)) == ["ann", "bo"]


async def test_closing_commits_what_is_queued(database_url: str) -> None:
    ledger, busy = Ledger(database_url), Busy()
    first = asyncio.create_task(ledger.write(busy))
    await asyncio.to_thread(busy.began.wait, 10)
    queued = asyncio.create_task(ledger.write(agent("ann")))
    while ledger.waiting < 1:
        await asyncio.sleep(0)

    closing = asyncio.create_task(asyncio.to_thread(ledger.close))
    busy.end()
    await asyncio.gather(first, queued, closing)

    reopened = Ledger(database_url)
    assert reopened.read_now(column(AGENTS)) == ["ann"]
    reopened.close()


async def test_a_closed_ledger_refuses_changes_and_says_so(database_url: str) -> None:
    ledger = Ledger(database_url)
    ledger.close()

    with pytest.raises(LedgerClosedError):
        await ledger.write(agent("ann"))
    assert not ledger.writer_is_alive


async def test_a_worker_is_woken_after_the_commit_it_waits_for(ledger: Ledger, database_url: str) -> None:
    observer = Ledger(database_url)
    seen_when_woken: list[list[str]] = []
    ledger.subscribe("inbox", lambda: seen_when_woken.append(observer.read_now(column(AGENTS))))

    await ledger.write(announced("inbox", agent("ann")))

    assert seen_when_woken == [["ann"]]
    observer.close()


async def test_nobody_is_woken_for_a_transaction_that_was_rolled_back(ledger: Ledger) -> None:
    woken: list[str] = []
    ledger.subscribe("inbox", lambda: woken.append("inbox"))

    with pytest.raises(ValueError, match="at fault"):
        await ledger.write(announced("inbox", refuse))
    await ledger.write(agent("ann"))

    assert woken == []


async def test_a_subscriber_at_fault_neither_repeats_the_change_nor_stops_the_writer(ledger: Ledger) -> None:
    runs: list[int] = []

    def subscriber() -> None:
        raise RuntimeError("the event loop is closed")

    ledger.subscribe("inbox", subscriber)

    await ledger.write(announced("inbox", lambda _: runs.append(1)))
    await ledger.write(agent("ann"))

    assert runs == [1]
    assert await ledger.read(column(AGENTS)) == ["ann"]
    assert ledger.writer_is_alive


async def test_a_deadlock_victim_is_run_again(ledger: Ledger) -> None:
    class DeadlockError(Exception):
        sqlstate = "40P01"

    runs: list[int] = []

    def loses_twice(connection: Connection) -> int:
        runs.append(1)
        if len(runs) < 3:
            raise DeadlockError
        return agent("ann")(connection)

    await ledger.write(loses_twice)

    assert len(runs) == 3
    assert await ledger.read(column(AGENTS)) == ["ann"]


async def test_a_unit_that_always_loses_its_race_is_given_up_with_the_error(ledger: Ledger) -> None:
    class DeadlockError(Exception):
        sqlstate = "40P01"

    def loses(_connection: Connection) -> None:
        raise DeadlockError

    with pytest.raises(DeadlockError):
        await ledger.write(loses)


async def test_a_reader_cannot_write_to_the_file(sqlite_url: str) -> None:
    ledger = Ledger(sqlite_url)

    with pytest.raises(Exception, match="readonly"):
        await ledger.read(agent("ann"))
    ledger.close()


# --- several processes on PostgreSQL -------------------------------------------------------------------------------

_TERMINATE_OTHERS = Sql(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid()"
)


def kill_connections(url: str) -> None:
    """As an operator or a failover would."""
    killer = Ledger(url)
    killer.read_now(lambda c: _TERMINATE_OTHERS.rows(c))
    killer.close()


async def test_a_write_after_the_server_dropped_the_connection_works(postgresql_url: str) -> None:
    ledger = Ledger(postgresql_url)
    await ledger.write(agent("ann"))

    kill_connections(postgresql_url)
    await ledger.write(agent("bo"))

    assert await ledger.read(column(AGENTS)) == ["ann", "bo"]
    ledger.close()


async def test_a_read_after_the_server_dropped_the_connection_works(postgresql_url: str) -> None:
    ledger = Ledger(postgresql_url)
    await asyncio.gather(*(ledger.read(one("SELECT 1 FROM pg_sleep(0.05)")) for _ in range(4)))

    kill_connections(postgresql_url)

    assert [await ledger.read(one("SELECT 1")) for _ in range(4)] == [1, 1, 1, 1]
    ledger.close()


async def test_a_unit_whose_connection_is_dropped_half_way_is_run_again_from_the_start(postgresql_url: str) -> None:
    ledger = Ledger(postgresql_url)
    runs: list[int] = []

    def interrupted(connection: Connection) -> int:
        runs.append(1)
        id = agent("ann")(connection)
        if len(runs) == 1:
            kill_connections(postgresql_url)
            agent("bo")(connection)
        return id

    await ledger.write(interrupted)

    assert len(runs) == 2
    assert await ledger.read(column(AGENTS)) == ["ann"]
    ledger.close()


async def test_a_change_whose_commit_got_no_answer_is_reported_and_not_run_again(postgresql_url: str) -> None:
    ledger = Ledger(postgresql_url)
    runs: list[int] = []

    def cut_at_the_end(connection: Connection) -> None:
        agent("ann")(connection)
        runs.append(1)
        kill_connections(postgresql_url)

    with pytest.raises(OutcomeUnknownError):
        await ledger.write(cut_at_the_end)
    await ledger.write(agent("bo"))

    assert runs == [1]
    assert await ledger.read(column(AGENTS)) == ["bo"]
    ledger.close()


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


@contextmanager
def hanging_up() -> Iterator[tuple[str, list[int]]]:
    """A server that ends every connection at once: its URL, and one entry per connection it had."""
    accepted: list[int] = []

    class HangUp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            accepted.append(1)

    with socketserver.TCPServer(("127.0.0.1", 0), HangUp) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"postgresql://any@127.0.0.1:{server.server_address[1]}/any?sslmode=disable&gssencmode=disable", accepted
        server.shutdown()
        thread.join()


async def test_without_a_connection_a_batch_fails_at_once_and_as_one() -> None:
    with hanging_up() as (url, accepted):
        ledger = Ledger(url)

        results = await asyncio.gather(*(ledger.write(agent("ann")) for _ in range(20)), return_exceptions=True)

        assert {type(result) for result in results} == {LedgerUnreachableError}
        assert len(accepted) <= 2  # the first may not have waited for the others
        ledger.close()


async def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ledger = Ledger(f"postgresql://any@127.0.0.1:{silent.getsockname()[1]}/any?connect_timeout=2")

        with pytest.raises(LedgerUnreachableError):
            await asyncio.wait_for(ledger.write(agent("ann")), 30)

        ledger.close()


@pytest.mark.parametrize("option", ["connect_timeout", "keepalives_idle", "tcp_user_timeout"])
def test_every_connection_notices_that_its_server_is_gone_unless_the_url_says_otherwise(option: str) -> None:
    plain, told = "postgresql://any@db/liveqr", f"postgresql://any@db/liveqr?{option}=77"

    assert make_url(engine.normal_url(plain)).query[option] not in ("", "0", "77")
    assert make_url(engine.normal_url(told)).query[option] == "77"


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
