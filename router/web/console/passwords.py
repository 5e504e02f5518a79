"""Passwords are hashed and verified one at a time in a thread, because each takes 64 MiB and most of a core."""

import anyio
import anyio.to_thread

from router.handlers.admin.passwords import hash_password, verify_password


class PasswordDesk:
    """Hashes and verifies off the event loop, one caller after the other."""

    def __init__(self) -> None:
        self._one_at_a_time = anyio.CapacityLimiter(1)

    async def hash(self, password: str) -> str:
        """See ``hash_password``."""
        return await anyio.to_thread.run_sync(hash_password, password, limiter=self._one_at_a_time)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """See ``verify_password``."""
        return await anyio.to_thread.run_sync(verify_password, password_hash, password, limiter=self._one_at_a_time)
