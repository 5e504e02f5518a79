"""Who is on duty (在岗) now, and why not."""

from collections.abc import Sequence
from datetime import tzinfo

from sqlalchemy import Connection

from router.db.sql import Sql
from router.domain.assignment import Duty

_DUTY = Sql("SELECT id, on_duty, presence, presence_until_at FROM agent WHERE id {among:agents}")


def duty_of(connection: Connection, agent_ids: Sequence[int], now: int, _zone: tzinfo) -> dict[int, Duty]:
    """Whether each agent is on duty at ``now`` (ms), in one query."""
    return {
        id: _duty(bool(on_duty), presence if until is None or until > now else "online")
        for id, on_duty, presence, until in _DUTY.rows(connection, agents=list(agent_ids))
    }


def ramp_left(
    _connection: Connection, _agent_ids: Sequence[int], _ramp_per_minute: int, _now: int
) -> dict[int, int | None]:
    """How many customers agents who have just returned may still take now."""
    return {}


def _duty(on_duty: bool, presence: str) -> Duty:
    if not on_duty:
        return "off_duty"
    return "on" if presence == "online" else "paused" if presence == "paused" else "offline"
