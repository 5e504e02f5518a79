"""The tally itself: what one line holds, and what a recount leaves alone."""

import pytest

from router.db.ledger import Ledger
from router.db.queries import tally
from router.db.queries.tally import Count, Loss
from router.domain.numbers import MEASURES
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    ZONE,
    agent,
    customer,
    instant,
)
from tests.integration.ledger.looking import rows

pytestmark = pytest.mark.anyio

LINES = "SELECT hour, measure, code_id, agent_id, test, times FROM tally ORDER BY 1, 2, 3, 4, 5"


async def test_many_counts_of_one_line_become_one_number(ledger: Ledger) -> None:
    counts = [Count("scan", 1), Count("scan", 1, times=4), Count("add", 1, 2), Count("scan", 1, test=True)]

    await ledger.write(lambda c: tally.count_all(c, NOW, ZONE, counts))
    await ledger.write(lambda c: tally.count(c, NOW + HOUR, ZONE, "scan", 1))

    assert await ledger.read(rows(LINES)) == [
        (2026112114, "add", 1, 2, False, 1),
        (2026112114, "scan", 1, 0, False, 5),
        (2026112114, "scan", 1, 0, True, 1),
        (2026112115, "scan", 1, 0, False, 1),
    ]


async def test_a_reply_to_somebody_we_do_not_know_counts_for_no_code_and_no_agent(ledger: Ledger) -> None:
    await ledger.write(customer("wm-written-only"))

    replies = [
        await ledger.read(lambda c, name=name: tally.of_reply(c, name, NOW, by_agent=True))  # type: ignore[misc]
        for name in ("wm-written-only", "wm-nobody")
    ]

    assert replies == [Count("reply"), Count("reply")]


async def test_a_recount_leaves_other_days_and_what_has_no_rows_alone(ledger: Ledger) -> None:
    await ledger.write(agent())
    for measure in MEASURES:
        await ledger.write(lambda c, measure=measure: tally.count(c, NOW, ZONE, measure, 0, 1))  # type: ignore[misc]
        await ledger.write(lambda c, measure=measure: tally.count(c, NOW + DAY, ZONE, measure, 0, 1))  # type: ignore[misc]

    await ledger.write(lambda c: tally.recount(c, instant("2026-11-21 00:00"), instant("2026-11-22 00:00"), ZONE))

    assert await ledger.read(rows("SELECT hour, measure FROM tally ORDER BY hour, measure")) == [
        *((2026112114, measure) for measure in ("reply", "scan", "visitor")),
        *((2026112214, measure) for measure in sorted(MEASURES)),
    ]


async def test_a_loss_without_an_arrival_of_ours_counts_for_the_agent_alone(ledger: Ledger) -> None:
    ann = await ledger.write(agent())
    customer_id = await ledger.write(customer())

    counts = await ledger.read(lambda c: tally.of_losses(c, [Loss(customer_id, ann, True)], NOW))

    assert counts == [Count("lost", 0, ann)]
