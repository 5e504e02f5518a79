"""上限与余量 (capacity): how many places a subject has in a period, how many are taken, and which cap decides.

Flows (hour, day, round, total) count who came; stocks count who is there: ``held`` the customers an agent has, ``open``
the conversations an agent is in. A round (轮) ends when every agent of a pool had the turns it has in one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal, get_args

Window = Literal["hour", "day", "round", "total", "held", "open"]
WINDOWS: tuple[Window, ...] = get_args(Window)

CUSTOMER: frozenset[Window] = frozenset({"hour", "day", "round", "total", "held"})  # bind whoever becomes a customer
SESSION: frozenset[Window] = frozenset({"hour", "day", "round", "total", "open"})  # bind whoever gets a conversation

WINDOWS_OF: Mapping[str, tuple[Window, ...]] = {
    "agent": ("hour", "day", "total", "held", "open"),
    "agent@pool": ("hour", "day", "round", "total"),
    "agent@code": ("hour", "day", "total"),
    "pool": ("hour", "day", "round", "total"),
    "code": ("hour", "day", "total"),
}
"""What can be capped. A pool's ``round`` is what each of its members has in one, unless the member has its own."""

UNLIMITED = 2**53  # larger than any count, and still exact in JSON


def agent_subject(agent_id: int) -> str:
    """The agent across all codes: the subject that is always counted per day."""
    return f"agent:{agent_id}"


def kind_of(subject: str) -> str:
    """Which kind of subject it is: ``agent@pool`` for ``agent:3@pool:2``."""
    return "@".join(part.partition(":")[0] for part in subject.split("@"))


def period(window: Window, now: int, zone: tzinfo, round: int = 0) -> int:
    """The period that ``now`` (ms) falls into, in the corporation's zone: 2026112114, 20261121; a round's number.

    0 for what has no periods.
    """
    match window:
        case "hour" | "day":
            local = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
            day = (local.year * 100 + local.month) * 100 + local.day
            return day * 100 + local.hour if window == "hour" else day
        case "round":
            return round
        case "total" | "held" | "open":
            return 0


@dataclass(frozen=True, slots=True)
class Place:
    """One place of an agent, and through which pool and code it is taken (0: none), in which of the pool's rounds."""

    agent_id: int
    pool_id: int = 0
    code_id: int = 0
    round: int = 0

    @property
    def subjects(self) -> tuple[str, ...]:
        """Every subject whose caps bind this place."""
        agent, pool, code = agent_subject(self.agent_id), f"pool:{self.pool_id}", f"code:{self.code_id}"
        match bool(self.pool_id), bool(self.code_id):
            case True, True:
                return agent, f"{agent}@{pool}", f"{agent}@{code}", pool, code
            case True, False:
                return agent, f"{agent}@{pool}", pool
            case False, True:
                return agent, f"{agent}@{code}", code
            case _:
                return (agent,)

    @property
    def counted(self) -> tuple[tuple[str, Window], ...]:
        """What is counted with or without a cap: the agent's load of the day, and the turns it had in the pool."""
        agent = agent_subject(self.agent_id)
        return ((agent, "day"), (f"{agent}@pool:{self.pool_id}", "day")) if self.pool_id else ((agent, "day"),)


@dataclass(frozen=True, slots=True)
class Limit:
    """One cap and how much of it is used in its present period; ``source`` is the subject that sets it."""

    subject: str
    window: Window
    places: int
    taken: int
    source: str = ""

    @property
    def headroom(self) -> int:
        """余量: never negative, because late adds may stand above a cap."""
        return max(0, self.places - self.taken)


def effective(limits: Sequence[Limit]) -> Limit | None:
    """The cap that leaves the least headroom, and so decides; None when nothing is capped.

    Of equals the narrower subject is named, because that is the one an admin would edit first.
    """
    if len(limits) == 1:
        return limits[0]  # as most agents have it, and every scan asks it of all of them
    return min(limits, key=lambda limit: (limit.headroom, -limit.subject.count("@"), limit.subject), default=None)
