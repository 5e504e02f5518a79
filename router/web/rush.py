"""How many new visitors one address may bring in a minute: a program that makes up visitors is told to slow down.

Counted by process and before anything is held, so whoever is refused has taken no place. Visitors who come back, and
waiting pages that ask again, are the same visitor and count once.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import State
from starlette.requests import Request

from router.services import Services

MINUTE = 60_000  # ms
MOST_ADDRESSES = 100_000  # remembered at a time; beyond that the minute begins anew


@dataclass(slots=True, eq=False)
class Rush:
    """The visitors of the present minute by address."""

    _minute: int = 0
    _visitors: dict[str, set[str]] = field(default_factory=dict)

    def is_too_much(self, address: str, visitor: str, limit: int, now: int) -> bool:
        """Count a visitor; whether the address has brought more than ``limit`` in this minute. 0: never.

        Requests from this machine itself are not limited: a proxy on it that names no client would be everybody.
        """
        network = network_of(address)
        if limit == 0 or network is None:
            return False
        if now // MINUTE != self._minute or len(self._visitors) >= MOST_ADDRESSES:
            self._minute, self._visitors = now // MINUTE, {}
        brought = self._visitors.setdefault(network, set())
        if visitor in brought:
            return False
        if len(brought) >= limit:
            return True
        brought.add(visitor)
        return False


def brings_too_many(request: Request, visitor: str) -> bool:
    """Whether the address of this request is to slow down; a visitor known from before counts like a new one once."""
    state: State = request.app.state
    services: Services = state.services
    if not hasattr(state, "rush"):
        state.rush = Rush()
    rush: Rush = state.rush
    address = request.client.host if request.client else ""
    return rush.is_too_much(address, visitor, services.settings.scans_per_minute, services.clock())


@lru_cache(maxsize=10_000)
def network_of(address: str) -> str | None:
    """What counts as one address: IPv4 as it is, of IPv6 the /64 that a household has; None for this machine."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address or None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if parsed.is_loopback:
        return None
    return str(int(parsed) >> 64) if isinstance(parsed, IPv6Address) else str(parsed)
