"""The platform's customer groups that a group code may lead to."""

from router.handlers.outbound.platform import Platform
from router.platforms.wecom.errors import PlatformError
from router.platforms.wecom.join_ways import GroupChat

OFFERED = 30  # groups: each is one call


async def offered_chats(platform: Platform) -> tuple[GroupChat, ...] | str:
    """Groups to choose from with their people, or why the platform does not say."""
    if platform.contact is None:
        return "customer contact is switched off: its secret is not set"
    try:
        ids = await platform.contact.list_group_chats(at_most=OFFERED)
        return tuple([await platform.contact.get_group_chat(chat_id) for chat_id in ids])
    except PlatformError as error:
        return str(error)
