"""Fetching the pictures that the platform's answers point to, such as the QR of a contact way."""

from dataclasses import dataclass
from typing import Final

import httpx

from router.platforms.wecom.errors import PictureUnavailable, RequestInvalid
from router.platforms.wecom.transport import Transport

MAX_PICTURE_BYTES: Final = 2 * 1024 * 1024
_MAX_REDIRECTS: Final = 3


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of a picture and their media type, such as `image/png`."""

    media_type: str
    content: bytes


class PictureCalls:
    """Fetching pictures: without a token, and outside the API's budget."""

    _transport: Transport

    async def fetch_picture(self, url: str) -> Picture:
        """Return a picture of at most 2 MiB; redirects are followed three times, on the same host, never off https.

        Raises `RequestInvalid` when `url` is no web address, `PictureUnavailable` for every failure to fetch.
        """
        target = _checked(url)
        for _ in range(_MAX_REDIRECTS + 1):
            found = await self._fetch(target)
            if isinstance(found, Picture):
                return found
            if not _may_follow(target, found):
                raise PictureUnavailable(_place(target), f"it is elsewhere, at {_origin(found)}")
            target = found
        raise PictureUnavailable(_place(target), "it redirects too often")

    async def _fetch(self, target: httpx.URL) -> Picture | httpx.URL:
        request = self._transport.http.build_request("GET", target, timeout=self._transport.timeout)
        try:
            response = await self._transport.http.send(request, stream=True, auth=None, follow_redirects=False)
            try:
                return response.next_request.url if response.next_request else await _read(target, response)
            finally:
                await response.aclose()
        except httpx.RequestError as error:
            raise PictureUnavailable(_place(target), type(error).__name__) from error


def _checked(url: str) -> httpx.URL:
    try:
        target = httpx.URL(url)
    except httpx.InvalidURL:
        target = httpx.URL()
    if target.scheme not in ("http", "https") or not target.host:
        raise RequestInvalid("url", "应以 http:// 或 https:// 开头", "must begin with http:// or https://")
    return target


def _may_follow(target: httpx.URL, found: httpx.URL) -> bool:
    # Picture addresses in the platform's samples begin with http://; their host may have moved to https since.
    is_upgrade = (target.scheme, target.port, found.scheme, found.port) == ("http", None, "https", None)
    return found.host == target.host and (is_upgrade or _origin(found) == _origin(target))


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode()}"


def _place(target: httpx.URL) -> str:
    # A picture's query may be the ticket that shows it.
    return f"{target.host}{target.path}"


async def _read(target: httpx.URL, response: httpx.Response) -> Picture:
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if response.status_code != httpx.codes.OK or not media_type.startswith("image/"):
        found = media_type or "no media type"
        raise PictureUnavailable(_place(target), f"HTTP status {response.status_code} with {found}")
    content = bytearray()
    async for part in response.aiter_bytes():
        content += part
        if len(content) > MAX_PICTURE_BYTES:
            raise PictureUnavailable(_place(target), f"it has more than {MAX_PICTURE_BYTES} bytes")
    return Picture(media_type, bytes(content))
