"""Answers of the ledger that are kept until a commit says that they may have changed."""

from collections.abc import Callable, Hashable
from functools import partial
from typing import Generic, TypeVar

from sqlalchemy import Connection

from router.db.ledger import Ledger

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST_KEPT = 10_000


class Remembered(Generic[K, V]):
    """What ``query(connection, key)`` answers, until the writer wakes ``told``; None is asked for again each time."""

    def __init__(self, ledger: Ledger, query: Callable[[Connection, K], V | None], told: str) -> None:
        self._ledger = ledger
        self._query = query
        self._kept: dict[K, V] = {}
        ledger.subscribe(told, self._forget)

    async def get(self, key: K) -> V | None:
        """The answer of the last commit."""
        kept = self._kept  # a commit meanwhile leaves this one to nobody, and with it what was read before
        if (value := kept.get(key)) is not None:
            return value
        value = await self._ledger.read(partial(self._ask, key))
        if value is not None and len(kept) < MOST_KEPT:
            kept[key] = value
        return value

    def _ask(self, key: K, connection: Connection) -> V | None:
        return self._query(connection, key)

    def _forget(self) -> None:
        self._kept = {}
