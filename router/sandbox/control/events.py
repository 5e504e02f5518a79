"""Events of any kind, and the console's own changes.

`POST /control/event` `{"callback": "CONTACT", "fields": {"Event": "…", …}}` sends those elements after the usual
header; `"plaintext": "<xml>…"` or `"plaintext_base64"` sends any bytes, hostile ones too, sealed like every other
event. `"times"` up to 1000 sends that many at once. Answer `{"sent": n}`.

`POST /control/verify` `{"callback": "CONTACT"}`: the console's check of a callback URL; answer `{"is_valid",
"reason"}`.

`POST /control/tag` changes corp tags as an administrator would in the console, which raises change_external_tag:
`{"action": "create", "group_name", "name"}`, `{"action": "update", "id", "name"}`, `{"action": "delete", "id"}`.
"""

import base64
import binascii
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.requests import Request

from router.platforms.wecom.callback_errors import XmlInvalid
from router.sandbox import events
from router.sandbox.control.wire import ControlError, Wish, read
from router.sandbox.platform import Platform
from router.sandbox.world import corp_tags
from router.sandbox.world.corp_tags import CONSOLE, Change, NewTag

TAG, GROUP = "tag", "tag_group"


class FreeEvent(Wish):
    callback: str = "CONTACT"
    fields: dict[str, str | int] | None = None
    plaintext: str | None = None
    plaintext_base64: str | None = None
    times: Annotated[int, Field(ge=1, le=1000)] = 1


class Check(Wish):
    callback: str


class TagChange(Wish):
    action: Literal["create", "update", "delete"]
    id: str = ""
    name: Annotated[str, Field(max_length=30)] = ""
    group_name: Annotated[str, Field(max_length=30)] = ""


async def send(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, FreeEvent)
    plaintext = _plaintext(platform, wish)
    for _ in range(wish.times):
        platform.sender.send(configured(platform, wish.callback), [plaintext])
    return {"sent": wish.times}


async def verify(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, Check)
    verification = await platform.sender.verify(configured(platform, wish.callback))
    return {"is_valid": verification.is_valid, "reason": verification.reason}


async def change_tag(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, TagChange)
    match wish.action:
        case "create":
            tag_id = _create_tag(platform, wish)
        case "update":
            tag_id = _update_tag(platform, wish)
        case "delete":
            tag_id = _delete_tag(platform, wish)
    return {"id": tag_id}


def configured(platform: Platform, callback: str) -> str:
    """The callback's name; ControlError when nobody receives there."""
    names = [target.name for target in platform.config.callbacks]
    if callback not in names:
        raise ControlError(f"no callback {callback!r} is configured; there are: {', '.join(names) or 'none'}")
    return callback


def _plaintext(platform: Platform, wish: FreeEvent) -> bytes:
    given = [wish.fields, wish.plaintext, wish.plaintext_base64]
    if given.count(None) != 2:
        raise ControlError("give exactly one of fields, plaintext and plaintext_base64")
    if wish.fields is not None:
        try:
            return events.free_event(platform.config.corp_id, platform.now(), wish.fields)
        except XmlInvalid as error:
            raise ControlError(f"fields: {error}; use plaintext for what XML cannot carry") from None
    if wish.plaintext is not None:
        return wish.plaintext.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(wish.plaintext_base64 or "", validate=True)
    except binascii.Error:
        raise ControlError("plaintext_base64 is not base64") from None


def _create_tag(platform: Platform, wish: TagChange) -> str:
    if not wish.name or not wish.group_name:
        raise ControlError("create needs name and group_name")
    world, now = platform.world, platform.now()
    group = corp_tags.group_named(world, wish.group_name, 0, CONSOLE, now)
    is_new_group = group.group_id not in world.tag_groups
    made = corp_tags.add(world, group, [NewTag(wish.name, 0)], CONSOLE, now)
    plaintexts = [_tag_event(platform, "create", group.group_id, GROUP)] if is_new_group else []
    platform.emit_contact([*plaintexts, _tag_event(platform, "create", made.tags[0].tag_id, TAG)], TAG)
    return made.tags[0].tag_id


def _update_tag(platform: Platform, wish: TagChange) -> str:
    if not wish.name:
        raise ControlError("update needs id and name")
    corp_tags.edit(platform.world, wish.id, Change(wish.name, None), CONSOLE)
    platform.emit_contact([_tag_event(platform, "update", wish.id, _kind(platform, wish.id))], TAG)
    return wish.id


def _delete_tag(platform: Platform, wish: TagChange) -> str:
    """One event for a group and none for its tags, as on the platform (W-92130)."""
    kind = _kind(platform, wish.id)
    if kind == GROUP:
        corp_tags.delete_group(platform.world, wish.id, CONSOLE)
    else:
        corp_tags.delete_tag(platform.world, wish.id, CONSOLE)
    platform.emit_contact([_tag_event(platform, "delete", wish.id, kind)], TAG)
    return wish.id


def _kind(platform: Platform, tag_or_group_id: str) -> str:
    return GROUP if tag_or_group_id in platform.world.tag_groups else TAG


def _tag_event(platform: Platform, change_type: str, tag_or_group_id: str, kind: str) -> bytes:
    return events.tag_event(platform.config.corp_id, platform.now(), change_type, tag_or_group_id, kind)
