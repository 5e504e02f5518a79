"""Carries out effects: claim with a lease, call the platform with no transaction open, record the outcome."""

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy import Connection

from router.db.queries import outbox
from router.db.queries.outbox import Claimed
from router.domain.delivery import (
    Done,
    Finish,
    Refused,
    Retry,
    TooLate,
    TryAgain,
    hasty_pause_after,
    next_step,
)
from router.domain.effects import Lane
from router.handlers.outbound import carry_out
from router.handlers.outbound.platform import Carried, Platform

log = structlog.get_logger()

AT_ONCE: dict[Lane, int] = {"welcome": 32, "chat": 16, "platform": 8}
"""Calls under way per lane: the welcome has 20 s for everything and must not wait for tags."""

RECORDING = 1_000  # ms of a lease that are left for the record when an attempt takes all the time it may


class Sender:
    """One per lane."""

    def __init__(self, lane: Lane, platform: Callable[[], Platform]) -> None:
        self._lane = lane
        self._platform = platform
        self._attempt_within = outbox.LEASE[lane] - RECORDING
        self._under_way: set[asyncio.Task[None]] = set()
        self._held: dict[int, Claimed] = {}  # what is under way, by id, with its newest fence

    async def work(self) -> int | None:
        """Claim and start whatever is due and there is room for; returns when the next effect is due (ms)."""
        platform = self._platform()
        while (room := AT_ONCE[self._lane] - len(self._under_way)) > 0:
            now = platform.clock()
            claimed = await platform.ledger.write(lambda c, n=room, t=now: outbox.claim(c, self._lane, n, t))  # type: ignore[misc]
            if not claimed:
                break
            for each in claimed:
                self._start(platform, each)
        if len(self._under_way) >= AT_ONCE[self._lane]:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            return platform.clock()
        return await platform.ledger.read(lambda c: outbox.next_due(c, self._lane))

    async def drain(self) -> None:
        """Wait for the calls under way: a stop loses none of their outcomes."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    def _start(self, platform: Platform, claimed: Claimed) -> None:
        is_under_way = claimed.id in self._held
        self._held[claimed.id] = claimed
        if is_under_way:
            return  # its lease lapsed in our own hands, as the clock jumped: held anew, and not sent a second time
        task = asyncio.create_task(self._send(platform, claimed), name=f"send-{claimed.kind}-{claimed.id}")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _send(self, platform: Platform, claimed: Claimed) -> None:
        try:
            carried = await self._attempt(platform, claimed)
            await platform.ledger.write(lambda c: record(c, self._held[claimed.id], carried, platform.clock()))
        except Exception:
            # The lease runs out, and the effect is claimed again.
            log.exception("effect_not_recorded", effect=claimed.kind, outbox_id=claimed.id)
        finally:
            del self._held[claimed.id]

    async def _attempt(self, platform: Platform, claimed: Claimed) -> Carried:
        if claimed.deadline_at is not None and platform.clock() >= claimed.deadline_at:
            return Carried(TooLate("its deadline had passed before it could be sent"), sent=False)
        try:
            async with asyncio.timeout(self._attempt_within / 1000):
                return await carry_out(platform, claimed)
        except TimeoutError:
            return _unfinished(claimed, self._attempt_within)
        except Exception as error:
            log.exception("effect_fault", effect=claimed.kind, outbox_id=claimed.id)
            return Carried(TryAgain(f"a fault in liveqr ({type(error).__name__})"))


def _unfinished(claimed: Claimed, within: int) -> Carried:
    """The attempt would have outlived its lease; whether the platform took it is unknown."""
    pause = hasty_pause_after(claimed.attempts) if claimed.deadline_at is not None else None
    return Carried(TryAgain(f"no outcome within {within / 1000:.0f} s: the platform is slow", pause=pause))


def record(connection: Connection, claimed: Claimed, carried: Carried, now: int) -> None:
    """Write the outcome and what followed from it, unless the lease was lost: then its new holder does."""
    outcome = carried.outcome
    step = next_step(outcome, claimed.attempts, now, claimed.deadline_at)
    errcode = outcome.errcode
    match step:
        case Retry(at):
            reason = outcome.reason if isinstance(outcome, TryAgain) else ""
            outbox.postpone(connection, claimed, at, errcode=errcode, error=reason)
            return
        case Finish(status):
            held = outbox.finish(
                connection,
                claimed,
                status,
                now,
                sent=carried.sent,
                errcode=errcode,
                error="" if isinstance(outcome, Done) else outcome.reason,
                result=outcome.note if isinstance(outcome, Done) else "",
            )
    is_given_up = status == "failed" and not isinstance(outcome, Refused)
    what_followed = carried.given_up if is_given_up else carried.record
    if held and what_followed is not None:
        what_followed(connection, now)
