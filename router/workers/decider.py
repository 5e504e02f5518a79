"""Decides what came in, batch after batch, until the inbox is empty."""

from sqlalchemy import Connection

from router.db.queries import inbox
from router.handlers.decide import decide_open
from router.services import Services

LOOK_AGAIN = 1_000  # ms until rows are tried again that another worker had locked: it may have died without them


class Decider:
    """One batch is one transaction, which it shares with the callbacks that are stored meanwhile."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def work(self) -> int | None:
        """Decide all there is; returns when to look again (ms) if another worker holds what is left."""
        ledger = self._services.ledger
        while await ledger.write(self._decide):
            pass
        if ledger.dialect == "postgresql" and await ledger.read(inbox.has_open):
            return self._services.clock() + LOOK_AGAIN
        return None

    def _decide(self, connection: Connection) -> int:
        return decide_open(connection, self._services.situation)
