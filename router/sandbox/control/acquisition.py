"""Customer acquisition links as a customer and an administrator see them.

`POST /control/open_link` `{"customer": null, "url" | "qr_url": …}` opens the link, and adds the member the platform
chooses: `{"external_userid", "name", "userid", "state", "welcome_code", "link_id"}`; 409 when the link is deleted, the
quota used up, or nobody can be added. It costs one unit of quota.

`POST /control/acquisition` `{"is_allowed"?: false, "balance"?: 0, "total"?: 100}`: what the corporation bought. Tells
the CONTACT callback balance_exhausted, balance_low or balance_increased when a balance is given.
"""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request

from router.sandbox import events
from router.sandbox.control.entrances import member_behind
from router.sandbox.control.links import AcquisitionTarget, parse_link
from router.sandbox.control.people import customer_for
from router.sandbox.control.scan import fetch_picture_text
from router.sandbox.control.wire import ControlError, Who, Wish, read
from router.sandbox.platform import Platform
from router.sandbox.world import acquisition_links, relations
from router.sandbox.world.records import Stage

LOW = 20  # W-97299


class Opening(Wish):
    customer: Who | None = None
    url: str | None = None
    qr_url: str | None = None


class AccountWish(Wish):
    is_allowed: bool | None = None
    balance: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    total: Annotated[int, Field(ge=0, le=10_000_000)] | None = None


async def open_link(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, Opening)
    opened = await _opened(platform, wish)
    link, member = member_behind(platform, opened)
    customer, world, now = customer_for(platform, wish.customer), platform.world, platform.now()
    is_new = world.follow(member.userid, customer.external_userid) is None
    follow = relations.relate(world, member.userid, customer.external_userid, opened.channel, Stage.FULL, now)
    codes = relations.issue_welcome_codes(world, follow, 1, now) if is_new else [""]
    acquisition_links.used(world, link)
    extra = {"State": opened.channel, "WelcomeCode": codes[0]}
    added = events.contact_event(platform.config.corp_id, now, "add_external_contact", follow, extra)
    asked = _notice(platform, {"ChangeType": "friend_request", "LinkId": link.link_id, "State": opened.channel})
    platform.emit_contact([asked, added], follow.external_userid)
    return {
        "external_userid": customer.external_userid,
        "name": customer.name,
        "userid": member.userid,
        "state": opened.channel,
        "welcome_code": codes[0] or None,
        "link_id": link.link_id,
    }


async def change_account(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, AccountWish)
    before = platform.world.acquisition
    after = platform.world.acquisition = replace(before, **wish.model_dump(exclude_none=True))
    if wish.balance is not None:
        platform.emit_contact([_notice(platform, {"ChangeType": _level(before.balance, after.balance)})], "acquisition")
    return {"is_allowed": after.is_allowed, "total": after.total, "balance": after.balance}


async def _opened(platform: Platform, wish: Opening) -> AcquisitionTarget:
    if (wish.url is None) == (wish.qr_url is None):
        raise ControlError("give either url or qr_url")
    text = wish.url if wish.url is not None else await fetch_picture_text(platform, wish.qr_url or "")
    link = parse_link(text)
    if not isinstance(link, AcquisitionTarget):
        raise ControlError(f"{text[:200]!r} is no customer acquisition link")
    return link


def _level(before: int, after: int) -> str:
    if after == 0:
        return "balance_exhausted"
    return "balance_increased" if after > before else "balance_low" if after < LOW else "balance_increased"


def _notice(platform: Platform, fields: dict[str, str]) -> bytes:
    now, corp_id = platform.now(), platform.config.corp_id
    return events.free_event(corp_id, now, {"Event": "customer_acquisition", **fields})
