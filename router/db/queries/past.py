"""A past day as a what-if (假设分析) needs it: who came, what became of them, and who could have received them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import tzinfo

from sqlalchemy import Connection

from router.db import json
from router.db.sql import Row, Sql
from router.domain.assignment import Duty
from router.domain.capacity import Window
from router.domain.policies import Policy
from router.domain.schedule import Schedule, on_shift
from router.domain.schedule_content import read_schedule
from router.domain.spill import FallbackPool, read_spill_policy
from router.domain.whatif import Arrival, Member, Outcome, Setup, SimulatedCode, SimulatedPool

MOST = 200_000  # arrivals of one what-if

# By code and visitor, because a reservation is found by them; `reservation` has no index of its decisions.
_ARRIVALS = Sql(
    "SELECT d.at, d.code_id, d.visitor, d.agent_id, r.status FROM decision AS d LEFT JOIN reservation AS r"
    " ON r.code_id = d.code_id AND r.visitor = d.visitor AND r.decision_id = d.id"
    " JOIN live_code AS c ON c.id = d.code_id AND c.kind = 'hosted'"  # through a link, the platform chooses the agent
    " WHERE d.at >= :since AND d.at < :until AND NOT d.test AND d.outcome IN ('reserved', 'full', 'waiting')"
    " ORDER BY d.at, d.id LIMIT :most"
)
_CODES = Sql("SELECT id, pool_id, skill, department, hold_minutes FROM live_code")
_POOLS = Sql("SELECT id, policy, backup_percent, spill_policy FROM pool WHERE archived_at IS NULL")
_MEMBERS = Sql(
    "SELECT m.pool_id, a.id, a.name, a.weight, a.on_duty, a.schedule_id, a.available, m.position, m.role, a.skills,"
    " a.department FROM pool_member AS m JOIN agent AS a ON a.id = m.agent_id WHERE a.archived_at IS NULL"
    " ORDER BY m.pool_id, m.position, a.id"
)
_CAPS = Sql('SELECT subject, "window", places FROM cap')
_SCHEDULES = Sql("SELECT id, content FROM schedule")


@dataclass(frozen=True, slots=True)
class OnShift:
    """Whether somebody is on duty at an instant (ms): by the schedule, or always while taking part at all."""

    takes_part: bool
    schedule: Schedule | None
    zone: tzinfo

    def __call__(self, at: int) -> Duty:
        """The duty at ``at`` (ms)."""
        if not self.takes_part:
            return "off_duty"
        return "on" if self.schedule is None or on_shift(self.schedule, at, self.zone) else "off_shift"


@dataclass(frozen=True, slots=True)
class Edits:
    """What the day is run with instead: places by (subject, window), None for no cap; the rest by id."""

    caps: dict[tuple[str, Window], int | None] = field(default_factory=dict)
    weights: dict[int, int] = field(default_factory=dict)
    schedules: dict[int, int | None] = field(default_factory=dict)
    policies: dict[int, Policy] = field(default_factory=dict)


NO_EDITS = Edits()


def arrivals(connection: Connection, since: int, until: int) -> tuple[list[Arrival], Outcome]:
    """Who came between two instants (ms), `MOST` at most, and what became of them."""
    recorded = Outcome()
    came = []
    for at, code_id, visitor, agent_id, status in _ARRIVALS.rows(connection, since=since, until=until, most=MOST):
        came.append(Arrival(at, code_id, visitor, "leaves" if status in ("expired", "released") else "stays"))
        if agent_id is None:
            recorded.full[code_id] += 1
        else:
            recorded.by_agent[agent_id] += 1
            recorded.by_code[code_id, agent_id] += 1
    return came, recorded


def setup(connection: Connection, zone: tzinfo, edits: Edits) -> Setup:
    """Everybody as they are now, with the edits."""
    caps = {(subject, window): places for subject, window, places in _CAPS.rows(connection)}
    caps.update({key: places for key, places in edits.caps.items() if places is not None})
    for key in (key for key, places in edits.caps.items() if places is None):
        caps.pop(key, None)
    members = _members(connection, zone, edits)
    return Setup(
        pools={row[0]: _pool(row, members.get(row[0], []), edits) for row in _POOLS.rows(connection)},
        codes={id: SimulatedCode(*code) for id, *code in _CODES.rows(connection)},
        caps=caps,
        zone=zone,
    )


def _pool(row: Row, members: Iterable[Member], edits: Edits) -> SimulatedPool:
    id, policy, backup_percent, spill_policy = row
    spill = read_spill_policy(json.load(spill_policy))
    fallback = spill.pool_id if isinstance(spill, FallbackPool) else None
    return SimulatedPool(edits.policies.get(id) or policy, backup_percent, tuple(members), fallback)


def _members(connection: Connection, zone: tzinfo, edits: Edits) -> dict[int, list[Member]]:
    schedules = dict(_schedules(connection))
    members: dict[int, list[Member]] = {}
    for pool_id, id, name, weight, on_duty, schedule_id, available, position, role, skills, department in _MEMBERS.rows(
        connection
    ):
        schedule = schedules.get(edits.schedules.get(id, schedule_id))
        members.setdefault(pool_id, []).append(
            Member(
                agent_id=id,
                name=name,
                weight=edits.weights.get(id) or weight,
                duty=OnShift(bool(on_duty), schedule, zone),
                available=bool(available),
                position=position,
                role=role,
                skills=tuple(json.load(skills)),
                department=department,
            )
        )
    return members


def _schedules(connection: Connection) -> Iterable[tuple[int | None, Schedule]]:
    for id, content in _SCHEDULES.rows(connection):
        schedule = read_schedule(json.load(content))
        if isinstance(schedule, Schedule):
            yield id, schedule
