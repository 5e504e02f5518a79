"""A past day run again: the same ranking, other numbers, nothing written."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.assignment import Duty
from router.domain.capacity import Window
from router.domain.whatif import Arrival, Member, Outcome, Setup, SimulatedCode, SimulatedPool, simulate

SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = 1_795_190_400_000  # 2026-11-21 00:00 in Shanghai
MINUTE = 60_000
HOUR = 60 * MINUTE

ANN, BEN = 1, 2


def always(_at: int) -> Duty:
    return "on"


def in_the_morning(at: int) -> Duty:
    return "on" if at < MIDNIGHT + 12 * HOUR else "off_shift"


def setup(
    *members: Member,
    caps: dict[tuple[str, Window], int] | None = None,
    pool: SimulatedPool | None = None,
    fallback: SimulatedPool | None = None,
) -> Setup:
    first = pool or SimulatedPool("idle_first", 100, members)
    pools = {1: first} if fallback is None else {1: first, 2: fallback}
    return Setup(pools, {7: SimulatedCode(1)}, caps or {}, SHANGHAI)


def ann(**different: object) -> Member:
    return Member(**{"agent_id": ANN, "name": "Ann", "weight": 1, "duty": always, **different})  # type: ignore[arg-type]


def ben(**different: object) -> Member:
    return Member(**{"agent_id": BEN, "name": "Ben", "weight": 1, "duty": always, **different})  # type: ignore[arg-type]


def visitors(count: int, every: int = MINUTE, fate: str = "stays") -> list[Arrival]:
    return [Arrival(MIDNIGHT + number * every, 7, f"v{number}", fate) for number in range(count)]  # type: ignore[arg-type]


def test_a_raised_cap_receives_whom_the_old_one_turned_away() -> None:
    day = visitors(30)

    as_it_was = simulate(day, setup(ann(), caps={("agent:1", "day"): 20}))
    raised = simulate(day, setup(ann(), caps={("agent:1", "day"): 25}))

    assert (as_it_was.received, as_it_was.full[7]) == (20, 10)
    assert (raised.received, raised.full[7]) == (25, 5)


def test_weights_share_the_day() -> None:
    outcome = simulate(visitors(90), setup(ann(weight=2), ben(weight=1)))

    assert outcome.by_agent == {ANN: 60, BEN: 30}


def test_somebody_off_shift_receives_nobody() -> None:
    outcome = simulate(visitors(24, every=HOUR), setup(ann(duty=in_the_morning), ben()))

    assert outcome.by_agent == {ANN: 6, BEN: 18}


def test_a_place_nobody_used_comes_back_after_the_hold() -> None:
    outcome = simulate(visitors(3, every=21 * MINUTE, fate="leaves"), setup(ann(), caps={("agent:1", "day"): 1}))

    assert (outcome.received, outcome.full[7]) == (3, 0)


def test_a_visitor_who_has_a_place_takes_no_second_one() -> None:
    twice = [Arrival(MIDNIGHT, 7, "v"), Arrival(MIDNIGHT + MINUTE, 7, "v")]

    outcome = simulate(twice, setup(ann()))

    assert (outcome.received, outcome.again) == (1, 1)


def test_a_full_pool_leaves_the_rest_to_its_fallback() -> None:
    first = SimulatedPool("idle_first", 100, (ann(),), fallback_pool_id=2)

    outcome = simulate(
        visitors(5), setup(pool=first, fallback=SimulatedPool("idle_first", 100, (ben(),)), caps={("pool:1", "day"): 2})
    )

    assert outcome.by_agent == {ANN: 2, BEN: 3}


def test_two_pools_that_fall_back_on_each_other_end_in_full() -> None:
    first = SimulatedPool("idle_first", 100, (), fallback_pool_id=2)
    second = SimulatedPool("idle_first", 100, (), fallback_pool_id=1)

    assert simulate(visitors(2), setup(pool=first, fallback=second)).full[7] == 2


def test_a_round_begins_anew_when_everybody_had_their_turns() -> None:
    members = (ann(position=0), ben(position=1))
    in_turn = SimulatedPool("sequential", 100, members)

    outcome = simulate(visitors(10), setup(pool=in_turn, caps={("pool:1", "round"): 2}))

    assert outcome.by_agent == {ANN: 6, BEN: 4}  # two and two and two, …


def test_midnight_gives_a_new_day() -> None:
    outcome = simulate(visitors(48, every=HOUR), setup(ann(), caps={("agent:1", "day"): 3}))

    assert outcome.received == 6


@pytest.mark.parametrize("backup_percent", [50, 100])
@given(
    count=st.integers(0, 60),
    agents=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 15)), min_size=1, max_size=5),
    pool_cap=st.none() | st.integers(0, 40),
    policy=st.sampled_from(["idle_first", "round_robin", "sequential", "weighted_random"]),
)
def test_no_cap_is_passed_and_nobody_is_turned_away_while_a_place_is_free(
    backup_percent: int, count: int, agents: list[tuple[int, int]], pool_cap: int | None, policy: str
) -> None:
    members = tuple(Member(id, str(id), weight, always, position=id) for id, (weight, _) in enumerate(agents, 1))
    caps: dict[tuple[str, Window], int] = {(f"agent:{id}", "day"): places for id, (_, places) in enumerate(agents, 1)}
    if pool_cap is not None:
        caps["pool:1", "day"] = pool_cap
    pool = SimulatedPool(policy, backup_percent, members)  # type: ignore[arg-type]

    outcome: Outcome = simulate(visitors(count, every=1000), setup(pool=pool, caps=caps))

    places = sum(cap for (subject, _), cap in caps.items() if subject.startswith("agent"))
    expected = min(count, places if pool_cap is None else min(places, pool_cap))
    assert outcome.received == expected
    assert outcome.full[7] == count - expected
    assert all(outcome.by_agent[id] <= places for id, (_, places) in enumerate(agents, 1))
