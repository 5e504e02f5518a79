"""Send an answer that many wait for to one of them: in the chat, or with the one text that the queue allows."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import questions, tally
from router.db.queries.outbox import Claimed
from router.domain.answering import Answered, AnswerWaiting, Unreachable, Way, way_to_answer
from router.domain.delivery import Done, Outcome, Refused
from router.domain.reply import cut_to_bytes, fill
from router.handlers.outbound.kf import TEXT_BYTES
from router.handlers.outbound.platform import WELCOME_EXPIRED, Carried, Platform, Record, outcome_of, switched_off
from router.handlers.outbound.words import Stopped, clear, followed_by
from router.platforms.wecom import errors
from router.platforms.wecom.attachments import KfTextReply
from router.platforms.wecom.client import WeComClient

WHY_NOT = {
    "too_late": "more than 48 hours since the customer wrote",
    "with_person": "a person has this session: the bot keeps silent",
    "ended": "the session has ended",
    "used_up": "five messages were sent since the customer wrote",
    "no_code": "the session is in the queue, and its one message was sent or never allowed",
    "unknown": "there is no session with this customer",
}


@dataclass(frozen=True, slots=True)
class _Recipient:
    customer_id: int
    name: str
    way: Way | Unreachable
    code: str


async def send(platform: Platform, effect: AnswerWaiting, claimed: Claimed) -> Carried:
    """One attempt; how the session stands is looked at now, because much may have happened since the approval."""
    if platform.kf is None:
        return switched_off("customer service")
    now = platform.clock()
    recipient = await platform.ledger.read(lambda connection: _recipient(connection, effect, claimed, now))
    if recipient.way == "answered":
        return Carried(Done("the customer was answered meanwhile"), sent=False)
    if recipient.way not in ("chat", "queue"):
        return Carried(Refused(WHY_NOT[recipient.way]), sent=False)
    text = cut_to_bytes(fill(effect.text, customer=recipient.name, agent=""), TEXT_BYTES)
    cleared = await clear(platform, text, "reply", effect.external_userid, claimed)
    if isinstance(cleared, Stopped):
        return Carried(Refused(cleared.reason), cleared.record, sent=False)
    sent = followed_by(_sent(platform, effect, recipient), cleared.record)
    try:
        await _say(platform.kf, effect, recipient, cut_to_bytes(cleared.text, TEXT_BYTES))
    except errors.PlatformError as error:
        outcome = _not_said(error, recipient, claimed)
        return Carried(outcome, sent if isinstance(outcome, Done) else None)
    return Carried(Done(), sent)


def _recipient(connection: Connection, effect: AnswerWaiting, claimed: Claimed, now: int) -> _Recipient:
    known = questions.known_customers(connection, [effect.external_userid]).get(effect.external_userid)
    if known is None:
        return _Recipient(0, "", "unknown", "")
    standing = questions.standings(connection, [known.id], now).get((known.id, effect.open_kfid))
    code = questions.queue_code(connection, known.id, effect.open_kfid, now)
    way = way_to_answer(standing, is_answered=_is_answered(connection, effect, claimed))
    return _Recipient(known.id, known.name, way, code)


def _is_answered(connection: Connection, effect: AnswerWaiting, claimed: Claimed) -> bool:
    """Whether the question has been answered since this was ordered for it."""
    if claimed.inbox_id is None:
        return False
    answered = questions.answered(connection, [effect.external_userid], claimed.inbox_id)
    found = answered.get((effect.external_userid, effect.open_kfid), Answered())
    return found.covers(claimed.inbox_id, claimed.created_at)


async def _say(client: WeComClient, effect: AnswerWaiting, recipient: _Recipient, text: str) -> None:
    if recipient.way == "queue":
        await client.kf_send_msg_on_event(recipient.code, effect.message_id, KfTextReply(text))
    else:
        await client.kf_send_msg(effect.open_kfid, effect.external_userid, effect.message_id, KfTextReply(text))


def _not_said(error: errors.PlatformError, recipient: _Recipient, claimed: Claimed) -> Outcome:
    """A code that works by our count and is refused after an earlier attempt was used by it: its answer was lost."""
    is_used = isinstance(error, errors.Refused) and error.errcode == WELCOME_EXPIRED
    if is_used and recipient.way == "queue" and claimed.attempts > 1:
        return Done("sent by an attempt before, whose answer was lost", WELCOME_EXPIRED)
    return outcome_of(error)


def _sent(platform: Platform, effect: AnswerWaiting, recipient: _Recipient) -> Record:
    def record(connection: Connection, now: int) -> None:
        if recipient.way == "queue":
            questions.drop_queue_code(connection, recipient.customer_id, effect.open_kfid)
        reply = tally.of_reply(connection, effect.external_userid, now, by_agent=False)
        tally.count_all(connection, now, platform.zone, [reply])

    return record
