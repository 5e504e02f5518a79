"""Fires timers: what is due is removed and acted on in one transaction, so it happens once whoever restarts when."""

from collections.abc import Sequence

import structlog
from sqlalchemy import Connection

from router.db.ledger import lost_a_race
from router.db.queries import timers
from router.db.queries.timers import Due
from router.handlers import (
    acquisition,
    forgetting,
    group_codes,
    kf_notified,
    lease,
    native,
    patrol,
    projection,
    retention,
    tag_upkeep,
    withdrawing,
)
from router.services import Services

log = structlog.get_logger()

UNKNOWN_WAITS = 3_600_000  # ms
FAULT_WAITS = 60_000  # ms until a timer that failed is tried again
BATCH = 500  # timers in one transaction
OF_MANY = frozenset(
    {
        withdrawing.TIMER,
        tag_upkeep.MARKS_TIMER,
        tag_upkeep.EXPIRY_TIMER,
        retention.TIMER,
        forgetting.TIMER,
    }
)
OF_MANY_AT_ONCE = 2  # timers in one transaction that each act on hundreds of rows, while decisions wait


class Ticker:
    """Asks what is due next and sleeps until then; a clock that jumps only changes how much is due."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def work(self) -> int | None:
        """Fire all that is due; returns when the next timer is (ms)."""
        next_due = await self._services.ledger.read(timers.next_due)
        if next_due is None or next_due > self._services.clock():
            return next_due  # each hold arms a timer: most looks find nothing to write
        while await self._services.ledger.write(self._fire):
            pass
        return await self._services.ledger.read(timers.next_due)

    def _fire(self, connection: Connection) -> bool:
        """Whether more may be due."""
        now = self._services.clock()
        few = timers.take_due(connection, now, BATCH, besides=OF_MANY)
        many = timers.take_due_of(connection, OF_MANY, now, OF_MANY_AT_ONCE)
        self._act_on([*few, *many], connection, now)
        return len(few) == BATCH or len(many) == OF_MANY_AT_ONCE

    def _act_on(self, due: Sequence[Due], connection: Connection, now: int) -> None:
        try:
            with connection.begin_nested():
                for each in due:
                    self._act(connection, each, now)
        except Exception as error:
            if lost_a_race(error):
                raise
            # One timer is at fault, or several: act on each alone, so that the others are not held up by it.
            log.exception("timers_not_fired", timers=len(due))
            for each in due:
                self._act_alone(connection, each, now)

    def _act_alone(self, connection: Connection, due: Due, now: int) -> None:
        try:
            with connection.begin_nested():
                self._act(connection, due, now)
        except Exception as error:
            if lost_a_race(error):
                raise
            log.exception("timer_fault", kind=due.kind, key=due.key)
            timers.arm(connection, due.kind, due.key, now + FAULT_WAITS, due.payload)

    def _act(self, connection: Connection, due: Due, now: int) -> None:
        match due.kind:
            case "lease_ends":
                lease.expire(connection, due.payload["reservation_id"], now)
            case "native_code":
                native.look(connection, due.payload["code_id"], self._services.native_rules, now)
            case projection.TIMER:
                rules = self._services.platform().tag_rules
                projection.every_night(connection, rules, now, self._services.settings.time_zone)
            case "patrol_ways":
                patrol.every_hour(connection, now)
            case kf_notified.TIMER:
                kf_notified.every_hour(connection, now)
            case group_codes.TIMER:
                group_codes.due(connection, due.payload["code_id"], now)
            case acquisition.TIMER:
                acquisition.due(connection, due.payload["code_id"], now, self._services.settings.time_zone)
            case withdrawing.TIMER:
                withdrawing.due(connection, due.payload["withdrawal_id"], now)
            case tag_upkeep.MARKS_TIMER:
                tag_upkeep.mark_batch(connection, due.payload["tag_id"], due.payload["after"], now)
            case tag_upkeep.EXPIRY_TIMER:
                tag_upkeep.sweep(connection, due.payload["tag_id"], due.payload["after"], now)
            case retention.TIMER:
                settings = self._services.settings
                retention.sweep(connection, retention.Kept(settings.text_days, settings.unknown_word_days), now)
            case forgetting.TIMER:
                forgetting.sweep(connection, self._services.rules.current(connection), now)
            case other:
                # Armed by another version: kept for it, and in nobody's way.
                log.error("timer_unknown", kind=other, key=due.key)
                timers.arm(connection, due.kind, due.key, now + UNKNOWN_WAITS, due.payload)
