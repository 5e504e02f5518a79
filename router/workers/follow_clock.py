"""Follows the sandbox's movable clock, so that an hour on its phone page is an hour in the service."""

import asyncio

import httpx
import structlog

from router.clock import MovableClock
from router.workers.loop import Alarm

log = structlog.get_logger()

EVERY = 0.5  # seconds


async def take_over(clock: MovableClock, sandbox_url: str) -> None:
    """Take over the sandbox's offset once, before anything is dated by a clock that is about to jump."""
    async with httpx.AsyncClient(base_url=sandbox_url, timeout=2.0) as http:
        clock.offset = await _offset(http) or 0


async def follow_clock(clock: MovableClock, sandbox_url: str, alarms: list[Alarm]) -> None:
    """Take over the sandbox's offset for ever; a jump rings all alarms. A sandbox that is away changes nothing."""
    async with httpx.AsyncClient(base_url=sandbox_url, timeout=2.0) as http:
        while True:
            offset = await _offset(http)
            if offset is not None and offset != clock.offset:
                clock.offset = offset
                for alarm in alarms:
                    alarm.ring()
            await asyncio.sleep(EVERY)


async def _offset(http: httpx.AsyncClient) -> int | None:
    try:
        answer = (await http.get("/control/clock")).json()
        return int(answer["offset"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        log.debug("sandbox_clock_unread", error=str(error))
        return None
