"""Carries out effects: claim with a lease, call the platform with no transaction open, record the outcome."""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial

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
from router.domain.effects import KINDS, Lane
from router.handlers.outbound import carry_out, if_given_up
from router.handlers.outbound.platform import Carried, Platform

log = structlog.get_logger()

AT_ONCE: dict[Lane, int] = {"welcome": 32, "chat": 16, "platform": 8, "webhook": 8}
"""Calls under way per lane: the welcome has 20 s for everything and must not wait for tags."""

AT_ONCE_OF_STREAM: dict[Lane, int] = {"webhook": 3}
"""Calls under way per stream, in lanes whose streams have no order: a slow address must leave room for others."""

RECORDING = 1_000  # ms of a lease that are left for the record when an attempt takes all the time it may


class Sender:
    """One per lane."""

    def __init__(self, lane: Lane, platform: Callable[[], Platform]) -> None:
        self._lane = lane
        self._platform = platform
        self._kinds = frozenset(kind for kind, effect in KINDS.items() if effect.lane == lane)
        self._under_way: set[asyncio.Task[None]] = set()
        self._held: dict[int, Claimed] = {}  # what is under way, by id, with its newest fence
        self._calling: Counter[str] = Counter()  # calls under way by stream

    async def work(self) -> int | None:
        """Claim and start whatever is due and there is room for; returns when the next effect is due (ms)."""
        platform = self._platform()
        while (room := AT_ONCE[self._lane] - len(self._under_way)) > 0:
            claimed = await platform.ledger.write(partial(self._claim, platform, room, self._full()))
            if not claimed:
                break
            for each in claimed:
                self._start(platform, each)
        if len(self._under_way) >= AT_ONCE[self._lane]:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            return platform.clock()
        if self._sleeps(platform):
            return None
        now, switched_off, full = platform.clock(), platform.switched_off_kinds, self._full()
        return await platform.ledger.read(lambda c: outbox.next_due(c, self._lane, now, switched_off, full))

    async def drain(self) -> None:
        """Wait for the calls under way: a stop loses none of their outcomes."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    def _full(self) -> list[str]:
        """The streams of which no more may be under way."""
        most = AT_ONCE_OF_STREAM.get(self._lane)
        return [] if most is None else [stream for stream, calls in self._calling.items() if calls >= most]

    def _claim(self, platform: Platform, room: int, full: list[str], connection: Connection) -> list[Claimed]:
        now = platform.clock()  # within the transaction: a lease must not run while its claim waits for the writer
        outbox.expire(connection, self._lane, now)
        if self._sleeps(platform):
            return []
        at_most = 1 if self._lane in AT_ONCE_OF_STREAM else room  # each may be the one that fills its stream
        return outbox.claim(connection, self._lane, at_most, now, platform.switched_off_kinds, full)

    def _sleeps(self, platform: Platform) -> bool:
        """Nothing of the lane can be sent before the settings change."""
        return self._kinds <= platform.switched_off_kinds

    def _start(self, platform: Platform, claimed: Claimed) -> None:
        is_under_way = claimed.id in self._held
        self._held[claimed.id] = claimed
        if is_under_way:
            return  # its lease lapsed in our own hands, as the clock jumped: held anew, and not sent a second time
        self._calling[claimed.stream] += 1
        task = asyncio.create_task(self._send(platform, claimed), name=f"send-{claimed.kind}-{claimed.id}")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _send(self, platform: Platform, claimed: Claimed) -> None:
        try:
            carried = await self._call(platform, claimed)
            await platform.ledger.write(lambda c: record(c, self._held[claimed.id], carried, platform.clock()))
        except Exception:
            # The lease runs out, and the effect is claimed again.
            log.exception("effect_not_recorded", effect=claimed.kind, outbox_id=claimed.id)
        finally:
            del self._held[claimed.id]

    async def _call(self, platform: Platform, claimed: Claimed) -> Carried:
        try:
            return await self._attempt(platform, claimed)
        finally:  # before it is recorded, which tells the lane that there is room again
            self._calling[claimed.stream] -= 1
            if not self._calling[claimed.stream]:
                del self._calling[claimed.stream]

    async def _attempt(self, platform: Platform, claimed: Claimed) -> Carried:
        if claimed.deadline_at is not None and platform.clock() >= claimed.deadline_at:
            return Carried(TooLate(outbox.EXPIRED), sent=False)
        within = claimed.lease_until - RECORDING - platform.clock()
        if within <= 0:
            return Carried(TryAgain("its claim took so long that the lease was over", pause=0), sent=False)
        try:
            async with asyncio.timeout(within / 1000):
                return await carry_out(platform, claimed)
        except TimeoutError:
            return _unfinished(claimed, within)
        except Exception as error:
            log.exception("effect_fault", effect=claimed.kind, outbox_id=claimed.id)
            reason = f"a fault in liveqr ({type(error).__name__})"
            return Carried(TryAgain(reason), given_up=if_given_up(claimed, reason))


def _unfinished(claimed: Claimed, within: int) -> Carried:
    """The attempt would have outlived its lease; whether the platform took it is unknown."""
    pause = hasty_pause_after(claimed.attempts) if claimed.deadline_at is not None else None
    reason = f"no outcome within {within / 1000:.0f} s: the platform is slow"
    return Carried(TryAgain(reason, pause=pause), given_up=if_given_up(claimed, reason))


def record(connection: Connection, claimed: Claimed, carried: Carried, now: int) -> None:
    """Write the outcome and what followed from it, unless the lease was lost: then its new holder does."""
    outcome = carried.outcome
    step = next_step(outcome, claimed.attempts, now, claimed.deadline_at)
    errcode = outcome.errcode
    match step:
        case Retry(at):
            reason = outcome.reason if isinstance(outcome, TryAgain) else ""
            outbox.postpone(connection, claimed, at, errcode=errcode, error=reason, sent=carried.sent)
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
