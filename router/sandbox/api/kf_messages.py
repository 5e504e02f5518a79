"""`kf/sync_msg`, `kf/send_msg`, `kf/send_msg_on_event`, `kf/service_state/*` (W-94670, W-94677, W-95122, W-94669)."""

import re

from router.sandbox.api.call import Answer, Call
from router.sandbox.api.fields import Fields
from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world import kf_messages, kf_sessions
from router.sandbox.world.records import ChatLine, KfSession

MSGID = re.compile(r"[0-9a-zA-Z_-]{1,32}")
HOUR_LIMIT_FACTOR = 60
UNTOKENED = "kf/sync_msg without token"
MEDIA_KINDS = frozenset({"image", "voice", "video", "file"})
KINDS = MEDIA_KINDS | {"text", "link", "miniprogram", "msgmenu", "location", "ca_link"}
EVENT_KINDS = frozenset({"text", "msgmenu"})
MENU_ITEMS = frozenset({"click", "view", "miniprogram", "text"})
MENU_BUTTONS = 10
MENU_LINES = 50


def sync_msg(call: Call) -> Answer:
    """One page of a KF account's log. Without the token of a notice the rate is much stricter."""
    fields = call.fields
    account = kf_sessions.require_account(call.world, fields.required("open_kfid"))
    cursor, limit = fields.text("cursor"), fields.number("limit", 1000, low=1, high=1000)
    token = fields.text("token")
    if token:
        kf_messages.check_sync_token(call.world, token, account.open_kfid, call.now)
    else:
        per_minute = call.platform.config.rates.untokened_sync_per_minute
        call.platform.meter.admit(UNTOKENED, per_minute, per_minute * HOUR_LIMIT_FACTOR, call.now)
    if call.platform.board.try_empty_page():
        page = kf_messages.empty_page(cursor)
    else:
        page = kf_messages.page(call.world, account.open_kfid, cursor, limit, call.now)
    return {"next_cursor": page.next_cursor, "has_more": int(page.has_more), "msg_list": list(page.items)}


def send_msg(call: Call) -> Answer:
    """At most five messages in the 48 h after each message of the customer, while nobody but the API serves them."""
    fields = call.fields
    external_userid = fields.required("touser", Errcode.CUSTOMER_MISSING)
    account = kf_sessions.require_account(call.world, fields.required("open_kfid"))
    call.world.require_customer(external_userid)
    msgid = _msgid(call)
    message = _message(call, KINDS)
    if msgid in call.world.sent_msgids:
        return {"msgid": msgid}
    session = kf_sessions.session(call.world, account.open_kfid, external_userid, call.now)
    kf_sessions.reply(call.world, session, call.now)
    call.world.sent_msgids.add(msgid)
    _deliver(call, session, msgid, message)
    call.accepted("kf_message", {"msgid": msgid}, external_userid=external_userid)
    return {"msgid": msgid}


def send_msg_on_event(call: Call) -> Answer:
    """The one message of a welcome_code or msg_code."""
    code = call.fields.required("code", Errcode.WELCOME_CODE_MISSING)
    msgid = _msgid(call)
    message = _message(call, EVENT_KINDS)
    if msgid in call.world.sent_msgids:
        return {"msgid": msgid}
    used = kf_sessions.use_code(call.world, code, call.now)
    call.world.sent_msgids.add(msgid)
    session = kf_sessions.session(call.world, used.open_kfid, used.external_userid, call.now)
    _show(call, session, message)
    result = {"msgid": msgid, "code_kind": used.kind, "open_kfid": used.open_kfid}
    call.accepted("kf_message", result, external_userid=used.external_userid)
    return {"msgid": msgid}


def get_service_state(call: Call) -> Answer:
    session = _required_session(call)
    return {"service_state": session.service_state, "servicer_userid": session.servicer_userid}


def trans_service_state(call: Call) -> Answer:
    """Moves a session; which moves there are is `SandboxConfig.kf_transitions`, others are refused with 95016."""
    session = _required_session(call)
    if not call.fields.has("service_state"):
        raise RefusalError(Errcode.EMPTY_PARAMETER, "missing service_state")
    service_state = call.fields.number("service_state", 0, high=4)
    servicer = call.fields.text("servicer_userid")
    msg_code = kf_sessions.move(call.world, session, service_state, servicer, call.now)
    answer = {"msg_code": msg_code} if msg_code else {}
    call.accepted("kf_state", answer, external_userid=session.external_userid, userid=servicer)
    return answer


def _required_session(call: Call) -> KfSession:
    account = kf_sessions.require_account(call.world, call.fields.required("open_kfid"))
    external_userid = call.fields.required("external_userid", Errcode.CUSTOMER_MISSING)
    call.world.require_customer(external_userid)
    return kf_sessions.session(call.world, account.open_kfid, external_userid, call.now)


def _msgid(call: Call) -> str:
    """The caller's own id makes a repeat harmless: the second message of an id is answered and not shown again."""
    msgid = call.fields.text("msgid") or call.world.ids.msgid()
    if not MSGID.fullmatch(msgid):
        raise RefusalError(Errcode.BAD_PARAMETER, "msgid takes up to 32 letters, digits, - and _")
    return msgid


def _message(call: Call, kinds: frozenset[str]) -> tuple[str, Fields]:
    msgtype = call.fields.required("msgtype", Errcode.BAD_MSGTYPE)
    if msgtype not in kinds:
        raise RefusalError(Errcode.BAD_MSGTYPE, f"invalid message type: {msgtype}")
    message = call.fields.object(msgtype)
    if msgtype == "text":
        message.required("content", Errcode.TEXT_EMPTY, max_bytes=2_048)
    elif msgtype in MEDIA_KINDS:
        call.platform.media.require(message.required("media_id", Errcode.MEDIA_ID_MISSING), call.now)
    elif msgtype == "link":
        message.required("title", max_bytes=128)
        message.required("url", max_bytes=2_048)
        call.platform.media.require(message.required("thumb_media_id", Errcode.MEDIA_ID_MISSING), call.now)
    elif msgtype == "msgmenu":
        _check_menu(message)
    return msgtype, message


def _check_menu(menu: Fields) -> None:
    menu.text("head_content", max_bytes=1_024)
    menu.text("tail_content", max_bytes=1_024)
    items = menu.objects("list", MENU_LINES, over=Errcode.MENU_ITEMS_OVER)
    kinds = [item.required("type", Errcode.MENU_ITEM_TYPE) for item in items]
    if unknown := [kind for kind in kinds if kind not in MENU_ITEMS]:
        raise RefusalError(Errcode.MENU_ITEM_TYPE, f"invalid menu item type: {unknown[0]}")
    if sum(kind != "text" for kind in kinds) > MENU_BUTTONS:
        raise RefusalError(Errcode.MENU_ITEMS_OVER, f"more than {MENU_BUTTONS} items that can be clicked")


def _deliver(call: Call, session: KfSession, msgid: str, message: tuple[str, Fields]) -> None:
    """Show the message, or, when a fault says so, report later that it did not arrive."""
    fail_type = call.platform.board.try_send_fail()
    if fail_type is None:
        _show(call, session, message)
        return
    event = {
        "event_type": "msg_send_fail",
        "external_userid": session.external_userid,
        "fail_msgid": msgid,
        "fail_type": fail_type,
    }
    kf_messages.append_event(call.world, session.open_kfid, event, call.now)
    call.platform.emit_kf_notice(session.open_kfid)


def _show(call: Call, session: KfSession, message: tuple[str, Fields]) -> None:
    msgtype, body = message
    content = dict(body.values)
    line = ChatLine(call.now, session.external_userid, False, "", session.open_kfid, msgtype, content)
    call.platform.show(line)
