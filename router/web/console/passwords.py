"""Passwords are hashed and verified one at a time in a thread, because each takes 64 MiB and most of a core."""

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple, Unpack

import anyio
import anyio.to_thread

from router.handlers.admin.passwords import hash_password, verify_password

MOST_ASKED = 5  # the last of them waits about a second

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class PasswordDesk:
    """Hashes and verifies off the event loop, one caller after the other."""

    def __init__(self) -> None:
        self._one_at_a_time = anyio.CapacityLimiter(1)
        self._asked = 0  # not the limiter's own count: it learns of a caller only some turns of the loop later

    @property
    def is_crowded(self) -> bool:
        """Whether a stranger should be sent away; whoever is signed in may still ask."""
        return self._asked >= MOST_ASKED

    async def hash(self, password: str) -> str:
        """See ``hash_password``."""
        return await self._in_turn(hash_password, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """See ``verify_password``."""
        return await self._in_turn(verify_password, password_hash, password)

    async def _in_turn(self, work: Callable[[Unpack[Arguments]], T], *arguments: *Arguments) -> T:
        self._asked += 1
        try:
            return await anyio.to_thread.run_sync(work, *arguments, limiter=self._one_at_a_time)
        finally:
            self._asked -= 1
