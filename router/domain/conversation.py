"""会话 (conversation): what to answer a customer in 微信客服, and when a person must take over.

A session never stays unattended: whoever gets no answer from a rule gets a person.
"""

from dataclasses import dataclass
from typing import Literal

from tagtree.rules.decision import Decision
from tagtree.text import normalise

Status = Literal["bot", "waiting", "human", "ended"]

ANSWERABLE_FOR = 48 * 3_600_000  # ms after the customer's message (limits §4)
REPLIES_ALLOWED = 5  # per message of the customer within 48 h (limits §4)


@dataclass(frozen=True, slots=True)
class Turn:
    """What follows from one message: replies in order, and why a person takes over (empty: nobody needs to)."""

    replies: tuple[str, ...]
    hand_over: str
    pool_id: int | None


def decide_turn(
    status: Status, decisions: list[Decision], text: str, human_words: tuple[str, ...], age: int = 0
) -> Turn:
    """``status`` before the message, ``age`` of the message in ms; ``human_words`` are normalised.

    With a person in the session we stay silent, and so we do when the platform would take no answer any more.
    """
    pool_id = next((each.pool_id for each in decisions if each.pool_id is not None), None)
    if age > ANSWERABLE_FOR:
        return Turn((), "", None)
    if status in ("waiting", "human"):
        return Turn((), "", pool_id if status == "waiting" else None)
    replies = tuple(reply.text for each in decisions for reply in each.replies)[:REPLIES_ALLOWED]
    return Turn(replies, _why_hand_over(decisions, replies, text, human_words, pool_id), pool_id)


def _why_hand_over(
    decisions: list[Decision], replies: tuple[str, ...], text: str, human_words: tuple[str, ...], pool_id: int | None
) -> str:
    if any(each.to_human for each in decisions):
        return "a rule asks for a person"
    if pool_id is not None:
        return "a rule moves the customer to another pool"
    if _asks_for_person(text, human_words):
        return "the customer asks for a person"
    if not replies:
        return "no rule answers this message"
    return ""


def _asks_for_person(text: str, human_words: tuple[str, ...]) -> bool:
    normal = normalise(text).text
    return any(word in normal for word in human_words)
