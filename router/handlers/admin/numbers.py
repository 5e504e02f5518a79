"""Numbers (数字): counted again on request, and who took a copy of them away."""

from sqlalchemy import Connection

from router.db.queries import changes, tally
from router.domain.numbers import Range
from router.handlers.admin.act import Act


def recount(connection: Connection, act: Act, days: Range) -> None:
    """Count adds and losses of these days again from their own rows; the rest has no rows to be counted from."""
    since, until = days.bounds(act.zone)
    tally.recount(connection, since, until, act.zone)
    said = {"first": str(days.first), "last": str(days.last)}
    changes.record(connection, "numbers.recount", "numbers", None, said, actor=act.actor, now=act.now)


def record_export(connection: Connection, act: Act, what: str, narrowed_by: dict[str, object]) -> None:
    """Remember that somebody took a file of customers or reservations; it holds what cannot be called back."""
    changes.record(connection, f"{what}.export", what, None, narrowed_by, actor=act.actor, now=act.now)
