"""Join ways 加入群聊 (W-92229) and customer groups (W-92120, W-92122)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from router.platforms.wecom.answer import Answer
from router.platforms.wecom.bounds import check_characters, check_count, check_present
from router.platforms.wecom.errors import AnswerInvalid
from router.platforms.wecom.transport import Transport

CHATS_PER_WAY: Final = 5
"""Groups that one join way leads to; more are refused with 41091."""

_PREFIX: Final = "/cgi-bin/externalcontact/groupchat"
_QR_SCENE: Final = 2
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class JoinWayPlan:
    """What a join way is to be: updates overwrite all of it.

    With `auto_create_room` the platform makes another group when all are full, named `room_base_name` and a number from
    `room_base_id` on, owned by the owner of the last group.
    """

    chat_ids: tuple[str, ...]
    state: str
    auto_create_room: bool = False
    room_base_name: str = ""
    room_base_id: int = 1
    remark: str = ""


@dataclass(frozen=True, slots=True)
class JoinWay:
    """A join way as the platform knows it; `qr_code` is the picture's URL, which an update never changes."""

    config_id: str
    chat_ids: tuple[str, ...]
    state: str
    qr_code: str
    auto_create_room: bool
    room_base_name: str


@dataclass(frozen=True, slots=True)
class GroupChat:
    """A customer group; `people` counts employees and customers, `customers` only the latter."""

    chat_id: str
    name: str
    owner: str
    people: int
    customers: int
    member_version: str


class JoinWayCalls:
    """Calls about join ways and groups. All raise the errors of `errors.py`."""

    _transport: Transport

    async def add_join_way(self, plan: JoinWayPlan) -> str:
        """Make a join way to 1 to 5 groups and return its `config_id`: the answer has no picture, `get_join_way` has.

        There is neither an idempotency key nor a list of join ways: after `OutcomeUnknown` the way, if there is one,
        cannot be found again.
        """
        answer = await self._transport.post(f"{_PREFIX}/add_join_way", _fields(plan))
        return answer.text("config_id")

    async def update_join_way(self, config_id: str, plan: JoinWayPlan) -> None:
        """Overwrite a join way; its picture stays."""
        check_present("config_id", config_id)
        await self._transport.post(f"{_PREFIX}/update_join_way", {"config_id": config_id, **_fields(plan)})

    async def get_join_way(self, config_id: str) -> JoinWay:
        """Return a join way; errcode 41044 says that it was deleted."""
        check_present("config_id", config_id)
        answer = await self._transport.post(f"{_PREFIX}/get_join_way", {"config_id": config_id})
        way = answer.nested("join_way")
        return JoinWay(
            config_id=way.text("config_id"),
            chat_ids=way.texts("chat_id_list"),
            state=way.text_or_empty("state"),
            qr_code=way.text("qr_code"),
            auto_create_room=way.integer_or("auto_create_room", 0) == 1,
            room_base_name=way.text_or_empty("room_base_name"),
        )

    async def del_join_way(self, config_id: str) -> None:
        """Delete a join way; errcode 41044 says that it was gone already."""
        check_present("config_id", config_id)
        await self._transport.post(f"{_PREFIX}/del_join_way", {"config_id": config_id})

    async def list_group_chats(self, owners: Sequence[str] = (), *, at_most: int = _PAGE) -> tuple[str, ...]:
        """Return the ids of at most `at_most` customer groups, of these owners only when some are given.

        Without owners the platform refuses (81017) when the app sees more than 1000 members.
        """
        check_count("userid_list", owners, 0, 100)
        query: dict[str, object] = {"status_filter": 0, "limit": min(at_most, _PAGE)}
        if owners:
            query["owner_filter"] = {"userid_list": list(owners)}
        path, found, cursor = f"{_PREFIX}/list", list[str](), ""
        while len(found) < at_most:
            answer = await self._transport.post(path, {**query, "cursor": cursor})
            found += [each.text("chat_id") for each in answer.objects("group_chat_list")]
            following = answer.text_or_empty("next_cursor")
            if not following:
                break
            if following == cursor:
                raise AnswerInvalid(path, "the next page is the page itself")
            cursor = following
        return tuple(found[:at_most])

    async def get_group_chat(self, chat_id: str) -> GroupChat:
        """Return a customer group with the number of its people."""
        check_present("chat_id", chat_id)
        answer = await self._transport.post(f"{_PREFIX}/get", {"chat_id": chat_id, "need_name": 0})
        return _group_chat(answer.nested("group_chat"))


def _fields(plan: JoinWayPlan) -> dict[str, object]:
    check_count("chat_id_list", plan.chat_ids, 1, CHATS_PER_WAY)
    check_characters("state", plan.state, 30)
    check_characters("remark", plan.remark, 30)
    check_characters("room_base_name", plan.room_base_name, 40)
    fields: dict[str, object] = {
        "scene": _QR_SCENE,
        "chat_id_list": list(plan.chat_ids),
        "state": plan.state,
        "remark": plan.remark,
        "auto_create_room": int(plan.auto_create_room),
    }
    if plan.auto_create_room:
        fields |= {"room_base_name": plan.room_base_name, "room_base_id": plan.room_base_id}
    return fields


def _group_chat(chat: Answer) -> GroupChat:
    members = chat.objects("member_list")
    return GroupChat(
        chat_id=chat.text("chat_id"),
        name=chat.text_or_empty("name"),
        owner=chat.text_or_empty("owner"),
        people=len(members),
        customers=sum(each.integer_or("type", 1) == 2 for each in members),
        member_version=chat.text_or_empty("member_version"),
    )
