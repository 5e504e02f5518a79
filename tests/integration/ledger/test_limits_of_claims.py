"""Whoever takes work from the ledger takes no more than asked for, whichever way PostgreSQL joins.

A query with a limit and row locks, within ``IN``, may be run again for each row of the outer table, and passes over
what it has locked before: it then takes everything.
"""

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import outbox, timers
from router.db.queries.outbox import Order
from router.domain.effects import SendKfText
from tests.factories import ACCOUNT, NOW

pytestmark = pytest.mark.anyio

WAYS_TO_JOIN = ("hashjoin", "mergejoin", "hashagg", "sort", "material", "indexscan", "bitmapscan")


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    return postgresql_url


def join_row_by_row(connection: Connection) -> None:
    """Leave the planner nothing but nested loops."""
    for way in WAYS_TO_JOIN:
        connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")


async def test_no_more_timers_fire_than_asked_for(ledger: Ledger) -> None:
    def take(connection: Connection) -> int:
        for number in range(9):
            timers.arm(connection, "lease", f"lease:{number}", NOW, {})
        join_row_by_row(connection)
        return len(timers.take_due(connection, NOW, at_most=2))

    assert await ledger.write(take) == 2


async def test_no_more_effects_are_claimed_than_asked_for(ledger: Ledger) -> None:
    def claim(connection: Connection) -> int:
        texts = [SendKfText(ACCOUNT, f"wm-{number}", f"lq-{number}", "hello") for number in range(9)]
        outbox.add_all(connection, [Order(text) for text in texts], NOW)
        join_row_by_row(connection)
        return len(outbox.claim(connection, "chat", 2, NOW))

    assert await ledger.write(claim) == 2
