"""The tags of WeCom and of an Official Account, seen alike."""

from typing import Final, Protocol

from router.domain.tag_effects import Target
from router.handlers.outbound.platform import Platform
from router.platforms.official_account.client import OfficialAccountClient
from router.platforms.wecom.client import WeComClient
from tagtree.projection.steps import RemoteTag

NAME_TAKEN: Final = frozenset({40071, 45157})  # W-90313; the second on an Official Account
UNKNOWN: Final = frozenset({40068, 45159})

Listed = tuple[RemoteTag, int]
"""A tag, of which the platform does not say who made it (`ours` is False), with the instant it was made in ms (0: not
known).
"""


class RemoteTags(Protocol):
    """What plans are made of; every method raises the errors of `errors.py`."""

    async def listed(self) -> list[Listed]: ...

    async def add(self, group: str, name: str) -> Listed: ...

    async def rename(self, remote_id: str, name: str) -> None: ...

    async def rename_group(self, group_id: str, name: str) -> None: ...

    async def delete(self, remote_id: str) -> None: ...


class CorpTags:
    """企业标签: groups and tags."""

    def __init__(self, client: WeComClient) -> None:
        self._client = client

    async def listed(self) -> list[Listed]:
        groups = await self._client.get_corp_tag_list()
        return [
            (RemoteTag(tag.id, group.id, group.name, tag.name, ours=False), tag.created_at)
            for group in groups
            for tag in group.tags
            if not (group.is_deleted or tag.is_deleted)
        ]

    async def add(self, group: str, name: str) -> Listed:
        made = await self._client.add_corp_tag([name], group_name=group)
        tag = next((each for each in made.tags if each.name == name), made.tags[0])
        return RemoteTag(tag.id, made.id, made.name, tag.name, ours=True), tag.created_at

    async def rename(self, remote_id: str, name: str) -> None:
        await self._client.edit_corp_tag(remote_id, name)

    async def rename_group(self, group_id: str, name: str) -> None:
        await self._client.edit_corp_tag(group_id, name)

    async def delete(self, remote_id: str) -> None:
        await self._client.del_corp_tag([remote_id])


class FanTags:
    """Tags of an Official Account's fans: one level."""

    def __init__(self, client: OfficialAccountClient) -> None:
        self._client = client

    async def listed(self) -> list[Listed]:
        return [(RemoteTag(str(tag.id), "", "", tag.name, ours=False), 0) for tag in await self._client.get_tags()]

    async def add(self, group: str, name: str) -> Listed:
        tag = await self._client.create_tag(name)
        return RemoteTag(str(tag.id), "", group, tag.name, ours=True), 0

    async def rename(self, remote_id: str, name: str) -> None:
        await self._client.update_tag(int(remote_id), name)

    async def rename_group(self, group_id: str, name: str) -> None:
        raise AssertionError("no plan renames groups where there are none")

    async def delete(self, remote_id: str) -> None:
        await self._client.delete_tag(int(remote_id))


def tags_of(platform: Platform, target: Target) -> RemoteTags | None:
    """The tags of a platform, None while it is switched off."""
    if target == "wecom":
        return CorpTags(platform.contact) if platform.contact else None
    return FanTags(platform.fans) if platform.fans else None
