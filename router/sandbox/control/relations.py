"""Customers and members becoming, and ceasing to be, contacts.

`POST /control/add` `{"customer": null, "config_id" | "qr_url" | "state": …}` adds the customer through a contact way.
`half` stops before the member's confirmation, `full_after_half` sends both events, `welcome_code: false` leaves the
code out, `userid` picks the member of a multi-member way. `callbacks: ["CONTACT", "APP"]` tells a second application
too, with a welcome code of its own (W-92130). Answer: `{"external_userid", "name", "userid", "state", "welcome_code",
"welcome_codes", "config_id"}`, the codes by callback, `welcome_code` that of the first; 409 when the way was deleted.

`POST /control/confirm` `{"customer", "userid"}`: the member confirms a half add.
`POST /control/remove` `{"customer", "userid", "by": "customer" | "member"}`.
"""

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.requests import Request

from router.sandbox import events
from router.sandbox.config import Member
from router.sandbox.control.events import configured
from router.sandbox.control.links import ContactWayLink, parse_link
from router.sandbox.control.people import customer_for, known_follow
from router.sandbox.control.scan import fetch_picture_text, live_way
from router.sandbox.control.wire import ControlError, Who, Wish, read
from router.sandbox.platform import CONTACT_CALLBACK, Platform
from router.sandbox.world import contact_ways, relations
from router.sandbox.world.records import ContactWay, Follow, Stage

ADD = "add_external_contact"
ADD_HALF = "add_half_external_contact"


class Add(Wish):
    customer: Who | None = None
    config_id: str | None = None
    qr_url: str | None = None
    state: str | None = None
    userid: str | None = None
    half: bool = False
    full_after_half: bool = False
    welcome_code: bool = True
    callbacks: Annotated[tuple[str, ...], Field(min_length=1, max_length=10)] | None = None


class Pair(Wish):
    customer: Who
    userid: str


class Removal(Pair):
    by: Literal["customer", "member"]


async def add(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, Add)
    callbacks = _callbacks_of(platform, wish)
    way = await _way_of(platform, wish)
    member = _member_of(platform, way, wish.userid)
    customer = customer_for(platform, wish.customer)
    now, world = platform.now(), platform.world
    stage = Stage.HALF if wish.half and not wish.full_after_half else Stage.FULL
    # A known, complete relation carries no code: the two already talked (W-92137).
    known = world.follow(member.userid, customer.external_userid)
    follow = relations.relate(world, member.userid, customer.external_userid, way.state, stage, now)
    is_welcome = wish.welcome_code and (known is None or known.stage is not Stage.FULL)
    issued = relations.issue_welcome_codes(world, follow, len(callbacks), now) if is_welcome else []
    codes = dict(zip(callbacks, issued, strict=is_welcome))
    world.put_way(replace(way, adds=way.adds + 1))
    for callback in callbacks:
        plaintexts = _add_events(platform, wish, follow, codes.get(callback, ""))
        platform.emit_contact(plaintexts, follow.external_userid, callback)
    return {
        "external_userid": customer.external_userid,
        "name": customer.name,
        "userid": member.userid,
        "state": way.state,
        "welcome_code": codes.get(callbacks[0]),
        "welcome_codes": codes,
        "config_id": way.config_id,
    }


async def confirm(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, Pair)
    follow = known_follow(platform, wish.customer, wish.userid)
    if follow.stage is not Stage.HALF:
        raise ControlError(f"{follow.external_userid} and {follow.userid} need no confirmation: {follow.stage}", 409)
    confirmed = replace(follow, stage=Stage.FULL)
    platform.world.put_follow(confirmed)
    platform.emit_contact(
        [_contact_event(platform, ADD, confirmed, {"State": confirmed.state})], follow.external_userid
    )
    return _pair(confirmed)


async def remove(platform: Platform, request: Request) -> dict[str, Any]:
    """The member side keeps a customer who removed the member; a member's removal ends the relation (W-92130)."""
    wish = await read(request, Removal)
    follow = known_follow(platform, wish.customer, wish.userid)
    if wish.by == "customer":
        platform.world.put_follow(replace(follow, stage=Stage.LOST))
        platform.emit_contact([_contact_event(platform, "del_follow_user", follow, {})], follow.external_userid)
    else:
        platform.world.drop_follow(follow)
        platform.emit_contact([_contact_event(platform, "del_external_contact", follow, {})], follow.external_userid)
    return _pair(follow)


def _callbacks_of(platform: Platform, wish: Add) -> tuple[str, ...]:
    if wish.callbacks is None:
        return (CONTACT_CALLBACK,)
    if len(set(wish.callbacks)) < len(wish.callbacks):
        raise ControlError("name each callback once; duplicates of an event are a fault (/control/faults)")
    return tuple(configured(platform, callback) for callback in wish.callbacks)


async def _way_of(platform: Platform, wish: Add) -> ContactWay:
    if [wish.config_id, wish.qr_url, wish.state].count(None) != 2:
        raise ControlError("give exactly one of config_id, qr_url and state")
    if wish.state is not None:
        return _way_of_state(platform, wish.state)
    if wish.config_id is not None:
        return live_way(platform, wish.config_id)
    return live_way(platform, await _config_id_of(platform, wish.qr_url or ""))


def _way_of_state(platform: Platform, state: str) -> ContactWay:
    way = contact_ways.with_state(platform.world, state)
    if way is None:
        raise ControlError(f"the contact way with state {state!r} is invalid: deleted, or never made", 409)
    return way


async def _config_id_of(platform: Platform, qr_url: str) -> str:
    own = parse_link(qr_url)
    if isinstance(own, ContactWayLink):
        return own.config_id
    link = parse_link(await fetch_picture_text(platform, qr_url))
    if not isinstance(link, ContactWayLink):
        raise ControlError(f"the code at {qr_url} is not a contact way")
    return link.config_id


def _member_of(platform: Platform, way: ContactWay, userid: str | None) -> Member:
    way = contact_ways.as_phones_see_it(way, platform.now())
    if userid is None:
        return contact_ways.choose_member(platform.world, way, platform.source)
    members = contact_ways.members_of(platform.world, way)
    member = next((member for member in members if member.userid == userid), None)
    if member is None:
        raise ControlError(f"{userid!r} is not on this way; on it: {', '.join(each.userid for each in members)}")
    return member


def _add_events(platform: Platform, wish: Add, follow: Follow, code: str) -> list[bytes]:
    """Half and full are one arrival: the code comes with the first of them only (W-92130)."""
    first = {"State": follow.state, "WelcomeCode": code}
    if not wish.half and not wish.full_after_half:
        return [_contact_event(platform, ADD, follow, first)]
    half = _contact_event(platform, ADD_HALF, follow, first)
    full = _contact_event(platform, ADD, follow, {"State": follow.state})
    return [half, full] if wish.full_after_half else [half]


def _contact_event(platform: Platform, change_type: str, follow: Follow, extra: dict[str, str]) -> bytes:
    return events.contact_event(platform.config.corp_id, platform.now(), change_type, follow, extra)


def _pair(follow: Follow) -> dict[str, Any]:
    return {"external_userid": follow.external_userid, "userid": follow.userid, "state": follow.state}
