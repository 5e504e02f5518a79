"""Stored messages as they came, for people who look for one to try rules on."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries.page import like
from router.db.sql import Sql

SEARCHED = 200_000  # events that one search looks through at most, the newest ones first

_NEWEST = Sql("SELECT max(id) FROM inbox")
_FOUND = Sql(
    "SELECT id, callback, plaintext, subject, received_at FROM inbox WHERE id < :before AND id > :floor"
    " AND event IN ('message_received', 'employee_wrote') AND (:subject = '' OR subject = :subject)"
    " AND (:search = '' OR lower(plaintext) LIKE :like ESCAPE '!') ORDER BY id DESC LIMIT :rows"
)
_ONE = Sql(
    "SELECT id, callback, plaintext, subject, received_at FROM inbox WHERE id = :id"
    " AND event IN ('message_received', 'employee_wrote')"
)


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A message as the platform sent it; ``subject`` is the external_userid, or the userid of an employee."""

    id: int
    callback: str
    plaintext: str
    subject: str
    received_at: int


def find_messages(
    connection: Connection, *, search: str = "", subject: str = "", before: int = 0, limit: int = 50
) -> list[StoredRow]:
    """Newest first; ``search`` is looked for in what the platform sent, so a few more may be found than say it."""
    newest = _NEWEST.row(connection)
    before = before or ((newest[0] or 0) + 1 if newest else 1)
    rows = _FOUND.rows(
        connection,
        before=before,
        floor=before - SEARCHED,
        subject=subject,
        search=search,
        like=like(search),
        rows=limit,
    )
    return [StoredRow(*row) for row in rows]


def get_message(connection: Connection, event_id: int) -> StoredRow | None:
    """The message of one event."""
    row = _ONE.row(connection, id=event_id)
    return None if row is None else StoredRow(*row)
