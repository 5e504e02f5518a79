"""What every page for people carries: response headers, refusal of cross-site requests, a bound on bodies.

The three are plain ASGI middleware, so that they hold for error answers too and never buffer a response.
"""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS: Mapping[str, str] = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}
STRICT_TRANSPORT = "max-age=31536000"  # seconds: a year
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def is_https(request: Request, public_url: str) -> bool:
    """Whether the browser speaks TLS, also behind a proxy that ends it without saying so.

    That is so under the host of an https ``public_url``; under any other a Secure cookie would be lost on plain HTTP.
    """
    if request.scope["scheme"] == "https":
        return True
    public = urlsplit(public_url)
    return public.scheme == "https" and request.headers.get("host") == public.netloc


class SecurityHeaders:
    """Adds ``HEADERS`` to every response that does not say otherwise; over https also Strict-Transport-Security."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("strict-transport-security", STRICT_TRANSPORT)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class CrossSiteCheck:
    """Answers 403 to a state-changing request that another site made the browser send.

    Browsers say so in ``Sec-Fetch-Site`` (W3C Fetch Metadata); older ones only name the page's ``Origin``, which then
    must be the host asked for or ``own_origin()`` (a proxy may rewrite the host). A request with neither header does
    not come from a browser and carries no ambient cookie.
    """

    def __init__(self, app: ASGIApp, own_origin: Callable[[], str]) -> None:
        self._app = app
        self._own_origin = own_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._is_cross_site(scope["method"], Headers(scope=scope)):
            refusal = PlainTextResponse(
                "This request came from another site and was refused. Open the console itself and try again.\n"
                "请求来自其他网站，已拒绝。请直接打开管理后台后重试。\n",
                status_code=403,
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_cross_site(self, method: str, headers: Headers) -> bool:
        if method in SAFE_METHODS:
            return False
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in {"same-origin", "none"}
        origin = headers.get("origin")
        if origin is None:
            return False
        return _authority(origin) not in {headers.get("host", ""), _authority(self._own_origin())}


def _authority(origin: str) -> str | None:
    """``host:port`` of an origin; None for ``null`` and other opaque ones, which equals no host."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


class BodyLimit:
    """Answers 413 to a body of more than ``largest`` bytes, whether it announces its length or not."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _announced_length(Headers(scope=scope)) > self._largest:
            await self._refuse(scope, receive, send)
            return
        await self._app_within_limit(scope, receive, send)

    async def _app_within_limit(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._largest:
                raise _BodyTooLarge
            return message

        try:
            await self._app(scope, receive_counted, send)
        except _BodyTooLarge:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        text = f"The form is larger than {self._largest} bytes. / 提交内容超过 {self._largest} 字节。\n"
        await PlainTextResponse(text, status_code=413)(scope, receive, send)


class _BodyTooLarge(Exception):  # noqa: N818  # never leaves this module
    """More bytes arrived than are allowed; raised while the application reads, before it answers."""


def _announced_length(headers: Headers) -> int:
    announced = headers.get("content-length", "0")
    return int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 20 else 0
