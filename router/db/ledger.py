"""The one writer: every change goes through it, and whatever queued while the last commit ran shares the next one.

Group commit without a timer: the batch adapts by itself to the load, and one durable commit answers many callers. A
unit of work is a plain function over a connection, one per use case; it must not touch anything outside the database,
because a transaction that fails is rolled back and its units are run again one by one, so that a bad unit fails alone.
"""

import asyncio
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from router.db.engine import READERS, open_readers, open_writer

log = structlog.get_logger()

T = TypeVar("T")
Item = TypeVar("Item")

Work = Callable[[Connection], T]
BatchWork = Callable[[Connection, Sequence[Item]], Sequence[T]]

CHANNEL = "liveqr"  # of NOTIFY

EVERYTHING = "*"  # told instead of a name when notices may have been missed

ATTEMPTS = 5  # of a unit that PostgreSQL chose as the victim of a deadlock, or whose connection was lost

LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's word for a lock_timeout

SHARE = 512  # units that share one transaction at most, so that a burst cannot make the first one wait for all


@dataclass(slots=True, eq=False)
class _Unit:
    work: BatchWork[Any, Any]
    item: Any
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class LedgerClosedError(RuntimeError):
    """The service is stopping: nothing was written."""


class OutcomeUnknownError(RuntimeError):
    """The connection was lost while the transaction was being committed: the change may stand or not."""


class LedgerUnreachableError(RuntimeError):
    """No connection to the database could be opened: nothing was written."""


class Ledger:
    """Reads on a few threads, writes on one; both awaited from the event loop."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._writer_engine = open_writer(url)
        self._reader_engine = open_readers(url)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="ledger-reader")
        self._gathered: dict[asyncio.AbstractEventLoop, list[_Unit]] = {}
        self._queue: SimpleQueue[_Unit | None] = SimpleQueue()  # None once, at the end
        self._closing = False
        self._connection: Connection | None = None
        self._subscribers: dict[str, list[Callable[[], None]]] = {}
        self._thread = threading.Thread(target=self._write_forever, name="ledger-writer", daemon=True)
        self._thread.start()

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._writer_engine.dialect.name

    @property
    def writer_is_alive(self) -> bool:
        """Whether changes can be taken."""
        return self._thread.is_alive() and not self._closing

    @property
    def waiting(self) -> int:
        """Units queued for the next transaction."""
        return self._queue.qsize()

    def subscribe(self, name: str, callback: Callable[[], None]) -> None:
        """Call ``callback`` from the writer thread after each commit that said ``wake(connection, name)``."""
        self._subscribers.setdefault(name, []).append(callback)

    async def write(self, work: Work[T]) -> T:
        """Run ``work(connection)`` in a transaction and return its result once that is committed.

        Raises what ``work`` raises, after a rollback of its own changes only; `LedgerUnreachableError` when there is no
        connection; `OutcomeUnknownError` when nobody can tell whether the change stands.
        """
        result: T = await self._submit(_alone, work)
        return result

    async def write_each(self, work: BatchWork[Item, T], item: Item) -> T:
        """Like ``write``, but all items queued for the same ``work`` are handed to it in one call, in order."""
        result: T = await self._submit(work, item)
        return result

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run ``query(connection)`` on a reader and return its result."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._read, query)

    def read_now(self, query: Callable[[Connection], T]) -> T:
        """``read`` for callers without an event loop (commands, tests)."""
        return self._read(query)

    def close(self) -> None:
        """Commit what is queued, then stop."""
        self._closing = True
        for loop in list(self._gathered):
            self._hand_over(loop)
        self._queue.put(None)
        self._thread.join()
        self._refuse_rest()
        self._readers.shutdown()
        self._reader_engine.dispose()
        self._writer_engine.dispose()

    async def _submit(self, work: BatchWork[Any, Any], item: Any) -> Any:
        if self._closing:
            raise LedgerClosedError("the ledger is closing")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._gather(loop).append(_Unit(work, item, future))
        return await future

    def _gather(self, loop: asyncio.AbstractEventLoop) -> list[_Unit]:
        """The units of the loop's present turn. They go to the writer together: woken by the first, it would begin a
        commit for that one alone, and fight the loop for the interpreter lock while the others are on their way."""
        gathered = self._gathered.get(loop)
        if gathered is None:
            gathered = self._gathered[loop] = []
            loop.call_soon(self._hand_over, loop)
        return gathered

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        for unit in self._gathered.pop(loop, ()):
            self._queue.put(unit)
        if not self._thread.is_alive():
            self._refuse_rest()  # it ended between the question and the put, and would never look again

    def _refuse_rest(self) -> None:
        late = self._queued()
        _fail(late, LedgerClosedError("the ledger is closing"))
        _answer(late)

    def _read(self, query: Callable[[Connection], T]) -> T:
        with self._reader_engine.begin() as connection:  # all statements of one query see one moment
            return query(connection)

    def _queued(self, at_most: int = sys.maxsize) -> list[_Unit]:
        """What is queued now, without waiting for more; the mark of the end stays in the queue."""
        units: list[_Unit] = []
        try:
            while len(units) < at_most:
                unit = self._queue.get_nowait()
                if unit is None:
                    self._queue.put(None)
                    break
                units.append(unit)
        except Empty:
            pass
        return units

    # --- the writer thread -------------------------------------------------------------------------------------

    def _write_forever(self) -> None:
        while first := self._queue.get():
            units = [first, *self._queued(at_most=SHARE - 1)]
            self._commit(units)
            _answer(units)
        self._disconnect()

    def _commit(self, units: list[_Unit], attempt: int = 1) -> None:
        try:
            self._run(units)
        except (OutcomeUnknownError, LedgerUnreachableError) as error:
            _fail(units, error)
        except Exception as error:
            if len(units) > 1:
                self._commit_one_by_one(units)
            elif attempt < ATTEMPTS and (self._connection is None or lost_a_race(error)):
                self._commit(units, attempt + 1)
            else:
                units[0].error = error

    def _commit_one_by_one(self, units: list[_Unit]) -> None:
        for position, unit in enumerate(units):
            self._commit([unit])
            if isinstance(unit.error, LedgerUnreachableError):
                _fail(units[position + 1 :], unit.error)  # each would wait for a connection as long as this one did
                return

    def _run(self, units: list[_Unit]) -> None:
        committing = False
        try:
            with self._connect().begin() as transaction:
                for work, group in _by_work(units).items():
                    results = work(transaction.connection, [unit.item for unit in group])
                    for unit, result in zip(group, results, strict=True):
                        unit.result = result
                woken = _take_wakes(transaction.connection)
                self._announce(transaction.connection, woken)
                committing = True
        except Exception as error:
            self._recover()
            if committing and self._connection is None:
                raise OutcomeUnknownError("the connection was lost during the commit") from error
            raise
        self._tell(woken)

    def _announce(self, connection: Connection, woken: set[str]) -> None:
        """Tell the other processes; the server does so when, and only when, the transaction commits."""
        if self.dialect == "postgresql":
            for name in woken:
                connection.exec_driver_sql(
                    "SELECT pg_notify(%(channel)s, %(name)s)", {"channel": CHANNEL, "name": name}
                )

    def tell(self, name: str) -> None:
        """Another process committed rows that the worker ``name`` waits for, or `EVERYTHING` that anybody waits for."""
        self._tell(set(self._subscribers) if name == EVERYTHING else {name})

    def _tell(self, woken: set[str]) -> None:
        for name in woken:
            for callback in self._subscribers.get(name, ()):
                try:
                    callback()
                except Exception:
                    # The change is committed: a subscriber at fault must not have it run again, nor stop the writer.
                    log.exception("subscriber_fault", subscriber=name)

    def _recover(self) -> None:
        """Forget what the failed transaction would have announced; drop the connection if the server did."""
        if self._connection is None:
            return
        if self._connection.invalidated:
            self._disconnect()
            return
        try:
            _take_wakes(self._connection)
            self._connection.exec_driver_sql("SELECT 1")
            self._connection.rollback()
        except SQLAlchemyError:
            self._disconnect()

    def _connect(self) -> Connection:
        if self._connection is None:
            try:
                self._connection = self._writer_engine.connect()
            except SQLAlchemyError as error:
                raise LedgerUnreachableError(f"no connection to the database: {error}") from error
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def wake(connection: Connection, name: str) -> None:
    """Say, inside a transaction, that rows appeared which the worker ``name`` waits for; told after the commit."""
    connection.info.setdefault("wakes", set()).add(name)


def lost_a_race(error: Exception) -> bool:
    """Deadlock, serialization failure (PostgreSQL, class 40), a lock not had in time: the unit may succeed at once."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    sqlstate = str(getattr(cause, "sqlstate", "") or "")
    return sqlstate.startswith("40") or sqlstate == LOCK_NOT_AVAILABLE


def _take_wakes(connection: Connection) -> set[str]:
    woken: set[str] = connection.info.pop("wakes", set())
    return woken


def _alone(connection: Connection, works: Sequence[Work[Any]]) -> list[Any]:
    return [work(connection) for work in works]


def _by_work(units: list[_Unit]) -> dict[BatchWork[Any, Any], list[_Unit]]:
    groups: dict[BatchWork[Any, Any], list[_Unit]] = {}
    for unit in units:
        groups.setdefault(unit.work, []).append(unit)
    return groups


def _fail(units: list[_Unit], error: Exception) -> None:
    for unit in units:
        unit.error = error


def _answer(units: list[_Unit]) -> None:
    """Wake the waiting callers with one call into each event loop: a call per unit would cost more than its insert."""
    loops: dict[asyncio.AbstractEventLoop, list[_Unit]] = {}
    for unit in units:
        loops.setdefault(unit.future.get_loop(), []).append(unit)
    for loop, answered in loops.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, answered)


def _resolve(units: list[_Unit]) -> None:
    for unit in units:
        if unit.future.done():
            continue  # the caller went away; the change stands
        if unit.error is None:
            unit.future.set_result(unit.result)
        else:
            unit.future.set_exception(unit.error)
