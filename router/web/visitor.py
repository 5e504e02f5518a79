"""Who scans: a visitor (扫码人) is a secret kept by the phone; the ledger only ever sees its SHA-256."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

COOKIE = "lq_v"
HEADER = "X-Liveqr-Visitor"
HEADER_LIMIT = 128  # characters
COOKIE_SECONDS = 400 * 24 * 3600  # as long as browsers keep any cookie (RFC 6265bis)
SECRET_BYTES = 16

_COOKIE_VALUE = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Named:
    """The request named its visitor in the header: whoever sent it keeps the name, so no cookie is set."""

    id: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """The phone came back with the cookie it was given; ``secret`` is the cookie's value."""

    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class New:
    """Nobody we know: the answer hands out ``secret`` as the cookie."""

    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The header cannot be a visitor; ``reason`` says what to send instead."""

    reason: str


Visitor = Named | Remembered | New


def read_visitor(header: str | None, cookie: str | None, fresh_secret: Callable[[], str]) -> Visitor | Refused:
    """The visitor of one request. The header wins over the cookie; a cookie we never hand out counts as none.

    ``fresh_secret`` makes 32 hexadecimal digits of random for a request that brings neither.
    """
    if header:
        if len(header) > HEADER_LIMIT:
            return Refused(f"{HEADER} is longer than {HEADER_LIMIT} characters; send a shorter id")
        return Named(visitor_id(header))
    if cookie and _COOKIE_VALUE.fullmatch(cookie):
        return Remembered(visitor_id(cookie), cookie)
    secret = fresh_secret()
    return New(visitor_id(secret), secret)


def visitor_id(secret: str) -> str:
    """What the ledger stores: 64 hexadecimal digits, whatever the phone sent."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
