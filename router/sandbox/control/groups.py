"""Customer groups as people see them.

`POST /control/groups` `{"name": "体验群", "owner": "chenyu", "people": 199}` makes a group; with `"chat_id"` it changes
one: `people` fills it with invented people or sends the latest away. Answer: `{"chat_id", "name", "owner", "people",
"qr_url"}`; `qr_url` is the QR that a member shows from the client, good for 7 days from when it is asked for.

`POST /control/join` `{"customer": null, "qr_url" | "url" | "config_id" | "chat_id": …}` joins by QR. Answer:
`{"external_userid", "name", "chat_id", "group", "people", "state"}`; 409 when the code is deleted or over, or the group
full. Both tell the CONTACT callback (change_external_chat).
"""

from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request

from router.sandbox import events
from router.sandbox.control.entrances import Entrance, group_behind, group_of_way
from router.sandbox.control.links import ClientGroupLink, JoinWayLink, Link, parse_link
from router.sandbox.control.people import customer_for, known_member
from router.sandbox.control.scan import fetch_picture_text
from router.sandbox.control.wire import ControlError, Who, Wish, read
from router.sandbox.platform import Platform
from router.sandbox.world import group_chats
from router.sandbox.world.group_chats import PEOPLE_PER_CHAT, GroupChat


class GroupWish(Wish):
    chat_id: str | None = None
    name: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    owner: str | None = None
    people: Annotated[int, Field(ge=1, le=500)] | None = None


class Join(Wish):
    customer: Who | None = None
    qr_url: str | None = None
    url: str | None = None
    config_id: str | None = None
    chat_id: str | None = None


async def change_group(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, GroupWish)
    world, now = platform.world, platform.now()
    if wish.chat_id is None:
        owner = known_member(platform, wish.owner or next(iter(world.members))).userid
        chat = group_chats.new_chat(world, wish.name or "客户群", owner, now, wish.people or 1)
        _tell(platform, chat, "create", ())
    else:
        chat = group_chats.require_chat(world, wish.chat_id)
        chat = group_chats.with_people(world, chat, wish.people or len(chat.members), now)
        world.group_chats[chat.chat_id] = chat
        _tell(platform, chat, "update", (("UpdateDetail", "add_member"), ("JoinScene", "0")))
    return shown_group(platform, chat)


async def join(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, Join)
    entrance = await _entrance(platform, wish)
    if len(entrance.chat.members) >= PEOPLE_PER_CHAT:
        raise ControlError(f"the group {entrance.chat.name} is full ({PEOPLE_PER_CHAT} people by QR)", 409)
    customer = customer_for(platform, wish.customer)
    chat = group_chats.join(platform.world, entrance.chat, customer.external_userid, entrance.state, platform.now())
    if chat is not entrance.chat:
        _tell(platform, chat, "update", (("UpdateDetail", "add_member"), ("JoinScene", "3"), ("MemChangeCnt", "1")))
    return {
        "external_userid": customer.external_userid,
        "name": customer.name,
        "chat_id": chat.chat_id,
        "group": chat.name,
        "people": len(chat.members),
        "state": entrance.state,
    }


def shown_group(platform: Platform, chat: GroupChat) -> dict[str, Any]:
    return {
        "chat_id": chat.chat_id,
        "name": chat.name,
        "owner": chat.owner,
        "people": len(chat.members),
        "qr_url": f"{platform.config.public_url}/group-qr/{chat.chat_id}.png",
    }


async def _entrance(platform: Platform, wish: Join) -> Entrance:
    if [wish.qr_url, wish.url, wish.config_id, wish.chat_id].count(None) != 3:
        raise ControlError("give exactly one of qr_url, url, config_id and chat_id")
    if wish.config_id is not None:
        return group_of_way(platform, wish.config_id)
    if wish.chat_id is not None:
        return Entrance(group_chats.require_chat(platform.world, wish.chat_id))
    text = wish.url if wish.url is not None else await fetch_picture_text(platform, wish.qr_url or "")
    link: Link | None = parse_link(text)
    if not isinstance(link, JoinWayLink | ClientGroupLink):
        raise ControlError(f"{text[:200]!r} does not lead into a group")
    return group_behind(platform, link)


def _tell(platform: Platform, chat: GroupChat, change: str, details: tuple[tuple[str, str], ...]) -> None:
    fields = {"Event": "change_external_chat", "ChatId": chat.chat_id, "ChangeType": change, **dict(details)}
    plaintext = events.free_event(platform.config.corp_id, platform.now(), fields)
    platform.emit_contact([plaintext], f"chat:{chat.chat_id}")
