"""What a scan's decision is stored as, and how its outcome is spelt."""

import pytest

from router.db import json
from router.domain.assignment import Candidate, rank
from router.domain.capacity import Limit
from router.domain.scan import AgentFace, AlreadyAdded, Closed, Full, Preparing, Reserved, ScanAnswer
from router.handlers.scan import describe, outcome_name
from router.handlers.stock import new_state_token
from tests.factories import NOW

ANN = AgentFace(1, "Ann")


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (Reserved(ANN, "key", NOW, "link", "reserved for you"), "reserved"),
        (AlreadyAdded(ANN, "key", "added"), "reserved"),
        (Full("busy"), "full"),
        (Full("come back tomorrow", asks_again=False), "full"),
        (Preparing("soon"), "preparing"),
        (Closed("closed"), "closed"),
    ],
    ids=str,
)
def test_an_outcome_is_spelt_as_the_contract_has_it(answer: ScanAnswer, name: str) -> None:
    assert outcome_name(answer) == name


def test_a_stored_decision_is_enough_to_decide_again() -> None:
    free = Candidate(1, "ann", "Ann", 2, 3, True, True, 4, (Limit("agent:1", "day", 5, 3),))
    full = Candidate(2, "bo", "Bo", 1, 5, True, True, 4, (Limit("agent:2", "day", 5, 5),))
    ranking = rank([full, free], sticky_agent_id=2)

    stored = json.load(describe({7: ranking}, free))

    replayed = rank(
        [
            Candidate(**{**each, "limits": tuple(Limit(**limit) for limit in each["limits"])})
            for each in stored["candidates"]
        ],
        stored["sticky"],
    )
    assert replayed == ranking
    assert (stored["chosen"], stored["order"]) == (1, [1])
    assert stored["left_out"][0]["reason"] == "at_cap"
    assert (stored["pool_id"], stored["spilled_from"]) == (7, [])


def test_a_decision_that_spilled_tells_of_every_pool_asked() -> None:
    full = Candidate(2, "bo", "Bo", 1, 5, True, True, 4, (Limit("agent:2", "day", 5, 5),))
    free = Candidate(1, "ann", "Ann", 1, 0, True, True, 4, ())

    stored = json.load(describe({7: rank([full]), 8: rank([free])}, free))

    assert (stored["pool_id"], stored["chosen"]) == (8, 1)
    assert [(pool["pool_id"], pool["left_out"][0]["reason"]) for pool in stored["spilled_from"]] == [(7, "at_cap")]


def test_a_state_token_fits_the_platform_and_is_never_the_same() -> None:
    tokens = {new_state_token() for _ in range(1_000)}

    assert len(tokens) == 1_000
    assert {len(token) for token in tokens} == {27}  # the platform takes 30 characters (limits §3)
    assert all(token.isascii() and token.replace("-", "").isalnum() for token in tokens)
