"""The client of WeCom's API for one app."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

from router.platforms.wecom.acquisition import AcquisitionCalls
from router.platforms.wecom.budget import Budget
from router.platforms.wecom.contact_ways import ContactWayCalls
from router.platforms.wecom.corp_tags import CorpTagCalls
from router.platforms.wecom.customers import CustomerCalls
from router.platforms.wecom.join_ways import JoinWayCalls
from router.platforms.wecom.kf_calls import KfCalls
from router.platforms.wecom.pictures import PictureCalls
from router.platforms.wecom.sending import SendingCalls
from router.platforms.wecom.token import TokenAuth
from router.platforms.wecom.transport import TIMEOUT, Transport

BASE_URL: Final = "https://qyapi.weixin.qq.com"


@dataclass(frozen=True, slots=True)
class TokenProbe:
    """The app's secret works: until when its token lives, and from where callbacks come."""

    expires_at: int
    callback_addresses: tuple[str, ...]


class WeComClient(
    ContactWayCalls,
    JoinWayCalls,
    AcquisitionCalls,
    CustomerCalls,
    CorpTagCalls,
    SendingCalls,
    KfCalls,
    PictureCalls,
):
    """Every call this service makes, with the token of one (corp, app secret).

    `http` stays the caller's, who closes it. `now` returns Unix milliseconds. Make one client per app and share it: the
    token and the budget live in it. Clients of one corp should share one `budget`.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        corp_id: str,
        secret: str,
        *,
        now: Callable[[], int],
        base_url: str = BASE_URL,
        budget: Budget | None = None,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        self._token = TokenAuth(corp_id, secret, base_url=base_url, now=now)
        self._transport = Transport(http, self._token, budget or Budget(), base_url=base_url, now=now, timeout=timeout)

    async def get_token(self) -> TokenProbe:
        """Check corp id, secret and trusted IP with a call that reads nothing of the corp (getcallbackip)."""
        answer = await self._transport.get("/cgi-bin/getcallbackip")
        return TokenProbe(self._token.expires_at or 0, answer.texts("ip_list"))
