"""How often somebody may try a password: counted before it is verified, so that tries sent at once all count."""

from dataclasses import dataclass

SPAN = 300_000  # ms in which tries are counted


@dataclass(frozen=True, slots=True)
class Limits:
    """Most tries in ``SPAN``.

    Only the first is small: a stranger who fails on purpose must not keep the user out at another address.
    """

    per_user_at_address: int = 5
    per_address: int = 20  # colleagues share one office address
    per_user: int = 50


@dataclass(frozen=True, slots=True, eq=False)
class Try:
    """One try that counts until ``SPAN`` has passed, or until it is given back."""

    at: int
    username: str
    address: str


class Throttle:
    """Counts tries of this process; ``now`` is in ms."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._tries: list[Try] = []

    def take(self, username: str, address: str, now: int) -> Try | None:
        """Count one more try; None when there were too many already."""
        self._tries = [each for each in self._tries if abs(now - each.at) < SPAN]
        taken = Try(now, username.lower(), address)
        if not self._is_within_limits(taken):
            return None
        self._tries.append(taken)
        return taken

    def give_back(self, taken: Try) -> None:
        """Count a try no more: the password was right, or was not verified."""
        if taken in self._tries:
            self._tries.remove(taken)

    def _is_within_limits(self, asked: Try) -> bool:
        of_user = [each for each in self._tries if each.username == asked.username]
        at_address = [each for each in self._tries if each.address == asked.address]
        of_both = [each for each in of_user if each.address == asked.address]
        return (
            len(of_both) < self._limits.per_user_at_address
            and len(at_address) < self._limits.per_address
            and len(of_user) < self._limits.per_user
        )
