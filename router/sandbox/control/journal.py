"""What the platform received and sent.

`GET /control/effects?kind=&since=&external_userid=&limit=` `{"items": [{"seq", "at", "kind", "path", "external_userid",
"userid", "body", "result"}], "next": seq}`: accepted calls that changed something, oldest first, from number `since`
on; ask again with `since=next`. Kinds: contact_way_added, contact_way_updated, contact_way_deleted, welcome,
tag_marked, corp_tag_added, corp_tag_edited, corp_tag_deleted, remark_changed, app_message, kf_message, kf_state,
kf_account_added, kf_servicers_changed, media_uploaded, picture_uploaded. DELETE forgets them.

`GET /control/calls?since=` `{"items": [{"seq", "at", "path", "errcode", "reason"}], "next"}`: refused calls.

`GET /control/callbacks?since=&wait_ms=` `{"items": [{"seq", "at", "callback", "plaintext", "attempts", "outcome"}],
"pending": n, "next"}`: events sent; with `wait_ms` the answer waits until none is on its way.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice
from typing import Any

from starlette.requests import Request

from router.sandbox.callbacks import Delivery
from router.sandbox.control.wire import number
from router.sandbox.effects import Effect
from router.sandbox.platform import Platform

LONGEST_WAIT_MS = 60_000
ALL = 1_000_000


async def show_effects(platform: Platform, request: Request) -> dict[str, Any]:
    since, limit = number(request, "since", 0), number(request, "limit", ALL)
    kind, external_userid = request.query_params.get("kind", ""), request.query_params.get("external_userid", "")
    chosen = (effect for effect in platform.journal.effects if effect.seq >= since)
    matching = (effect for effect in chosen if _matches(effect, kind, external_userid))
    items = [asdict(effect) for effect in islice(matching, limit)]
    return {"items": items, "next": _next(items, limit, platform.journal.next_effect)}


async def forget_effects(platform: Platform, _request: Request) -> dict[str, Any]:
    platform.journal.effects.clear()
    return {"items": [], "next": platform.journal.next_effect}


async def show_calls(platform: Platform, request: Request) -> dict[str, Any]:
    since = number(request, "since", 0)
    items = [asdict(call) for call in platform.journal.calls if call.seq >= since]
    return {"items": items, "next": platform.journal.next_call}


async def show_callbacks(platform: Platform, request: Request) -> dict[str, Any]:
    since, wait_ms = number(request, "since", 0), min(number(request, "wait_ms", 0), LONGEST_WAIT_MS)
    if wait_ms:
        await _settle(platform, wait_ms)
    deliveries = [each for each in platform.sender.deliveries.values() if each.seq >= since]
    pending = sum(each.outcome == "sending" for each in platform.sender.deliveries.values())
    return {"items": list(_shown(deliveries)), "pending": pending, "next": platform.sender.next_seq}


async def _settle(platform: Platform, wait_ms: int) -> None:
    try:
        async with asyncio.timeout(wait_ms / 1000):
            await platform.sender.settled()
    except TimeoutError:
        # Not an error: `pending` in the answer tells that events are still on their way.
        return


def _shown(deliveries: Iterable[Delivery]) -> Iterable[dict[str, Any]]:
    for each in deliveries:
        yield asdict(each) | {"plaintext": each.plaintext.decode("utf-8", "backslashreplace")}


def _matches(effect: Effect, kind: str, external_userid: str) -> bool:
    return (not kind or effect.kind == kind) and (not external_userid or effect.external_userid == external_userid)


def _next(items: list[dict[str, Any]], limit: int, after_all: int) -> int:
    """A page cut short by its limit goes on after its last item; otherwise everything up to now has been seen."""
    return items[-1]["seq"] + 1 if items and len(items) == limit else after_all
