"""欢迎语 (welcomes): what live codes say to whoever came through them."""

from sqlalchemy import Connection

from router.db.sql import Sql

_WELCOMES = Sql("SELECT id, name, welcome FROM live_code WHERE archived_at IS NULL AND welcome <> '' ORDER BY id")


def welcomes(connection: Connection) -> list[tuple[int, str, str]]:
    """Id, name and welcome of every live code that has one."""
    return [(int(id), str(name), str(welcome)) for id, name, welcome in _WELCOMES.rows(connection)]
