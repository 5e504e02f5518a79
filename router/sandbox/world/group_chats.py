"""Customer groups and the QRs that lead into them (W-92229, W-92120, W-92122)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from router.sandbox.refusal import Errcode, RefusalError

if TYPE_CHECKING:
    from router.sandbox.world.world import World

CHATS_PER_WAY = 5
PEOPLE_PER_CHAT = 200  # by QR; 500 by invitation (limits of the client, sources conflict)
CLIENT_QR_MS = 7 * 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class GroupMember:
    """Somebody in a group: an employee's userid or a customer's external_userid. `state` is the join way's."""

    who: str
    is_employee: bool
    joined_at: int
    join_scene: int
    state: str = ""


@dataclass(frozen=True, slots=True)
class GroupChat:
    """A customer group; `version` changes with its members."""

    chat_id: str
    name: str
    owner: str
    created_at: int
    members: tuple[GroupMember, ...]
    version: int = 1


@dataclass(frozen=True, slots=True)
class JoinWay:
    """A "join the group" code; a deleted one is kept, because its picture still exists on paper."""

    config_id: str
    scene: int
    remark: str
    auto_create_room: bool
    room_base_name: str
    room_base_id: int
    chat_ids: tuple[str, ...]
    state: str
    qr_code: str
    rooms_made: int = 0
    deleted_at: int | None = None


def new_chat(world: "World", name: str, owner: str, now: int, people: int = 1) -> GroupChat:
    """A group of its owner and as many invented people as make up `people`."""
    member = GroupMember(world.require_member(owner).userid, True, now, 1)
    chat = GroupChat(world.ids.chat_id(), name, owner, now, (member,))
    world.group_chats[chat.chat_id] = with_people(world, chat, people, now)
    return world.group_chats[chat.chat_id]


def with_people(world: "World", chat: GroupChat, people: int, now: int) -> GroupChat:
    """The group with that many people: the latest leave, or invented customers join."""
    missing = people - len(chat.members)
    invented = (GroupMember(world.ids.external_userid(), False, now, 1) for _ in range(missing))
    return replace(chat, members=(*chat.members[: max(1, people)], *invented), version=chat.version + 1)


def require_chat(world: "World", chat_id: str) -> GroupChat:
    chat = world.group_chats.get(chat_id)
    if chat is None:
        raise RefusalError(Errcode.UNKNOWN_CHAT, f"invalid chat_id: {chat_id}")
    return chat


def require_way(world: "World", config_id: str) -> JoinWay:
    """The live join way of that id; a deleted one answers like one that never was."""
    way = world.join_ways.get(config_id)
    if way is None or way.deleted_at is not None:
        raise RefusalError(Errcode.CONFIG_ID_INVALID, "invalid config_id")
    return way


def put_way(world: "World", way: JoinWay) -> JoinWay:
    """Keep a new or changed join way; refuses groups that do not exist, and too many of them."""
    if not way.chat_ids:
        raise RefusalError(Errcode.EMPTY_PARAMETER, "missing chat_id_list")
    if len(way.chat_ids) > CHATS_PER_WAY:
        raise RefusalError(Errcode.JOIN_WAY_CHATS_OVER, f"more than {CHATS_PER_WAY} chats")
    for chat_id in way.chat_ids:
        require_chat(world, chat_id)
    world.join_ways[way.config_id] = way
    return way


def chats_of(world: "World", owners: Sequence[str]) -> Iterator[GroupChat]:
    """All groups, or those of some owners."""
    wanted = {owner.lower() for owner in owners}
    return (chat for chat in world.group_chats.values() if not wanted or chat.owner.lower() in wanted)


def room_of(world: "World", way: JoinWay, now: int) -> GroupChat | None:
    """The group of a join way that has a place; the platform makes another one where the way says so."""
    chats = [world.group_chats[chat_id] for chat_id in way.chat_ids]
    free = next((chat for chat in chats if len(chat.members) < PEOPLE_PER_CHAT), None)
    if free is not None or not way.auto_create_room:
        return free
    name = f"{way.room_base_name or chats[-1].name}{way.room_base_id + way.rooms_made}"
    made = new_chat(world, name, chats[-1].owner, now)
    kept = (*way.chat_ids, made.chat_id)[-CHATS_PER_WAY:]
    world.join_ways[way.config_id] = replace(way, chat_ids=kept, rooms_made=way.rooms_made + 1)
    return made


def join(world: "World", chat: GroupChat, external_userid: str, state: str, now: int) -> GroupChat:
    """The customer is in the group afterwards; somebody who is in already stays where they are."""
    if any(member.who == external_userid for member in chat.members):
        return chat
    member = GroupMember(external_userid, False, now, 3, state)
    world.group_chats[chat.chat_id] = replace(chat, members=(*chat.members, member), version=chat.version + 1)
    return world.group_chats[chat.chat_id]
