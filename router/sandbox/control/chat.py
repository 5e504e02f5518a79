"""People writing: customers at a KF account, servicers to them, employees to the application.

`POST /control/chat` `{"customer": "林晓", "text": "报价"}` writes at the first KF account, or at `open_kfid`. `menu_id`
tells that a menu item was clicked, `message` `{"msgtype": "voice", "voice": {…}}` replaces the text by another kind,
and `servicer` makes a member answer from the client instead. `{"customer", "enter": true, "scene"?, "scene_param"?}`
opens the chat without writing. Answer: `{"external_userid", "open_kfid", "msgid", "service_state", "welcome_code"}`.

`POST /control/app_message` `{"userid": "chenyu", "text": "今天谁值班"}` goes to the application's callback; answer
`{"msgid"}`.
"""

from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request

from router.sandbox import events
from router.sandbox.callbacks import APP_CALLBACK
from router.sandbox.config import Member
from router.sandbox.control.people import customer_for, known_member
from router.sandbox.control.wire import ControlError, Who, Wish, read
from router.sandbox.platform import Platform
from router.sandbox.world import kf_messages, kf_sessions
from router.sandbox.world.kf_sessions import ENDED, HUMAN
from router.sandbox.world.records import ChatLine, KfSession

FROM_CUSTOMER, FROM_SERVICER = 3, 5
REENTERED = 4

Text = Annotated[str, Field(min_length=1, max_length=10_000)]


class Chat(Wish):
    customer: Who | None = None
    open_kfid: str | None = None
    text: Text | None = None
    menu_id: str | None = None
    message: dict[str, Any] | None = None
    servicer: str | None = None
    enter: bool = False
    scene: str = ""
    scene_param: Annotated[str, Field(max_length=128)] = ""


class AppMessage(Wish):
    userid: str
    text: Text


async def chat(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, Chat)
    open_kfid = _account_of(platform, wish.open_kfid)
    message = None if wish.enter else _message(wish)
    servicer = known_member(platform, wish.servicer) if wish.servicer else None
    customer = customer_for(platform, wish.customer)
    session = kf_sessions.session(platform.world, open_kfid, customer.external_userid, platform.now())
    if message is None:
        return _enter(platform, session, wish)
    if servicer is not None:
        return _servicer_writes(platform, session, servicer, message)
    return _customer_writes(platform, session, message)


async def app_message(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, AppMessage)
    member, msgid = known_member(platform, wish.userid), platform.world.ids.number()
    config = platform.config
    plaintext = events.app_text(
        config.corp_id, platform.now(), member.userid, wish.text, msgid, agent_id=config.app_agent_id
    )
    platform.sender.send(APP_CALLBACK, [plaintext])
    return {"msgid": msgid}


def _enter(platform: Platform, session: KfSession, wish: Chat) -> dict[str, Any]:
    entered, code = kf_sessions.entered(platform.world, session, wish.scene, wish.scene_param, platform.now())
    event = {
        "event_type": "enter_session",
        "external_userid": entered.external_userid,
        "scene": wish.scene,
        "scene_param": wish.scene_param,
    }
    welcome = {"welcome_code": code} if code else {}
    msgid = kf_messages.append_event(platform.world, entered.open_kfid, event | welcome, platform.now())
    platform.emit_kf_notice(entered.open_kfid)
    return _answer(entered, msgid, code)


def _customer_writes(platform: Platform, session: KfSession, message: dict[str, Any]) -> dict[str, Any]:
    opened = kf_sessions.customer_wrote(platform.world, session, platform.now())
    return _write(platform, opened, message, None)


def _servicer_writes(
    platform: Platform, session: KfSession, servicer: Member, message: dict[str, Any]
) -> dict[str, Any]:
    """A servicer who writes to an ended session takes it up again, which the platform reports as change_type 4."""
    if session.service_state == ENDED:
        session = kf_sessions.taken_up(platform.world, session, servicer.userid, platform.now())
        change = {
            "event_type": "session_status_change",
            "external_userid": session.external_userid,
            "change_type": REENTERED,
            "old_servicer_userid": "",
            "new_servicer_userid": servicer.userid,
        }
        kf_messages.append_event(platform.world, session.open_kfid, change, platform.now())
    if session.service_state != HUMAN or session.servicer_userid != servicer.userid:
        raise ControlError(
            f"{servicer.userid} does not serve this session, it is in state {session.service_state}", 409
        )
    return _write(platform, session, message, servicer)


def _write(platform: Platform, session: KfSession, message: dict[str, Any], servicer: Member | None) -> dict[str, Any]:
    """Put the message into the log and the customer's chat, and give notice of it."""
    now, msgtype = platform.now(), message["msgtype"]
    item = {
        "open_kfid": session.open_kfid,
        "external_userid": session.external_userid,
        "origin": FROM_SERVICER if servicer else FROM_CUSTOMER,
        "servicer_userid": servicer.userid if servicer else "",
        **message,
    }
    msgid = kf_messages.append(platform.world, session.open_kfid, item, now)
    platform.show(
        ChatLine(now, session.external_userid, servicer is None, "", session.open_kfid, msgtype, message[msgtype])
    )
    platform.emit_kf_notice(session.open_kfid)
    return _answer(session, msgid, "")


def _message(wish: Chat) -> dict[str, Any]:
    if (wish.text is None) == (wish.message is None):
        raise ControlError("give either text, message or enter")
    if wish.message is None:
        menu = {"menu_id": wish.menu_id} if wish.menu_id else {}
        return {"msgtype": "text", "text": {"content": wish.text, **menu}}
    msgtype = wish.message.get("msgtype")
    if not isinstance(msgtype, str) or not isinstance(wish.message.get(msgtype), dict):
        raise ControlError('message needs a msgtype and an object of that name: {"msgtype": "image", "image": {…}}')
    return {"msgtype": msgtype, msgtype: wish.message[msgtype]}


def _account_of(platform: Platform, open_kfid: str | None) -> str:
    accounts = platform.world.kf_accounts
    if open_kfid is None and accounts:
        return next(iter(accounts))
    if open_kfid not in accounts:
        raise ControlError(f"there is no KF account {open_kfid!r}; accounts: {', '.join(accounts) or 'none'}")
    return open_kfid


def _answer(session: KfSession, msgid: str, code: str) -> dict[str, Any]:
    return {
        "external_userid": session.external_userid,
        "open_kfid": session.open_kfid,
        "msgid": msgid,
        "service_state": session.service_state,
        "welcome_code": code or None,
    }
