"""统一答复: who of those that asked can still be answered, and by which way; the reason for everybody else.

A session in the queue or with a person takes no message of ours (95018); the one text that came with its way into the
queue can still be sent (W-95122).
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from router.domain.conversation import ANSWERABLE_FOR, REPLIES_ALLOWED

Way: TypeAlias = Literal["chat", "queue"]
Unreachable: TypeAlias = Literal["too_late", "with_person", "ended", "used_up", "no_code", "unknown", "answered"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a session stands: its status, our replies since the customer's last message, that message's age in ms,
    and whether the code of the queue is still there."""

    status: str
    replies: int
    age: int
    has_code: bool


def way_to_answer(standing: Standing | None) -> Way | Unreachable:
    """``chat`` or ``queue``, or why there is no way. With a reply of ours to the last message nobody waits any more."""
    if standing is None:
        return "unknown"
    if standing.age > ANSWERABLE_FOR:
        return "too_late"
    match standing.status:
        case "waiting":
            return "queue" if standing.has_code else "no_code"
        case "human":
            return "with_person"
        case "ended":
            return "ended"
        case _ if standing.replies >= REPLIES_ALLOWED:
            return "used_up"
        case _:
            return "answered" if standing.replies else "chat"


@dataclass(frozen=True, slots=True)
class AnswerWaiting:
    """Give the answer to many to one who waits, in the chat or in the queue: which of them is known when it is sent.

    It waits to be undone, so it is in no stream: what the customer is told meanwhile must not wait with it.
    """

    kind: ClassVar[str] = "answer_waiting"
    lane: ClassVar[Literal["chat"]] = "chat"
    open_kfid: str
    external_userid: str
    message_id: str
    text: str

    @property
    def key(self) -> str:
        return f"answer:{self.message_id}"

    @property
    def stream(self) -> str:
        return ""
