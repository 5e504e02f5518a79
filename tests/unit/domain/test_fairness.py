"""How near the customers that agents took come to what their weights would give."""

from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.fairness import Fairness, Taken, fairness

teams = st.lists(st.builds(Taken, st.integers(0, 500), st.integers(1, 1000)), min_size=2, max_size=30).filter(
    lambda team: any(each.taken for each in team)
)


def report(*team: Taken) -> Fairness:
    """On agents numbered from 1."""
    found = fairness(dict(enumerate(team, start=1)))
    assert found is not None
    return found


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=30), st.integers(1, 50))
def test_who_took_alike_for_their_weight_has_index_one_and_nobody_is_away_from_the_share(
    weights: list[int], each: int
) -> None:
    found = report(*(Taken(each * weight, weight) for weight in weights))

    assert (found.jain, found.deviation, found.deviation_share) == (1, 0, 0)


@given(teams)
def test_the_index_lies_between_one_by_agents_and_one(team: list[Taken]) -> None:
    assert 1 / len(team) <= report(*team).jain <= 1


@given(teams)
def test_the_index_is_one_only_when_all_took_alike_for_their_weight(team: list[Taken]) -> None:
    alike = all(each.taken * team[0].weight == team[0].taken * each.weight for each in team)

    assert alike == (report(*team).deviation == 0)
    assert alike or report(*team).jain < 1


@given(st.integers(2, 30), st.integers(1, 500), st.integers(1, 1000))
def test_the_index_is_least_when_one_took_everything(agents: int, taken: int, weight: int) -> None:
    found = report(Taken(taken, weight), *(Taken(0, 1) for _ in range(agents - 1)))

    assert found.jain == pytest.approx(1 / agents)


@given(teams, st.integers(1, 1000), st.integers(1, 1000))
def test_the_index_stays_when_all_that_was_taken_or_all_weights_are_scaled(
    team: list[Taken], more: int, heavier: int
) -> None:
    scaled = report(*(Taken(each.taken * more, each.weight * heavier) for each in team))

    assert scaled.jain == report(*team).jain
    assert scaled.deviation_share == report(*team).deviation_share


@given(teams)
def test_shares_come_to_all_that_was_taken_and_differences_to_nothing(team: list[Taken]) -> None:
    found = report(*team)
    total = sum(each.taken for each in team)

    assert fsum(share.expected for share in found.shares.values()) == pytest.approx(total)
    assert fsum(share.difference for share in found.shares.values()) == pytest.approx(0, abs=1e-6)
    assert max(abs(share.difference) for share in found.shares.values()) == found.deviation


def test_three_agents_of_whom_the_heavy_one_took_too_little() -> None:
    found = report(Taken(6, 3), Taken(4, 1), Taken(2, 1))

    assert [found.shares[id].expected for id in (1, 2, 3)] == pytest.approx([7.2, 2.4, 2.4])
    assert [found.shares[id].difference for id in (1, 2, 3)] == pytest.approx([-1.2, 1.6, -0.4])
    assert found.furthest == 2
    assert found.deviation == pytest.approx(1.6)
    assert found.deviation_share == pytest.approx(1.6 / 12)
    assert found.jain == pytest.approx((2 + 4 + 2) ** 2 / (3 * (4 + 16 + 4)))


@pytest.mark.parametrize("agents", [{}, {1: Taken(5, 1)}, {1: Taken(0, 1), 2: Taken(0, 3)}])
def test_one_agent_alone_and_nothing_taken_are_not_compared(agents: dict[int, Taken]) -> None:
    assert fairness(agents) is None
