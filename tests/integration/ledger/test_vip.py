"""A VIP is received by the pool of their tag, and goes nowhere that this pool does not name."""

from collections.abc import Sequence

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import pools
from router.db.queries.pools import PoolTerms
from router.db.tables import TagEdgeRow
from router.domain.capacity import agent_subject
from router.domain.scan import Full, Reserved, ScanAnswer, Waiting
from router.domain.spill import WAITING_PAGE, ClosedPage, FallbackPool, SpillPolicy
from router.handlers.decide import decide_open
from tests.factories import (
    MINUTE,
    NOW,
    SECOND,
    Rows,
    agent,
    cap,
    customer_added,
    customer_lost,
    live_code,
    pool,
    ready_ways,
    received,
    scan,
    shop,
    situation,
    state_of,
    tag,
)
from tests.integration.ledger.looking import one, rows
from tests.integration.rows import insert_rows

pytestmark = pytest.mark.anyio


def vip_pool(tag_id: int, members: Sequence[int], spill_policy: SpillPolicy = WAITING_PAGE) -> Rows:
    """A pool for the customers who carry this tag."""

    def write(connection: Connection) -> int:
        terms = PoolTerms(vip_tag_id=tag_id, spill_policy=spill_policy)
        pool_id = pools.insert_pool(connection, "VIP", terms, NOW)
        assert pool_id is not None
        pools.set_members(connection, pool_id, [(agent_id, "member") for agent_id in members])
        return pool_id

    return write


async def a_vip_returns(ledger: Ledger, spill_policy: SpillPolicy = WAITING_PAGE, *, full: bool = False) -> ScanAnswer:
    """Lin, whom ann of the code's pool had, is tagged VIP and has left; scans again. Vera receives VIPs."""
    await ledger.write(shop("ann"))
    lin = await ledger.write(scan("lin"))
    assert isinstance(lin, Reserved)
    state = await ledger.read(state_of(lin.key))
    await ledger.write(received(customer_added(state=state), customer_lost(at=NOW + SECOND), now=NOW + SECOND))
    while await ledger.write(lambda c: decide_open(c, situation(NOW + SECOND))):
        pass
    await ledger.write(lambda connection: make_vip(connection, spill_policy, full=full))
    answer = await ledger.write(scan("lin", now=NOW + MINUTE))
    assert answer is not None
    return answer


def make_vip(connection: Connection, spill_policy: SpillPolicy, *, full: bool) -> None:
    tag_id, vera = tag("VIP")(connection), agent("vera")(connection)
    ready_ways(vera)(connection)
    if full:
        cap(agent_subject(vera), 0)(connection)
    vip_pool(tag_id, [vera], spill_policy)(connection)
    insert_rows(connection, NOW, [(TagEdgeRow, {"customer_id": 1, "tag_id": tag_id, "source": "manual:ann"})])


async def test_a_vip_is_received_by_the_pool_of_their_tag(ledger: Ledger) -> None:
    answer = await a_vip_returns(ledger)

    assert isinstance(answer, Reserved)
    assert answer.agent.name == "Vera"


async def test_a_vip_is_received_by_that_pool_through_whichever_code(ledger: Ledger) -> None:
    await a_vip_returns(ledger)
    await ledger.write(live_code(await ledger.write(pool("others")), "autumn"))

    answer = await ledger.write(scan("lin", slug="autumn", now=NOW + MINUTE))

    assert isinstance(answer, Reserved)
    assert answer.agent.name == "Vera"


async def test_another_visitor_of_the_same_code_is_not(ledger: Ledger) -> None:
    await a_vip_returns(ledger)

    answer = await ledger.write(scan("wang", now=NOW + MINUTE))

    assert isinstance(answer, Reserved)
    assert answer.agent.name == "Ann"


async def test_a_vip_whose_pool_is_full_waits_for_that_pool_and_for_no_other(ledger: Ledger) -> None:
    answer = await a_vip_returns(ledger, full=True)

    assert isinstance(answer, Waiting)
    assert await ledger.read(rows("SELECT p.name FROM waiting AS w JOIN pool AS p ON p.id = w.pool_id")) == [("VIP",)]
    assert await ledger.read(one("SELECT count(*) FROM reservation WHERE status = 'held'")) == 0


async def test_a_vip_whose_pool_is_full_is_told_what_that_pool_says(ledger: Ledger) -> None:
    answer = await a_vip_returns(ledger, ClosedPage("Vera calls you back"), full=True)

    assert answer == Full("Vera calls you back")
    assert await ledger.read(one("SELECT count(*) FROM reservation WHERE status = 'held'")) == 0


async def test_a_vip_goes_to_the_usual_pool_only_where_the_pool_of_their_tag_falls_back_to_it(ledger: Ledger) -> None:
    usual = 1  # the first pool of a new ledger

    answer = await a_vip_returns(ledger, FallbackPool(usual), full=True)

    assert isinstance(answer, Reserved)
    assert answer.agent.name == "Ann"


async def test_a_tag_taken_off_again_makes_no_vip(ledger: Ledger) -> None:
    await a_vip_returns(ledger, full=True)
    await ledger.write(lambda c: rows("UPDATE tag_edge SET removed_at = 1 RETURNING id")(c))
    await ledger.write(lambda c: rows("DELETE FROM waiting RETURNING id")(c))

    answer = await ledger.write(scan("lin", now=NOW + 2 * MINUTE))

    assert isinstance(answer, Reserved)
    assert answer.agent.name == "Ann"
