"""`externalcontact/*_corp_tag*` and `mark_tag` (W-92117, W-92118). None of them raises an event."""

from typing import Any

from router.sandbox.api.call import Answer, Call
from router.sandbox.api.fields import Fields
from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world import corp_tags, relations
from router.sandbox.world.corp_tags import Change, NewTag
from router.sandbox.world.records import TagGroup

NAME_CHARS = 30
TAGS_PER_CALL = 1_000


def get_corp_tag_list(call: Call) -> Answer:
    group_ids, tag_ids = call.fields.texts("group_id"), call.fields.texts("tag_id")
    groups = corp_tags.groups_asked_for(call.world, group_ids, tag_ids)
    return {"tag_group": [_shown(group) for group in groups]}


def add_corp_tag(call: Call) -> Answer:
    fields = call.fields
    tags = [_new_tag(each) for each in fields.objects("tag", TAGS_PER_CALL)]
    if not tags:
        raise RefusalError(Errcode.EMPTY_PARAMETER, "a group cannot be empty: give tag")
    if fields.has("group_id"):
        group = corp_tags.require_group(call.world, fields.text("group_id"))
    else:
        name = fields.required("group_name", max_chars=NAME_CHARS)
        group = corp_tags.group_named(call.world, name, fields.number("order", 0), call.caller, call.now)
    answer = {"tag_group": _shown(corp_tags.add(call.world, group, tags, call.caller, call.now))}
    call.accepted("corp_tag_added", answer)
    return answer


def edit_corp_tag(call: Call) -> Answer:
    fields = call.fields
    name = fields.required("name", max_chars=NAME_CHARS) if "name" in fields.values else None
    order = fields.number("order", 0) if "order" in fields.values else None
    corp_tags.edit(call.world, fields.required("id"), Change(name, order), call.caller)
    call.accepted("corp_tag_edited")
    return {}


def del_corp_tag(call: Call) -> Answer:
    tag_ids = call.fields.texts("tag_id", TAGS_PER_CALL)
    group_ids = call.fields.texts("group_id", TAGS_PER_CALL)
    if not tag_ids and not group_ids:
        raise RefusalError(Errcode.EMPTY_PARAMETER, "give tag_id or group_id")
    for tag_id in tag_ids:
        corp_tags.delete_tag(call.world, tag_id, call.caller)
    for group_id in group_ids:
        corp_tags.delete_group(call.world, group_id, call.caller)
    call.accepted("corp_tag_deleted")
    return {}


def mark_tag(call: Call) -> Answer:
    """Marks one relation; fails without one, and for a half add until the member confirms."""
    fields = call.fields
    userid = fields.required("userid", Errcode.USERID_MISSING)
    external_userid = fields.required("external_userid", Errcode.CUSTOMER_MISSING)
    added, removed = fields.texts("add_tag"), fields.texts("remove_tag")
    if not added and not removed:
        raise RefusalError(Errcode.EMPTY_PARAMETER, "give add_tag or remove_tag")
    corp_tags.require_tags(call.world, [*added, *removed])
    follow = relations.require_related(call.world, userid, external_userid)
    marked = relations.mark(call.world, follow, added, removed)
    result = {"tag_ids": list(marked.tag_ids)}
    call.accepted("tag_marked", result, external_userid=external_userid, userid=follow.userid)
    return {}


def _new_tag(fields: Fields) -> NewTag:
    return NewTag(fields.required("name", max_chars=NAME_CHARS), fields.number("order", 0))


def _shown(group: TagGroup) -> dict[str, Any]:
    tags = [
        {
            "id": tag.tag_id,
            "name": tag.name,
            "create_time": tag.created_at // 1000,
            "order": tag.order,
            "deleted": tag.is_deleted,
        }
        for tag in group.tags
    ]
    return {
        "group_id": group.group_id,
        "group_name": group.name,
        "create_time": group.created_at // 1000,
        "order": group.order,
        "deleted": group.is_deleted,
        "tag": tags,
    }
