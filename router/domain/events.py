"""What happened, in our words: translated from the platform's messages by ``handlers.inbound``."""

from dataclasses import dataclass

LEFT = "left the corporation"
DISABLED = "disabled in WeCom"
NOT_ACTIVATED = "has not activated WeCom yet"
CONTACT_BOOK_SAYS = (LEFT, DISABLED, NOT_ACTIVATED)  # why an agent is out, as distinct from a refusal of the platform


@dataclass(frozen=True, slots=True)
class CustomerAdded:
    """A customer added an agent. A half add and the full add after it are one arrival (W-92130)."""

    userid: str
    external_userid: str
    state: str  # the contact way's state token; empty when the customer came another way
    welcome_code: str  # empty when the platform gives none
    half: bool
    at: int


@dataclass(frozen=True, slots=True)
class CustomerLost:
    """The relation ended: the customer removed the agent, or the agent removed the customer."""

    userid: str
    external_userid: str
    by_customer: bool
    at: int


@dataclass(frozen=True, slots=True)
class KfNotified:
    """微信客服 has news: the items are fetched with ``token`` (valid 10 minutes, W-94670)."""

    open_kfid: str
    token: str


@dataclass(frozen=True, slots=True)
class CustomerWrote:
    """One message of a customer in a 微信客服 session; ``text`` is empty unless ``kind`` is ``text``."""

    open_kfid: str
    external_userid: str
    message_id: str
    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """A person took a 微信客服 session (``agent_userid``), or it ended (empty)."""

    open_kfid: str
    external_userid: str
    agent_userid: str
    at: int


@dataclass(frozen=True, slots=True)
class SendFailed:
    """The platform could not deliver a 微信客服 message of ours after all (``msg_send_fail``, W-94670)."""

    open_kfid: str
    external_userid: str
    message_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class GroupChanged:
    """People joined or left a customer group of the platform, or it was renamed or dismissed (W-92130)."""

    chat_id: str
    at: int


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """A customer acquisition link became unusable or was deleted by hand, or the quota changed (``link_id`` empty)."""

    link_id: str
    is_deleted: bool
    at: int


@dataclass(frozen=True, slots=True)
class TagsChanged:
    """Somebody changed corp tags or their groups by hand (W-92130); changes over the API raise none."""

    at: int


@dataclass(frozen=True, slots=True)
class AgentLeft:
    """A member was deleted from the contact book, or has left (W-90970)."""

    userid: str
    at: int


@dataclass(frozen=True, slots=True)
class AgentActivated:
    """A member can be reached by customers again (status 1)."""

    userid: str
    at: int


@dataclass(frozen=True, slots=True)
class AgentDeactivated:
    """A member is disabled or has not activated the account (status 2 and 4)."""

    userid: str
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class AgentRenamed:
    """A member's userid changed; ``then`` is what the same message says of the member under the new one."""

    userid: str
    new_userid: str
    then: AgentLeft | AgentActivated | AgentDeactivated | None
    at: int


@dataclass(frozen=True, slots=True)
class EmployeeWrote:
    """An employee wrote to the app; customers' words never arrive here (limits §1)."""

    userid: str
    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Ignored:
    """Understood or not, nothing is to be done; the reason stays visible in the event log."""

    name: str
    reason: str


Event = (
    CustomerAdded
    | CustomerLost
    | KfNotified
    | CustomerWrote
    | SessionChanged
    | SendFailed
    | GroupChanged
    | LinkChanged
    | TagsChanged
    | AgentRenamed
    | AgentLeft
    | AgentActivated
    | AgentDeactivated
    | EmployeeWrote
    | Ignored
)
