"""The only module that reads the clock. Instants are milliseconds since the Unix epoch, UTC."""

import time
from collections.abc import Callable

Clock = Callable[[], int]


def system_clock() -> int:
    """Now, in milliseconds since the Unix epoch, UTC."""
    return time.time_ns() // 1_000_000


class MovableClock:
    """System time plus an offset in milliseconds; follows the sandbox's clock, and moves tests through time."""

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset

    def __call__(self) -> int:
        return system_clock() + self.offset


def stopwatch() -> int:
    """A steadily growing count of microseconds, for durations only."""
    return time.perf_counter_ns() // 1_000
