"""Visitors in line, for tests: a page asks as the landing page does."""

from collections.abc import Callable

from sqlalchemy import Connection

from router.db.json import dump
from router.db.sql import Sql
from router.domain.scan import ScanAnswer
from router.domain.spill import SpillPolicy
from tests.factories import NOW, scan

_SPILL = Sql("UPDATE pool SET spill_policy = :policy WHERE id = :id")


def spills(pool_id: int, policy: SpillPolicy) -> Callable[[Connection], int]:
    """When the pool is full, this happens."""
    return lambda connection: _SPILL.run(connection, id=pool_id, policy=dump(policy))


def asks(visitor: str, slug: str = "spring", now: int = NOW) -> Callable[[Connection], ScanAnswer]:
    """A page asks, as it does every second or two."""

    def ask(connection: Connection) -> ScanAnswer:
        answer = scan(visitor, slug, now)(connection)
        assert answer is not None
        return answer

    return ask
