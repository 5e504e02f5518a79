"""A stored decision is explained once, for every page that shows it."""

from typing import Any

import pytest

from router.db import json
from router.domain.assignment import Candidate, rank
from router.domain.capacity import Limit
from router.domain.explanation import Standing, explain
from router.handlers.scan import describe

FULL = Limit("agent:3", "day", 20, 20)


def candidate(agent_id: int, load: int, **differs: Any) -> Candidate:
    usual = {"weight": 1, "on_duty": True, "available": True, "ready_ways": 1, "limits": ()}
    return Candidate(agent_id=agent_id, userid=f"u{agent_id}", name=f"A{agent_id}", load=load, **{**usual, **differs})


def told(*candidates: Candidate, chosen: int | None, sticky: int | None = None) -> dict[int, str]:
    """How each agent stood, by id, after a decision went through storage."""
    stored = describe({1: rank(candidates, sticky)}, next((c for c in candidates if c.agent_id == chosen), None))
    return {each.agent_id: each.why for each in explain(json.load(stored))}


def test_the_chosen_agent_comes_first_and_each_other_one_has_a_reason() -> None:
    agents = [candidate(1, 9), candidate(2, 4, weight=2), candidate(3, 20, limits=(FULL,)), candidate(4, 2)]
    stored = describe({1: rank(agents)}, agents[1])

    assert explain(json.load(stored)) == (
        Standing(2, "A2", 4, 2, "chosen"),
        Standing(1, "A1", 9, 1, "busier"),
        Standing(3, "A3", 20, 1, "at_cap", FULL),
        Standing(4, "A4", 2, 1, "tied"),
    )


def test_who_stood_before_the_chosen_one_lost_the_place_at_the_last_moment() -> None:
    assert told(candidate(1, 0), candidate(2, 5), chosen=2) == {2: "chosen", 1: "passed"}


def test_when_nobody_got_the_customer_everyone_in_the_order_was_asked_in_vain() -> None:
    assert told(candidate(1, 0), candidate(2, 5, on_duty=False), chosen=None) == {1: "passed", 2: "off_duty"}


@pytest.mark.parametrize(("load", "why"), [(0, "idler"), (3, "tied"), (4, "busier")])
def test_who_stands_behind_a_returning_customers_agent_is_not_called_busier_without_being_so(
    load: int, why: str
) -> None:
    assert told(candidate(1, load), candidate(2, 3), chosen=2, sticky=2) == {2: "sticky", 1: why}


def test_the_pools_that_were_full_before_are_told_after_the_one_that_answered() -> None:
    full, answered = rank([candidate(3, 20, limits=(FULL,))]), rank([candidate(1, 0)])

    stored = describe({1: full, 2: answered}, answered.order[0])

    assert [(each.agent_id, each.why) for each in explain(json.load(stored))] == [(1, "chosen"), (3, "at_cap")]


def test_an_empty_decision_explains_nothing() -> None:
    assert explain({}) == ()
