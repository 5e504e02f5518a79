"""One call to WeCom's API: budget, token, request, answer or the right error."""

from collections.abc import Callable, Mapping
from typing import Final

import httpx
import orjson

from router.platforms.wecom.answer import Answer
from router.platforms.wecom.budget import Budget
from router.platforms.wecom.errors import OutcomeUnknown, Refused, RequestInvalid, Unreachable
from router.platforms.wecom.refusal_log import log_refused
from router.platforms.wecom.token import GETTOKEN, TokenAuth

TIMEOUT: Final = httpx.Timeout(10.0, connect=3.0, pool=5.0)
"""Seconds. A welcome has 20 in all, so two attempts must fit."""

_TOO_FREQUENT: Final = 45009
_FREQUENCY_WINDOW: Final = 60_000
_NEVER_CONNECTED: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


class Transport:
    """Makes calls with the token of one app. Every method raises the errors of `errors.py` and no others."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        token: TokenAuth,
        budget: Budget,
        *,
        base_url: str,
        now: Callable[[], int],
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self.http = http
        self.token = token
        self.timeout = timeout
        self._budget = budget
        self._base_url = base_url.rstrip("/")
        self._now = now

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """Make a GET and return the object answered."""
        url = httpx.URL(self._base_url + path, params=query or {})
        return await self._call(path, self.http.build_request("GET", url, timeout=self.timeout))

    async def post(self, path: str, body: Mapping[str, object]) -> Answer:
        """Make a POST with a JSON body and return the object answered."""
        try:
            # orjson writes Chinese as it is; WeCom refuses \\uXXXX escapes in places (40033).
            content = orjson.dumps(body)
        except orjson.JSONEncodeError:
            raise RequestInvalid(
                path, "内容含有无法编码的字符", "the content has characters that UTF-8 cannot carry"
            ) from None
        url = self._base_url + path
        headers = {"Content-Type": "application/json"}
        return await self._call(
            path, self.http.build_request("POST", url, content=content, headers=headers, timeout=self.timeout)
        )

    async def _call(self, path: str, request: httpx.Request) -> Answer:
        self._raise_pause(path)
        async with self._budget.slot(path):
            self._budget.count(path, self._now())
            self._raise_pause(path)  # it may have begun while this call waited
            return self._read(path, await self._send(path, request))

    def _raise_pause(self, path: str) -> None:
        if self._budget.is_paused(path, self._now()):
            raise Refused(path, _TOO_FREQUENT, "not sent: refused for this reason less than a minute ago")

    def _read(self, path: str, response: httpx.Response) -> Answer:
        try:
            return Answer.of(path, response)
        except Refused as refused:
            log_refused(refused)
            if refused.errcode == _TOO_FREQUENT:
                self._budget.pause(path, self._now() + _FREQUENCY_WINDOW)
            raise

    async def _send(self, path: str, request: httpx.Request) -> httpx.Response:
        try:
            return await self.http.send(request, auth=self.token, follow_redirects=False)
        except _NEVER_CONNECTED as error:
            raise Unreachable(path, type(error).__name__) from error
        except httpx.RequestError as error:
            # Without a token the call itself was never made, however far `gettoken` came.
            if error.request.url.path.endswith(GETTOKEN):
                raise Unreachable(path, f"no access token: {type(error).__name__}") from error
            raise OutcomeUnknown(path, type(error).__name__) from error
