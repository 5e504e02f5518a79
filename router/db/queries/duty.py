"""Who is on duty (在岗) now, why not, and how fast somebody who has just returned may take customers."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import tzinfo
from functools import lru_cache

from sqlalchemy import Connection

from router.db import json
from router.db.sql import Sql
from router.domain.assignment import Duty
from router.domain.schedule import Schedule, next_change, on_shift, shift_began
from router.domain.schedule_content import read_schedule

RAMP_MINUTES = 30  # after a return or the beginning of a shift, for which the ramp of a pool holds

_MINUTE = 60_000  # ms
_RAMP = RAMP_MINUTES * _MINUTE

_DUTY = Sql(
    "SELECT a.id, a.on_duty, a.presence, a.presence_until_at, s.content FROM agent AS a"
    " LEFT JOIN schedule AS s ON s.id = a.schedule_id WHERE a.id {among:agents}"
)
# A pause that ran out is a return as well, at the instant at which it did.
_RETURNED = Sql(
    "SELECT a.id, CASE WHEN a.presence <> 'online' AND a.presence_until_at <= :now"
    " AND a.presence_until_at > coalesce(a.returned_at, 0) THEN a.presence_until_at ELSE a.returned_at END, s.content"
    " FROM agent AS a LEFT JOIN schedule AS s ON s.id = a.schedule_id WHERE a.id {among:agents}"
)
_TAKEN_SINCE = Sql(
    "SELECT a.id,"
    " (SELECT count(*) FROM reservation AS r WHERE r.agent_id = a.id AND r.place_taken AND r.held_at >= :since)"
    " + (SELECT count(*) FROM assignment AS given"
    " WHERE given.agent_id = a.id AND given.own_place AND given.at >= :since)"
    " FROM agent AS a WHERE a.id {among:agents}"
)
_SCHEDULES = Sql(
    "SELECT DISTINCT s.content FROM agent AS a JOIN schedule AS s ON s.id = a.schedule_id"
    " WHERE a.archived_at IS NULL AND a.on_duty AND a.available"
)
_BACK_AT = Sql(
    "SELECT min(presence_until_at) FROM agent WHERE archived_at IS NULL AND on_duty AND available"
    " AND presence <> 'online' AND presence_until_at > :now"
)


def duty_of(connection: Connection, agent_ids: Sequence[int], now: int, zone: tzinfo) -> dict[int, Duty]:
    """Whether each agent is on duty at ``now`` (ms) by the clocks of ``zone``, in one query."""
    rows = _DUTY.rows(connection, agents=list(agent_ids))
    shifts = {content: on_shift(parsed(content), now, zone) for content in {row[4] for row in rows} - {None}}
    return {
        id: duty(bool(on_duty), shifts.get(content, True), present(presence, until, now))
        for id, on_duty, presence, until, content in rows
    }


def duty(on_duty: bool, is_on_shift: bool, presence: str) -> Duty:
    """What keeps somebody from being on duty: an admin's word before the schedule, the schedule before their own."""
    if not on_duty:
        return "off_duty"
    if not is_on_shift:
        return "off_shift"
    return "on" if presence == "online" else "paused" if presence == "paused" else "offline"


def present(presence: str, until: int | None, now: int) -> str:
    """The agent's own word as it stands at ``now``: one given for a time lapses with it."""
    return presence if until is None or until > now else "online"


def ramp_left(
    connection: Connection, agent_ids: Sequence[int], ramp_per_minute: int, now: int, zone: tzinfo
) -> dict[int, int | None]:
    """How many customers each agent who returned within the last 30 minutes may still take now; 0: must wait.

    To begin a shift is to return. ``ramp_per_minute`` customers are allowed for each minute begun since. Whoever is not
    named, or has None, is not held back.
    """
    if ramp_per_minute <= 0:
        return {}
    left: dict[int, int | None] = {}
    for since, ids in _returned(connection, agent_ids, now, zone).items():
        allowed = ramp_per_minute * ((now - since) // _MINUTE + 1)
        taken = _TAKEN_SINCE.rows(connection, agents=ids, since=since)
        left |= {id: max(0, allowed - count) for id, count in taken}
    return left


def _returned(connection: Connection, agent_ids: Sequence[int], now: int, zone: tzinfo) -> dict[int, list[int]]:
    """Who has been back for less than 30 minutes, by the instant (ms) of the return."""
    rows = _RETURNED.rows(connection, agents=list(agent_ids), now=now)
    began = {
        content: shift_began(parsed(content), now, zone, now - _RAMP + 1)
        for content in {row[2] for row in rows} - {None}
    }
    found: defaultdict[int, list[int]] = defaultdict(list)
    for id, returned_at, content in rows:
        since = max(returned_at or 0, began.get(content) or 0)
        if now - _RAMP < since <= now:
            found[since].append(id)
    return found


def next_duty_change(connection: Connection, now: int, zone: tzinfo) -> int | None:
    """The next instant (ms) at which somebody may come on duty or go off by schedule or by the end of a pause."""
    changes = [next_change(parsed(row[0]), now, zone) for row in _SCHEDULES.rows(connection)]
    back = _BACK_AT.row(connection, now=now)
    changes.append(back[0] if back else None)
    return min((change for change in changes if change is not None), default=None)


@lru_cache(maxsize=1_000)
def parsed(content: str) -> Schedule:
    """The schedule in a row's ``content``; one that cannot be read has no shift, so nobody is sent there."""
    schedule = read_schedule(json.load(content))
    return schedule if isinstance(schedule, Schedule) else Schedule()
