"""What the pages of a scan read without holding anything."""

import re
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.sql import Sql

_CODE = Sql("SELECT name, active, archived_at FROM live_code WHERE slug = :slug")
_PICTURE = Sql(
    "SELECT contact_way.picture FROM reservation JOIN contact_way ON contact_way.id = reservation.way_id"
    " WHERE reservation.key = :key AND reservation.status = 'held' AND reservation.expires_at > :now"
)
_LAST_OUTCOME = Sql("SELECT outcome FROM visit WHERE code_id = :code_id AND visitor = :visitor")
_NUMBER_NOTED = Sql(
    "SELECT 1 FROM task AS t JOIN live_code AS c ON c.id = t.code_id WHERE c.slug = :slug AND t.visitor = :visitor"
    " AND t.visitor <> '' AND t.kind = 'call_back' AND t.done_at IS NULL"
)

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what slugs and keys are made of; PostgreSQL refuses NUL and surrogates


@dataclass(frozen=True, slots=True)
class PrintedCode:
    """A live code as somebody sees it who only looks."""

    name: str
    is_open: bool


def is_well_formed(name: str) -> bool:
    """Whether a slug or key from an address can be one of ours at all."""
    return _NAME.fullmatch(name) is not None


def printed_code(connection: Connection, slug: str) -> PrintedCode | None:
    """The code printed as ``slug``; None if there never was one."""
    row = _CODE.row(connection, slug=slug) if is_well_formed(slug) else None
    return None if row is None else PrintedCode(name=row[0], is_open=bool(row[1]) and row[2] is None)


def leased_picture(connection: Connection, key: str, now: int) -> bytes | None:
    """The platform's QR (PNG) that reservation ``key`` may still be shown; None once its lease is over at ``now``."""
    row = _PICTURE.row(connection, key=key, now=now) if is_well_formed(key) else None
    return None if row is None or row[0] is None else bytes(row[0])


def last_outcome(connection: Connection, code_id: int, visitor: str) -> str | None:
    """What this visitor was last told on this code; None: never here."""
    row = _LAST_OUTCOME.row(connection, code_id=code_id, visitor=visitor)
    return None if row is None else str(row[0])


def number_is_noted(connection: Connection, slug: str, visitor: str) -> bool:
    """Whether this visitor left a number on this code that is still to be called."""
    return is_well_formed(slug) and _NUMBER_NOTED.row(connection, slug=slug, visitor=visitor) is not None
