"""The capacity board: every agent with today's use, the caps that decide, where they were set, and the state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import Connection

from router.db.queries.agents import list_agents
from router.db.queries.board import BoardLine, board_of
from router.db.queries.subject_names import names_within
from router.domain.assignment import Duty
from router.domain.capacity import Limit, Window, kind_of
from router.domain.room import RoomIn, State
from router.web.i18n import Words, mark

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
    "turn": (mark("waits for the next round"), ""),
    "partly": (mark("full in part"), "warn"),
    "full": (mark("full"), "bad"),
    "off_duty": DUTIES["off_duty"],
    "off_shift": DUTIES["off_shift"],
    "paused": DUTIES["paused"],
    "offline": DUTIES["offline"],
    "unavailable": (mark("unreachable"), "bad"),
    "no_pool": (mark("in no pool yet"), "warn"),
    "no_ways": (mark("codes being prepared"), "warn"),
    "archived": (mark("archived"), ""),
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
OWN: Mapping[str, str] = {
    "agent": mark("own cap, %(window)s"),
    "agent@pool": mark("own cap in the pool %(pool)s, %(window)s"),
    "agent@code": mark("own cap at the live code %(code)s, %(window)s"),
}
ROOMS_SHOWN = 4  # of an agent; those with the least room


@dataclass(frozen=True, slots=True)
class Board:
    """A page of the board with the names of what its caps bind, and the key to go on from."""

    lines: tuple[BoardLine, ...]
    names: Mapping[str, str]
    next: int | None


def capacity_board(
    connection: Connection, now: int, zone: tzinfo, *, search: str = "", archived: bool = False, after: int = 0
) -> Board:
    """A page of the board; the number of queries does not grow with the agents."""
    page = list_agents(connection, now, zone, search=search, archived=archived, after=after, limit=100)
    lines = board_of(connection, page.items, now, zone)
    return Board(lines, names_within(connection, _subjects(lines)), page.next)


def bearer(subject: str, names: Mapping[str, str], words: Words) -> str:
    """Whom or what a cap binds: "Ann in the pool sales"; by number where it has no name."""
    kind = kind_of(subject)
    return words.gettext(BEARERS[kind], **_named(subject, names)) if kind in BEARERS else subject


def cap_source(subject: str, window: Window, names: Mapping[str, str], words: Words) -> str:
    """Where a cap was set, for people: "cap of Ann in the pool sales, per day"."""
    where = bearer(subject, names, words)
    return words.gettext("cap of %(where)s, %(window)s", where=where, window=window_name(window, words))


def board_source(limit: Limit, names: Mapping[str, str], words: Words) -> str:
    """Where a cap was set, in the line of an agent: "own cap in the pool sales, per day"."""
    source = limit.source or limit.subject
    if (own := OWN.get(kind_of(source))) is None:
        return cap_source(source, limit.window, names, words)
    return words.gettext(own, **_named(source, names), window=window_name(limit.window, words))


def room_place(room: RoomIn, line: BoardLine, names: Mapping[str, str], words: Words) -> str:
    """Which pool and code a bar is about: "sales · spring"; empty where it is about all of them."""
    pool = names.get(f"pool:{room.pool_id}", str(room.pool_id)) if room.pool_id else ""
    if room.code_id:
        return f"{pool} · {names.get(f'code:{room.code_id}', str(room.code_id))}"
    if any(each.pool_id == room.pool_id and each.code_id for each in line.rooms):
        rest = words.gettext("other codes")
        return f"{pool} · {rest}"
    return pool


def window_name(window: Window, words: Words) -> str:
    """The window of a cap in the reader's language."""
    return words.gettext(WINDOWS[window])


def _named(subject: str, names: Mapping[str, str]) -> dict[str, str]:
    """The name of each part, by noun."""
    parts = (part.partition(":") for part in subject.split("@"))
    return {noun: names.get(f"{noun}:{number}", number) for noun, _, number in parts}


def _subjects(lines: Iterable[BoardLine]) -> set[str]:
    shown = [room for line in lines for room in line.rooms[:ROOMS_SHOWN]]
    limits = {room.limit.source or room.limit.subject for room in shown if room.limit is not None}
    return limits | {f"pool:{room.pool_id}" for room in shown} | {f"code:{room.code_id}" for room in shown}
