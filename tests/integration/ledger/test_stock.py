"""The stock of contact ways: what nobody will lease any more leaves the platform."""

import pytest

from router.db.ledger import Ledger
from router.handlers.admin.act import Act
from router.handlers.admin.agents import archive_agent
from router.handlers.admin.live_codes import archive_live_code
from router.handlers.admin.pools import archive_pool, restore_pool
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


async def test_nobody_is_stocked_for_a_pool_that_is_out_of_use(ledger: Ledger) -> None:
    act = Act("admin", NOW, ZONE)
    await ledger.write(shop("ann", ways=0))
    await ledger.write(lambda c: archive_live_code(c, act, 1))
    await ledger.write(lambda c: archive_pool(c, act, 1))
    archived = await ledger.write(lambda c: refill_all(c, NOW, low=1, target=3))
    await ledger.write(lambda c: restore_pool(c, act, 1))

    assert (archived, await ledger.write(lambda c: refill_all(c, NOW, low=1, target=3))) == (0, 3)
