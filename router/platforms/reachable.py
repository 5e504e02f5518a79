"""Which addresses a host name leads to, and whether a call may go there: what serves inside a network answers nobody
outside only because nobody outside reaches it.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
Resolve: TypeAlias = Callable[[str, int], Awaitable[list[Address]]]
"""The addresses of a host and port, the preferred first. Raises `OSError`."""

_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")  # RFC 4291; outside are mapped, translated and local addresses


@dataclass(frozen=True, slots=True)
class NotCallable:
    """One of the addresses of a host is not to be called."""

    address: Address


async def resolve(host: str, port: int) -> list[Address]:
    """As the system resolves names."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(str(where[0])) for *_, where in found]


def is_this_machine(host: str) -> bool:
    """A host that is written as this machine; what a name leads to is not asked."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def callable_addresses(
    host: str, found: Collection[Address], networks: Collection[Network]
) -> tuple[Address, ...] | NotCallable:
    """The addresses of a host if each may be called: public ones, those in ``networks``, and this machine's when the
    host is written as this machine.
    """
    is_local = is_this_machine(host)
    for address in found:
        is_allowed = address.is_loopback if is_local else _is_public(address) or _is_in(address, networks)
        if not is_allowed:
            return NotCallable(address)
    return tuple(found)


def _is_public(address: Address) -> bool:
    if address.is_multicast or not address.is_global:
        return False
    return isinstance(address, IPv4Address) or (address in _GLOBAL_UNICAST and address.sixtofour is None)


def _is_in(address: Address, networks: Collection[Network]) -> bool:
    return any(address in network for network in networks)
