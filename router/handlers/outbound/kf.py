"""微信客服: fetch what is new, answer, hand over to a person."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

import orjson
from sqlalchemy import Connection

from router.db.queries import arrivals, conversations, inbox, outbox, questions, tally
from router.db.queries.inbox import Arrived
from router.db.queries.outbox import Claimed, Order
from router.domain.delivery import Done, Outcome, Refused, TryAgain
from router.domain.effects import HandToHuman, SendKfText, SyncKf
from router.domain.reply import cut_to_bytes
from router.handlers import moved
from router.handlers.inbound import KF_ITEM
from router.handlers.outbound.platform import Carried, Platform, Record, outcome_of, switched_off
from router.handlers.outbound.words import Stopped, clear, followed_by
from router.platforms.wecom import errors
from router.platforms.wecom.attachments import KfTextReply
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.error_codes import Action
from router.platforms.wecom.kf_calls import KfPage, ServiceState

TEXT_BYTES = 2_048  # api §13
TOKEN_REFUSED = 95007
STATE_FORBIDS_SENDING = 95018
MOVE_NOT_ALLOWED = 95016
SERVICER_CANNOT = frozenset({95014, 95019})  # not a servicer of this account, or paused
CODE_WORKS_FOR = 48 * 3_600_000  # ms
WITH_PEOPLE = (ServiceState.QUEUED, ServiceState.HUMAN)


async def sync(platform: Platform, effect: SyncKf) -> Carried:
    """Pull until nothing is left; each page's items and the cursor are stored in one transaction."""
    if platform.kf is None:
        return switched_off("customer service")
    token = effect.token
    pulled = 0
    while True:
        cursor = await platform.ledger.read(lambda c: conversations.cursor(c, effect.open_kfid))
        try:
            page = await platform.kf.kf_sync_msg(effect.open_kfid, cursor=cursor, token=token)
        except errors.Refused as error:
            if error.errcode == TOKEN_REFUSED and token:
                token = ""  # allowed, only slower (api §13)
                continue
            return Carried(outcome_of(error))
        except errors.PlatformError as error:
            return Carried(outcome_of(error))
        if not await _stored(platform, effect.open_kfid, cursor, page):
            continue  # another process moved the cursor: what it left is ours to pull
        pulled += len(page.items)
        if not page.has_more:
            await _learn_names(platform, platform.kf, effect)
            return Carried(Done(f"{pulled} items"))


async def _learn_names(platform: Platform, client: WeComClient, effect: SyncKf) -> None:
    """Keep what the accounts are called: for a new account, and at each start and every hour, pulled without a token.

    An account whose name was never told goes by its id, so that it is not asked for with every message.
    """
    known = await platform.ledger.read(lambda c: conversations.account_name(c, effect.open_kfid))
    if effect.token and known:
        return
    names = {} if known else {effect.open_kfid: effect.open_kfid}
    try:
        names |= {each.open_kf_id: each.name for each in await client.kf_list_accounts() if each.name}
    except errors.Refused:
        pass
    except errors.PlatformError:
        return
    await platform.ledger.write(lambda c: conversations.name_accounts(c, names))


async def _stored(platform: Platform, open_kfid: str, cursor: str, page: KfPage) -> bool:
    def store(connection: Connection) -> bool:
        if not conversations.try_advance(connection, open_kfid, cursor, page.next_cursor or cursor):
            return False
        inbox.add_each(connection, [_arrived(open_kfid, item, platform.clock()) for item in page.items])
        return True

    return await platform.ledger.write(store)


def _arrived(open_kfid: str, item: Mapping[str, object], now: int) -> Arrived:
    event = item.get("event")
    subject = item.get("external_userid") or (event.get("external_userid") if isinstance(event, dict) else None)
    return Arrived(
        identity=f"kf:{open_kfid}:{item.get('msgid')}",
        callback=KF_ITEM,
        subject=str(subject or open_kfid)[:128],
        plaintext=orjson.dumps(item).decode(),
        received_at=now,
    )


async def send_text(platform: Platform, effect: SendKfText, claimed: Claimed) -> Carried:
    """One attempt. An answer that cannot be given leaves the customer to a person, never to nobody."""
    if platform.kf is None:
        return switched_off("customer service")
    cleared = await clear(platform, cut_to_bytes(effect.text, TEXT_BYTES), "reply", effect.external_userid, claimed)
    if isinstance(cleared, Stopped):
        return Carried(Refused(cleared.reason), followed_by(cleared.record, _leave_to_person(effect)), sent=False)
    reply = KfTextReply(cut_to_bytes(cleared.text, TEXT_BYTES))
    try:
        await platform.kf.kf_send_msg(effect.open_kfid, effect.external_userid, effect.message_id, reply)
    except errors.PlatformError as error:
        return await _not_sent(platform.kf, effect, error, platform.zone)
    return Carried(Done(), followed_by(_reply_sent(effect, platform.zone), cleared.record))


def _reply_sent(effect: SendKfText, zone: tzinfo) -> Record:
    def record(connection: Connection, now: int) -> None:
        reply = tally.of_reply(connection, effect.external_userid, now, by_agent=False)
        tally.count_all(connection, now, zone, [reply])

    return record


async def _not_sent(client: WeComClient, effect: SendKfText, error: errors.PlatformError, zone: tzinfo) -> Carried:
    outcome = outcome_of(error)
    if isinstance(outcome, Done):  # the platform has it from an attempt whose answer was lost
        return Carried(outcome, _reply_sent(effect, zone))
    if isinstance(outcome, Refused):
        if outcome.errcode == STATE_FORBIDS_SENDING and await _is_with_people(client, effect):
            return Carried(Refused("a person has this session: the bot keeps silent", outcome.errcode))
        return Carried(outcome, _leave_to_person(effect))
    return Carried(outcome, given_up=_leave_to_person(effect))


def _leave_to_person(effect: SendKfText) -> Record:
    def record(connection: Connection, now: int) -> None:
        customer_id = arrivals.ensure_customers(connection, [effect.external_userid], now)[effect.external_userid]
        if conversations.turn_to_people(connection, effect.open_kfid, customer_id, now):
            hand_over = HandToHuman(effect.open_kfid, effect.external_userid, "", f"unsent:{effect.message_id}")
            outbox.add_all(connection, [Order(hand_over)], now)

    return record


async def hand_over(platform: Platform, effect: HandToHuman, claimed: Claimed) -> Carried:
    """One attempt: to the named agent if there is one who can take it, else into the waiting pool."""
    if platform.kf is None:
        return switched_off("customer service")
    for userid in await _takers(platform, effect):
        state = ServiceState.HUMAN if userid else ServiceState.QUEUED
        try:
            code = await platform.kf.kf_trans_service_state(effect.open_kfid, effect.external_userid, state, userid)
        except errors.PlatformError as error:
            if userid and _cannot_take(error):
                continue
            outcome = await _not_moved(platform.kf, effect, error)
            over = _not_taken(effect, claimed.inbox_id, platform.zone, "ended")
            return Carried(outcome, over if isinstance(outcome, Refused) else None, given_up=over)
        if userid:
            return Carried(Done(), _taken(effect))
        waiting = _not_taken(effect, claimed.inbox_id, platform.zone, "waiting")
        return Carried(Done(), followed_by(waiting, _code_kept(effect, code)))
    raise AssertionError("the waiting pool is asked last, and its answer is final")


async def _takers(platform: Platform, effect: HandToHuman) -> Sequence[str]:
    """The named agent by the userid of now, then the waiting pool."""
    if not effect.userid:
        return ("",)
    known = await platform.ledger.read(lambda c: arrivals.agents(c, [effect.userid]))
    agent = known.get(effect.userid)
    return (agent.userid if agent else effect.userid, "")


def _cannot_take(error: errors.PlatformError) -> bool:
    return isinstance(error, errors.Refused) and (
        error.errcode in SERVICER_CANNOT or error.action is Action.REPLACE_MEMBER
    )


async def _not_moved(client: WeComClient, effect: HandToHuman, error: errors.PlatformError) -> Outcome:
    outcome = outcome_of(error)
    if isinstance(outcome, Refused) and outcome.errcode == MOVE_NOT_ALLOWED:
        if await _is_with_people(client, effect):
            return Done("a person has this session already", outcome.errcode)
        return TryAgain(outcome.reason, outcome.errcode, at_most=5)
    return outcome


async def _is_with_people(client: WeComClient, effect: HandToHuman | SendKfText) -> bool:
    try:
        session = await client.kf_get_service_state(effect.open_kfid, effect.external_userid)
    except errors.PlatformError:
        return False
    return session.state in WITH_PEOPLE


def _taken(effect: HandToHuman) -> Record:
    """Our own word on the session: what is done through the API comes back as no event (W-94670)."""

    def record(connection: Connection, now: int) -> None:
        customer_id, agent_id = _parties(connection, effect, now)
        conversations.follow_platform(connection, customer_id, effect.open_kfid, "human", agent_id, now)

    return record


def _not_taken(effect: HandToHuman, inbox_id: int | None, zone: tzinfo, status: str) -> Record:
    """The named agent's place goes back; the session waits for anybody, or ends: then the next message begins anew."""

    def record(connection: Connection, now: int) -> None:
        customer_id, agent_id = _parties(connection, effect, now)
        if effect.userid:
            moved.give_back(connection, customer_id, inbox_id, zone)
        conversations.not_taken(connection, effect.open_kfid, customer_id, agent_id, status)

    return record


def _code_kept(effect: HandToHuman, code: str) -> Record:
    """The code of the way into the queue sends one text there within 48 h (W-95122): an answer to many may want it."""

    def record(connection: Connection, now: int) -> None:
        customer_id, _ = _parties(connection, effect, now)
        if code:
            questions.keep_queue_code(connection, customer_id, effect.open_kfid, code, now + CODE_WORKS_FOR)
        else:
            questions.drop_queue_code(connection, customer_id, effect.open_kfid)

    return record


def _parties(connection: Connection, effect: HandToHuman, now: int) -> tuple[int, int | None]:
    """The ids of the customer and of the named agent, if we know one."""
    customers = arrivals.ensure_customers(connection, [effect.external_userid], now)
    agent = arrivals.agents(connection, [effect.userid]).get(effect.userid)
    return customers[effect.external_userid], agent.id if agent else None
