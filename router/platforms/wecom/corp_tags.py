"""Corp tags 企业标签 (W-92117, W-92118): two levels, group and tag, and marking customers with them."""

from collections.abc import Sequence
from dataclasses import dataclass

from router.platforms.wecom.answer import Answer
from router.platforms.wecom.bounds import check_characters, check_count, check_member_id, check_present
from router.platforms.wecom.errors import RequestInvalid
from router.platforms.wecom.transport import Transport

_PREFIX = "/cgi-bin/externalcontact"
_NAME_CHARACTERS = 32  # W-92117 says 30, errcode 40072 says 32: the setting decides, WeCom has the last word


@dataclass(frozen=True, slots=True)
class CorpTag:
    """A tag; `created_at` in Unix milliseconds; higher `order` stands first. Deleted ones come only by id."""

    id: str
    name: str
    order: int
    created_at: int
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class CorpTagGroup:
    """A tag group with its tags."""

    id: str
    name: str
    order: int
    created_at: int
    is_deleted: bool
    tags: tuple[CorpTag, ...]


class CorpTagCalls:
    """Calls about tags. All raise the errors of `errors.py`."""

    _transport: Transport

    async def get_corp_tag_list(
        self, *, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()
    ) -> tuple[CorpTagGroup, ...]:
        """Return tags by id, or all; when both kinds of id are given the platform regards the groups alone."""
        asked = {"tag_id": list(tag_ids), "group_id": list(group_ids)}
        body: dict[str, object] = {name: ids for name, ids in asked.items() if ids}
        answer = await self._transport.post(f"{_PREFIX}/get_corp_tag_list", body)
        return tuple(_group(group) for group in answer.objects("tag_group"))

    async def add_corp_tag(
        self, names: Sequence[str], *, group_id: str = "", group_name: str = "", order: int = 0
    ) -> CorpTagGroup:
        """Add tags to a group, named by id or by name; an unknown name makes the group.

        Returns the group with the new tags. Errcode 40071 says that a name
        is in the group already: read the list again.
        """
        check_count("tag", names, 1, 1000)
        check_characters("group_name", group_name, _NAME_CHARACTERS)
        for name in names:
            check_present("tag.name", name)
            check_characters("tag.name", name, _NAME_CHARACTERS)
        if bool(group_id) == bool(group_name):
            raise RequestInvalid("group", "请只填写标签组编号或名称之一", "name the group by its id or by its name")
        group = {"group_id": group_id} if group_id else {"group_name": group_name, "order": order}
        answer = await self._transport.post(
            f"{_PREFIX}/add_corp_tag", {**group, "tag": [{"name": name} for name in names]}
        )
        return _group(answer.nested("tag_group"))

    async def edit_corp_tag(self, tag_or_group_id: str, name: str) -> None:
        """Rename a tag or a group that this app made. Errcode 40071: the name is taken; 40068: there is no such id."""
        check_present("id", tag_or_group_id)
        check_present("name", name)
        check_characters("name", name, _NAME_CHARACTERS)
        await self._transport.post(f"{_PREFIX}/edit_corp_tag", {"id": tag_or_group_id, "name": name})

    async def del_corp_tag(self, tag_ids: Sequence[str]) -> None:
        """Delete tags that this app made; WeCom takes them off every customer. A group goes with its last tag."""
        check_count("tag_id", tag_ids, 1, 1000)
        await self._transport.post(f"{_PREFIX}/del_corp_tag", {"tag_id": list(tag_ids)})

    async def mark_tag(
        self, user_id: str, external_user_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> None:
        """Put corp tags on a customer, and take others off, as this member sees the customer.

        Setting what is set already is harmless. Errcode 84061 says that the two are not (yet) in contact.
        """
        check_member_id("userid", user_id)
        check_present("external_userid", external_user_id)
        check_count("add_tag+remove_tag", (*add, *remove), 1, 1000)
        if set(add) & set(remove):
            raise RequestInvalid(
                "add_tag", "同一标签不能同时添加和移除", "the same tag cannot be added and removed at once"
            )
        pair = {"userid": user_id, "external_userid": external_user_id}
        await self._transport.post(f"{_PREFIX}/mark_tag", {**pair, "add_tag": list(add), "remove_tag": list(remove)})


def _group(group: Answer) -> CorpTagGroup:
    return CorpTagGroup(
        id=group.text("group_id"),
        name=group.text_or_empty("group_name"),
        order=group.integer_or("order", 0),
        created_at=group.integer_or("create_time", 0) * 1000,
        is_deleted=group.flag_or("deleted", False),
        tags=tuple(_tag(tag) for tag in group.objects("tag")),
    )


def _tag(tag: Answer) -> CorpTag:
    return CorpTag(
        id=tag.text("id"),
        name=tag.text_or_empty("name"),
        order=tag.integer_or("order", 0),
        created_at=tag.integer_or("create_time", 0) * 1000,
        is_deleted=tag.flag_or("deleted", False),
    )
