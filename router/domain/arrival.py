"""到达 (arrival): what one add event means: whose place it takes, which reservation it confirms, who is welcomed."""

from dataclasses import dataclass
from typing import Literal

from router.domain.events import CustomerAdded

FollowStatus = Literal["half", "full", "lost", "removed"]
STANDING: tuple[FollowStatus, ...] = ("half", "full")
How = Literal["reserved", "late", "shared_picture", "printed_code", "unknown_channel"]
"""``printed_code``: a native code or a customer-acquisition link, where the platform itself chose the agent."""


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
    round: int
    status: str
    place_taken: bool
    customer_id: int | None
    code: CodeFacts


@dataclass(frozen=True, slots=True)
class Channel:
    """The native code or link that a state token names: it holds no place, so an add through it counts by itself."""

    pool_id: int
    round: int
    code: CodeFacts


@dataclass(frozen=True, slots=True)
class FollowFacts:
    """The latest relation between the agent and the customer; instants of the events in ms.

    It has begun when it ended if its end is all we know of it: the add was overtaken.
    """

    status: FollowStatus
    since_at: int
    ended_at: int | None = None

    @property
    def stands(self) -> bool:
        return self.status in STANDING

    @property
    def is_counted(self) -> bool:
        return self.since_at != self.ended_at

    def ended_after(self, at: int) -> bool:
        return self.ended_at is not None and at < self.ended_at


@dataclass(frozen=True, slots=True)
class ArrivalFacts:
    """What the ledger knows about an add event's agent, customer and state token."""

    agent_id: int
    customer_id: int
    follow: FollowFacts | None
    reservation: ReservationFacts | None
    channel: Channel | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A new customer of an agent. ``own_place``: no reservation holds a place for it, so it counts by itself."""

    how: How
    own_place: bool
    follow: FollowStatus
    reservation: ReservationFacts | None
    confirms: bool
    reason: str
    channel: Channel | None = None

    @property
    def through(self) -> ReservationFacts | Channel | None:
        """What brought the customer; None for an unknown channel."""
        return self.reservation or self.channel


@dataclass(frozen=True, slots=True)
class SameArrival:
    """Part of an arrival already counted: a relation that stands may grow from half to full, nothing else."""

    follow: FollowStatus
    reservation: ReservationFacts | None
    channel: Channel | None = None

    @property
    def through(self) -> ReservationFacts | Channel | None:
        """What brought the customer; None for an unknown channel."""
        return self.reservation or self.channel


def decide_arrival(event: CustomerAdded, facts: ArrivalFacts) -> Arrival | SameArrival:
    """A half add and a full add are one arrival; a stated reservation is confirmed; every add is honoured.

    An add that its loss has overtaken is counted like any other, and revives nothing.
    """
    mine = facts.reservation if _is_mine(facts) else None
    status: FollowStatus = "half" if event.half else "full"
    match facts.follow:
        case FollowFacts(stands=True) as follow:
            return SameArrival("full" if "full" in (follow.status, status) else "half", mine, facts.channel)
        case FollowFacts() as follow if follow.ended_after(event.at):
            if follow.is_counted:
                return SameArrival(follow.status, mine, facts.channel)
            return _arrival(event, facts, mine, follow.status)
        case _:
            return _arrival(event, facts, mine, status)


def _arrival(event: CustomerAdded, facts: ArrivalFacts, mine: ReservationFacts | None, follow: FollowStatus) -> Arrival:
    if mine is None and facts.channel is not None:
        return Arrival("printed_code", True, follow, None, False, "the platform chose the agent", facts.channel)
    if mine is None:
        return Arrival("unknown_channel", True, follow, None, False, _why_unknown(event, facts))
    match mine.status:
        case "held":
            return Arrival("reserved", False, follow, mine, True, "the visitor's reservation")
        case "confirmed":
            return Arrival("shared_picture", True, follow, mine, False, "the picture was used once before")
        case _ if mine.place_taken:
            return Arrival("late", False, follow, mine, True, "after the hold ended, before its place was given on")
        case _:
            return Arrival("late", True, follow, mine, True, "after the place was given on: counted beside the cap")


def _is_mine(facts: ArrivalFacts) -> bool:
    return facts.reservation is not None and facts.reservation.agent_id == facts.agent_id


def _why_unknown(event: CustomerAdded, facts: ArrivalFacts) -> str:
    if facts.reservation is not None:
        return "the state token belongs to another agent's contact way"
    if event.state:
        return "the state token is not one of ours"
    return "the event carries no state token"
