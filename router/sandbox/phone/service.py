"""What the phone page asks the service's own API for; needs the token that ``SandboxConfig.service_token`` holds."""

from typing import Any
from urllib.parse import quote

import httpx
from starlette.requests import Request

from router.sandbox.control.people import known_customer
from router.sandbox.control.wire import ControlError, Wish, read
from router.sandbox.platform import Platform

SECONDS = 10.0
CODES_LISTED = 100


class CardWish(Wish):
    customer: str


async def list_codes(platform: Platform, _request: Request) -> dict[str, Any]:
    """``GET /phone/codes``: the live codes to scan, ``{"items": [{"slug", "name"}]}``; none without a token."""
    if platform.config.service_token is None:
        return {"items": []}
    listed = await _call(platform, "GET", f"/api/v1/live-codes?limit={CODES_LISTED}")
    return {"items": [{"slug": each["slug"], "name": each["name"]} for each in listed["items"]]}


async def make_card_link(platform: Platform, request: Request) -> dict[str, Any]:
    """``POST /phone/card-link {"customer"}``: ``{"url"}`` of the contact card that the agent sees."""
    wish = await read(request, CardWish)
    customer = known_customer(platform, wish.customer)
    made = await _call(platform, "POST", f"/api/v1/customers/{quote(customer.external_userid)}/card-link")
    return {"url": made["url"]}


async def _call(platform: Platform, method: str, path: str) -> Any:
    config = platform.config
    if config.service_token is None:
        raise ControlError("the sandbox has no API token of the service; start it with one", 409)
    url = config.service_url.rstrip("/") + path
    headers = {"Authorization": f"Bearer {config.service_token}"}
    try:
        response = await platform.client.request(method, url, headers=headers, timeout=SECONDS)
        content = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise ControlError(f"{url} gave no answer ({type(error).__name__}); is the service running there?") from None
    if not response.is_success:
        raise ControlError(f"{path} answered {response.status_code}: {content.get('detail', content)}", 409)
    return content
