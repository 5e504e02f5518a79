"""A batch of events is split so that no two of them are about the same customer or the same picture."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from router.domain.events import AgentLeft, AgentRenamed, CustomerAdded, CustomerLost, EmployeeWrote, Event
from router.handlers.decide import waves
from router.handlers.received import Received
from tests.factories import NOW


def added(customer: str, state: str = "") -> CustomerAdded:
    return CustomerAdded("ann", customer, state, "", False, NOW)


def received(*events: Event) -> list[Received[Event]]:
    return [Received(number, event) for number, event in enumerate(events, start=1)]


def split(*events: Event) -> list[list[int]]:
    return [[each.inbox_id for each in wave] for wave in waves(received(*events))]


def test_events_of_different_customers_share_a_wave() -> None:
    assert split(added("lin"), added("wang"), CustomerLost("ann", "zhao", True, NOW)) == [[1, 2, 3]]


def test_events_of_one_customer_follow_each_other() -> None:
    assert split(added("lin"), CustomerLost("ann", "lin", True, NOW), added("lin"), added("wang")) == [[1, 4], [2], [3]]


def test_two_customers_of_one_picture_follow_each_other() -> None:
    assert split(added("lin", "s"), added("wang", "s"), added("lin"), added("wang")) == [[1], [2, 3], [4]]


def test_events_of_one_agent_follow_each_other_in_any_case() -> None:
    assert split(AgentRenamed("Ann", "ann.lee", None, NOW), AgentLeft("ANN.LEE", NOW)) == [[1], [2]]


def test_events_about_no_customer_wait_for_nobody() -> None:
    wrote = EmployeeWrote("ann", "text", "hi", NOW)

    assert split(wrote, added("lin"), wrote) == [[1, 2, 3]]


def test_nothing_makes_no_wave() -> None:
    assert split() == []


events = st.builds(added, st.sampled_from(["lin", "wang", "zhao"]), st.sampled_from(["", "s1", "s2"]))


def names_of(event: Any) -> set[str]:
    return {event.external_userid} | ({event.state} if event.state else set())


@given(st.lists(events, max_size=12))
def test_each_wave_names_everything_once_and_order_is_kept_where_it_matters(batch: list[CustomerAdded]) -> None:
    split_waves = waves(received(*batch))

    position = {each.inbox_id: number for number, wave in enumerate(split_waves) for each in wave}
    assert sorted(position) == list(range(1, len(batch) + 1))
    for later in range(len(batch)):
        for earlier in range(later):
            if names_of(batch[earlier]) & names_of(batch[later]):
                assert position[earlier + 1] < position[later + 1]
