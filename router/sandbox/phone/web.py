"""The browser inside the phone: the service's real pages, as the phone of one customer gets them.

It reaches nothing but the pages that a scan opens, at the service's address. Cookies do not pass either way: the
customer's visitor id travels in the header instead, so that many phones can live in one real browser.
"""

import html
import re
from urllib.parse import quote

import httpx
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from router.sandbox.control.scan import WECHAT_USER_AGENT
from router.sandbox.platform import Platform
from router.sandbox.world import relations

PAGES = frozenset({"q", "w", "g", "static"})  # first segments of the addresses that a scan leads to
LARGEST = 4 << 20  # bytes of one answer
SECONDS = 10.0
LANGUAGE_COOKIE = "phone_language"

_KEPT = ("content-type", "cache-control", "etag", "last-modified", "content-security-policy", "x-liveqr-now")
_FRAME_RULE = re.compile(r"frame-ancestors [^;]*")


async def browse(platform: Platform, request: Request) -> Response:
    """``/phone/web/{customer}/{path}``: the service's answer for that path, allowed inside the phone's frame."""
    customer = relations.find_customer(platform.world, request.path_params["customer"])
    path: str = request.path_params["path"]
    segments = path.split("/")
    if customer is None or segments[0] not in PAGES or ".." in segments:
        return _failure(f"/{path}", 404, "手机浏览器只打开扫码页面", "this browser opens pages of scanned codes only")
    address = platform.config.service_url.rstrip("/") + "/" + quote(path, safe="/")
    headers = _headers(request) | {"X-Liveqr-Visitor": customer.visitor}
    try:
        return await _fetch(platform.client, address, request, headers)
    except httpx.HTTPError as error:
        return _failure(address, 502, "服务没有响应", f"the service does not answer: {type(error).__name__}")


async def _fetch(client: httpx.AsyncClient, address: str, request: Request, headers: dict[str, str]) -> Response:
    query = request.url.query
    url = httpx.URL(address, query=query.encode()) if query else httpx.URL(address)
    async with client.stream(request.method, url, headers=headers, timeout=SECONDS) as answer:
        content = b""
        async for piece in answer.aiter_bytes():
            content += piece
            if len(content) > LARGEST:
                return _failure(address, 502, "页面过大", f"the answer is larger than {LARGEST} bytes")
    if answer.is_redirect:
        return _forwarded(answer.headers.get("location", ""))
    kept = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
    if policy := kept.get("content-security-policy"):
        kept["content-security-policy"] = _FRAME_RULE.sub("frame-ancestors 'self'", policy)
    return Response(content, answer.status_code, kept)


def _headers(request: Request) -> dict[str, str]:
    language = {"zh": "zh-CN,zh", "en": "en"}.get(request.cookies.get(LANGUAGE_COOKIE, ""))
    return {
        "Accept": request.headers.get("accept", "*/*"),
        "Accept-Language": language or request.headers.get("accept-language", "zh-CN,zh"),
        "User-Agent": WECHAT_USER_AGENT,
    }


def _forwarded(address: str) -> Response:
    """The page leads on to something that WeChat itself opens: the phone reads where, and follows."""
    page = (
        f'<!doctype html><html lang="zh"><title>…</title><body data-forwarded="{html.escape(address)}"></body></html>'
    )
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


def _failure(address: str, status: int, chinese: str, english: str) -> Response:
    shown = html.escape(address)
    page = (
        '<!doctype html><html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{chinese}</title><h1>{chinese}</h1><p>{html.escape(english)}</p><p><code>{shown}</code></p></html>"
    )
    return HTMLResponse(page, status, {"Cache-Control": "no-store"})
