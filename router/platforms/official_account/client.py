"""The client of one Official Account's API: its token, and its fan tags (one level, at most 100 of 30 bytes).

The platform's page is "User tag management" of the Official Account documentation; its error codes are its own, though
some numbers are WeCom's too.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httpx
import orjson

from router.platforms.official_account.error_codes import explain
from router.platforms.wecom.answer import Answer
from router.platforms.wecom.bounds import check_count, check_present
from router.platforms.wecom.errors import OutcomeUnknown, Refused, RequestInvalid, Unreachable

BASE_URL: Final = "https://api.weixin.qq.com"
NAME_BYTES: Final = 30  # the page says characters, the text of 45158 says bytes
FANS_PER_CALL: Final = 50  # 40032
RESERVED: Final = frozenset({0, 1, 2})  # 45058: the platform's own, such as 星标组

_TIMEOUT: Final = httpx.Timeout(10.0, connect=3.0, pool=5.0)  # seconds
_REJECTED_TOKEN: Final = frozenset({40001, 40014, 42001})
_MARGIN: Final = 300_000  # ms before the end of a token in which it is not used any more
_NEVER_CONNECTED: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class FanTag:
    """A tag, and how many fans carry it."""

    id: int
    name: str
    fans: int


class OfficialAccountClient:
    """Calls with the token of one (app id, secret); share it, its token lives in it.

    `http` stays the caller's. `now` returns Unix milliseconds. Calls raise the errors of `wecom/errors.py`.
    """

    def __init__(
        self, http: httpx.AsyncClient, app_id: str, secret: str, *, now: Callable[[], int], base_url: str = BASE_URL
    ) -> None:
        self._http = http
        self._app_id = app_id
        self._secret = secret
        self._now = now
        self._base_url = base_url.rstrip("/")
        self._lock = asyncio.Lock()
        self._token: tuple[str, int] | None = None  # and when it ends

    async def get_tags(self) -> tuple[FanTag, ...]:
        """All tags but the platform's own."""
        answer = await self._call("GET", "/cgi-bin/tags/get")
        listed = (_tag(tag) for tag in answer.objects("tags"))
        return tuple(tag for tag in listed if tag.id not in RESERVED)

    async def create_tag(self, name: str) -> FanTag:
        """Make a tag. Errcode 45157: the name is taken; 45056: there are 100."""
        _check_name(name)
        made = (await self._call("POST", "/cgi-bin/tags/create", {"tag": {"name": name}})).nested("tag")
        return FanTag(made.integer("id"), made.text_or_empty("name") or name, 0)

    async def update_tag(self, tag_id: int, name: str) -> None:
        """Rename a tag."""
        _check_name(name)
        await self._call("POST", "/cgi-bin/tags/update", {"tag": {"id": tag_id, "name": name}})

    async def delete_tag(self, tag_id: int) -> None:
        """Delete a tag; refused with 45057 while more than 100,000 fans carry it."""
        await self._call("POST", "/cgi-bin/tags/delete", {"tag": {"id": tag_id}})

    async def tag_fans(self, tag_id: int, openids: Sequence[str]) -> None:
        """Put a tag on up to 50 fans; one carries at most 20 (45059). Not to be called twice at once (45159)."""
        check_count("openid_list", openids, 1, FANS_PER_CALL)
        body = {"openid_list": list(openids), "tagid": tag_id}
        await self._call("POST", "/cgi-bin/tags/members/batchtagging", body)

    async def untag_fans(self, tag_id: int, openids: Sequence[str]) -> None:
        """Take a tag off up to 50 fans."""
        check_count("openid_list", openids, 1, FANS_PER_CALL)
        body = {"openid_list": list(openids), "tagid": tag_id}
        await self._call("POST", "/cgi-bin/tags/members/batchuntagging", body)

    async def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Answer:
        """A token that the platform rejects is replaced once."""
        token = await self._fresh_token()
        try:
            return await self._send(method, path, {"access_token": token}, body)
        except Refused as refused:
            if refused.errcode not in _REJECTED_TOKEN:
                raise
        self._token = None
        return await self._send(method, path, {"access_token": await self._fresh_token()}, body)

    async def _fresh_token(self) -> str:
        async with self._lock:
            if self._token is None or self._now() >= self._token[1]:
                query = {"grant_type": "client_credential", "appid": self._app_id, "secret": self._secret}
                answer = await self._send("GET", "/cgi-bin/token", query, None)
                life = answer.integer("expires_in") * 1000
                self._token = answer.text("access_token"), self._now() + life - min(_MARGIN, life // 10)
            return self._token[0]

    async def _send(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, object] | None
    ) -> Answer:
        content = None if body is None else orjson.dumps(body)
        url = httpx.URL(self._base_url + path, params=query)
        try:
            response = await self._http.request(method, url, content=content, timeout=_TIMEOUT)
        except _NEVER_CONNECTED as error:
            raise Unreachable(path, type(error).__name__) from error
        except httpx.RequestError as error:
            raise OutcomeUnknown(path, type(error).__name__) from error
        try:
            return Answer.of(path, response)
        except Refused as refused:
            raise Refused(path, refused.errcode, refused.errmsg, explain(refused.errcode)) from None


def _tag(tag: Answer) -> FanTag:
    return FanTag(tag.integer("id"), tag.text_or_empty("name"), tag.integer_or("count", 0))


def _check_name(name: str) -> None:
    check_present("tag.name", name)
    if len(name.encode()) > NAME_BYTES:
        raise RequestInvalid("tag.name", f"超过 {NAME_BYTES} 字节", f"is longer than {NAME_BYTES} bytes")
