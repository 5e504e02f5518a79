"""The one writer: callers share commits, faults stay with whoever caused them, and wakes follow commits."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger, LedgerClosedError
from tests.factories import agent
from tests.integration.ledger.looking import column
from tests.integration.ledger.writing import AGENTS, Busy, announced

pytestmark = pytest.mark.anyio


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
