"""The one loop of every worker: work until nothing is left, then sleep until woken or until something is due."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from router.clock import Clock

log = structlog.get_logger()

LONGEST_SLEEP = 60.0  # seconds: a notice that was lost on its way costs at most this
PAUSE_AFTER_FAULT = 1.0  # seconds


class Alarm:
    """Wakes one worker, from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake the worker, or keep it from falling asleep."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._event.set)

    async def sleep(self, seconds: float) -> None:
        """Until rung, or at most this long."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return

    def clear(self) -> None:
        """Before looking for work: whatever rings from now on is heard."""
        self._event.clear()


async def work_forever(
    name: str, alarm: Alarm, clock: Clock, work: Callable[[], Awaitable[int | None]], *, breath: float = 0.0
) -> None:
    """Call ``work`` for ever. It does all there is to do and returns when the next thing is due (ms), or None.

    Between two calls lie at least ``breath`` seconds, however often the alarm rings.

    A fault is logged and tried again: a worker that dies would leave customers waiting without anybody noticing.
    """
    while True:
        alarm.clear()
        try:
            due_at = await work()
        except Exception:
            log.exception("worker_fault", worker=name)
            await alarm.sleep(PAUSE_AFTER_FAULT)
            continue
        await asyncio.sleep(breath)
        await alarm.sleep(_seconds_until(due_at, clock()))


def _seconds_until(due_at: int | None, now: int) -> float:
    if due_at is None:
        return LONGEST_SLEEP
    return min(LONGEST_SLEEP, max(0.0, (due_at - now) / 1000))
