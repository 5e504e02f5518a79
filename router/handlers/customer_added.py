"""A customer added an agent: count it, confirm the reservation, tag by code, welcome."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db import json
from router.db.queries import arrivals, capacity, outbox, tagging, tally, timers
from router.db.queries.inbox import Verdict
from router.db.queries.outbox import Order
from router.db.queries.tagging import Edge
from router.domain.arrival import STANDING, Arrival, ArrivalFacts, SameArrival, decide_arrival
from router.domain.capacity import CUSTOMER, Limit, Place
from router.domain.effects import WELCOME_WINDOW, SendWelcome
from router.domain.events import CustomerAdded
from router.handlers.received import Received, Situation
from router.handlers.stock import retire

EVENT = "customer_added"

FLOWS = CUSTOMER - {"held"}  # of a customer who came, and was gone before the add was decided


@dataclass(frozen=True, slots=True)
class _Decided:
    received: Received[CustomerAdded]
    agent_name: str
    facts: ArrivalFacts
    outcome: Arrival | SameArrival

    @property
    def stands(self) -> bool:
        return self.outcome.follow in STANDING


def handle(connection: Connection, batch: Sequence[Received[CustomerAdded]], situation: Situation) -> list[Verdict]:
    """Decide add events; an agent we do not know is refused visibly, nothing else is."""
    known = arrivals.agents(connection, [each.event.userid for each in batch])
    decided = _decide(connection, [each for each in batch if each.event.userid in known], known, situation.now)
    _save_relations(connection, decided)
    beyond = _save_places(connection, decided, situation)
    _save_tags(connection, decided, situation)
    _order_welcomes(connection, decided, situation.now)
    verdicts = {each.received.inbox_id: _verdict(each, beyond.get(each.received.inbox_id)) for each in decided}
    return [verdicts.get(each.inbox_id) or _unknown_agent(each) for each in batch]


def _decide(
    connection: Connection,
    batch: list[Received[CustomerAdded]],
    known: dict[str, arrivals.KnownAgent],
    now: int,
) -> list[_Decided]:
    customers = arrivals.ensure_customers(connection, [each.event.external_userid for each in batch], now)
    follows = arrivals.follows(connection, customers.values())
    states = [each.event.state for each in batch if each.event.state]
    reservations = arrivals.reservations_by_state(connection, states) if states else {}
    others = {(each.event.state, known[each.event.userid].id) for each in batch if each.event.state not in reservations}
    channels = arrivals.channels_of(connection, others) if states else {}
    decided = []
    for each in batch:
        agent, customer_id = known[each.event.userid], customers[each.event.external_userid]
        follow = follows.get((agent.id, customer_id))
        state = each.event.state
        facts = ArrivalFacts(agent.id, customer_id, follow, reservations.get(state), channels.get((state, agent.id)))
        decided.append(_Decided(each, agent.name, facts, decide_arrival(each.event, facts)))
    return decided


def _save_relations(connection: Connection, decided: list[_Decided]) -> None:
    arrivals.save_follows(connection, [_relation(each) for each in decided if each.stands])
    overtaken = [each for each in decided if isinstance(each.outcome, Arrival) and not each.stands]
    arrivals.found_begun(connection, [_relation(each) for each in overtaken])


def _relation(each: _Decided) -> dict[str, object]:
    return {
        "agent_id": each.facts.agent_id,
        "customer_id": each.facts.customer_id,
        "status": each.outcome.follow,
        "state": each.received.event.state,
        "at": each.received.event.at,
    }


def _save_places(connection: Connection, decided: list[_Decided], situation: Situation) -> dict[int, Limit]:
    """Count who is new; returns the caps that were passed, by the event that passed them."""
    new = [(each, each.outcome) for each in decided if isinstance(each.outcome, Arrival)]
    # Counters before the tally, as losses do: who takes them the other way round may wait in a circle.
    for each, arrival in new:
        if not arrival.own_place and not each.stands:
            capacity.no_longer_held(connection, each.facts.agent_id)  # gone before the add was decided
    own = [(each, arrival) for each, arrival in new if arrival.own_place]
    places = [(_place(each, arrival), CUSTOMER if each.stands else FLOWS) for each, arrival in own]
    passed = capacity.count_unasked(connection, places, situation.now, situation.zone)
    beyond = {each.received.inbox_id: limit for (each, _), limit in zip(own, passed, strict=True) if limit is not None}
    rows = [_assignment(each, arrival, beyond.get(each.received.inbox_id), situation.now) for each, arrival in new]
    arrivals.assign(connection, rows)
    gone = [
        tally.Loss(each.facts.customer_id, each.facts.agent_id, each.outcome.follow == "lost")
        for each, _ in new
        if not each.stands  # the loss was decided before the add, and counts now
    ]
    counts = [*tally.of_adds(connection, rows), *tally.of_losses(connection, gone, situation.now)]
    tally.count_all(connection, situation.now, situation.zone, counts)
    confirmed = [(each, arrival.reservation) for each, arrival in new if arrival.confirms and arrival.reservation]
    arrivals.confirm(
        connection,
        [
            {"id": reservation.id, "customer_id": each.facts.customer_id, "now": situation.now}
            for each, reservation in confirmed
        ],
    )
    for _, reservation in confirmed:
        timers.disarm(connection, f"lease:{reservation.id}")
        retire(connection, reservation.way_id, situation.now)
    return beyond


def _place(each: _Decided, arrival: Arrival) -> Place:
    through = arrival.through
    if through is None:
        return Place(each.facts.agent_id)
    return Place(each.facts.agent_id, through.pool_id, through.code.id, through.round)


def _save_tags(connection: Connection, decided: list[_Decided], situation: Situation) -> None:
    edges = [
        Edge(
            each.facts.customer_id,
            tag_id,
            source=f"code:{each.outcome.through.code.id}",
            inbox_id=each.received.inbox_id,
        )
        for each in decided
        if isinstance(each.outcome, Arrival) and each.outcome.through is not None
        for tag_id in each.outcome.through.code.tag_ids
    ]
    situation.catalog.put_on(connection, edges, situation.now)
    again = [each for each in decided if each.facts.follow and not each.facts.follow.stands and each.stands]
    tagging.unconfirm_marks(connection, [(each.facts.agent_id, each.facts.customer_id) for each in again])
    became_full = {each.facts.customer_id for each in decided if each.outcome.follow == "full"}
    tagging.want_marks(connection, became_full, situation.now)


def _order_welcomes(connection: Connection, decided: list[_Decided], now: int) -> None:
    orders = [
        Order(
            SendWelcome(
                welcome_code=event.welcome_code,
                template=each.outcome.through.code.welcome,
                agent_name=each.agent_name,
                external_userid=event.external_userid,
            ),
            inbox_id=each.received.inbox_id,
            deadline_at=event.at + WELCOME_WINDOW,
        )
        for each in decided
        if each.stands
        and (event := each.received.event).welcome_code
        and each.outcome.through is not None
        and each.outcome.through.code.welcome
    ]
    outbox.add_all(connection, orders, now)


def _assignment(each: _Decided, arrival: Arrival, beyond: Limit | None, now: int) -> dict[str, object]:
    reservation, through = arrival.reservation, arrival.through
    return {
        "customer_id": each.facts.customer_id,
        "agent_id": each.facts.agent_id,
        "code_id": through.code.id if through else None,
        "pool_id": through.pool_id if through else None,
        "reservation_id": reservation.id if reservation else None,
        "inbox_id": each.received.inbox_id,
        "how": arrival.how,
        "own_place": arrival.own_place,
        "beyond": "" if beyond is None else json.dump(beyond),
        "round": through.round if through else 0,
        "at": now,
        "reason": json.dump({"reason": arrival.reason}),
    }


def _verdict(each: _Decided, beyond: Limit | None) -> Verdict:
    event, outcome = each.received.event, each.outcome
    said: dict[str, object] = {
        "agent_id": each.facts.agent_id,
        "customer_id": each.facts.customer_id,
        "half": event.half,
        "follow": outcome.follow,
        "welcome": _why_welcome(each),
    }
    if isinstance(outcome, Arrival):
        said |= {"how": outcome.how, "own_place": outcome.own_place, "reason": outcome.reason}
        said["beyond"] = beyond
        said["tags"] = outcome.through.code.tag_ids if outcome.through else ()
    else:
        said["how"] = "same_arrival"
    return Verdict(each.received.inbox_id, "done", EVENT, decision=json.dump(said))


def _why_welcome(each: _Decided) -> str:
    if not each.received.event.welcome_code:
        return "none: the platform gave no welcome code"
    if not each.stands:
        return "none: the customer had left before this was decided"
    if each.outcome.through is None:
        return "none: no live code of ours brought this customer"
    return "ordered" if each.outcome.through.code.welcome else "none: the live code has no welcome text"


def _unknown_agent(each: Received[CustomerAdded]) -> Verdict:
    reason = f"no agent {each.event.userid!r} in liveqr: add the agent, then decide this event again"
    return Verdict(each.inbox_id, "failed", EVENT, reason)
