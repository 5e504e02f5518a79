"""统一答复: who of those that asked can still be answered, and by which way; the reason for everybody else.

A session in the queue or with a person takes no message of ours (95018); the one text that came with its way into the
queue can still be sent (W-95122).

A question waits until the same account answers that customer: with a rule's reply to it or to a later message, with an
answer to many, or in the words of an employee. The first answer of a message class only says that a person takes over;
what did not reach the customer answers nothing.
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


@dataclass(frozen=True, slots=True)
class Answered:
    """How far one account has answered a customer: each message up to ``inbox_id``, and all before ``sent_at`` (ms)."""

    inbox_id: int = 0
    sent_at: int = 0

    def also(self, other: "Answered") -> "Answered":
        """As far as either of them goes."""
        return Answered(max(self.inbox_id, other.inbox_id), max(self.sent_at, other.sent_at))

    def covers(self, inbox_id: int, asked_at: int) -> bool:
        """Whether the question of that event, asked at ``asked_at`` (ms), waits no more."""
        return inbox_id <= self.inbox_id or asked_at <= self.sent_at


def way_to_answer(standing: Standing | None, *, is_answered: bool) -> Way | Unreachable:
    """``chat`` or ``queue``, or why there is no way. Who is answered, or about to be by a rule, waits no more."""
    if is_answered:
        return "answered"
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
