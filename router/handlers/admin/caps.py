"""Caps (上限) of agents, pools and live codes: checked and set alike."""

from datetime import tzinfo

from sqlalchemy import Connection

from router.db.queries.capacity import recount, set_cap
from router.db.queries.caps import Caps
from router.db.sql import Sql
from router.domain.capacity import WINDOWS
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import range_problems
from tagtree.wording import Problem

_KEPT = Sql(
    'SELECT subject, "window" FROM cap'
    " UNION SELECT 'agent:' || CAST(id AS VARCHAR(20)), 'day' FROM agent ORDER BY 1, 2"
)

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


def recount_all(connection: Connection, now: int, zone: tzinfo) -> None:
    """Count the present periods anew from what happened: in another zone they begin at other instants."""
    for subject, window in _KEPT.rows(connection):
        recount(connection, subject, window, now, zone)
