"""The plaintexts of the events the sandbox emits (W-92130, W-94670, W-90239). Instants arrive in milliseconds."""

from collections.abc import Iterable, Mapping

from router.platforms.wecom.xml import Node, write
from router.sandbox.world.records import Follow

SYSTEM_SENDER = "sys"


def contact_event(
    corp_id: str, now: int, change_type: str, follow: Follow, extra: Mapping[str, str] | None = None
) -> bytes:
    """A `change_external_contact`; `extra` adds State, WelcomeCode or Source where the kind has them."""
    relation: list[Node] = [("UserID", follow.userid), ("ExternalUserID", follow.external_userid)]
    details: list[Node] = [(name, value) for name, value in (extra or {}).items() if value]
    kind: Node = ("ChangeType", change_type)
    return _event(corp_id, now, "change_external_contact", [kind, *relation, *details])


def directory_event(corp_id: str, now: int, fields: Iterable[Node]) -> bytes:
    """A `change_contact`: the contact book changed (W-90970)."""
    return _event(corp_id, now, "change_contact", fields)


def tag_event(corp_id: str, now: int, change_type: str, tag_or_group_id: str, tag_type: str) -> bytes:
    """A `change_external_tag`: somebody changed corp tags in the console; API calls raise none."""
    fields: list[Node] = [("Id", tag_or_group_id), ("TagType", tag_type), ("ChangeType", change_type)]
    return _event(corp_id, now, "change_external_tag", fields)


def kf_notice(corp_id: str, now: int, token: str, open_kfid: str) -> bytes:
    """The bare notice of 微信客服: no sender, only what `kf/sync_msg` needs."""
    header: list[Node] = [("ToUserName", corp_id), ("CreateTime", now // 1000), ("MsgType", "event")]
    return write([*header, ("Event", "kf_msg_or_event"), ("Token", token), ("OpenKfId", open_kfid)])


def app_text(corp_id: str, now: int, userid: str, text: str, msgid: str, agent_id: int) -> bytes:
    """What an employee writes in the application's chat."""
    header = _header(corp_id, userid, now, "text")
    return write([*header, ("Content", text), ("MsgId", int(msgid)), ("AgentID", agent_id)])


def free_event(corp_id: str, now: int, fields: Mapping[str, str | int]) -> bytes:
    """Any element names and values, after a header for those of its names that are not given."""
    header = [(name, value) for name, value in _header(corp_id, SYSTEM_SENDER, now, "event") if name not in fields]
    given: Iterable[Node] = fields.items()
    return write([*header, *given])


def _event(corp_id: str, now: int, event: str, fields: Iterable[Node]) -> bytes:
    return write([*_header(corp_id, SYSTEM_SENDER, now, "event"), ("Event", event), *fields])


def _header(corp_id: str, sender: str, now: int, msgtype: str) -> list[tuple[str, str | int]]:
    return [("ToUserName", corp_id), ("FromUserName", sender), ("CreateTime", now // 1000), ("MsgType", msgtype)]
