"""The writer kept busy, and connections killed, for tests."""

import threading
from collections.abc import Callable

from sqlalchemy import Connection

from router.db.ledger import Ledger, wake
from router.db.sql import Sql

AGENTS = "SELECT userid FROM agent ORDER BY id"

_TERMINATE_OTHERS = Sql(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid()"
)


class Busy:
    """Keeps the writer inside one transaction, so that what is queued meanwhile shares the next."""

    def __init__(self) -> None:
        self._may_end = threading.Event()
        self.began = threading.Event()

    def __call__(self, _connection: Connection) -> None:
        self.began.set()
        assert self._may_end.wait(10)

    def end(self) -> None:
        self._may_end.set()


def announced(name: str, work: Callable[[Connection], object]) -> Callable[[Connection], None]:
    """``work``, after saying that the worker ``name`` has something to do."""

    def announce(connection: Connection) -> None:
        wake(connection, name)
        work(connection)

    return announce


def kill_connections(url: str) -> None:
    """As an operator or a failover would."""
    killer = Ledger(url)
    killer.read_now(lambda c: _TERMINATE_OTHERS.rows(c))
    killer.close()
