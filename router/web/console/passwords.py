"""Passwords: argon2id, one computation at a time in a thread, because each takes 64 MiB and most of a core."""

import secrets
from functools import cache

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10  # characters
LONGEST = 200  # characters

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without look-alikes: people copy these by hand
_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """The argon2id hash with its parameters; takes about 0.2 s."""
    return _hasher.hash(password)


def one_time_password() -> str:
    """A random password of four groups, about 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


class PasswordDesk:
    """Hashes and verifies off the event loop, one caller after the other."""

    def __init__(self) -> None:
        self._one_at_a_time = anyio.CapacityLimiter(1)

    async def hash(self, password: str) -> str:
        """See ``hash_password``."""
        return await anyio.to_thread.run_sync(hash_password, password, limiter=self._one_at_a_time)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password fits; an unknown user (None) takes just as long and never fits."""
        return await anyio.to_thread.run_sync(_verify, password_hash, password, limiter=self._one_at_a_time)


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        _hasher.verify(password_hash or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _nobody() -> str:
    return hash_password(one_time_password())
