"""`message/send`: the application writes to employees (W-90236)."""

import orjson

from router.sandbox.api.call import Answer, Call
from router.sandbox.api.fields import Fields
from router.sandbox.refusal import Errcode, RefusalError

TEXT_BYTES = 2_048
RECIPIENTS = 1_000
EVERYBODY = "@all"
DUPLICATE_SECONDS = 1_800
DUPLICATE_SECONDS_MOST = 14_400
KINDS = frozenset({"text", "markdown", "textcard", "news", "image", "voice", "video", "file", "template_card"})
MEDIA_KINDS = frozenset({"image", "voice", "video", "file"})


def send_message(call: Call) -> Answer:
    """A partial failure still answers 0, with the ids that were not reached in `invaliduser`, lower-cased."""
    _check_agent(call)
    msgtype = call.fields.required("msgtype", Errcode.BAD_MSGTYPE)
    if msgtype not in KINDS:
        raise RefusalError(Errcode.BAD_MSGTYPE, f"invalid message type: {msgtype}")
    _check_message(call, msgtype, call.fields.object(msgtype))
    reached, invalid = _recipients(call)
    answer = {"invaliduser": "|".join(invalid), "invalidparty": "", "invalidtag": "", "msgid": call.world.ids.msgid()}
    if not _is_duplicate(call):
        call.accepted("app_message", answer, userid="|".join(reached))
    return answer


def _is_duplicate(call: Call) -> bool:
    """With the duplicate check on, the same message within the interval is answered alike and not delivered again."""
    if call.fields.number("enable_duplicate_check", 0, high=1) == 0:
        return False
    interval_ms = call.fields.number("duplicate_check_interval", DUPLICATE_SECONDS, high=DUPLICATE_SECONDS_MOST) * 1000
    message, sent = orjson.dumps(call.fields.values, option=orjson.OPT_SORT_KEYS), call.world.app_messages_until
    if call.now < sent.get(message, 0):
        return True
    sent[message] = call.now + interval_ms
    return False


def _check_agent(call: Call) -> None:
    if not call.fields.has("agentid"):
        raise RefusalError(Errcode.AGENTID_MISSING, "missing agentid")
    agent_id = call.fields.number("agentid", 0)
    if agent_id != call.platform.config.app_agent_id:
        raise RefusalError(Errcode.BAD_AGENTID, f"invalid agentid: {agent_id}")


def _check_message(call: Call, msgtype: str, message: Fields) -> None:
    if msgtype in ("text", "markdown"):
        message.required("content", Errcode.TEXT_EMPTY, max_bytes=TEXT_BYTES)
    elif msgtype in MEDIA_KINDS:
        call.platform.media.require(message.required("media_id", Errcode.MEDIA_ID_MISSING), call.now)
    elif msgtype == "textcard":
        message.required("title", max_chars=128)
        message.required("description", max_chars=512)
        message.required("url", max_bytes=2_048)


def _recipients(call: Call) -> tuple[list[str], list[str]]:
    touser = call.fields.text("touser")
    if touser == EVERYBODY or call.fields.has("toparty"):
        return [member.userid for member in call.world.members.values()], []
    named = [userid for userid in touser.split("|") if userid]
    if not named:
        raise RefusalError(Errcode.NO_RECIPIENT, "no recipients given")
    if len(named) > RECIPIENTS:
        raise RefusalError(Errcode.BAD_USER_LIST, f"more than {RECIPIENTS} recipients")
    members = [(userid, call.world.member(userid)) for userid in named]
    reached = [member.userid for _, member in members if member and member.is_visible]
    invalid = [userid.lower() for userid, member in members if not (member and member.is_visible)]
    if not reached:
        raise RefusalError(Errcode.NO_VALID_RECIPIENT, "all recipients are invalid")
    return reached, invalid
