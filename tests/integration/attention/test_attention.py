"""What is wrong without anybody having done anything, and that it ends when it is mended."""

import pytest

from router.db.ledger import Ledger
from router.db.queries.alerts import open_alerts
from tests.factories import NOW, SECOND, shop
from tests.integration.attention.around import wrong

pytestmark = pytest.mark.anyio


async def test_nothing_is_wrong_with_a_shop_that_has_room(ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=5))

    assert await wrong(ledger) == {}


async def test_looking_again_raises_nothing_twice(ledger: Ledger) -> None:
    await ledger.write(shop("ann", ways=0))
    for second in range(3):
        await wrong(ledger, NOW + second * SECOND)

    assert [(each.times, each.since_at) for each in await ledger.read(open_alerts)] == [(1, NOW)]
