"""Decides what came in, batch after batch, until the inbox is empty."""

from sqlalchemy import Connection

from router.handlers.decide import decide_open
from router.services import Services


class Decider:
    """One batch is one transaction, which it shares with the callbacks that are stored meanwhile."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def work(self) -> int | None:
        """Decide all there is."""
        while await self._services.ledger.write(self._decide):
            pass
        return None

    def _decide(self, connection: Connection) -> int:
        return decide_open(connection, self._services.situation)
