"""What is wrong without anybody having done anything: caps nearly used up, empty stocks, codes that lead to nobody."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import Connection

from router.db import json
from router.db.queries.duty import duty_of
from router.db.queries.led_to import CAPPED_AT_CODES, OpenCode, fitting, in_reach, open_codes, vip_pools
from router.db.queries.staffing import staff_of
from router.db.sql import Sql
from router.domain.capacity import Limit, Window, period
from router.domain.room import WarnFrom, room_under
from router.domain.spill import GroupCode, KfAccount, LeaveNumber, read_spill_policy

# Rounds end by themselves, and open conversations have no counter.
_USED = Sql(
    'SELECT c.subject, c."window", c.places, k.period, k.taken FROM cap AS c JOIN counter AS k'
    ' ON k.subject = c.subject AND k."window" = c."window" AND k.period {among:periods}'
    " WHERE c.\"window\" IN ('hour', 'day', 'total', 'held') AND c.places > 0 ORDER BY c.subject, c.\"window\""
)
_WARN_OF_AGENTS = Sql(
    "SELECT m.agent_id, min(p.warn_percent) FROM pool_member AS m JOIN pool AS p ON p.id = m.pool_id"
    " WHERE p.archived_at IS NULL GROUP BY m.agent_id"
)
_WARN_OF_POOLS = Sql("SELECT id, warn_percent FROM pool WHERE archived_at IS NULL")
_WARN_OF_CODES = Sql(
    "SELECT c.id, p.warn_percent FROM live_code AS c JOIN pool AS p ON p.id = c.pool_id WHERE c.archived_at IS NULL"
)
_NAMES = Sql(
    "SELECT 'agent:' || id, name FROM agent WHERE archived_at IS NULL UNION ALL"
    " SELECT 'pool:' || id, name FROM pool WHERE archived_at IS NULL UNION ALL"
    " SELECT 'code:' || id, name FROM live_code WHERE active AND archived_at IS NULL"
)
_EMPTY = Sql(
    "SELECT a.id, a.name FROM agent AS a WHERE a.id {among:agents} AND NOT EXISTS (SELECT 1 FROM contact_way AS w"
    "  WHERE w.agent_id = a.id AND w.status IN ('making', 'ready') AND (w.status = 'ready' OR w.created_at > :since))"
    " ORDER BY a.id"
)
_POLICIES = Sql("SELECT id, spill_policy FROM pool WHERE archived_at IS NULL")
_OPEN_GROUP_CODES = Sql("SELECT id FROM live_code WHERE kind = 'group' AND active AND archived_at IS NULL")


@dataclass(frozen=True, slots=True)
class Nearly:
    """One cap of which so much is used that somebody should know; ``name`` of whom or what it binds."""

    subject: str
    name: str
    window: Window
    taken: int
    places: int


def nearly_full(connection: Connection, now: int, zone: tzinfo) -> tuple[Nearly, ...]:
    """Caps used up to the share at which their pool warns, the most used one of each subject.

    Of nothing archived, of no closed code, and of no agent within a pool or code that does not ask them any more:
    nobody can come there.
    """
    periods: dict[Window, int] = {window: period(window, now, zone) for window in ("hour", "day", "total", "held")}
    names: dict[str, str] = dict(_NAMES.rows(connection))
    percents = warn_from(connection)
    found: dict[str, Nearly] = {}
    for subject, window, places, when, taken in _USED.rows(connection, periods=sorted(set(periods.values()))):
        bound = subject.split("@")
        if when != periods[window] or not names.keys() >= set(bound):
            continue
        if room_under(Limit(subject, window, places, taken), percents.percent(subject)) != "free":
            nearly = Nearly(subject, names[bound[0]], window, taken, places)
            found[subject] = max(found.get(subject, nearly), nearly, key=lambda each: each.taken / each.places)
    within = _asked_within(connection) if any("@" in subject for subject in found) else set()
    return tuple(each for each in found.values() if "@" not in each.subject or each.subject in within)


def _asked_within(connection: Connection) -> set[str]:
    """The subjects of what every agent in reach may have of each pool they are in, and of each open code they suit."""
    vip, members = vip_pools(connection), in_reach(connection)
    of_pools = {f"agent:{each.agent_id}@pool:{pool_id}" for pool_id, found in members.items() for each in found}
    of_codes = {
        f"agent:{agent_id}@code:{code.id}"
        for code in open_codes(connection)
        for agent_id in fitting(code, code.pools | vip if code.kind == "hosted" else code.pools, members)
    }
    return of_pools | of_codes


def warn_from(connection: Connection) -> WarnFrom:
    """The percentages of all pools in use, for the alerts and the capacity board alike."""
    return WarnFrom(
        dict(_WARN_OF_AGENTS.rows(connection)),
        dict(_WARN_OF_POOLS.rows(connection)),
        dict(_WARN_OF_CODES.rows(connection)),
    )


def without_stock(connection: Connection, since: int, now: int, zone: tzinfo) -> dict[int, str]:
    """Agents on duty at ``now`` (ms) whom codes with our own page may ask, be it for VIPs, by place or because another
    pool is full, and who have no contact way, nor one ordered after ``since`` (ms).
    """
    found, vip = in_reach(connection), vip_pools(connection)
    hosted = [code for code in open_codes(connection) if code.kind == "hosted"]
    asked = set[int]().union(*(fitting(code, code.pools | vip, found) for code in hosted))
    empty: dict[int, str] = dict(_EMPTY.rows(connection, agents=sorted(asked), since=since))
    duties = duty_of(connection, list(empty), now, zone) if empty else {}
    return {id: name for id, name in empty.items() if duties[id] == "on"}


def codes_to_nobody(connection: Connection, now: int, zone: tzinfo) -> dict[int, str]:
    """Open codes behind which, fallbacks and stores included, nobody of whom they ask for is on duty and reachable at
    ``now`` (ms), nor anything else is offered.

    That everybody is off shift until the next one begins is no fault: the schedules mean it so. A pool for VIPs does
    not count, because anybody else finds nobody.
    """
    offering, found = _offering(connection), in_reach(connection)
    names, behind = dict[int, str](), dict[int, set[int]]()
    for code in open_codes(connection):
        # A native print leads past our page, where something else would be offered.
        if code.kind == "native" or offering.isdisjoint(code.pools):
            names[code.id], behind[code.id] = code.name, fitting(code, code.pools, found)
    staffs = staff_of(connection, behind, now, zone)
    return {id: name for id, name in names.items() if staffs[id].staffing == "nobody"}


def _offering(connection: Connection) -> set[int]:
    """Pools that, when they are full, offer something else than to wait or to come again."""
    groups = {row[0] for row in _OPEN_GROUP_CODES.rows(connection)}
    policies = {id: read_spill_policy(json.load(policy)) for id, policy in _POLICIES.rows(connection)}
    return {
        id
        for id, policy in policies.items()
        if isinstance(policy, KfAccount | LeaveNumber) or (isinstance(policy, GroupCode) and policy.code_id in groups)
    }


def codes_asking(connection: Connection, pool_ids: AbstractSet[int]) -> dict[int, list[OpenCode]]:
    """The open codes through which each of these pools is asked; one of several that ask the same without own caps."""
    vip = vip_pools(connection)
    capped = {int(subject.rpartition(":")[2]) for (subject,) in CAPPED_AT_CODES.rows(connection)}
    found: dict[int, dict[tuple[object, ...], OpenCode]] = {pool_id: {} for pool_id in pool_ids}
    for code in open_codes(connection):
        alike = code.kind == "hosted", code.skill, code.department, code.id if code.id in capped else None
        for pool_id in pool_ids & (code.pools | vip if code.kind == "hosted" else code.pools):
            found[pool_id].setdefault(alike, code)
    return {pool_id: list(codes.values()) for pool_id, codes in found.items()}
