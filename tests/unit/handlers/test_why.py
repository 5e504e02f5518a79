"""A decision as it is stored: enough to show why, and to decide it again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.db import json
from router.domain.assignment import Ask, Candidate, rank
from router.domain.capacity import Limit
from router.handlers.why import Asked, describe, replay
from tests.unit.rankings import asks, candidates

FREE = Candidate(1, "ann", "Ann", 2, 3, "on", True, 4, (Limit("agent:1", "day", 5, 3, "agent:1"),))
FULL = Candidate(2, "bo", "Bo", 1, 5, "on", True, 4, (Limit("agent:2", "day", 5, 5, "agent:2"),))


def asked(*candidates: Candidate, pool_id: int = 7, ask: Ask = Ask()) -> Asked:  # noqa: B008  # a value, never changed
    return Asked(pool_id, 3, rank(candidates, ask))


def stored(*pools: Asked, chosen: Candidate | None = None) -> dict[str, Any]:
    """The decision as it comes back from the ledger."""
    decision: dict[str, Any] = json.load(describe(pools, chosen))
    return decision


def test_a_stored_decision_is_enough_to_decide_again() -> None:
    decision = stored(asked(FULL, FREE, ask=Ask(sticky_agent_id=2)), chosen=FREE)

    assert replay(decision)
    assert (decision["pool_id"], decision["round"], decision["spilled_from"]) == (7, 3, [])
    assert (decision["chosen"], decision["order"]) == (1, [1])
    assert [(each["agent_id"], each["reason"]) for each in decision["left_out"]] == [(2, "at_cap")]


def test_a_decision_that_spilled_tells_of_every_pool_asked() -> None:
    decision = stored(asked(FULL), asked(FREE, pool_id=8), chosen=FREE)

    assert replay(decision)
    assert (decision["pool_id"], decision["chosen"]) == (8, 1)
    assert [(pool["pool_id"], pool["left_out"][0]["reason"]) for pool in decision["spilled_from"]] == [(7, "at_cap")]


@pytest.mark.parametrize(
    "falsified",
    [
        pytest.param({"order": [2, 1]}, id="another order"),
        pytest.param({"order": []}, id="nobody in the order"),
        pytest.param({"left_out": []}, id="a reason is missing"),
        pytest.param({"spilled_from": [stored(asked(FULL, FREE)) | {"order": [2]}]}, id="in a pool asked before"),
    ],
)
def test_a_decision_that_was_tampered_with_does_not_replay(falsified: dict[str, Any]) -> None:
    assert not replay(stored(asked(FULL, FREE)) | falsified)


@given(st.lists(st.tuples(candidates, asks), min_size=1, max_size=3))
def test_whatever_was_decided_is_decided_so_again(pools: list[tuple[list[Candidate], Ask]]) -> None:
    decision = stored(*(asked(*each, pool_id=number, ask=ask) for number, (each, ask) in enumerate(pools)))

    assert replay(decision)
