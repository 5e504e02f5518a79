"""Looks around once a minute for what is wrong, so that somebody is told before a customer complains."""

from sqlalchemy import Connection

from router.db.sql import Sql
from router.handlers.attention import look_around
from router.services import Services

EVERY = 60_000  # ms

_ONLY_ONE = Sql("SELECT pg_try_advisory_xact_lock(7005, 0)")


class Lookout:
    """Of several processes one looks at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def work(self) -> int | None:
        """Raise and end alerts; returns when to look again (ms)."""
        await self._services.ledger.write(self._look)
        return self._services.clock() + EVERY

    def _look(self, connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            locked = _ONLY_ONE.row(connection)
            if locked is None or not locked[0]:
                return
        look_around(connection, self._services.clock(), self._services.settings.time_zone)
