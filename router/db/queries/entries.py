"""Visitors whom a code with a scan limit has let in: each counts once, however often they come back."""

from sqlalchemy import Connection

from router.db.sql import Sql

_ENTER = Sql(
    "INSERT INTO entry (code_id, visitor, at) VALUES (:code_id, :visitor, :now)"
    " ON CONFLICT (code_id, visitor) DO NOTHING"
)
_LEAVE = Sql("DELETE FROM entry WHERE code_id = :code_id AND visitor = :visitor")
_TAKE = Sql(
    'INSERT INTO counter (subject, "window", period, taken)'
    " SELECT :subject, 'total', 0, 1 WHERE :places > 0"
    ' ON CONFLICT (subject, "window", period) DO UPDATE SET taken = counter.taken + 1 WHERE counter.taken < :places'
)
# A visitor of a closed code was let in only if something was held for them.
_ENTER_KNOWN = Sql(
    "INSERT INTO entry (code_id, visitor, at) SELECT v.code_id, v.visitor, v.first_at FROM visit AS v"
    " WHERE v.code_id = :code_id AND (v.outcome <> 'closed' OR EXISTS (SELECT 1 FROM reservation AS r"
    " WHERE r.code_id = v.code_id AND r.visitor = v.visitor)) ON CONFLICT (code_id, visitor) DO NOTHING"
)
_COUNT = Sql(
    'INSERT INTO counter (subject, "window", period, taken)'
    " SELECT :subject, 'total', 0, count(*) FROM entry WHERE code_id = :code_id"
    ' ON CONFLICT (subject, "window", period) DO UPDATE SET taken = excluded.taken'
)
_ENTERED = Sql("SELECT taken FROM counter WHERE subject = :subject AND \"window\" = 'total' AND period = 0")
_RESERVED_SINCE = Sql(
    "SELECT count(*) FROM reservation WHERE code_id = :code_id AND visitor = :visitor AND held_at >= :since"
)


def entry_subject(code_id: int) -> str:
    """The subject under which a code's visitors are counted."""
    return f"entry:{code_id}"


def try_enter(connection: Connection, code_id: int, visitor: str, limit: int, now: int) -> bool:
    """Whether the visitor is in: has been let in before, or is let in now, as one of ``limit`` at most."""
    if not _ENTER.run(connection, code_id=code_id, visitor=visitor, now=now):
        return True
    if _TAKE.run(connection, subject=entry_subject(code_id), places=limit):
        return True
    _LEAVE.run(connection, code_id=code_id, visitor=visitor)
    return False


def count_known(connection: Connection, code_id: int) -> None:
    """Begin with those whom the code has let in while it had no limit; this also heals the counter."""
    _ENTER_KNOWN.run(connection, code_id=code_id)
    _COUNT.run(connection, subject=entry_subject(code_id), code_id=code_id)


def entered(connection: Connection, code_id: int) -> int:
    """How many visitors the code has let in, as far as it counts them."""
    row = _ENTERED.row(connection, subject=entry_subject(code_id))
    return int(row[0]) if row else 0


def reservations_since(connection: Connection, code_id: int, visitor: str, since: int) -> int:
    """Reservations this visitor got on this code, whatever became of them; ``since`` in ms."""
    row = _RESERVED_SINCE.row(connection, code_id=code_id, visitor=visitor, since=since)
    assert row is not None
    return int(row[0])
