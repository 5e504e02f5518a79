"""The one reader of the clock."""

import time

from router.clock import MovableClock, stopwatch, system_clock
from tests.factories import DAY


def test_the_system_clock_tells_milliseconds_since_the_epoch() -> None:
    before = time.time() * 1000

    now = system_clock()

    assert before - 1 <= now <= time.time() * 1000 + 1


def test_a_movable_clock_is_ahead_by_its_offset() -> None:
    clock = MovableClock()
    clock.offset = DAY

    ahead = clock() - system_clock()

    assert DAY - 1_000 <= ahead <= DAY


def test_a_stopwatch_never_runs_backwards() -> None:
    readings = [stopwatch() for _ in range(100)]

    assert readings == sorted(readings)
