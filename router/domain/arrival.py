"""到达 (arrival): what one add event means: whose place it takes, which reservation it confirms, who is welcomed."""

from dataclasses import dataclass
from typing import Literal

from router.domain.events import CustomerAdded

FollowStatus = Literal["half", "full", "lost", "removed"]
How = Literal["reserved", "late", "shared_picture", "unknown_channel"]


@dataclass(frozen=True, slots=True)
class CodeFacts:
    id: int
    welcome: str
    tag_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReservationFacts:
    """The reservation whose contact way carried the event's state token."""

    id: int
    way_id: int
    agent_id: int
    pool_id: int
    status: str
    place_taken: bool
    customer_id: int | None
    code: CodeFacts


@dataclass(frozen=True, slots=True)
class ArrivalFacts:
    """What the ledger knows about an add event's agent, customer and state token."""

    agent_id: int
    customer_id: int
    follow: FollowStatus | None
    reservation: ReservationFacts | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A new customer of an agent. ``own_place``: no reservation holds a place for it, so it counts by itself."""

    how: How
    own_place: bool
    follow: FollowStatus
    reservation: ReservationFacts | None
    confirms: bool
    reason: str


@dataclass(frozen=True, slots=True)
class SameArrival:
    """The other half of an arrival already counted: the relation may grow from half to full, nothing else."""

    follow: FollowStatus
    reservation: ReservationFacts | None


def decide_arrival(event: CustomerAdded, facts: ArrivalFacts) -> Arrival | SameArrival:
    """A half add and a full add are one arrival; a stated reservation is confirmed; every add is honoured."""
    status: FollowStatus = "half" if event.half else "full"
    mine = facts.reservation if _is_mine(facts) else None
    if facts.follow in ("half", "full"):
        return SameArrival("full" if "full" in (facts.follow, status) else "half", mine)
    if mine is None:
        return Arrival("unknown_channel", True, status, None, False, _why_unknown(event, facts))
    match mine.status:
        case "held":
            return Arrival("reserved", False, status, mine, True, "the visitor's reservation")
        case "confirmed":
            return Arrival("shared_picture", True, status, mine, False, "the picture was used once before")
        case _ if mine.place_taken:
            return Arrival("late", False, status, mine, True, "after the hold ended, before its place was given on")
        case _:
            return Arrival("late", True, status, mine, True, "after the place was given on: counted beside the cap")


def _is_mine(facts: ArrivalFacts) -> bool:
    return facts.reservation is not None and facts.reservation.agent_id == facts.agent_id


def _why_unknown(event: CustomerAdded, facts: ArrivalFacts) -> str:
    if facts.reservation is not None:
        return "the state token belongs to another agent's contact way"
    if event.state:
        return "the state token is not one of ours"
    return "the event carries no state token"
