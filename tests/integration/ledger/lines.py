"""Visitors in line, for tests: a page asks as the landing page does."""

from collections.abc import Callable

from sqlalchemy import Connection

from router.db.json import dump
from router.db.queries import scan as scan_queries
from router.db.queries import waiting
from router.db.sql import Sql
from router.domain.scan import Reserved, ScanAnswer
from router.domain.spill import WAITING_PAGE, SpillPolicy
from router.handlers.full import answer_full
from router.handlers.line import may_ask
from router.handlers.standing import Standing
from tests.factories import NOW, ZONE, scan

_SPILL = Sql("UPDATE pool SET spill_policy = :policy WHERE id = :id")


def spills(pool_id: int, policy: SpillPolicy) -> Callable[[Connection], int]:
    """When the pool is full, this happens."""
    return lambda connection: _SPILL.run(connection, id=pool_id, policy=dump(policy))


def asks(visitor: str, slug: str = "spring", now: int = NOW) -> Callable[[Connection], ScanAnswer]:
    """A page asks: whoever may not ask the pool stays in line, whoever gets a place leaves it."""

    def ask(connection: Connection) -> ScanAnswer:
        code = scan_queries.codes(connection, [slug])[slug]
        scan_queries.lock_pools(connection, {code.pool_id})
        standing = Standing(connection, now, ZONE)
        if not may_ask(connection, standing, code.pool_id, code, visitor, now):
            return answer_full(connection, code, visitor, WAITING_PAGE, now)
        answer = scan(visitor, slug, now)(connection)
        assert answer is not None
        if isinstance(answer, Reserved):
            waiting.served(connection, code.id, visitor, now)
        return answer

    return ask
