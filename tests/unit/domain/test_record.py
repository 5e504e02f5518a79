"""What a decision keeps of its candidates comes back as it was."""

from dataclasses import asdict, replace

from router.db import json
from router.domain.assignment import Ask, Candidate, rank
from router.domain.capacity import Limit
from router.domain.record import packed, unpacked
from router.handlers.why import Asked, describe

ANN = Candidate(
    1,
    "ann",
    "陈雨",
    2,
    3,
    "on",
    True,
    4,
    (Limit("agent:1", "day", 20, 3, "agent:1"), Limit("agent:1@pool:7", "round", 2, 1, "pool:7")),
    skills=("english",),
)
BO = Candidate(2, "bo", "Bo", 1, 0, "paused", True, 0, (), role="backup", ramp_left=2)


def test_candidates_come_back_by_name_with_their_limits() -> None:
    stored = json.load(describe([Asked(7, 3, rank([ANN, BO], Ask()))], ANN))

    by_name = [{name: value for name, value in asdict(each).items() if name != "recorded"} for each in (ANN, BO)]
    assert unpacked(stored)["candidates"] == json.load(json.dump(by_name))


def test_the_pools_that_were_full_before_are_read_too() -> None:
    pools = [Asked(7, 3, rank([BO], Ask())), Asked(8, 1, rank([ANN], Ask()))]

    before = unpacked(json.load(describe(pools, ANN)))["spilled_from"]

    assert [each["candidates"][0]["agent_id"] for each in before] == [2]


def test_an_empty_decision_stays_empty() -> None:
    assert unpacked({}) == {}


def test_nobody_and_one_comes_back_too() -> None:
    for candidates in ([], [ANN], [ANN, ANN]):
        stored = json.load(describe([Asked(7, 3, rank(candidates, Ask()))], None))

        assert [each["userid"] for each in unpacked(stored)["candidates"]] == ["ann"] * len(candidates)


def test_fifty_candidates_take_a_third_of_what_names_would() -> None:
    fifty = [replace(ANN, agent_id=id, userid=f"agent{id}", name=f"陈雨{id}", load=id % 7) for id in range(50)]

    assert len(json.dump(packed(fifty))) < len(json.dump([asdict(each) for each in fifty])) / 3
