"""`externalcontact/groupchat/*` (W-92229, W-92120, W-92122)."""

from dataclasses import replace

from router.sandbox.api.call import Answer, Call
from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world import group_chats
from router.sandbox.world.group_chats import GroupMember, JoinWay

REMARK_CHARACTERS = 30


def add_join_way(call: Call) -> Answer:
    """The answer has no picture: `get_join_way` has."""
    config_id = call.world.ids.config_id()
    way = _way_in(call, config_id, f"{call.platform.config.public_url}/jw/{config_id}.png")
    group_chats.put_way(call.world, way)
    call.accepted("join_way_added", {"config_id": config_id})
    return {"config_id": config_id}


def get_join_way(call: Call) -> Answer:
    way = _required_way(call)
    shown = {
        "config_id": way.config_id,
        "scene": way.scene,
        "remark": way.remark,
        "auto_create_room": int(way.auto_create_room),
        "room_base_name": way.room_base_name,
        "room_base_id": way.room_base_id,
        "chat_id_list": list(way.chat_ids),
        "qr_code": way.qr_code,
        "state": way.state,
    }
    return {"join_way": shown}


def update_join_way(call: Call) -> Answer:
    """Overwrites everything but the picture."""
    before = _required_way(call)
    group_chats.put_way(call.world, _way_in(call, before.config_id, before.qr_code))
    call.accepted("join_way_updated", {"config_id": before.config_id})
    return {}


def del_join_way(call: Call) -> Answer:
    way = _required_way(call)
    call.world.join_ways[way.config_id] = replace(way, deleted_at=call.now)
    call.accepted("join_way_deleted", {"config_id": way.config_id})
    return {}


def list_group_chats(call: Call) -> Answer:
    fields = call.fields
    limit = fields.number("limit", 0, low=1, high=1000)
    position = fields.number("cursor", 0)
    owners = fields.object("owner_filter").texts("userid_list") if fields.has("owner_filter") else ()
    chats = list(group_chats.chats_of(call.world, owners))
    listed = [{"chat_id": chat.chat_id, "status": 0} for chat in chats[position : position + limit]]
    after = position + len(listed)
    return {"group_chat_list": listed, "next_cursor": str(after) if after < len(chats) else ""}


def get_group_chat(call: Call) -> Answer:
    chat = group_chats.require_chat(call.world, call.fields.required("chat_id"))
    return {
        "group_chat": {
            "chat_id": chat.chat_id,
            "name": chat.name,
            "owner": chat.owner,
            "create_time": chat.created_at // 1000,
            "notice": "",
            "member_list": [_member(member) for member in chat.members],
            "admin_list": [{"userid": chat.owner}],
            "member_version": f"{chat.version:032x}",
        }
    }


def _way_in(call: Call, config_id: str, qr_code: str) -> JoinWay:
    fields = call.fields
    if fields.number("scene", 0) not in (1, 2):
        raise RefusalError(Errcode.WAY_SCENE_INVALID, "invalid scene")
    return JoinWay(
        config_id=config_id,
        scene=fields.number("scene", 0),
        remark=fields.text("remark")[:REMARK_CHARACTERS],
        auto_create_room=fields.number("auto_create_room", 1, high=1) == 1,
        room_base_name=fields.text("room_base_name", max_chars=40),
        room_base_id=fields.number("room_base_id", 1),
        chat_ids=fields.texts("chat_id_list", most=group_chats.CHATS_PER_WAY, over=Errcode.JOIN_WAY_CHATS_OVER),
        state=fields.text("state", max_chars=30),
        qr_code=qr_code,
    )


def _required_way(call: Call) -> JoinWay:
    return group_chats.require_way(call.world, call.fields.required("config_id", Errcode.CONFIG_ID_MISSING))


def _member(member: GroupMember) -> dict[str, object]:
    return {
        "userid": member.who,
        "type": 1 if member.is_employee else 2,
        "join_time": member.joined_at // 1000,
        "join_scene": member.join_scene,
        **({"state": member.state} if member.state else {}),
    }
