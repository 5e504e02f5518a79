"""What the contact card shows, made from what the ledger knows. Pure."""

import colorsys
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from router.db.queries.customers import (
    CarriedTag,
    Customer,
    CustomerAssignment,
    CustomerConversation,
    CustomerFollow,
    TagReason,
)
from router.db.queries.meanings import StoredMeaning
from router.db.queries.taken_off import TakenOffTag
from router.domain.capacity import Limit
from router.domain.explanation import Standing, Why, explain
from router.domain.policies import Policy
from router.domain.scan import AgentFace
from router.web.landing import COLOURS, Portrait, initials, portrait

BRANCH_HUES = (160, 209, 251, 338, 28, 186, 74, 284)  # degrees, of branch-0 … branch-7 in card.css
GREY = 0.1  # saturation below which a colour has no hue to speak of


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
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """One agent at the moment of an assignment; ``limit`` is the cap that was reached, when that is the verdict."""

    agent: Portrait
    load: int
    verdict: Why
    limit: Limit | None


@dataclass(frozen=True, slots=True)
class ShownAssignment:
    """``load`` is what the chosen agent had that day before this customer; None when no ranking is stored.

    ``policy`` is how the pool chose.
    """

    assignment: CustomerAssignment
    agent: Portrait
    candidates: tuple[ShownCandidate, ...]
    load: int | None
    is_sticky: bool
    policy: Policy


@dataclass(frozen=True, slots=True)
class CardView:
    """The whole card: tags, those taken off and follows as the query sorts them, the latest assignment first."""

    external_userid: str
    name: str
    initials: str
    colour: int
    created_at: int
    tags: tuple[ShownTag, ...]
    taken_off: tuple[TakenOffTag, ...]
    follows: tuple[CustomerFollow, ...]
    conversations: tuple[CustomerConversation, ...]
    assignments: tuple[ShownAssignment, ...]
    meanings: tuple[StoredMeaning, ...] = ()


def card_view(
    customer: Customer,
    texts: Mapping[int, str],
    with_photo: Collection[int] = (),
    meanings: tuple[StoredMeaning, ...] = (),
) -> CardView:
    """The card of one customer; ``texts`` gives the words of the messages, by event id, that its reasons point to.

    ``with_photo`` are the agents on it who have a photo; ``meanings`` what the latest messages were read as.
    """
    return CardView(
        external_userid=customer.external_userid,
        name=customer.name,
        initials=initials(customer.name or "?"),
        colour=_shade(customer.external_userid),
        created_at=customer.created_at,
        tags=tuple(_tag(carried, texts) for carried in customer.tags),
        taken_off=customer.taken_off,
        follows=tuple(follow for follow in customer.follows if follow.ended_at is None),
        conversations=customer.conversations,
        assignments=tuple(_assignment(each, with_photo) for each in customer.assignments),
        meanings=meanings,
    )


def message_ids(customer: Customer) -> frozenset[int]:
    """The events whose words the card quotes."""
    reasons = (reason for carried in customer.tags for reason in carried.reasons)
    return frozenset(reason.event_id for reason in reasons if reason.origin == "rule" and reason.event_id is not None)


def agent_ids(customer: Customer) -> frozenset[int]:
    """The agents whose faces the card shows."""
    weighed = (standing.agent_id for each in customer.assignments for standing in explain(each.decision))
    return frozenset(each.agent_id for each in customer.assignments) | frozenset(weighed)


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
        branch=_branch(carried.branch_colour, path[0]),
        reasons=tuple(_reason(reason, texts) for reason in latest_first),
        last_at=carried.last_at,
        expires_at=carried.expires_at,
    )


def _reason(reason: TagReason, texts: Mapping[int, str]) -> ShownReason:
    text = texts.get(reason.event_id) if reason.event_id is not None else None
    by = reason.source.partition(":")[2] if reason.origin == "manual" else ""
    return ShownReason(reason, quote(reason, text) if reason.origin == "rule" else None, by)


def _assignment(assignment: CustomerAssignment, with_photo: Collection[int]) -> ShownAssignment:
    standings = explain(assignment.decision)
    chosen = next((each for each in standings if each.is_chosen), None)
    return ShownAssignment(
        assignment=assignment,
        agent=_face(assignment.agent_id, assignment.agent_name, with_photo),
        candidates=tuple(_candidate(each, with_photo) for each in standings),
        load=chosen.load if chosen else None,
        is_sticky=chosen is not None and chosen.why == "sticky",
        policy=chosen.policy if chosen else "idle_first",
    )


def _candidate(standing: Standing, with_photo: Collection[int]) -> ShownCandidate:
    return ShownCandidate(
        agent=_face(standing.agent_id, standing.name, with_photo),
        load=standing.load,
        verdict=standing.why,
        limit=standing.limit,
    )


def _face(agent_id: int, name: str, with_photo: Collection[int]) -> Portrait:
    return portrait(AgentFace(agent_id, name, agent_id in with_photo))


def _branch(colour: str, name: str) -> int:
    """The shade of card.css nearest in hue to the branch's own colour; one by its name when that is none or grey."""
    red, green, blue = (int(colour[at : at + 2] or "0", 16) / 255 for at in (1, 3, 5))
    hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
    if saturation < GREY:
        return _shade(name)
    return min(range(COLOURS), key=lambda shade: abs((hue * 360 - BRANCH_HUES[shade] + 180) % 360 - 180))


def _shade(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) % COLOURS
