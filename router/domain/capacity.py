"""上限与余量 (capacity): how many places a subject has in a period, how many are taken, and which cap decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal, get_args

Window = Literal["hour", "day", "total"]
WINDOWS: tuple[Window, ...] = get_args(Window)

UNLIMITED = 2**53  # larger than any count, and still exact in JSON


def agent_subject(agent_id: int) -> str:
    """The agent across all codes: the subject that is always counted per day."""
    return f"agent:{agent_id}"


def subjects(agent_id: int, pool_id: int, code_id: int) -> tuple[str, ...]:
    """Every subject whose caps bind when this agent is assigned through this code and pool."""
    agent = agent_subject(agent_id)
    return (agent, f"{agent}@pool:{pool_id}", f"{agent}@code:{code_id}", f"pool:{pool_id}", f"code:{code_id}")


def period(window: Window, now: int, zone: tzinfo) -> int:
    """The period that ``now`` (ms) falls into, in the corporation's zone: 2026112114, 20261121, or 0 for ``total``."""
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
    match window:
        case "hour":
            return int(local.strftime("%Y%m%d%H"))
        case "day":
            return int(local.strftime("%Y%m%d"))
        case "total":
            return 0


@dataclass(frozen=True, slots=True)
class Limit:
    """One cap and how much of it is used in its present period."""

    subject: str
    window: Window
    places: int
    taken: int

    @property
    def headroom(self) -> int:
        """余量: never negative, because late adds may stand above a cap."""
        return max(0, self.places - self.taken)


def effective(limits: Sequence[Limit]) -> Limit | None:
    """The cap that leaves the least headroom, and so decides; None when nothing is capped.

    Of equals the narrower subject is named, because that is the one an admin would edit first.
    """
    return min(limits, key=lambda limit: (limit.headroom, -limit.subject.count("@"), limit.subject), default=None)
