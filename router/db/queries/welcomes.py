"""欢迎语 (welcomes): what live codes say to whoever came through them."""

from sqlalchemy import Connection

from router.db.sql import Sql

_COLUMNS = "SELECT id, name, welcome FROM live_code WHERE archived_at IS NULL AND welcome <> ''"
_WELCOMES = Sql(f"{_COLUMNS} ORDER BY id")
_WELCOME = Sql(f"{_COLUMNS} AND id = :id")


def welcomes(connection: Connection, code_id: int | None = None) -> list[tuple[int, str, str]]:
    """Id, name and welcome of every live code that has one, or of this one if it has."""
    rows = _WELCOMES.rows(connection) if code_id is None else _WELCOME.rows(connection, id=code_id)
    return [(int(id), str(name), str(welcome)) for id, name, welcome in rows]
