"""A customer wrote in 微信客服: tags by rule, replies, and a person when no rule answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

from sqlalchemy import Connection

from router.db import json
from router.db.queries import arrivals, conversations, outbox, tagging
from router.db.queries.inbox import Verdict
from router.db.queries.outbox import Order
from router.db.queries.tagging import Edge, Removal
from router.domain.conversation import Turn, decide_turn
from router.domain.effects import Effect, HandToHuman, SendKfText
from router.domain.events import CustomerWrote
from router.domain.reply import fill, fill_slots
from router.domain.taken_off import ByRule, Excluded, WhyTakenOff
from router.handlers import known, meaning, moved, rule_actions
from router.handlers.compilation import RuleSetInForce
from router.handlers.known import Known, RememberedTurn
from router.handlers.meaning import ReadMessage
from router.handlers.received import Received, Situation
from router.handlers.rule_actions import Decided
from tagtree.meaning.reading import NOTHING, Understood
from tagtree.rules.decision import Decision, TagChange
from tagtree.rules.facts import TEXT_KIND, Facts, Sender

EVENT = "message_received"
CHANNEL = "kf"


@dataclass(slots=True)
class _Turn:
    """One message on its way through the decision."""

    received: Received[CustomerWrote]
    customer_id: int
    customer_name: str
    decided: list[tuple[RuleSetInForce, Decision]]
    turn: Turn
    status: str
    is_moved: bool  # an agent has been taken for this customer, and the hand-over is under way
    understood: Understood
    class_name: str  # a rule's word, else the class that was read with certainty
    agent: moved.Taker | None = None


def handle(connection: Connection, batch: Sequence[Received[CustomerWrote]], situation: Situation) -> list[Verdict]:
    """Evaluate the published rule sets on each message and write what follows."""
    customers = arrivals.ensure_customers(connection, [each.event.external_userid for each in batch], situation.now)
    facts = known.load(connection, customers.values(), situation)
    turns = _decide(connection, batch, situation, customers, facts)
    for each in turns:
        if each.turn.hand_over:
            each.turn = _handed_over(each, situation)
        if each.turn.pool_id is not None and not each.is_moved:
            each.agent = moved.take_agent(connection, each.turn.pool_id, situation)
            if each.agent is not None:
                _save_conversations(connection, [each], situation.now)  # the next one counts it
    _save_tags(connection, turns, situation)
    _save_conversations(connection, [each for each in turns if each.agent is None], situation.now)
    _save_moves(connection, turns, situation.now)
    known.remember(connection, [_remembered(each) for each in turns], facts)
    meaning.remember(connection, [_read_message(each) for each in turns])
    orders = [Order(effect, each.received.inbox_id) for each in turns for effect in _effects(each)]
    orders += rule_actions.carry(connection, [_decided(each) for each in turns], situation.now)
    outbox.add_all(connection, orders, situation.now)
    return [_verdict(each) for each in turns]


def _decide(
    connection: Connection,
    batch: Sequence[Received[CustomerWrote]],
    situation: Situation,
    customers: Mapping[str, int],
    facts: Known,
) -> list[_Turn]:
    sessions = conversations.sessions(connection, customers.values())
    names = conversations.names(connection, customers.values())
    turns = []
    for each in batch:
        event, customer_id = each.event, customers[each.event.external_userid]
        session = sessions.get((customer_id, event.open_kfid))
        status = "bot" if session is None or session.status == "ended" else session.status
        is_new = session is None and facts.created.get(customer_id) == situation.now
        understood = situation.meaning.read(event.text) if event.kind == TEXT_KIND else NOTHING
        classes = frozenset({understood.certain} - {""})
        said = facts.add_to(
            Facts(event.text, CHANNEL, event.kind, classes=classes, sender=Sender.CUSTOMER),
            customer_id,
            event.at,
            is_new=is_new,
        )
        decided = situation.catalog.decide(said, partial(facts.recall, customer_id))
        turn = decide_turn(
            status,  # type: ignore[arg-type]  # written by this module and by session_changed only
            [decision for _, decision in decided],
            event.text,
            situation.human_words,
            situation.now - event.at,
        )
        is_moved = status == "waiting" and session is not None and session.agent_id is not None
        class_name = next((d.class_name for _, d in decided if d.class_name is not None), understood.certain)
        name = names.get(customer_id, "")
        turns.append(_Turn(each, customer_id, name, decided, turn, status, is_moved, understood, class_name))
    return turns


def _handed_over(each: _Turn, situation: Situation) -> Turn:
    """The team that owns the message's class takes it, unless a rule names a pool; its template goes before."""
    owner = situation.meaning.classes.get(each.class_name)
    if owner is None:
        return replace(each.turn, pool_id=each.turn.pool_id or situation.human_pool_id)
    replies = each.turn.replies or ((owner.template,) if owner.template else ())
    return replace(each.turn, replies=replies, pool_id=each.turn.pool_id or owner.pool_id or situation.human_pool_id)


def _read_message(each: _Turn) -> ReadMessage:
    event, inbox_id = each.received.event, each.received.inbox_id
    return ReadMessage(
        inbox_id, each.customer_id, event.open_kfid, event.at, event.text, each.understood, each.class_name
    )


def _remembered(each: _Turn) -> RememberedTurn:
    event = each.received.event
    return RememberedTurn(each.customer_id, event.text if event.kind == TEXT_KIND else None, event.at, each.decided)


def _decided(each: _Turn) -> Decided:
    event, inbox_id = each.received.event, each.received.inbox_id
    return Decided(inbox_id, CHANNEL, event.text, event.at, each.decided, each.customer_id, event.external_userid)


def _save_tags(connection: Connection, turns: list[_Turn], situation: Situation) -> None:
    edges: list[Edge] = []
    removals: list[Removal] = []
    for each in turns:
        for rule_set, decision in each.decided:
            for change in decision.tags:
                if change.add:
                    edges.append(
                        _edge(each, rule_set, change.tag_id, change.rule_id, change.span, change.evidence_text)
                    )
                else:
                    removals.append(Removal(each.customer_id, change.tag_id, _why_off(change, rule_set)))
    tagging.take_off(connection, removals, situation.now)
    situation.catalog.put_on(connection, edges, situation.now)
    touched = {each.customer_id for each in edges} | {each.customer_id for each in removals}
    tagging.want_marks(connection, touched, situation.now)


def _why_off(change: TagChange, rule_set: RuleSetInForce) -> WhyTakenOff:
    rule = ByRule(rule_set.id, rule_set.version_id, change.rule_id)
    return rule if change.excluded_by is None else Excluded(change.excluded_by, rule)


def _edge(
    each: _Turn, rule_set: RuleSetInForce, tag_id: int, rule_id: str, span: tuple[int, int] | None, evidence: str
) -> Edge:
    return Edge(
        each.customer_id,
        tag_id,
        source=f"rule:{rule_set.id}:{rule_id}",
        version_id=rule_set.version_id,
        inbox_id=each.received.inbox_id,
        span=span,
        evidence=evidence,
    )


def _save_conversations(connection: Connection, turns: list[_Turn], now: int) -> None:
    conversations.save(
        connection,
        [
            {
                "customer_id": each.customer_id,
                "open_kfid": each.received.event.open_kfid,
                "status": _status_after(each),
                "agent_id": each.agent.agent_id if each.agent else None,
                "pool_id": each.turn.pool_id,
                "waiting_since_at": each.received.event.at if _status_after(each) == "waiting" else None,
                "now": now,
                "replies": len(each.turn.replies),
            }
            for each in turns
        ],
    )


def _status_after(each: _Turn) -> str:
    if each.turn.hand_over:
        return "waiting"
    return each.status


def _save_moves(connection: Connection, turns: list[_Turn], now: int) -> None:
    arrivals.assign(
        connection,
        [
            moved.assignment(each.agent, each.customer_id, each.turn.pool_id, each.received.inbox_id, now)
            for each in turns
            if each.agent is not None
        ],
    )


def _effects(each: _Turn) -> list[Effect]:
    event = each.received.event
    agent_name, slots = each.agent.name if each.agent else "", meaning.slot_texts(each.understood)
    effects: list[Effect] = [
        SendKfText(
            event.open_kfid,
            event.external_userid,
            _message_id(event.message_id, position),
            fill(fill_slots(text, slots), customer=each.customer_name, agent=agent_name),
        )
        for position, text in enumerate(each.turn.replies)
    ]
    if each.turn.hand_over or each.agent is not None:
        taker = each.agent.userid if each.agent else ""
        effects.append(HandToHuman(event.open_kfid, event.external_userid, taker, event.message_id))
    return effects


def _message_id(cause: str, position: int) -> str:
    """Ours, the same at every attempt, within the platform's 32 characters (api §13)."""
    return "lq" + sha256(f"{cause}:{position}".encode()).hexdigest()[:30]


def _verdict(each: _Turn) -> Verdict:
    said = {
        "customer_id": each.customer_id,
        "rule_sets": [
            {"id": rule_set.id, "name": rule_set.name, "version": rule_set.number, **_said(decision)}
            for rule_set, decision in each.decided
        ],
        "replies": each.turn.replies,
        "answered": _is_answered(each),
        "hand_over": each.turn.hand_over,
        "pool_id": each.turn.pool_id,
        "agent_id": each.agent.agent_id if each.agent else None,
        "session": _status_after(each),
        "meaning": meaning.said_of(each.understood),
    }
    fired = known.fired_in(each.decided)
    words = meaning.unknown_in(_read_message(each))
    return Verdict(each.received.inbox_id, "done", EVENT, decision=json.dump(said), fired=fired, unknown_words=words)


def _is_answered(each: _Turn) -> bool:
    """Whether a rule replies: the first answer of a class only says that a person takes over."""
    return bool(each.turn.replies) and any(decision.replies for _, decision in each.decided)


def _said(decision: Decision) -> dict[str, object]:
    return {
        "fired": decision.fired,
        "blocked": [
            {"rule_id": each.rule_id, "name": each.name, "en": each.reason.wording.en, "zh": each.reason.wording.zh}
            for each in decision.blocked
        ],
        "tags": decision.tags,
        "class": decision.class_name,
        "tasks": decision.tasks,
        "ladders": decision.ladders,
        "webhooks": decision.webhooks,
        "chain_cut": decision.chain_cut,
    }
