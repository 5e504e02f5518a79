"""Keeps every agent's stock of contact ways filled: at start, after edits, and now and then."""

from sqlalchemy import Connection

from router.db.sql import Sql
from router.handlers.stock import refill_all
from router.services import Services

EVERY = 10 * 60_000  # ms

_ONLY_ONE = Sql("SELECT pg_try_advisory_xact_lock(7003, 0)")


class StockKeeper:
    """Of several processes one looks at a time: two that count at once would both order what is missing."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def work(self) -> int | None:
        """Order what is missing; returns when to look again (ms)."""
        await self._services.ledger.write(self._refill)
        return self._services.clock() + EVERY

    def _refill(self, connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            locked = _ONLY_ONE.row(connection)
            if locked is None or not locked[0]:
                return
        settings = self._services.settings
        refill_all(connection, self._services.clock(), settings.stock_low, settings.stock_target)
