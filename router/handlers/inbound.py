"""The platform's messages translated into our events: the only place that knows both."""

import orjson

from router.domain.events import (
    DISABLED,
    NOT_ACTIVATED,
    AgentActivated,
    AgentDeactivated,
    AgentLeft,
    AgentRenamed,
    CustomerAdded,
    CustomerLost,
    CustomerWrote,
    EmployeeWrote,
    Event,
    GroupChanged,
    Ignored,
    KfNotified,
    LinkChanged,
    SendFailed,
    SessionChanged,
    TagsChanged,
)
from router.platforms.wecom import (
    acquisition_messages,
    app_messages,
    contact_messages,
    directory_messages,
    kf,
    messages,
)
from router.platforms.wecom.xml import remembered_leaves

KF_ITEM = "KF_ITEM"  # the callback name of rows that came out of sync_msg

TEXT = "text"

NOT_YET = "nothing in liveqr acts on this kind of message yet"


def translate(callback: str, plaintext: str) -> Event:
    """The event in an inbox row. Raises the platform's CallbackRefused when the plaintext cannot be read."""
    if callback == KF_ITEM:
        return _from_item(kf.parse_item(orjson.loads(plaintext)))
    return _from_message(messages.message_from(remembered_leaves(plaintext.encode())))


def _from_message(message: messages.Message) -> Event:
    match message:
        case contact_messages.ContactAdded():
            return CustomerAdded(
                userid=message.user_id,
                external_userid=message.external_user_id,
                state=message.state,
                welcome_code=message.welcome_code,
                half=message.is_half,
                at=message.header.created_at,
            )
        case contact_messages.ContactLost():
            return CustomerLost(message.user_id, message.external_user_id, True, message.header.created_at)
        case contact_messages.ContactRemoved():
            return CustomerLost(message.user_id, message.external_user_id, False, message.header.created_at)
        case messages.KfNotified():
            return KfNotified(message.open_kf_id, message.token)
        case app_messages.AppText():
            return EmployeeWrote(message.header.from_user, TEXT, message.content, message.header.created_at)
        case contact_messages.GroupChatUpdated() | contact_messages.GroupChatDismissed():
            return GroupChanged(message.chat_id, message.header.created_at)
        case acquisition_messages.LinkUnavailable() | acquisition_messages.LinkDeleted():
            is_deleted = isinstance(message, acquisition_messages.LinkDeleted)
            return LinkChanged(message.link_id, is_deleted, message.header.created_at)
        case acquisition_messages.LinkQuotaChanged():
            return LinkChanged("", False, message.header.created_at)
        case contact_messages.TagChanged():
            return TagsChanged(message.header.created_at)
        case directory_messages.MemberDeleted():
            return AgentLeft(message.user_id, message.header.created_at)
        case directory_messages.MemberChanged():
            return _member_changed(message)
        case messages.Unknown():
            name = "/".join(part for part in (message.msg_type, message.event, message.change_type) if part)
            return Ignored(name, "liveqr does not know this kind of message; it is kept as it came")
        case _:
            return Ignored(_snake(type(message).__name__), NOT_YET)


def _from_item(item: kf.KfItem) -> Event:
    match item:
        case kf.KfText():
            return _customer_wrote(item.header, TEXT, item.content)
        case kf.KfMedia():
            return _customer_wrote(item.header, item.kind, "")
        case kf.KfLocation() | kf.KfLink() | kf.KfBusinessCard() | kf.KfMiniprogram() | kf.KfMenu():
            return _customer_wrote(item.header, _snake(type(item).__name__).removeprefix("kf_"), "")
        case kf.KfSessionChanged():
            ended = item.change is kf.SessionChange.ENDED
            return SessionChanged(
                item.header.open_kf_id,
                item.header.external_user_id,
                "" if ended else item.to_user_id,
                item.header.sent_at,
            )
        case kf.KfSendFailed():
            _, reason = kf.FAILURES.get(item.fail_type, kf.FAILURES[0])
            return SendFailed(item.header.open_kf_id, item.header.external_user_id, item.failed_msgid, reason)
        case kf.KfUnknown():
            name = "/".join(part for part in ("kf", item.msg_type, item.event_type) if part)
            return Ignored(name, item.reason)
        case _:
            return Ignored(_snake(type(item).__name__), NOT_YET)


def _member_changed(message: directory_messages.MemberChanged) -> Event:
    userid, at = message.user_id, message.header.created_at
    standing = _standing(message.new_user_id or userid, message.status, at)
    if message.new_user_id and message.new_user_id != userid:
        return AgentRenamed(userid, message.new_user_id, standing, at)
    return standing or Ignored("member_changed", "neither the userid nor the status of the member changed")


def _standing(userid: str, status: int | None, at: int) -> AgentLeft | AgentActivated | AgentDeactivated | None:
    """What a member's status says (W-90970); most callbacks carry none."""
    match status:
        case 1:
            return AgentActivated(userid, at)
        case 2:
            return AgentDeactivated(userid, DISABLED, at)
        case 4:
            return AgentDeactivated(userid, NOT_ACTIVATED, at)
        case 5:
            return AgentLeft(userid, at)
        case _:
            return None


def _customer_wrote(header: kf.KfHeader, kind: str, text: str) -> Event:
    """An item of a servicer is the answer of a person, not a question to the rules."""
    if header.origin is not kf.Origin.CUSTOMER:
        return Ignored("servicer_wrote", "a person's own words are not run through the rules")
    return CustomerWrote(header.open_kf_id, header.external_user_id, header.msgid, kind, text, header.sent_at)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
