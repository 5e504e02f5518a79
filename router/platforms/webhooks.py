"""Webhooks: a signed POST to an address that the operator entered, which is https or this machine itself.

A call goes to the network address that was looked at, not to whatever the name leads to a moment later.
"""

import hashlib
import hmac
from collections.abc import Sequence
from urllib.parse import quote

import httpx

from router.platforms.reachable import Address, is_this_machine

TIMEOUT = 10.0  # seconds
MAX_URL_CHARACTERS = 500
MAX_PORT = 65_535
AGENT = "liveqr-webhook/1"


def connections() -> httpx.AsyncClient:
    """A client that follows no redirect: an address outside must not lead a call into the network of the service."""
    return httpx.AsyncClient(
        timeout=TIMEOUT,
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": AGENT},
        limits=httpx.Limits(max_keepalive_connections=0),  # two names of one address share no connection
    )


def is_allowed(url: str) -> bool:
    """Whether calls may go there: https to anywhere, http to this machine only, no name or password in the address."""
    try:
        parts = httpx.URL(url)  # as it is called, so that both read the same host in it
        host = parts.host
    except (httpx.InvalidURL, UnicodeError):
        return False
    if not host or parts.userinfo or (parts.port or 0) > MAX_PORT:
        return False
    if len(url) > MAX_URL_CHARACTERS or not url.isascii():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(host))


def host_and_port(url: str) -> tuple[str, int]:
    """Where the calls of an allowed address go."""
    parts = httpx.URL(url)
    return parts.raw_host.decode("ascii"), parts.port or (443 if parts.scheme == "https" else 80)


def signature(secret: str, at: int, body: bytes) -> str:
    """``t=<ms>,v1=<hex>``: HMAC-SHA256 under the secret of ``<ms>.<body>``; the receiver refuses what is too old."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


async def post(
    http: httpx.AsyncClient,
    url: str,
    addresses: Sequence[Address],
    secret: str,
    body: bytes,
    delivery: str,
    at: int,
) -> int:
    """Send once, to the first of the ``addresses`` of the host that takes a connection; returns the HTTP status.

    Raises `httpx.HTTPError` when no answer came.

    ``delivery`` is the same at every attempt of one call: the receiver may know a repeat by it. A header is ASCII, so
    what is not goes percent-encoded.
    """
    parts = httpx.URL(url)
    headers = {
        "Host": parts.netloc.decode("ascii"),
        "Content-Type": "application/json; charset=utf-8",
        "X-LiveQR-Delivery": quote(delivery, safe=":"),
        "X-LiveQR-Signature": signature(secret, at, body),
    }
    *others, last = addresses
    for address in others:
        try:
            return await _send(http, parts.copy_with(host=str(address)), parts, headers, body)
        except httpx.ConnectError:
            continue
    return await _send(http, parts.copy_with(host=str(last)), parts, headers, body)


async def _send(
    http: httpx.AsyncClient, where: httpx.URL, named: httpx.URL, headers: dict[str, str], body: bytes
) -> int:
    certified = {"sni_hostname": named.raw_host.decode("ascii")}  # the name that the certificate must bear
    async with http.stream("POST", where, content=body, headers=headers, extensions=certified) as response:
        return response.status_code  # what it says beyond that is not read, however long it is
