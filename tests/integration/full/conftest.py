"""A code whose only agent is full, and phones in front of it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection
from starlette.applications import Starlette

from router.db.ledger import Ledger
from router.db.queries.alerts import open_alerts
from router.db.queries.tasks import list_tasks
from router.domain.spill import LeaveNumber, SpillPolicy
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web.number import number_routes
from router.web.scan import routes
from tests.factories import NOW, agent, cap, pool, ready_ways, shop
from tests.integration.ledger.lines import spills

PUBLIC_URL = "https://go.example.com"
WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.60 Language/zh_CN"
CONSENT = "我同意贵方\n仅为本次咨询回电。"
ASKS = LeaveNumber(CONSENT, "留下号码")
FORM = {"number": "138 1234 5678", "consent": CONSENT, "agreed": "yes"}


@dataclass
class StoppedClock:
    """Shows ``now`` (ms) until a test turns it."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now


@dataclass
class Full:
    """A code ``spring`` whose only agent is full, and phones in front of it."""

    phone: httpx.AsyncClient
    ledger: Ledger
    clock: StoppedClock

    async def spills(self, policy: SpillPolicy, pool_id: int = 1) -> None:
        await self.ledger.write(spills(pool_id, policy))

    async def asks(self, visitor: str = "phone", slug: str = "spring") -> Any:
        headers = {"Accept": "application/json", "X-Liveqr-Visitor": visitor}
        return (await self.phone.get(f"/q/{slug}", headers=headers)).json()

    async def page(self, slug: str = "spring") -> httpx.Response:
        """The page for the phone with the cookie."""
        return await self.phone.get(f"/q/{slug}")

    async def leaves(self, path: str = "/q/spring/number", **form: str) -> httpx.Response:
        return await self.phone.post(path, data=FORM | form, headers={"Sec-Fetch-Site": "same-origin"})

    async def alerts(self) -> list[tuple[str, str, int]]:
        return [(each.kind, each.subject, each.times) for each in await self.ledger.read(open_alerts)]

    async def numbers(self) -> list[tuple[str, str]]:
        tasks = await self.ledger.read(list_tasks)
        return [(task.content["number"], task.content["consent"]) for task in tasks.items]


@pytest.fixture
async def full(ledger: Ledger) -> AsyncIterator[Full]:
    clock = StoppedClock()
    await ledger.write(shop("ann", cap_each=0))
    services = Services(read_settings({}, {"LIVEQR_PUBLIC_URL": PUBLIC_URL}), ledger, clock, SecretBox(bytes(32)))
    app = Starlette(routes=[*routes, *number_routes(services)])
    app.state.services = services
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers={"User-Agent": WECHAT}) as phone:
        yield Full(phone, ledger, clock)


async def another_pool(full: Full, userid: str, *, places: int) -> int:
    """A second pool with an agent of its own who has that many places."""

    def write(connection: Connection) -> int:
        agent_id = agent(userid)(connection)
        ready_ways(agent_id)(connection)
        cap(f"agent:{agent_id}", places)(connection)
        return pool(f"pool of {userid}", [agent_id])(connection)

    return await full.ledger.write(write)
