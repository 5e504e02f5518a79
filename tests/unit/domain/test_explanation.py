"""A stored decision is explained once, for every page that shows it."""

from typing import Any

import pytest

from router.db import json
from router.domain.assignment import Ask, Candidate, rank
from router.domain.capacity import Limit
from router.domain.explanation import Standing, explain
from router.domain.policies import Policy
from router.domain.record import unpacked
from router.handlers.why import Asked, describe

FULL = Limit("agent:3", "day", 20, 20)


def candidate(agent_id: int, load: int, **differs: Any) -> Candidate:
    usual = {"weight": 1, "duty": "on", "available": True, "ready_ways": 1, "limits": ()}
    return Candidate(agent_id=agent_id, userid=f"u{agent_id}", name=f"A{agent_id}", load=load, **{**usual, **differs})


def asked(*candidates: Candidate, sticky: int | None = None, policy: Policy = "idle_first") -> Asked:
    """A pool as a decision keeps it."""
    return Asked(1, 1, rank(candidates, Ask(policy, sticky)))


def told(*candidates: Candidate, chosen: int | None, sticky: int | None = None) -> dict[int, str]:
    """How each agent stood, by id, after a decision went through storage."""
    stored = describe([asked(*candidates, sticky=sticky)], next((c for c in candidates if c.agent_id == chosen), None))
    return {each.agent_id: each.why for each in explain(unpacked(json.load(stored)))}


def test_the_chosen_agent_comes_first_and_each_other_one_has_a_reason() -> None:
    agents = [candidate(1, 9), candidate(2, 4, weight=2), candidate(3, 20, limits=(FULL,)), candidate(4, 2)]
    stored = describe([asked(*agents)], agents[1])

    assert explain(unpacked(json.load(stored))) == (
        Standing(2, "A2", 4, 2, "chosen"),
        Standing(1, "A1", 9, 1, "busier"),
        Standing(3, "A3", 20, 1, "at_cap", FULL),
        Standing(4, "A4", 2, 1, "tied"),
    )


def test_who_stood_before_the_chosen_one_lost_the_place_at_the_last_moment() -> None:
    assert told(candidate(1, 0), candidate(2, 5), chosen=2) == {2: "chosen", 1: "passed"}


def test_when_nobody_got_the_customer_everyone_in_the_order_was_asked_in_vain() -> None:
    assert told(candidate(1, 0), candidate(2, 5, duty="off_duty"), chosen=None) == {1: "passed", 2: "off_duty"}


@pytest.mark.parametrize(("load", "why"), [(0, "idler"), (3, "tied"), (4, "busier")])
def test_who_stands_behind_a_returning_customers_agent_is_not_called_busier_without_being_so(
    load: int, why: str
) -> None:
    assert told(candidate(1, load), candidate(2, 3), chosen=2, sticky=2) == {2: "sticky", 1: why}


def test_the_pools_that_were_full_before_are_told_after_the_one_that_answered() -> None:
    full, answered = asked(candidate(3, 20, limits=(FULL,))), asked(candidate(1, 0))

    stored = describe([full, answered], answered.ranking.order[0])

    assert [(each.agent_id, each.why) for each in explain(unpacked(json.load(stored)))] == [
        (1, "chosen"),
        (3, "at_cap"),
    ]


@pytest.mark.parametrize("policy", ["round_robin", "sequential", "weighted_random"])
def test_a_policy_that_does_not_go_by_load_calls_nobody_busier(policy: Policy) -> None:
    pool = asked(candidate(1, 9), candidate(2, 4), policy=policy)
    first, second = pool.ranking.order

    stored = unpacked(json.load(describe([pool], first)))

    assert [(each.agent_id, each.why, each.policy) for each in explain(stored)] == [
        (first.agent_id, "chosen", policy),
        (second.agent_id, "behind", policy),
    ]


def test_an_empty_decision_explains_nothing() -> None:
    assert explain({}) == ()
