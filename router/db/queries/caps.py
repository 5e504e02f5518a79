"""The caps of one subject side by side: what a form shows and edits."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.sql import Sql

_CAPS = Sql("SELECT c.subject, c.window, c.places FROM cap AS c WHERE c.subject {among:subjects}")


@dataclass(frozen=True, slots=True)
class Caps:
    """Places per window; None where nothing is capped."""

    hour: int | None = None
    day: int | None = None
    round: int | None = None
    total: int | None = None
    held: int | None = None
    open: int | None = None

    @property
    def any(self) -> bool:
        """Whether anything is capped."""
        return self != NO_CAPS


NO_CAPS = Caps()


def caps_of(connection: Connection, subjects: Iterable[str]) -> dict[str, Caps]:
    """The caps of every given subject, in one query."""
    names = list(subjects)
    places: dict[str, dict[str, int]] = {name: {} for name in names}
    for subject, window, number in _CAPS.rows(connection, subjects=names):
        places[subject][window] = number
    return {name: Caps(**windows) for name, windows in places.items()}
