"""Caps (上限) of agents, pools and live codes: checked and set alike."""

from datetime import tzinfo

from sqlalchemy import Connection

from router.db.queries.capacity import recount, set_cap
from router.db.queries.caps import Caps
from router.db.sql import Sql
from router.domain.capacity import WINDOWS, WINDOWS_OF, Window
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import problem, range_problems
from tagtree.wording import Problem

_KEPT = Sql(
    'SELECT subject, "window" FROM cap'
    " UNION SELECT 'agent:' || CAST(id AS VARCHAR(20)), 'day' FROM agent"
    " UNION SELECT 'agent:' || CAST(agent_id AS VARCHAR(20)) || '@pool:' || CAST(pool_id AS VARCHAR(20)), 'day'"
    " FROM pool_member ORDER BY 1, 2"
)

MAX_PLACES = 1_000_000


def cap_problems(caps: Caps | None, kind: str) -> list[Problem]:
    """What is wrong with the numbers for this kind of subject; 0 closes a window, None leaves it open."""
    if caps is None:
        return []
    places = {window: getattr(caps, window) for window in WINDOWS}
    return [each for window, number in places.items() if number is not None for each in _problems(window, number, kind)]


def _problems(window: Window, number: int, kind: str) -> list[Problem]:
    path = f"caps.{window}"
    if window not in WINDOWS_OF[kind]:
        allowed = ", ".join(WINDOWS_OF[kind])
        return [
            problem(
                path,
                (f"there is no cap of the kind {window} here", f"这里没有 {window} 这种上限"),
                (f"Leave it empty; use {allowed}.", f"请留空，可用：{allowed}。"),
            )
        ]
    return range_problems(path, number, 0, MAX_PLACES)


def save_caps(connection: Connection, act: Act, subject: str, before: Caps, after: Caps | None) -> None:
    """Set the windows that differ, effective at once; None changes nothing."""
    for window in WINDOWS:
        if after is not None and getattr(after, window) != getattr(before, window):
            set_cap(connection, subject, window, getattr(after, window), act.now, act.zone)


def recount_all(connection: Connection, now: int, zone: tzinfo) -> None:
    """Count the present periods anew from what happened: in another zone they begin at other instants."""
    for subject, window in _KEPT.rows(connection):
        if window != "open" and (window != "round" or "@" in subject):
            recount(connection, subject, window, now, zone)
