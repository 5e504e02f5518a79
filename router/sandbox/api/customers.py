"""`externalcontact/{get,list,get_follow_user_list,batch/get_by_user,remark}` (W-92114, W-92113, W-92994, W-92115)."""

from dataclasses import replace
from typing import Any

from router.sandbox.api.call import Answer, Call
from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world import corp_tags, relations
from router.sandbox.world.records import Customer, Follow, Stage
from router.sandbox.world.world import World

ADDED_BY_QR = 1
REMARK_FIELDS = ("remark", "description", "remark_company", "remark_mobiles")


def get_customer(call: Call) -> Answer:
    external_userid = call.fields.required("external_userid", Errcode.CUSTOMER_MISSING)
    customer = call.world.require_customer(external_userid)
    follows = relations.related(call.world, external_userid)
    if not follows:
        raise RefusalError(Errcode.NO_RELATION, "not external contact")
    followers = [_follow(follow) | {"tags": _tags(call.world, follow)} for follow in follows]
    return {"external_contact": _contact(customer), "follow_user": followers, "next_cursor": ""}


def list_customers(call: Call) -> Answer:
    member = call.world.require_member(call.fields.required("userid", Errcode.USERID_MISSING))
    follows = [each for each in call.world.follows_of_member(member.userid) if each.stage is not Stage.HALF]
    if not follows:
        raise RefusalError(Errcode.NO_RELATION, "not external contact")
    return {"external_userid": [follow.external_userid for follow in follows]}


def get_follow_user_list(call: Call) -> Answer:
    members = call.world.members.values()
    return {"follow_user": [each.userid for each in members if each.receives_customers and each.is_visible]}


def batch_get_by_user(call: Call) -> Answer:
    userids = call.fields.texts("userid_list")
    if not userids:
        raise RefusalError(Errcode.BAD_USER_LIST, "userid_list is empty")
    position, limit = call.fields.number("cursor", 0), call.fields.number("limit", 50, low=1, high=100)
    members = [call.world.require_member(userid) for userid in userids]
    follows = [each for member in members for each in call.world.follows_of_member(member.userid)]
    related = [each for each in follows if each.stage is not Stage.HALF]
    listed, after = related[position : position + limit], position + limit
    contacts = [
        {
            "external_contact": _contact(call.world.customers[follow.external_userid]),
            "follow_info": _follow(follow) | {"tag_id": list(follow.tag_ids)},
        }
        for follow in listed
    ]
    return {"external_contact_list": contacts, "next_cursor": str(after) if after < len(related) else ""}


def remark(call: Call) -> Answer:
    """What is left out stays; the rest overwrites, also what the member typed."""
    fields = call.fields
    userid = fields.required("userid", Errcode.USERID_MISSING)
    external_userid = fields.required("external_userid", Errcode.CUSTOMER_MISSING)
    if not any(name in fields.values for name in REMARK_FIELDS):
        raise RefusalError(Errcode.EMPTY_PARAMETER, f"give one of {', '.join(REMARK_FIELDS)}")
    follow = relations.require_related(call.world, userid, external_userid)
    mobiles = tuple(each for each in fields.texts("remark_mobiles") if each)
    changed = replace(
        follow,
        remark=fields.text("remark", follow.remark, max_chars=20),
        description=fields.text("description", follow.description, max_chars=150),
        remark_corp_name=fields.text("remark_company", follow.remark_corp_name, max_chars=20),
        remark_mobiles=mobiles if "remark_mobiles" in fields.values else follow.remark_mobiles,
    )
    call.world.put_follow(changed)
    call.accepted("remark_changed", external_userid=external_userid, userid=follow.userid)
    return {}


def _contact(customer: Customer) -> dict[str, Any]:
    return {
        "external_userid": customer.external_userid,
        "name": customer.name,
        "avatar": "",
        "type": 1,
        "gender": 0,
    }


def _follow(follow: Follow) -> dict[str, Any]:
    return {
        "userid": follow.userid,
        "remark": follow.remark,
        "description": follow.description,
        "createtime": follow.created_at // 1000,
        "remark_corp_name": follow.remark_corp_name,
        "remark_mobiles": list(follow.remark_mobiles),
        "oper_userid": follow.external_userid,
        "add_way": ADDED_BY_QR,
        "state": follow.state,
    }


def _tags(world: World, follow: Follow) -> list[dict[str, Any]]:
    return [
        {"group_name": group.name, "tag_name": tag.name, "tag_id": tag.tag_id, "type": 1}
        for group in corp_tags.live_groups(world)
        for tag in group.tags
        if tag.tag_id in follow.tag_ids
    ]
