"""Where scanned group codes and customer acquisition links lead at this moment."""

from dataclasses import dataclass

from router.sandbox.config import Member
from router.sandbox.control.links import AcquisitionTarget, ClientGroupLink, JoinWayLink
from router.sandbox.control.wire import ControlError
from router.sandbox.platform import Platform
from router.sandbox.world import acquisition_links, group_chats
from router.sandbox.world.acquisition_links import AcquisitionLink
from router.sandbox.world.group_chats import GroupChat


@dataclass(frozen=True, slots=True)
class Entrance:
    """The group somebody is about to enter, and the state of the join way that led there."""

    chat: GroupChat
    state: str = ""


def group_behind(platform: Platform, link: JoinWayLink | ClientGroupLink) -> Entrance:
    """The group a code leads into. Raises ControlError 409 when the code is over, or all its groups are full."""
    if isinstance(link, JoinWayLink):
        return group_of_way(platform, link.config_id)
    if link.expires_at <= platform.now():
        raise ControlError("this group QR has expired: the client makes them for 7 days", 409)
    return Entrance(group_chats.require_chat(platform.world, link.chat_id))


def group_of_way(platform: Platform, config_id: str) -> Entrance:
    """The group of a join way that has a place."""
    way = platform.world.join_ways.get(config_id)
    if way is None or way.deleted_at is not None:
        raise ControlError(f"the join way {config_id} is invalid: deleted, or never made", 409)
    chat = group_chats.room_of(platform.world, way, platform.now())
    if chat is None:
        raise ControlError("every group of this join way is full", 409)
    return Entrance(chat, way.state)


def member_behind(platform: Platform, link: AcquisitionTarget) -> tuple[AcquisitionLink, Member]:
    """The link and whom it leads to now. Raises ControlError 409 when it leads nowhere."""
    known = platform.world.acquisition_links.get(link.link_id)
    if known is None or known.deleted_at is not None:
        raise ControlError(f"the link {link.link_id} is invalid: deleted, or never made", 409)
    member = acquisition_links.choose_member(platform.world, known)
    if member is None:
        raise ControlError("the link leads nowhere now: the quota is used up, or no member of it can be added", 409)
    return known, member
