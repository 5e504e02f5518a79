"""What must happen outside, as values: written into the outbox by a use case, carried out later by the sender.

Every effect has a key that makes it single. Effects of one ``stream`` go out one at a time, in the order written.
Effects without a message of their own (``MarkTags``, ``SyncKf``) are levels, not edges: asking again while one is under
way sends it once more afterwards, and what is sent is read from the ledger at that moment.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from router.domain.answering import AnswerWaiting
from router.domain.tag_effects import ReadTags, RemarkTag, TakeTagStep

Lane = Literal["welcome", "chat", "platform", "webhook"]

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
    userid: str  # for whom it was ordered; it is made for whatever the way's agent is called when it goes out
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
    """Make the twin on WeCom of a tag that a customer is to carry."""

    kind: ClassVar[str] = "make_tag"
    lane: ClassVar[Lane] = "platform"
    tag_id: int

    @property
    def key(self) -> str:
        return f"make_tag:{self.tag_id}"

    @property
    def stream(self) -> str:
        return "tags:wecom"


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
    """Give a 微信客服 session to a person, or to the waiting pool when ``userid`` is empty."""

    kind: ClassVar[str] = "hand_to_human"
    lane: ClassVar[Lane] = "chat"
    open_kfid: str
    external_userid: str
    userid: str  # an agent renamed since is asked for by the new one
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


@dataclass(frozen=True, slots=True)
class UpdateNativeWay:
    """Bring the members of a native code's contact way in line with whom its pool can receive."""

    kind: ClassVar[str] = "update_native_way"
    lane: ClassVar[Lane] = "platform"
    code_id: int

    @property
    def key(self) -> str:
        return f"native:{self.code_id}"

    @property
    def stream(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class PatrolContactWays:
    """巡检: compare one page of the platform's contact ways with the ledger; the next page is the level once more."""

    kind: ClassVar[str] = "patrol_contact_ways"
    lane: ClassVar[Lane] = "platform"
    since_at: int = 0  # ms: ways created from then on; 0: all there are
    began_at: int = 0
    cursor: str = ""
    listed: int = 0  # of the pages before
    with_orphans: bool = False  # delete what is left over of ours at once, because a person asked

    @property
    def key(self) -> str:
        return "patrol_ways"

    @property
    def stream(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class DeleteOrphan:
    """Delete a contact way of ours that no row knows any more."""

    kind: ClassVar[str] = "delete_orphan"
    lane: ClassVar[Lane] = "platform"
    config_id: str

    @property
    def key(self) -> str:
        return f"orphan:{self.config_id}"

    @property
    def stream(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class KeepJoinWay:
    """Bring the join way behind one QR of a group code in line with its row, and fetch its picture."""

    kind: ClassVar[str] = "keep_join_way"
    lane: ClassVar[Lane] = "platform"
    group_qr_id: int

    @property
    def key(self) -> str:
        return f"keep_join_way:{self.group_qr_id}"

    @property
    def stream(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class DeleteJoinWay:
    """Take a join way from the platform: whoever kept its picture cannot join through it any more."""

    kind: ClassVar[str] = "delete_join_way"
    lane: ClassVar[Lane] = "platform"
    config_id: str

    @property
    def key(self) -> str:
        return f"delete_join_way:{self.config_id}"

    @property
    def stream(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class CountGroup:
    """Read how many people the groups behind one QR have."""

    kind: ClassVar[str] = "count_group"
    lane: ClassVar[Lane] = "platform"
    group_qr_id: int

    @property
    def key(self) -> str:
        return f"count_group:{self.group_qr_id}"

    @property
    def stream(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class KeepAcquisitionLink:
    """Bring the members of a code's acquisition link in line with its pool, and read the quota."""

    kind: ClassVar[str] = "keep_acquisition_link"
    lane: ClassVar[Lane] = "platform"
    code_id: int

    @property
    def key(self) -> str:
        return f"acquisition:{self.code_id}"

    @property
    def stream(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class DeleteAcquisitionLink:
    """Take an acquisition link from the platform."""

    kind: ClassVar[str] = "delete_acquisition_link"
    lane: ClassVar[Lane] = "platform"
    link_id: str

    @property
    def key(self) -> str:
        return f"delete_acquisition:{self.link_id}"

    @property
    def stream(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class CallWebhook:
    """Tell an address outside, by its name in the ledger; its lane is its own, for a slow one must hold up nothing."""

    kind: ClassVar[str] = "call_webhook"
    lane: ClassVar[Lane] = "webhook"
    name: str
    body: str  # JSON, sent as it is and signed
    cause: str

    @property
    def key(self) -> str:
        return f"webhook:{self.cause}:{self.name}"

    @property
    def stream(self) -> str:
        return f"webhook:{self.name}"  # in no order: so many go out at a time that a slow one leaves room for others


Effect = (
    SendWelcome
    | MakeContactWay
    | DeleteContactWay
    | MarkTags
    | MakeTag
    | ReadTags
    | TakeTagStep
    | RemarkTag
    | SyncKf
    | SendKfText
    | AnswerWaiting
    | HandToHuman
    | SendAppText
    | UpdateNativeWay
    | PatrolContactWays
    | DeleteOrphan
    | KeepJoinWay
    | DeleteJoinWay
    | CountGroup
    | KeepAcquisitionLink
    | DeleteAcquisitionLink
    | CallWebhook
)

KINDS: dict[str, type[Effect]] = {
    effect.kind: effect
    for effect in (
        SendWelcome,
        MakeContactWay,
        DeleteContactWay,
        MarkTags,
        MakeTag,
        ReadTags,
        TakeTagStep,
        RemarkTag,
        SyncKf,
        SendKfText,
        AnswerWaiting,
        HandToHuman,
        SendAppText,
        UpdateNativeWay,
        PatrolContactWays,
        DeleteOrphan,
        KeepJoinWay,
        DeleteJoinWay,
        CountGroup,
        KeepAcquisitionLink,
        DeleteAcquisitionLink,
        CallWebhook,
    )
}
