"""A ledger, a sandbox that it talks to, and a clock that both follow."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import native_ways, outbox, timers
from router.db.queries.native_ways import NativeWay
from router.handlers import native, patrol
from router.handlers.native import NativeRules
from router.handlers.outbound.platform import Platform
from router.platforms.wecom.client import WeComClient
from router.workers.sender import Sender
from tests.factories import SECOND, ZONE
from tests.integration.sandbox.running import CORP_ID, Sandbox, running

ROUNDS = 50
RULES = NativeRules(ZONE, window=30 * SECOND)


@dataclass
class Deployment:
    """What a service does with native codes, step by step."""

    ledger: Ledger
    sandbox: Sandbox
    sender: Sender

    def now(self) -> int:
        return self.sandbox.platform.now()

    async def settle(self) -> None:
        """Fire what is due and send what is ordered, until nothing is left for now."""
        for _ in range(ROUNDS):
            fired = await self.ledger.write(self._fire)
            await self.sender.work()
            await self.sender.drain()
            due_at = await self.ledger.read(lambda c: outbox.next_due(c, "platform", self.now()))
            if not fired and (due_at is None or due_at > self.now()):
                return
        raise AssertionError("it does not come to rest")

    async def later(self, seconds: float) -> None:
        """Let time pass, then settle."""
        await self.sandbox.advance(seconds)
        await self.settle()

    async def way(self, code_id: int) -> NativeWay:
        way = await self.ledger.read(lambda c: native_ways.get(c, code_id))
        assert way is not None
        return way

    async def listed(self, code_id: int) -> list[str]:
        """Whom the platform lists."""
        config_id = (await self.way(code_id)).config_id
        return list(self.sandbox.platform.world.contact_ways[str(config_id)].user)

    def _fire(self, connection: Connection) -> int:
        now = self.now()
        due = timers.take_due(connection, now, 100)
        for each in due:
            match each.kind:
                case "native_code":
                    native.look(connection, each.payload["code_id"], RULES, now)
                case "patrol_ways":
                    patrol.every_hour(connection, now)
        return len(due)


@asynccontextmanager
async def deployed(ledger: Ledger) -> AsyncIterator[Deployment]:
    async with running() as sandbox:
        clock = sandbox.platform.now
        transport = httpx.ASGITransport(sandbox.app)
        async with httpx.AsyncClient(transport=transport) as http:
            client = WeComClient(http, CORP_ID, "contact-secret", now=clock, base_url="http://sandbox")
            platform = Platform(ledger, clock, contact=client, kf=None, app=None, app_agent_id=None, zone=ZONE)
            yield Deployment(ledger, sandbox, Sender("platform", lambda: platform))


@pytest.fixture
async def deployment(ledger: Ledger) -> AsyncIterator[Deployment]:
    async with deployed(ledger) as deployment:
        yield deployment
