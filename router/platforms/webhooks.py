"""Webhooks: a signed POST to an address that the operator entered, which is https or this machine itself."""

import hashlib
import hmac
from ipaddress import ip_address
from urllib.parse import quote

import httpx

TIMEOUT = 10.0  # seconds
MAX_URL_CHARACTERS = 500
MAX_PORT = 65_535
AGENT = "liveqr-webhook/1"


def connections() -> httpx.AsyncClient:
    """A client that follows no redirect: an address outside must not lead a call into the network of the service."""
    return httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False, headers={"User-Agent": AGENT})


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
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))


def signature(secret: str, at: int, body: bytes) -> str:
    """``t=<ms>,v1=<hex>``: HMAC-SHA256 under the secret of ``<ms>.<body>``; the receiver refuses what is too old."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


async def post(http: httpx.AsyncClient, url: str, secret: str, body: bytes, delivery: str, at: int) -> int:
    """Send once; returns the HTTP status. Raises `httpx.HTTPError` when no answer came.

    ``delivery`` is the same at every attempt of one call: the receiver may know a repeat by it. A header is ASCII, so
    what is not goes percent-encoded.
    """
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-LiveQR-Delivery": quote(delivery, safe=":"),
        "X-LiveQR-Signature": signature(secret, at, body),
    }
    async with http.stream("POST", url, content=body, headers=headers) as response:
        return response.status_code  # what it says beyond that is not read, however long it is


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
