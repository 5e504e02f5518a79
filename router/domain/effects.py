"""What must happen outside, as values: written into the outbox by a use case, carried out later by the sender.

Every effect has a key that makes it single. Effects of one ``stream`` go out one at a time, in the order written.
Effects without a message of their own (``MarkTags``, ``SyncKf``) are levels, not edges: asking again while one is under
way sends it once more afterwards, and what is sent is read from the ledger at that moment.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

Lane = Literal["welcome", "chat", "platform"]

WELCOME_WINDOW = 20_000  # ms after the event (W-92137)


@dataclass(frozen=True, slots=True)
class SendWelcome:
    """Welcome a new customer: once, within 20 s; the platform keeps it single (41051)."""

    kind: ClassVar[str] = "send_welcome"
    lane: ClassVar[Lane] = "welcome"
    welcome_code: str
    template: str
    agent_name: str
    external_userid: str

    @property
    def key(self) -> str:
        return f"welcome:{self.welcome_code}"

    @property
    def stream(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class MakeContactWay:
    """Make one contact way for the agent's stock; found again by listing when the outcome is unknown."""

    kind: ClassVar[str] = "make_contact_way"
    lane: ClassVar[Lane] = "platform"
    way_id: int
    userid: str
    state: str

    @property
    def key(self) -> str:
        return f"make_way:{self.way_id}"

    @property
    def stream(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class DeleteContactWay:
    """End a lease on the platform's side; its place is given on only after the answer (0 or 41044)."""

    kind: ClassVar[str] = "delete_contact_way"
    lane: ClassVar[Lane] = "platform"
    way_id: int
    config_id: str

    @property
    def key(self) -> str:
        return f"delete_way:{self.way_id}"

    @property
    def stream(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class MarkTags:
    """Bring the platform's tags of one follow in line with what is desired."""

    kind: ClassVar[str] = "mark_tags"
    lane: ClassVar[Lane] = "platform"
    follow_id: int

    @property
    def key(self) -> str:
        return f"mark_tags:{self.follow_id}"

    @property
    def stream(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class MakeTag:
    """Make the platform's twin of one of our tags."""

    kind: ClassVar[str] = "make_tag"
    lane: ClassVar[Lane] = "platform"
    tag_id: int

    @property
    def key(self) -> str:
        return f"make_tag:{self.tag_id}"

    @property
    def stream(self) -> str:
        return "make_tag"  # one at a time: two first tags of one group must not make the group twice


@dataclass(frozen=True, slots=True)
class SyncKf:
    """Fetch what is new in one 微信客服 account; several notices become one pull."""

    kind: ClassVar[str] = "sync_kf"
    lane: ClassVar[Lane] = "chat"
    open_kfid: str
    token: str

    @property
    def key(self) -> str:
        return f"sync_kf:{self.open_kfid}"

    @property
    def stream(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class SendKfText:
    """Answer in a 微信客服 session; ``message_id`` is ours, so the platform knows a repeat."""

    kind: ClassVar[str] = "send_kf_text"
    lane: ClassVar[Lane] = "chat"
    open_kfid: str
    external_userid: str
    message_id: str
    text: str

    @property
    def key(self) -> str:
        return f"kf_text:{self.message_id}"

    @property
    def stream(self) -> str:
        return f"kf:{self.open_kfid}:{self.external_userid}"


@dataclass(frozen=True, slots=True)
class HandToHuman:
    """Give a 微信客服 session to a person: ``userid``, or the waiting pool when empty."""

    kind: ClassVar[str] = "hand_to_human"
    lane: ClassVar[Lane] = "chat"
    open_kfid: str
    external_userid: str
    userid: str
    cause: str  # the message that caused it; makes the effect single

    @property
    def key(self) -> str:
        return f"hand_over:{self.cause}"

    @property
    def stream(self) -> str:
        return f"kf:{self.open_kfid}:{self.external_userid}"


@dataclass(frozen=True, slots=True)
class SendAppText:
    """Answer an employee in the app's chat."""

    kind: ClassVar[str] = "send_app_text"
    lane: ClassVar[Lane] = "chat"
    userid: str
    text: str
    cause: str

    @property
    def key(self) -> str:
        return f"app_text:{self.cause}"

    @property
    def stream(self) -> str:
        return ""


Effect = (
    SendWelcome
    | MakeContactWay
    | DeleteContactWay
    | MarkTags
    | MakeTag
    | SyncKf
    | SendKfText
    | HandToHuman
    | SendAppText
)

KINDS: dict[str, type[Effect]] = {
    effect.kind: effect
    for effect in (
        SendWelcome,
        MakeContactWay,
        DeleteContactWay,
        MarkTags,
        MakeTag,
        SyncKf,
        SendKfText,
        HandToHuman,
        SendAppText,
    )
}
