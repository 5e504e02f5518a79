"""What the pages of a scan read without holding anything."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.sql import Sql

_CODE = Sql("SELECT name, active, archived_at FROM live_code WHERE slug = :slug")
_PICTURE = Sql(
    "SELECT contact_way.picture FROM reservation JOIN contact_way ON contact_way.id = reservation.way_id"
    " WHERE reservation.key = :key AND reservation.status = 'held' AND reservation.expires_at > :now"
)


@dataclass(frozen=True, slots=True)
class PrintedCode:
    """A live code as somebody sees it who only looks."""

    name: str
    is_open: bool


def printed_code(connection: Connection, slug: str) -> PrintedCode | None:
    """The code printed as ``slug``; None if there never was one."""
    row = _CODE.row(connection, slug=slug)
    return None if row is None else PrintedCode(name=row[0], is_open=bool(row[1]) and row[2] is None)


def leased_picture(connection: Connection, key: str, now: int) -> bytes | None:
    """The platform's QR (PNG) that reservation ``key`` may still be shown; None once its lease is over at ``now``."""
    row = _PICTURE.row(connection, key=key, now=now)
    return None if row is None or row[0] is None else bytes(row[0])
