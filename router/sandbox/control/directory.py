"""The contact book as an administrator changes it, each change told as `change_contact` (W-90970).

`POST /control/directory` `{"userid": "chenyu", "action": "rename", "new_userid": "chenyu2"}`; other actions are
`delete`, `deactivate` and `activate`. Answer `{"member", "callback"}`. Callbacks configured since 2022-08-15 name only
the member, so only `deactivate` and `activate` carry the Status that older ones do.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.requests import Request

from router.platforms.wecom.xml import Node
from router.sandbox import events
from router.sandbox.config import Member
from router.sandbox.control.people import known_member
from router.sandbox.control.wire import ControlError, Wish, read
from router.sandbox.platform import Platform
from router.sandbox.world import directory

RECEIVERS = ("DIRECTORY", "APP", "CONTACT")  # the first that is configured hears of it


class DirectoryChange(Wish):
    userid: str
    action: Literal["rename", "delete", "deactivate", "activate"]
    new_userid: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$")] | None = None


async def change(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, DirectoryChange)
    member = known_member(platform, wish.userid)
    changed, kind, fields = _change(platform, member, wish)
    told = [("ChangeType", kind), ("UserID", member.userid), *fields]
    plaintext = events.directory_event(platform.config.corp_id, platform.now(), told)
    callback = _receiver(platform)
    platform.sender.send(callback, [plaintext], f"member:{member.userid}")
    return {"member": asdict(changed), "callback": callback}


def _change(platform: Platform, member: Member, wish: DirectoryChange) -> tuple[Member, str, list[Node]]:
    """Make the change; the member afterwards, the ChangeType, and what the event carries besides the userid."""
    world = platform.world
    department: Node = ("Department", str(member.department))
    match wish.action:
        case "rename":
            new_userid = _free_userid(platform, member, wish.new_userid)
            return directory.rename(world, member, new_userid), "update_user", [("NewUserID", new_userid), department]
        case "delete":
            return directory.leave(world, member), "delete_user", []
        case "deactivate" | "activate":
            changed = directory.set_active(world, member, active=wish.action == "activate")
            return changed, "update_user", [department, ("Status", changed.status)]


def _free_userid(platform: Platform, member: Member, new_userid: str | None) -> str:
    if new_userid is None:
        raise ControlError("rename needs new_userid")
    other = platform.world.member(new_userid)
    if other is not None and other.userid != member.userid:
        raise ControlError(f"the userid {new_userid!r} belongs to {other.name}", 409)
    return new_userid


def _receiver(platform: Platform) -> str:
    configured = {target.name for target in platform.config.callbacks}
    return next((name for name in RECEIVERS if name in configured), "APP")
