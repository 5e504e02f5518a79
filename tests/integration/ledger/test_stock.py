"""The stock of contact ways: what nobody will lease any more leaves the platform."""

import pytest

from router.db.ledger import Ledger
from router.handlers.admin.act import Act
from router.handlers.admin.agents import archive_agent
from router.handlers.stock import refill_all
from tests.factories import NOW, ZONE, shop
from tests.integration.ledger.looking import column, rows

pytestmark = pytest.mark.anyio


async def test_contact_ways_that_an_archived_agent_leaves_behind_are_deleted(ledger: Ledger) -> None:
    ann, bo = await ledger.write(shop("ann", "bo", ways=2))
    await ledger.write(lambda c: archive_agent(c, Act("admin", NOW, ZONE), ann))

    await ledger.write(lambda c: refill_all(c, NOW, low=0, target=1))

    assert await ledger.read(rows("SELECT agent_id, status FROM contact_way ORDER BY id")) == [
        (ann, "retiring"),
        (ann, "retiring"),
        (bo, "ready"),
        (bo, "ready"),
    ]
    assert await ledger.read(column("SELECT kind FROM outbox")) == ["delete_contact_way", "delete_contact_way"]
