"""Caps (上限) of agents, pools and live codes: checked and set alike."""

from sqlalchemy import Connection

from router.db.queries.capacity import set_cap
from router.db.queries.caps import Caps
from router.domain.capacity import WINDOWS
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import range_problems
from tagtree.wording import Problem

MAX_PLACES = 1_000_000


def cap_problems(caps: Caps | None) -> list[Problem]:
    """What is wrong with the numbers; 0 closes a window, None leaves it open."""
    if caps is None:
        return []
    places = {f"caps.{window}": getattr(caps, window) for window in WINDOWS}
    return [
        each
        for path, number in places.items()
        if number is not None
        for each in range_problems(path, number, 0, MAX_PLACES)
    ]


def save_caps(connection: Connection, act: Act, subject: str, before: Caps, after: Caps | None) -> None:
    """Set the windows that differ, effective at once; None changes nothing."""
    for window in WINDOWS:
        if after is not None and getattr(after, window) != getattr(before, window):
            set_cap(connection, subject, window, getattr(after, window), act.now, act.zone)
