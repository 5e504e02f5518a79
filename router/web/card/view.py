"""What the contact card shows, made from what the ledger knows. Pure."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from router.db.queries.customers import (
    CarriedTag,
    Customer,
    CustomerAssignment,
    CustomerConversation,
    CustomerFollow,
    TagReason,
)
from router.domain.scan import AgentFace
from router.web.landing import COLOURS, Portrait, initials, portrait


@dataclass(frozen=True, slots=True)
class Quote:
    """A customer's words with the matched ones apart; ``before`` and ``after`` are empty when only those are known."""

    before: str
    matched: str
    after: str


@dataclass(frozen=True, slots=True)
class ShownReason:
    reason: TagReason
    quote: Quote | None
    by: str  # who put it on by hand; empty otherwise


@dataclass(frozen=True, slots=True)
class ShownTag:
    """A chip: ``branch`` 0 to 7 colours its branch of the tree; ``colour`` (#rrggbb or empty) is the tag's own."""

    id: int
    name: str
    path: tuple[str, ...]
    colour: str
    branch: int
    reasons: tuple[ShownReason, ...]
    last_at: int


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """One agent of the pool at the moment of an assignment.

    ``verdict`` is ``chosen``, ``sticky`` (chosen because the customer had this agent before), ``busier`` (more
    customers per weight), ``tied`` (as idle, but later in the order), ``passed`` (stood before the chosen one, but lost
    the place or the contact way at the last moment), or why the agent was left out: ``off_duty``, ``unavailable``,
    ``at_cap``, ``no_contact_way``.
    """

    agent: Portrait
    load: int
    weight: int
    verdict: str
    window: str  # of the cap that was reached: hour, day, total; empty otherwise
    taken: int
    places: int


@dataclass(frozen=True, slots=True)
class ShownAssignment:
    """``load`` is what the chosen agent had that day before this customer; None when no ranking is stored."""

    assignment: CustomerAssignment
    agent: Portrait
    candidates: tuple[ShownCandidate, ...]
    load: int | None
    is_sticky: bool


@dataclass(frozen=True, slots=True)
class CardView:
    """The whole card: tags and follows as the query sorts them, the latest assignment first."""

    external_userid: str
    name: str
    initials: str
    colour: int
    created_at: int
    tags: tuple[ShownTag, ...]
    follows: tuple[CustomerFollow, ...]
    conversations: tuple[CustomerConversation, ...]
    assignments: tuple[ShownAssignment, ...]


def card_view(customer: Customer, texts: Mapping[int, str]) -> CardView:
    """The card of one customer; ``texts`` gives the words of the messages, by event id, that its reasons point to."""
    return CardView(
        external_userid=customer.external_userid,
        name=customer.name,
        initials=initials(customer.name or "?"),
        colour=_shade(customer.external_userid),
        created_at=customer.created_at,
        tags=tuple(_tag(carried, texts) for carried in customer.tags),
        follows=tuple(follow for follow in customer.follows if follow.ended_at is None),
        conversations=customer.conversations,
        assignments=tuple(_assignment(each) for each in customer.assignments),
    )


def message_ids(customer: Customer) -> frozenset[int]:
    """The events whose words the card quotes."""
    reasons = (reason for carried in customer.tags for reason in carried.reasons)
    return frozenset(reason.event_id for reason in reasons if reason.origin == "rule" and reason.event_id is not None)


def quote(reason: TagReason, text: str | None) -> Quote | None:
    """The message around the matched words; the words alone when the message is not at hand or does not hold them."""
    start, end = reason.span_start, reason.span_end
    if text and start is not None and end is not None and 0 <= start < end <= len(text):
        return Quote(text[:start], text[start:end], text[end:])
    if text:
        return Quote(text, "", "")
    return Quote("", reason.evidence, "") if reason.evidence else None


def _tag(carried: CarriedTag, texts: Mapping[int, str]) -> ShownTag:
    path = tuple(carried.tag.path.split(" / "))
    latest_first = sorted(carried.reasons, key=lambda reason: -reason.last_at)
    return ShownTag(
        id=carried.tag.id,
        name=carried.tag.name,
        path=path,
        colour=carried.tag.colour,
        branch=_shade(path[0]),
        reasons=tuple(_reason(reason, texts) for reason in latest_first),
        last_at=max(reason.last_at for reason in carried.reasons),
    )


def _reason(reason: TagReason, texts: Mapping[int, str]) -> ShownReason:
    text = texts.get(reason.event_id) if reason.event_id is not None else None
    by = reason.source.partition(":")[2] if reason.origin == "manual" else ""
    return ShownReason(reason, quote(reason, text) if reason.origin == "rule" else None, by)


def _assignment(assignment: CustomerAssignment) -> ShownAssignment:
    decision = assignment.decision
    pools = (decision, *decision.get("spilled_from", []))  # the pool that answered, then those that were full
    candidates = tuple(_candidate(each, pool) for pool in pools for each in pool.get("candidates", []))
    chosen = next((each for each in candidates if each.verdict in ("chosen", "sticky")), None)
    return ShownAssignment(
        assignment=assignment,
        agent=portrait(AgentFace(assignment.agent_id, assignment.agent_name)),
        candidates=tuple(sorted(candidates, key=lambda each: each.verdict not in ("chosen", "sticky"))),
        load=chosen.load if chosen else None,
        is_sticky=chosen is not None and chosen.verdict == "sticky",
    )


def _candidate(candidate: Mapping[str, Any], decision: Mapping[str, Any]) -> ShownCandidate:
    agent_id = candidate["agent_id"]
    left_out = next((each for each in decision.get("left_out", []) if each["agent_id"] == agent_id), None)
    limit = (left_out or {}).get("limit") or {}
    return ShownCandidate(
        agent=portrait(AgentFace(agent_id, candidate["name"])),
        load=candidate["load"],
        weight=candidate["weight"],
        verdict=left_out["reason"] if left_out else _place(candidate, decision),
        window=limit.get("window", ""),
        taken=limit.get("taken", 0),
        places=limit.get("places", 0),
    )


def _place(candidate: Mapping[str, Any], decision: Mapping[str, Any]) -> str:
    agent_id, chosen, order = candidate["agent_id"], decision.get("chosen"), decision.get("order", [])
    if agent_id == chosen:
        return "sticky" if decision.get("sticky") == chosen else "chosen"
    if chosen in order and agent_id in order and order.index(agent_id) < order.index(chosen):
        return "passed"
    winner = next((each for each in decision.get("candidates", []) if each["agent_id"] == chosen), None)
    return "tied" if winner and _idleness(winner) == _idleness(candidate) else "busier"


def _idleness(candidate: Mapping[str, Any]) -> Fraction:
    return Fraction(candidate["load"], max(1, candidate["weight"]))


def _shade(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) % COLOURS
