"""`POST /control/scan`: hold a phone against a code.

`{"url": "http://…/q/spring"}` or `{"image": "<base64 PNG or JPEG>"}`, with `"customer"`: a name, an external_userid,
or null for somebody new. The answer tells what the code was:

- `{"kind": "live_code", "customer": {"external_userid", "name", "visitor"}, "status", "answer": <the service's JSON>}`
- `{"kind": "contact_way", "customer", "config_id", "state", "members": [{"userid", "name"}]}`; 409 when it was deleted
- `{"kind": "kf", "customer", "open_kfid", "scene", "scene_param"}`
- `{"kind": "group", "customer", "chat_id", "group", "people", "url"}`; 409 when the code is over or the groups are full
- `{"kind": "acquisition_link", "customer", "link_id", "channel", "members": [{"userid", "name"}], "url"}`
"""

import base64
import binascii
from typing import Any, assert_never
from urllib.parse import urlsplit

import httpx
from starlette.requests import Request

from router.sandbox.control.entrances import group_behind, member_behind
from router.sandbox.control.links import (
    AcquisitionTarget,
    ClientGroupLink,
    ContactWayLink,
    JoinWayLink,
    KfLink,
    Link,
    LiveCodeLink,
    parse_link,
)
from router.sandbox.control.people import customer_for
from router.sandbox.control.wire import ControlError, Who, Wish, read
from router.sandbox.platform import Platform
from router.sandbox.qr import read_picture
from router.sandbox.world import contact_ways
from router.sandbox.world.records import ContactWay, Customer

WECHAT_USER_AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "MicroMessenger/8.0.60(0x18003c28) NetType/WIFI Language/zh_CN"
)
SERVICE_SECONDS = 10.0
MAX_PICTURE_BYTES = 5 << 20


class Scan(Wish):
    url: str | None = None
    image: str | None = None
    customer: Who | None = None


async def scan(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, Scan)
    text = _text_of(wish)
    link = _link_of(text)
    match link:
        case LiveCodeLink():
            return await _scan_live_code(platform, link, customer_for(platform, wish.customer))
        case ContactWayLink(config_id):
            way = live_way(platform, config_id)
            return _shown_way(platform, way, customer_for(platform, wish.customer))
        case KfLink():
            return _scan_kf(platform, link, customer_for(platform, wish.customer))
        case JoinWayLink() | ClientGroupLink():
            return _scan_group(platform, link, text, customer_for(platform, wish.customer))
        case AcquisitionTarget():
            return _scan_acquisition(platform, link, text, customer_for(platform, wish.customer))
        case _:
            assert_never(link)


def live_way(platform: Platform, config_id: str) -> ContactWay:
    way = platform.world.contact_ways.get(config_id)
    if way is None or way.deleted_at is not None:
        raise ControlError(f"the contact way {config_id} is invalid: deleted, or never made", 409)
    return way


async def fetch_picture_text(platform: Platform, qr_url: str) -> str:
    """The text of a QR picture, asked for at the service's own address, whatever host is printed: otherwise a request
    could send the sandbox anywhere.
    """
    url = f"{platform.config.service_url.rstrip('/')}/{_path_of(qr_url)}"
    response = await _get(platform, url, {})
    if response.status_code != 200 or len(response.content) > MAX_PICTURE_BYTES:
        raise ControlError(f"{url} gave HTTP {response.status_code} with {len(response.content)} bytes, not a picture")
    return _picture_text(response.content)


def shown_customer(customer: Customer) -> dict[str, str]:
    return {"external_userid": customer.external_userid, "name": customer.name, "visitor": customer.visitor}


def _text_of(wish: Scan) -> str:
    if (wish.url is None) == (wish.image is None):
        raise ControlError("give either url or image")
    return wish.url if wish.url is not None else _picture_text(_decoded(wish.image or ""))


def _link_of(text: str) -> Link:
    link = parse_link(text)
    if link is None:
        raise ControlError(
            f"{text[:200]!r} is no code of the service (/q/…) or the sandbox (/u/, /kf/, /jw/, /gc/, /ca/)"
        )
    return link


async def _scan_live_code(platform: Platform, link: LiveCodeLink, customer: Customer) -> dict[str, Any]:
    headers = {
        "Accept": "application/json",
        "X-Liveqr-Visitor": customer.visitor,
        "User-Agent": WECHAT_USER_AGENT,
    }
    response = await _get(platform, platform.config.service_url + link.path, headers)
    return {
        "kind": "live_code",
        "customer": shown_customer(customer),
        "status": response.status_code,
        "answer": _json_of(response),
    }


def _shown_way(platform: Platform, way: ContactWay, customer: Customer) -> dict[str, Any]:
    members = contact_ways.members_of(platform.world, way)
    return {
        "kind": "contact_way",
        "customer": shown_customer(customer),
        "config_id": way.config_id,
        "state": way.state,
        "members": [{"userid": member.userid, "name": member.name} for member in members],
    }


def _scan_kf(platform: Platform, link: KfLink, customer: Customer) -> dict[str, Any]:
    if link.open_kfid not in platform.world.kf_accounts:
        raise ControlError(f"there is no KF account {link.open_kfid}", 409)
    entry = {"open_kfid": link.open_kfid, "scene": link.scene, "scene_param": link.scene_param}
    return {"kind": "kf", "customer": shown_customer(customer), **entry}


def _scan_group(
    platform: Platform, link: JoinWayLink | ClientGroupLink, text: str, customer: Customer
) -> dict[str, Any]:
    chat = group_behind(platform, link).chat
    shown = {"chat_id": chat.chat_id, "group": chat.name, "people": len(chat.members), "url": text}
    return {"kind": "group", "customer": shown_customer(customer), **shown}


def _scan_acquisition(platform: Platform, link: AcquisitionTarget, text: str, customer: Customer) -> dict[str, Any]:
    _, member = member_behind(platform, link)
    shown = {"link_id": link.link_id, "channel": link.channel, "url": text}
    members = [{"userid": member.userid, "name": member.name}]
    return {"kind": "acquisition_link", "customer": shown_customer(customer), **shown, "members": members}


async def _get(platform: Platform, url: str, headers: dict[str, str]) -> httpx.Response:
    try:
        return await platform.client.get(url, headers=headers, timeout=SERVICE_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ControlError(f"{url} cannot be fetched ({type(error).__name__}); is the service running there?") from None


def _path_of(address: str) -> str:
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        raise ControlError(f"{address[:200]!r} is not an address") from None
    return parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")


def _json_of(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        raise ControlError(f"{response.url} answered HTTP {response.status_code} without JSON") from None


def _decoded(image: str) -> bytes:
    try:
        return base64.b64decode(image.rpartition(",")[2], validate=True)
    except binascii.Error:
        raise ControlError("image is not base64 of a picture") from None


def _picture_text(content: bytes) -> str:
    text = read_picture(content)
    if text is None:
        raise ControlError("no readable code in the picture; use a sharper PNG or JPEG")
    return text
