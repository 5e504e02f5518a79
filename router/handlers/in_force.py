"""What admins keep and every message is held against, compiled (生效): read once, renewed after a change.

Whoever must not miss a change asks for what is `current`, and waits. Decisions take what is `at_hand`: a small change
at once, a large one as soon as another thread has compiled it, while the one before it serves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Final, Generic, TypeAlias, TypeVar

import structlog
from sqlalchemy import Connection

from router.db.sql import Row
from router.handlers.compilation import RunBeside, run_now, without_collections

log = structlog.get_logger()

T = TypeVar("T")

Rows: TypeAlias = tuple[Row, ...]

AT_ONCE: Final = 8_192
"""Characters of all rows that a decision may wait for: some 20 ms."""


@dataclass(frozen=True, slots=True)
class _Held(Generic[T]):
    """What was compiled from rows that were read when ``change`` was the last one told of."""

    change: object
    rows: Rows | None
    compiled: T


class InForce(Generic[T]):
    """Rows of the last commit, compiled anew only when they are others. Used by any thread."""

    def __init__(
        self,
        read: Callable[[Connection], Rows],
        compile_rows: Callable[[Rows], T],
        nothing: T,
        run_beside: RunBeside = run_now,
    ) -> None:
        """``nothing`` is held until rows are read; for decisions large ones are compiled by `run_beside`."""
        self._read = read
        self._compile_rows = compile_rows
        self._run_beside = run_beside
        self._held: _Held[T] = _Held(object(), None, nothing)
        self._change = object()  # the last one told of: another for each, so that threads need not count together
        self._compiling = object()  # the change after which another thread compiles
        self._lock = Lock()  # one compiles; who needs the same waits for it

    @property
    def latest(self) -> T | None:
        """What is in force; None when it must be read first."""
        held = self._held
        return held.compiled if held.change is self._change else None

    def outdate(self) -> None:
        """Something changed: whoever asks next reads it anew."""
        self._change = object()

    def current(self, connection: Connection) -> T:
        """As this connection sees it, which must have read nothing before: what it sees would be older."""
        with self._lock:
            change = self._change  # before reading: a change made meanwhile outdates what is being read
            if self._held.change is not change:
                self._renew(change, self._read(connection))
            return self._held.compiled

    def at_hand(self, connection: Connection) -> T:
        """As this connection sees it, or as it was before a large change that is being compiled."""
        change, held = self._change, self._held
        if change in (held.change, self._compiling):
            return held.compiled
        rows = self._read(connection)
        if held.rows is None or _characters(rows) <= AT_ONCE:
            with self._lock:
                self._renew(change, rows)
        else:
            self._compiling = change
            self._run_beside(partial(self._renew_beside, change, rows))
        return self._held.compiled

    def _renew(self, change: object, rows: Rows) -> None:
        held = self._held
        if held.change is not change:
            compiled = held.compiled if rows == held.rows else self._compile_rows(rows)
            self._held = _Held(change, rows, compiled)

    def _renew_beside(self, change: object, rows: Rows) -> None:
        try:
            with self._lock, without_collections():
                if change is self._change:  # else the next decision reads what is newer
                    self._renew(change, rows)
        except Exception:
            log.exception("not_in_force", rows=len(rows))  # nobody waits for this thread to raise it


def _characters(rows: Rows) -> int:
    return sum(len(each) for row in rows for each in row if isinstance(each, str))
