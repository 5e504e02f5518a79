"""What one add event means: a table with every situation an add can meet."""

from dataclasses import replace

import pytest

from router.domain.arrival import (
    STANDING,
    Arrival,
    ArrivalFacts,
    CodeFacts,
    FollowFacts,
    FollowStatus,
    ReservationFacts,
    SameArrival,
    decide_arrival,
)
from router.domain.events import CustomerAdded
from tests.factories import NOW

ANN, BO, LIN = 1, 2, 7
HELD = ReservationFacts(10, 20, ANN, 30, 1, "held", True, None, CodeFacts(40, "你好", (50,)))
EXPIRED = replace(HELD, status="expired")
GIVEN_ON = replace(HELD, status="expired", place_taken=False)
CONFIRMED = replace(HELD, status="confirmed", customer_id=8)


def event(*, half: bool = False, state: str = "lq-1") -> CustomerAdded:
    return CustomerAdded("ann", "wm-lin", state, "WC", half, NOW)


def facts(reservation: ReservationFacts | None = None, follow: FollowStatus | None = None) -> ArrivalFacts:
    ended_at = None if follow in (None, *STANDING) else NOW - 1
    return ArrivalFacts(ANN, LIN, follow and FollowFacts(follow, NOW - 9, ended_at), reservation)


@pytest.mark.parametrize(
    ("reservation", "how", "own_place", "confirms"),
    [
        pytest.param(HELD, "reserved", False, True, id="held"),
        pytest.param(EXPIRED, "late", False, True, id="expired, the place still taken"),
        pytest.param(replace(EXPIRED, status="released"), "late", False, True, id="released, the place still taken"),
        pytest.param(GIVEN_ON, "late", True, True, id="expired, the place given on"),
        pytest.param(replace(GIVEN_ON, status="released"), "late", True, True, id="released, the place given on"),
        pytest.param(CONFIRMED, "shared_picture", True, False, id="confirmed before by somebody else"),
    ],
)
@pytest.mark.parametrize("follow", [None, "lost", "removed"])
def test_an_add_through_a_reservation(
    reservation: ReservationFacts, how: str, own_place: bool, confirms: bool, follow: FollowStatus | None
) -> None:
    outcome = decide_arrival(event(), facts(reservation, follow))

    assert isinstance(outcome, Arrival)
    assert (outcome.how, outcome.own_place, outcome.confirms) == (how, own_place, confirms)
    assert (outcome.follow, outcome.reservation) == ("full", reservation)


@pytest.mark.parametrize(
    ("state", "reservation", "reason"),
    [
        pytest.param("", None, "the event carries no state token", id="no state"),
        pytest.param("poster", None, "the state token is not one of ours", id="a foreign state"),
        pytest.param(
            "lq-1",
            replace(HELD, agent_id=BO),
            "the state token belongs to another agent's contact way",
            id="another agent's state",
        ),
    ],
)
def test_an_add_without_a_reservation_of_this_agent(
    state: str, reservation: ReservationFacts | None, reason: str
) -> None:
    outcome = decide_arrival(event(state=state), facts(reservation))

    assert outcome == Arrival("unknown_channel", True, "full", None, False, reason)


@pytest.mark.parametrize(
    ("follow", "half", "becomes"),
    [
        pytest.param("half", False, "full", id="full after half"),
        pytest.param("full", True, "full", id="half after full"),
        pytest.param("half", True, "half", id="half twice"),
        pytest.param("full", False, "full", id="full twice"),
    ],
)
def test_the_other_half_is_the_same_arrival(follow: FollowStatus, half: bool, becomes: FollowStatus) -> None:
    assert decide_arrival(event(half=half), facts(CONFIRMED, follow)) == SameArrival(becomes, CONFIRMED)


def test_the_other_half_knows_no_reservation_of_another_agent() -> None:
    assert decide_arrival(event(), facts(replace(CONFIRMED, agent_id=BO), "half")) == SameArrival("full", None)


def test_a_half_add_begins_a_half_relation() -> None:
    outcome = decide_arrival(event(half=True), facts(HELD))

    assert outcome.follow == "half"


def test_an_add_overtaken_by_its_loss_is_counted_and_revives_nothing() -> None:
    only_its_end = FollowFacts("lost", since_at=NOW + 9, ended_at=NOW + 9)

    outcome = decide_arrival(event(), ArrivalFacts(ANN, LIN, only_its_end, HELD))

    assert outcome == Arrival("reserved", False, "lost", HELD, True, "the visitor's reservation")


def test_the_other_half_overtaken_by_the_loss_is_the_same_arrival_and_revives_nothing() -> None:
    over = FollowFacts("removed", since_at=NOW, ended_at=NOW + 9)

    assert decide_arrival(event(), ArrivalFacts(ANN, LIN, over, CONFIRMED)) == SameArrival("removed", CONFIRMED)
