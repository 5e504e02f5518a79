"""What tests of codes that lead on share."""

from collections.abc import AsyncIterator

import pytest

from router.clock import MovableClock
from router.db.ledger import Ledger
from router.handlers.outbound.platform import Platform
from router.platforms.wecom.client import WeComClient
from router.workers.sender import Sender
from tests.factories import ZONE
from tests.integration.ledger.platform_shop import Shop
from tests.integration.sandbox.running import CONFIG, running


@pytest.fixture
async def shop(ledger: Ledger) -> AsyncIterator[Shop]:
    clock = MovableClock()
    async with running(CONFIG) as sandbox:
        client = WeComClient(sandbox.http, CONFIG.corp_id, "app-secret", now=clock, base_url="http://sandbox")
        platform = Platform(ledger, clock, contact=client, kf=None, app=client, app_agent_id=1, zone=ZONE)
        yield Shop(ledger, sandbox, clock, Sender("platform", lambda: platform))
