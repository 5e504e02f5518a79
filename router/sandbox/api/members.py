"""Employees, departments, the application's range and the platform's addresses (W-90196 and its neighbours)."""

from typing import Any

from router.sandbox.api.call import Answer, Call
from router.sandbox.config import Member
from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world.contact_ways import ROOT_DEPARTMENT


def get_user(call: Call) -> Answer:
    member = call.world.require_member(call.fields.required("userid", Errcode.USERID_MISSING))
    return _brief(member) | {
        "status": member.status,
        "position": "",
        "alias": "",
        "main_department": member.department,
        "order": [0],
        "is_leader_in_dept": [0],
        "direct_leader": [],
    }


def list_users(call: Call) -> Answer:
    department = call.fields.number("department_id", ROOT_DEPARTMENT)
    members = call.world.members.values()
    return {"userlist": [_brief(each) for each in members if each.department == department and each.is_visible]}


def list_departments(call: Call) -> Answer:
    asked = call.fields.number("id", ROOT_DEPARTMENT)
    if asked != ROOT_DEPARTMENT:
        raise RefusalError(Errcode.UNKNOWN_DEPARTMENT, f"department not found: {asked}")
    return {"department": [{"id": ROOT_DEPARTMENT, "name": "沙箱公司", "parentid": 0, "order": 1}]}


def get_agent(call: Call) -> Answer:
    """The application itself; who is in its visible range."""
    agent_id = call.fields.number("agentid", 0)
    if agent_id != call.platform.config.app_agent_id:
        raise RefusalError(Errcode.BAD_AGENTID, f"invalid agentid: {agent_id}")
    visible = [{"userid": each.userid} for each in call.world.members.values() if each.is_visible]
    return {
        "agentid": agent_id,
        "name": "liveqr",
        "close": 0,
        "allow_userinfos": {"user": visible},
        "allow_partys": {"partyid": [ROOT_DEPARTMENT]},
        "allow_tags": {"tagid": []},
    }


def get_callback_ip(_call: Call) -> Answer:
    return {"ip_list": ["127.0.0.1"]}


def _brief(member: Member) -> dict[str, Any]:
    return {"userid": member.userid, "name": member.name, "department": [member.department]}
