"""What a stranger may ask of the service: whether it lives, and whether it can work."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from router.clock import MovableClock
from router.db.ledger import Ledger
from router.db.queries import outbox
from router.db.queries.outbox import Order
from router.domain.effects import SendKfText
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web import health

pytestmark = pytest.mark.anyio


async def test_readiness_tells_how_the_last_effect_ended_and_not_what_the_platform_said(
    ledger: Ledger, tmp_path: Path
) -> None:
    await ledger.write(lambda c: outbox.add_all(c, [Order(SendKfText("wk", "wm", key, "hi")) for key in "abc"], 1))
    for key, status, finished_at in (("a", "failed", 30), ("b", "done", 20)):
        await ledger.write(
            lambda c, key=key, status=status, at=finished_at: c.exec_driver_sql(  # type: ignore[misc]
                f"UPDATE outbox SET status = '{status}', finished_at = {at}, error = 'from ip: 203.0.113.9'"
                f" WHERE key = 'kf_text:{key}'"
            )
        )
    app = Starlette(routes=[Route("/readyz", health.ready)])
    settings = read_settings({}, {"LIVEQR_VAR_PATH": str(tmp_path)})
    app.state.services = Services(settings, ledger, MovableClock(), SecretBox(bytes(32)))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as stranger:
        answer = await stranger.get("/readyz")

    assert (answer.status_code, answer.json()) == (
        200,
        {"migrated": True, "writer": True, "platform": {"last_effect": "failed", "at": 30}},
    )
