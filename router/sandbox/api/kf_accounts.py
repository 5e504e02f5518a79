"""`kf/account/*`, `kf/add_contact_way`, `kf/servicer/*`, `kf/customer/batchget` (W-94638 and its neighbours)."""

import re
from typing import Any

from router.sandbox.api.call import Answer, Call
from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world import kf_sessions
from router.sandbox.world.records import KfAccount, KfSession, Servicer

SCENE = re.compile(r"[0-9a-zA-Z_-]{0,32}")


def add_account(call: Call) -> Answer:
    name = call.fields.required("name", max_chars=16)
    call.platform.media.require(call.fields.required("media_id", Errcode.MEDIA_ID_MISSING), call.now)
    account = KfAccount(call.world.ids.open_kfid(), name)
    call.world.kf_accounts[account.open_kfid] = account
    answer = {"open_kfid": account.open_kfid}
    call.accepted("kf_account_added", answer)
    return answer


def list_accounts(call: Call) -> Answer:
    offset, limit = call.fields.number("offset", 0), call.fields.number("limit", 100, low=1, high=100)
    accounts = list(call.world.kf_accounts.values())[offset : offset + limit]
    shown = [
        {"open_kfid": each.open_kfid, "name": each.name, "avatar": "", "manage_privilege": True} for each in accounts
    ]
    return {"account_list": shown}


def add_contact_way(call: Call) -> Answer:
    """The link of a KF account; the caller may append `&scene_param=` to it."""
    account = kf_sessions.require_account(call.world, call.fields.required("open_kfid"))
    scene = call.fields.text("scene")
    if not SCENE.fullmatch(scene):
        raise RefusalError(Errcode.BAD_PARAMETER, "scene takes up to 32 letters, digits, - and _")
    return {"url": f"{call.platform.config.public_url}/kf/{account.open_kfid}?scene={scene}"}


def add_servicers(call: Call) -> Answer:
    account = kf_sessions.require_account(call.world, call.fields.required("open_kfid"))
    results = [_add_servicer(call, account, userid) for userid in call.fields.texts("userid_list")]
    call.accepted("kf_servicers_changed", userid="|".join(call.fields.texts("userid_list")))
    return {"result_list": results}


def del_servicers(call: Call) -> Answer:
    account = kf_sessions.require_account(call.world, call.fields.required("open_kfid"))
    userids = call.fields.texts("userid_list")
    removed = {userid: kf_sessions.remove_servicer(call.world, account.open_kfid, userid) for userid in userids}
    call.accepted("kf_servicers_changed", userid="|".join(userids))
    return {"result_list": [_result(userid, 0 if done else Errcode.NOT_A_SERVICER) for userid, done in removed.items()]}


def list_servicers(call: Call) -> Answer:
    """Status here is 0 serving, 1 stopped; in events it is 1 and 2."""
    account = kf_sessions.require_account(call.world, call.fields.required("open_kfid"))
    return {"servicer_list": [{"userid": each.userid, "status": int(each.is_paused)} for each in account.servicers]}


def batch_get_customers(call: Call) -> Answer:
    """Only customers active within 48 h; the others are named in `invalid_external_userid`."""
    asked = call.fields.texts("external_userid_list")
    needs_context = call.fields.number("need_enter_session_context", 0, high=1) == 1
    active = [each for each in asked if kf_sessions.is_active_customer(call.world, each, call.now)]
    return {
        "customer_list": [_customer(call, each, needs_context) for each in active],
        "invalid_external_userid": [each for each in asked if each not in active],
    }


def _add_servicer(call: Call, account: KfAccount, userid: str) -> dict[str, Any]:
    member = call.world.member(userid)
    if member is None:
        return _result(userid, Errcode.UNKNOWN_MEMBER)
    kf_sessions.set_servicer(call.world, account.open_kfid, Servicer(member.userid))
    return _result(userid, 0)


def _result(userid: str, errcode: int) -> dict[str, Any]:
    return {"userid": userid, "errcode": int(errcode), "errmsg": "success" if errcode == 0 else "failed"}


def _customer(call: Call, external_userid: str, needs_context: bool) -> dict[str, Any]:
    known = call.world.customers[external_userid]
    shown: dict[str, Any] = {"external_userid": external_userid, "nickname": known.name, "avatar": "", "gender": 0}
    if not needs_context:
        return shown
    sessions = [each for key, each in call.world.kf_sessions.items() if key[1] == external_userid]
    latest = max(sessions, key=_entered_at)
    return shown | {"enter_session_context": {"scene": latest.scene, "scene_param": latest.scene_param}}


def _entered_at(session: KfSession) -> int:
    return session.entered_at or 0
