"""The capacity board: every agent with today's use, the cap that decides, where it was set, and the state."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

from sqlalchemy import Connection

from router.db.queries.agents import Agent, list_agents
from router.db.queries.capacity import books
from router.domain.assignment import Duty
from router.domain.capacity import CUSTOMER, SESSION, Limit, Place, Window, effective, kind_of
from router.web.i18n import Words, mark

State = Literal[
    "free", "near", "full", "off_duty", "off_shift", "paused", "offline", "unavailable", "no_pool", "no_ways"
]

DUTIES: Mapping[Duty, tuple[str, str]] = {
    "on": (mark("on duty"), "good"),
    "off_duty": (mark("off duty"), ""),
    "off_shift": (mark("off shift"), ""),
    "paused": (mark("paused"), "warn"),
    "offline": (mark("offline"), ""),
}

STATES: Mapping[State, tuple[str, str]] = {
    "free": (mark("takes customers"), "good"),
    "near": (mark("nearly full"), "warn"),
    "full": (mark("full"), "bad"),
    "off_duty": DUTIES["off_duty"],
    "off_shift": DUTIES["off_shift"],
    "paused": DUTIES["paused"],
    "offline": DUTIES["offline"],
    "unavailable": (mark("unreachable"), "bad"),
    "no_pool": (mark("in no pool yet"), "warn"),
    "no_ways": (mark("codes being prepared"), "warn"),
}
# Why the platform cannot reach somebody, as the contact book says it, for the catalogue.
UNAVAILABLE = (
    mark("left the corporation"),
    mark("disabled in WeCom"),
    mark("has not activated WeCom yet"),
)
WINDOWS: Mapping[Window, str] = {
    "hour": mark("per hour"),
    "day": mark("per day"),
    "round": mark("per round"),
    "total": mark("in total"),
    "held": mark("customers at a time"),
    "open": mark("open conversations"),
}
BEARERS: Mapping[str, str] = {
    "agent": mark("agent %(agent)s"),
    "agent@pool": mark("%(agent)s in the pool %(pool)s"),
    "agent@code": mark("%(agent)s at the live code %(code)s"),
    "pool": mark("pool %(pool)s"),
    "code": mark("live code %(code)s"),
}


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One agent; ``limit`` is the cap with the least headroom, None when nothing is capped."""

    agent: Agent
    limit: Limit | None
    state: State

    @property
    def taken(self) -> int:
        """Places taken in the window of the deciding cap, or today."""
        return self.limit.taken if self.limit else self.agent.taken_today

    @property
    def places(self) -> int | None:
        """Places of the deciding cap."""
        return self.limit.places if self.limit else None


def capacity_board(
    connection: Connection, now: int, zone: tzinfo, *, search: str = "", archived: bool = False, after: int = 0
) -> tuple[tuple[BoardLine, ...], int | None]:
    """A page of the board in three queries, and the key to go on from."""
    page = list_agents(connection, now, zone, search=search, archived=archived, after=after, limit=100)
    found = books(connection, [Place(agent.id) for agent in page.items], now, zone, CUSTOMER | SESSION)
    return tuple(_line(agent, found.limits(Place(agent.id), CUSTOMER)) for agent in page.items), page.next


def bearer(subject: str, names: Mapping[str, str], words: Words) -> str:
    """Whom or what a cap binds: "Ann in the pool sales"; by number where it has no name."""
    kind = kind_of(subject)
    return words.gettext(BEARERS[kind], **_named(subject, names)) if kind in BEARERS else subject


def cap_source(subject: str, window: Window, names: Mapping[str, str], words: Words) -> str:
    """Where a cap was set, for people: "cap of Ann in the pool sales, per day"."""
    where = bearer(subject, names, words)
    return words.gettext("cap of %(where)s, %(window)s", where=where, window=window_name(window, words))


def window_name(window: Window, words: Words) -> str:
    """The window of a cap in the reader's language."""
    return words.gettext(WINDOWS[window])


def _line(agent: Agent, limits: tuple[Limit, ...]) -> BoardLine:
    limit = effective(limits)
    return BoardLine(agent, limit, _state(agent, limit))


def _state(agent: Agent, limit: Limit | None) -> State:
    if not agent.available:
        return "unavailable"
    if agent.duty != "on":
        return agent.duty
    if not agent.is_in_pool:
        return "no_pool"
    if limit is not None and limit.headroom == 0:
        return "full"
    if agent.ready_ways == 0:
        return "no_ways"
    if limit is not None and limit.taken * 5 >= limit.places * 4:
        return "near"
    return "free"


def _named(subject: str, names: Mapping[str, str]) -> dict[str, str]:
    """The name of each part, by noun."""
    parts = (part.partition(":") for part in subject.split("@"))
    return {noun: names.get(f"{noun}:{number}", number) for noun, _, number in parts}
