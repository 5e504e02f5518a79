"""The sandbox's movable clock: every window the platform keeps (20 s, 10 min, 48 h, 3 days) is measured with it."""

import time
from collections.abc import Callable


def _steady_clock() -> Callable[[], int]:
    """Wall time that never steps back: read once, then carried on by the monotonic clock."""
    started_at, started = time.time_ns() // 1_000_000, time.monotonic_ns()
    return lambda: started_at + (time.monotonic_ns() - started) // 1_000_000


class MovableClock:
    """Real time plus an offset that `POST /control/clock` changes. Instants are milliseconds since the epoch."""

    def __init__(self, real: Callable[[], int] | None = None, offset: int = 0) -> None:
        self._real = real or _steady_clock()
        self.offset = offset

    def now(self) -> int:
        return self._real() + self.offset

    def advance(self, milliseconds: int) -> None:
        self.offset += milliseconds

    def move_to(self, now: int) -> None:
        self.offset = now - self._real()
