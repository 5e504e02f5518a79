"""The world as a phone page or a test wants to see it.

`GET /control/world` `{"now", "corp_id", "service_url", "public_url", "members", "customers", "follows" (with the
names of their tags), "contact_ways", "tag_groups", "kf_accounts", "group_chats", "join_ways", "acquisition_links",
"acquisition", "chats": {external_userid: [line]}}`.

`POST /control/members` `{"userid", "name"?, "status"?, "is_visible"?, …}` adds a member or changes one, silently.

`GET /control/stream?external_userid=` server-sent events, one `line` event per new line of that customer's chat.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from router.sandbox.config import Member
from router.sandbox.control.people import known_customer
from router.sandbox.control.wire import Wish, read
from router.sandbox.platform import Platform
from router.sandbox.world import corp_tags
from router.sandbox.world.records import ChatLine, Follow

KEEP_ALIVE_SECONDS = 15.0


class MemberChange(Wish):
    userid: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@-]{1,64}$")]
    name: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    status: Literal[1, 2, 4, 5] | None = None
    is_real_name_verified: bool | None = None
    receives_customers: bool | None = None
    is_visible: bool | None = None


async def show(platform: Platform, _request: Request) -> dict[str, Any]:
    world, config = platform.world, platform.config
    tag_names = {tag.tag_id: tag.name for group in world.tag_groups.values() for tag in group.tags}
    follows = (follow for by_member in world.follows.values() for follow in by_member.values())
    return {
        "now": platform.now(),
        "corp_id": config.corp_id,
        "service_url": config.service_url,
        "public_url": config.public_url,
        "members": [asdict(member) for member in world.members.values()],
        "customers": [asdict(customer) for customer in world.customers.values()],
        "follows": [_with_tags(follow, tag_names) for follow in follows],
        "contact_ways": [asdict(way) for way in world.contact_ways.values()],
        "tag_groups": [asdict(group) for group in corp_tags.live_groups(world)],
        "kf_accounts": [asdict(account) for account in world.kf_accounts.values()],
        "group_chats": [asdict(chat) for chat in world.group_chats.values()],
        "join_ways": [asdict(way) for way in world.join_ways.values()],
        "acquisition_links": [asdict(link) for link in world.acquisition_links.values()],
        "acquisition": asdict(world.acquisition),
        "kf_sessions": [asdict(session) for session in world.kf_sessions.values()],
        "chats": {who: [asdict(line) for line in lines] for who, lines in world.chats.items()},
    }


async def change_member(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, MemberChange)
    known = platform.world.member(wish.userid) or Member(wish.userid, wish.name or wish.userid)
    changes = wish.model_dump(exclude_none=True, exclude={"userid"})
    member = replace(known, **changes)
    platform.world.members[member.userid.lower()] = member
    return asdict(member)


async def stream(platform: Platform, request: Request) -> Response:
    customer = known_customer(platform, request.query_params.get("external_userid", ""))
    lines = _lines(platform, customer.external_userid)
    return StreamingResponse(lines, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _lines(platform: Platform, external_userid: str) -> AsyncIterator[bytes]:
    """Lines as they come; a comment now and then, so that a lost connection is noticed."""
    queue: asyncio.Queue[ChatLine] = asyncio.Queue()
    listeners = platform.listeners.setdefault(external_userid, [])
    listeners.append(queue)
    try:
        yield b": listening\n\n"
        while True:
            yield await _next_piece(queue)
    finally:
        listeners.remove(queue)


async def _next_piece(queue: asyncio.Queue[ChatLine]) -> bytes:
    try:
        async with asyncio.timeout(KEEP_ALIVE_SECONDS):
            line = await queue.get()
    except TimeoutError:
        return b": still here\n\n"
    return b"event: line\ndata: " + orjson.dumps(line) + b"\n\n"


def _with_tags(follow: Follow, tag_names: dict[str, str]) -> dict[str, Any]:
    return asdict(follow) | {"tags": [tag_names.get(tag_id, tag_id) for tag_id in follow.tag_ids]}
