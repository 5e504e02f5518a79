"""The dialect seam: a statement is written once and runs at driver speed on SQLite and PostgreSQL.

Parameters are written ``:name``. Three marks stand for what the two databases say differently:

- ``{among:ids}``: membership in the list parameter ``ids`` (``json_each`` on SQLite, ``ANY`` on PostgreSQL);
- ``{skip_locked}``: lock the rows read and pass over those somebody else holds (SQLite has one writer: nothing to say);
  with a limit it stands in ``WITH … AS MATERIALIZED`` or after ``=``, never in ``IN``, which may run it once per row;
- ``{for_update:r}``: lock the rows read from the table that the statement calls ``r``, waiting for whoever holds them.

The statements go to the driver's own cursor inside the transaction that the SQLAlchemy connection has open: building
statement objects per call would cost more than SQLite takes to run them. For the same reason SQLite gets its parameters
by position: it looks named ones up one by one, row after row.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Connection

_MARK = re.compile(r"\{(\w+)(?::(\w+))?\}")
_PARAMETER = re.compile(r"(?<!:):(\w+)")

Row = tuple[Any, ...]


class Sql:
    """One statement for both databases."""

    __slots__ = ("_in_order", "_lists", "_postgres", "_sqlite")

    def __init__(self, statement: str) -> None:
        self._lists = frozenset(name for mark, name in _MARK.findall(statement) if mark == "among")
        for_sqlite = _MARK.sub(_for_sqlite, statement)
        names = list(dict.fromkeys(_PARAMETER.findall(for_sqlite)))
        self._in_order = _picker(names)
        self._sqlite = _PARAMETER.sub(lambda found: f"?{names.index(found[1]) + 1}", for_sqlite)
        self._postgres = _PARAMETER.sub(r"%(\1)s", _MARK.sub(_for_postgres, statement.replace("%", "%%")))

    def run(self, connection: Connection, **parameters: Any) -> int:
        """Run once; returns the number of rows it changed."""
        return int(self._execute(connection, parameters).rowcount)

    def run_many(self, connection: Connection, parameters: Sequence[Mapping[str, Any]]) -> int:
        """Run once per mapping, as one batch of the driver; returns the number of rows all of them changed."""
        if not parameters:
            return 0
        cursor = self._cursor(connection)
        if _is_sqlite(connection):
            cursor.executemany(self._sqlite, [self._in_order(each) for each in parameters])
        else:
            cursor.executemany(self._postgres, parameters)
        return int(cursor.rowcount)

    def rows(self, connection: Connection, **parameters: Any) -> list[Row]:
        """All rows as tuples."""
        return list(self._execute(connection, parameters).fetchall())

    def row(self, connection: Connection, **parameters: Any) -> Row | None:
        """The first row, or None."""
        found: Row | None = self._execute(connection, parameters).fetchone()
        return found

    def _execute(self, connection: Connection, parameters: dict[str, Any]) -> Any:
        cursor = self._cursor(connection)
        if _is_sqlite(connection):
            for name in self._lists:
                parameters[name] = orjson.dumps(list(parameters[name])).decode()
            cursor.execute(self._sqlite, self._in_order(parameters))
        else:
            cursor.execute(self._postgres, parameters)
        return cursor

    @staticmethod
    def _cursor(connection: Connection) -> Any:
        return connection.connection.cursor()


def _picker(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """What takes these values out of a mapping, in this order."""
    match names:
        case []:
            return lambda _mapping: ()
        case [name]:
            return lambda mapping: (mapping[name],)
        case _:
            return itemgetter(*names)


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _for_sqlite(mark: re.Match[str]) -> str:
    kind, name = mark.groups()
    match kind:
        case "among":
            return f"IN (SELECT value FROM json_each(:{name}))"
        case "skip_locked" | "for_update":
            return ""
    raise ValueError(f"unknown mark {mark.group()}")


def _for_postgres(mark: re.Match[str]) -> str:
    kind, name = mark.groups()
    match kind:
        case "among":
            return f"= ANY(:{name})"
        case "skip_locked":
            return "FOR UPDATE SKIP LOCKED"
        case "for_update":
            return f"FOR NO KEY UPDATE OF {name}"  # who only points at the row need not wait
    raise ValueError(f"unknown mark {mark.group()}")
