"""Who of a pool is there now, and when the next shift begins if nobody has one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import Connection

from router.db.queries.duty import duty_of, parsed
from router.db.sql import Sql
from router.domain.assignment import Duty
from router.domain.schedule import next_change
from router.domain.staffing import Staffing, staffing

_SCHEDULES = Sql(
    "SELECT a.id, s.content FROM agent AS a JOIN schedule AS s ON s.id = a.schedule_id WHERE a.id {among:agents}"
)


@dataclass(frozen=True, slots=True)
class Staff:
    """How many are ``on_duty``, and what that means; between shifts the next one begins at ``opens_at`` (ms)."""

    on_duty: int
    staffing: Staffing
    opens_at: int | None = None


def staff_of(connection: Connection, groups: Mapping[int, Collection[int]], now: int, zone: tzinfo) -> dict[int, Staff]:
    """How each of these groups of reachable agents is staffed at ``now`` (ms), by the caller's key, in two queries.

    Off shift without another shift to come is nobody: no schedule opens by itself again.
    """
    duties = duty_of(connection, sorted({id for group in groups.values() for id in group}), now, zone)
    opens = _openings(connection, [id for id, duty in duties.items() if duty == "off_shift"], now, zone)
    return {key: _staff([id for id in group if id in duties], duties, opens) for key, group in groups.items()}


def _staff(agent_ids: list[int], duties: Mapping[int, Duty], opens: Mapping[int, int]) -> Staff:
    found = [duties[id] for id in agent_ids]
    state = staffing(found)
    if state != "between_shifts":
        return Staff(found.count("on"), state)
    opens_at = min((opens[id] for id in agent_ids if id in opens), default=None)
    return Staff(0, "nobody" if opens_at is None else state, opens_at)


def _openings(connection: Connection, agent_ids: list[int], now: int, zone: tzinfo) -> dict[int, int]:
    """When the next shift of each of these agents, who are off shift, begins; who has none to come is left out."""
    rows = _SCHEDULES.rows(connection, agents=agent_ids) if agent_ids else []
    changes = {content: next_change(parsed(content), now, zone) for content in {row[1] for row in rows}}
    return {id: at for id, content in rows if (at := changes[content]) is not None}
