"""The access token of one app (W-91039), kept as an httpx authentication flow."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Final

import httpx

from router.platforms.wecom.answer import Answer
from router.platforms.wecom.error_codes import Action
from router.platforms.wecom.errors import OutcomeUnknown, Refused, Unreachable
from router.platforms.wecom.refusal_log import log_refused

GETTOKEN: Final = "/cgi-bin/gettoken"

_REJECTED: Final = frozenset({40014, 41001, 42001})
_MARGIN: Final = 300_000
# Repeated wrong secrets block the caller's address for an hour (W-91039), so a refusal is believed for a minute.
_BELIEVE_REFUSAL_FOR: Final = 60_000
# Refusals are short; reading long answers twice to look for an errcode would cost more than it finds.
_MAX_REFUSAL_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class _Refusal:
    errcode: int
    errmsg: str
    believed_until: int


class TokenAuth(httpx.Auth):
    """Adds the access token of (corp, secret) to each request; one instance per pair, shared by all its callers.

    Concurrent requests wait for one `gettoken`. A token that WeCom rejects (40014, 41001, 42001) is replaced once and
    the request repeated once. `now` returns Unix milliseconds. While sending it raises `Refused` or `Unreachable`:
    without a token nothing was executed.
    """

    def __init__(self, corp_id: str, secret: str, *, base_url: str, now: Callable[[], int]) -> None:
        self._request_url = httpx.URL(base_url.rstrip("/") + GETTOKEN)
        self._corp_id = corp_id
        self._secret = secret
        self._now = now
        self._lock = asyncio.Lock()
        self._token: _Token | None = None
        self._refusal: _Refusal | None = None
        logging.getLogger("httpx").addFilter(_HIDE_QUERY)

    @property
    def expires_at(self) -> int | None:
        """When the present token ends, None when there is none."""
        return self._token.expires_at if self._token else None

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send `request` with a token, fetched before and renewed after where needed."""
        for is_last in (False, True):
            async with self._lock:
                self._raise_believed_refusal()
                token = self._usable_token()
                if token is None:
                    token = await self._accept((yield self._gettoken()))
            request.url = request.url.copy_set_param("access_token", token.text)
            response = yield request
            if is_last or not await _is_rejected(response):
                return
            self._drop(token)

    def _gettoken(self) -> httpx.Request:
        query = {"corpid": self._corp_id, "corpsecret": self._secret}
        return httpx.Request("GET", self._request_url.copy_merge_params(query))

    def _usable_token(self) -> _Token | None:
        if self._token and self._now() < self._token.expires_at:
            return self._token
        return None

    def _drop(self, used: _Token) -> None:
        # Another request may have replaced it already; dropping the new one would fetch a third.
        if self._token == used:
            self._token = None

    def _raise_believed_refusal(self) -> None:
        refusal = self._refusal
        if refusal and self._now() < refusal.believed_until:
            raise Refused(GETTOKEN, refusal.errcode, refusal.errmsg)

    async def _accept(self, response: httpx.Response) -> _Token:
        await response.aread()
        try:
            answer = Answer.of(GETTOKEN, response)
            lifetime = answer.integer("expires_in") * 1000
            token = _Token(answer.text("access_token"), self._now() + lifetime - min(_MARGIN, lifetime // 10))
        except Refused as refused:
            log_refused(refused)
            if refused.action is not Action.RETRY:
                self._refusal = _Refusal(refused.errcode, refused.errmsg, self._now() + _BELIEVE_REFUSAL_FOR)
            raise
        except OutcomeUnknown as error:
            raise Unreachable(GETTOKEN, error.reason) from None
        self._token, self._refusal = token, None
        return token


async def _is_rejected(response: httpx.Response) -> bool:
    await response.aread()
    if len(response.content) > _MAX_REFUSAL_BYTES:
        return False
    try:
        Answer.of(str(response.url.path), response)
    except Refused as refused:
        return refused.errcode in _REJECTED
    except OutcomeUnknown:
        return False
    return False


class _HideQuery(logging.Filter):
    """Keeps secrets and tokens, which WeCom wants in the query, out of the line httpx logs for each request."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                arg.copy_with(query=None) if isinstance(arg, httpx.URL) and arg.query else arg for arg in record.args
            )
        return True


_HIDE_QUERY: Final = _HideQuery()
