"""Keeps other web pages from giving the sandbox orders through the browser of the person who runs it."""

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import orjson
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_FETCHES = frozenset({"same-origin", "none"})
NOWHERE = SplitResult("", "", "", "", "")


class BrowserGuard:
    """Answers 403 to a request under a foreign host name, and to an order that another site made the browser send.

    A foreign name in `Host` is how DNS rebinding shows. Literal IP addresses and `localhost` cannot be rebound, so they
    are good whatever address the sandbox listens on; other names must be the host of one of `addresses`. Browsers name
    the sender of an order in `Sec-Fetch-Site` (W3C Fetch Metadata) or at least in `Origin`, which must be the host
    asked for or the `public_url`. A request with neither header does not come from a page.
    """

    def __init__(self, app: ASGIApp, public_url: str, addresses: Sequence[str]) -> None:
        self._app = app
        self._public_authority = _split(public_url).netloc
        self._names = {"localhost", *(_split(address).hostname for address in [public_url, *addresses])}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = self._objection(scope["method"], Headers(scope=scope)) if scope["type"] == "http" else None
        if reason is None:
            await self._app(scope, receive, send)
        else:
            refusal = Response(orjson.dumps({"error": reason}), 403, media_type=JSONResponse.media_type)
            await refusal(scope, receive, send)

    def _objection(self, method: str, headers: Headers) -> str | None:
        host = headers.get("host", "")
        if not self._is_own(_split(f"//{host}").hostname or ""):
            return (
                f"the sandbox does not answer as {host[:100]!r}; use its IP address, or name this host in its public "
                "address (LIVEQR_WECOM_API_BASE)"
            )
        if method not in SAFE_METHODS and self._is_cross_site(headers, host):
            return "another site's page sent this; use the phone page, or send it from outside a browser"
        return None

    def _is_own(self, name: str) -> bool:
        return name in self._names or _is_ip_address(name)

    def _is_cross_site(self, headers: Headers, host: str) -> bool:
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None:
            return site not in OWN_FETCHES
        return origin is not None and _split(origin).netloc not in {host, self._public_authority}


def _split(address: str) -> SplitResult:
    """The parts of an address; all empty for what is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return NOWHERE


def _is_ip_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
