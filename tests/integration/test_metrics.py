"""What Prometheus reads, from a ledger in a known state."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Route

from router.clock import MovableClock
from router.db.ledger import Ledger
from router.db.tables import OutboxRow
from router.handlers.decide import decide_open
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web.metrics import scrape
from tests.factories import customer_added, received, shop, situation
from tests.integration.rows import Row, insert_rows

pytestmark = pytest.mark.anyio


async def test_effects_that_wait_for_an_operator_are_counted_by_code(ledger: Ledger) -> None:
    effects = [
        refused("a", "failed", 60020),
        refused("b", "failed", 60020),
        refused("c", "pending", 41096),
        refused("an-hour-later", "pending", 45009),
        refused("mended", "done", 60020),
        refused("not-yet-tried", "pending", None),
    ]
    await ledger.write(lambda connection: insert_rows(connection, 1, effects))

    assert await gauge(ledger, "liveqr_outbox_alerts") == {"60020": 2.0, "41096": 1.0}


async def test_customers_who_came_beyond_a_cap_are_counted_by_how_they_came(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=1))
    callbacks = received(*(customer_added(external_userid=f"wm-{number}") for number in range(3)))
    await ledger.write(callbacks)
    await ledger.write(lambda connection: decide_open(connection, situation()))

    assert await gauge(ledger, "liveqr_adds_beyond_caps", "how") == {"unknown_channel": 2.0}


def refused(key: str, status: str, errcode: int | None) -> Row:
    return OutboxRow, {"key": key, "kind": "tag", "payload": "{}", "status": status, "errcode": errcode}


async def gauge(ledger: Ledger, name: str, label: str = "errcode") -> dict[str, float]:
    app = Starlette(routes=[Route("/metrics", scrape)])
    app.state.services = Services(read_settings(environment={}), ledger, MovableClock(), SecretBox(bytes(32)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        answer = await client.get("/metrics")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    return {sample.labels[label]: sample.value for sample in families[name].samples}
