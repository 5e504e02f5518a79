"""A burst of scans sees each pool as it would by reading it anew after every place taken."""

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import capacity, stock
from router.db.queries.scan import Code, candidates, codes
from router.domain.assignment import Candidate, rank
from router.domain.capacity import agent_subject
from router.handlers.standing import Standing
from tests.factories import NOW, ZONE, cap, live_code, pool, shop
from tests.integration.ledger.looking import one

pytestmark = pytest.mark.anyio


async def test_the_candidates_of_every_code_stay_in_step_with_the_ledger(ledger: Ledger) -> None:
    ann, bo, _ = await ledger.write(shop("ann", "bo", "cy", cap_each=4, ways=5))
    of_spring = await ledger.read(one("SELECT pool_id FROM live_code WHERE slug = 'spring'"))
    await ledger.write(cap(f"pool:{of_spring}", 8))
    await ledger.write(cap(f"{agent_subject(ann)}@pool:{of_spring}", 2, "hour"))
    await ledger.write(live_code(await ledger.write(pool("ann and bo", (ann, bo))), "autumn"))

    seen, held = await ledger.write(_taken_in_turn)

    assert seen == held


def _taken_in_turn(connection: Connection) -> tuple[list[Candidate], list[Candidate]]:
    """Six places, of two codes in turn: after each, every candidate as seen and as the ledger holds it."""
    both = tuple(codes(connection, ["spring", "autumn"]).values())
    standing = Standing(connection, NOW, ZONE)
    seen: list[Candidate] = []
    held: list[Candidate] = []
    for code in both * 3:
        _take_best(connection, standing, code)
        seen += [candidate for each in both for candidate in standing.of(each)]
        held += [candidate for each in both for candidate in candidates(connection, each, NOW, ZONE)]
    return seen, held


def _take_best(connection: Connection, standing: Standing, code: Code) -> None:
    best = rank(standing.of(code)).order[0]
    assert capacity.try_take(connection, best.agent_id, best.limits, NOW, ZONE)
    assert stock.try_lease(connection, best.agent_id) is not None
    standing.took(best)
