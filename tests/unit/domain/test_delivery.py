"""What becomes of an effect after an attempt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.delivery import (
    ATTEMPTS,
    LONGEST_PAUSE,
    Done,
    Finish,
    Outcome,
    Refused,
    Retry,
    TooLate,
    TryAgain,
    hasty_pause_after,
    next_step,
    pause_after,
)
from tests.factories import MINUTE, NOW, SECOND


@pytest.mark.parametrize(
    ("outcome", "attempts", "deadline_at", "step"),
    [
        pytest.param(Done(), 1, None, Finish("done"), id="done"),
        pytest.param(Done(), 1, NOW - 1, Finish("done"), id="done, though its deadline has passed"),
        pytest.param(Refused("no"), 1, None, Finish("failed"), id="refused for good"),
        pytest.param(TooLate("over"), 1, None, Finish("late"), id="too late"),
        pytest.param(TryAgain("busy"), 1, None, Retry(NOW + SECOND), id="a first failure"),
        pytest.param(TryAgain("busy"), 4, None, Retry(NOW + 8 * SECOND), id="a fourth failure"),
        pytest.param(TryAgain("limit", pause=MINUTE), 4, None, Retry(NOW + MINUTE), id="a pause of its own"),
        pytest.param(TryAgain("limit", pause=0), 1, None, Retry(NOW), id="at once"),
        pytest.param(TryAgain("busy"), ATTEMPTS, None, Finish("failed"), id="the last attempt allowed"),
        pytest.param(TryAgain("busy", at_most=2), 2, None, Finish("failed"), id="the last of few attempts"),
        pytest.param(TryAgain("busy"), 1, NOW + SECOND + 1, Retry(NOW + SECOND), id="just before the deadline"),
        pytest.param(TryAgain("busy"), 1, NOW + SECOND, Finish("late"), id="at the deadline"),
        pytest.param(TryAgain("busy"), ATTEMPTS, NOW, Finish("failed"), id="given up and late is given up"),
    ],
)
def test_the_step_after_an_attempt(
    outcome: Outcome, attempts: int, deadline_at: int | None, step: Finish | Retry
) -> None:
    assert next_step(outcome, attempts, NOW, deadline_at) == step


def test_all_attempts_together_outlast_an_outage_of_two_hours() -> None:
    assert 2 * 60 * MINUTE < sum(pause_after(attempt) for attempt in range(1, ATTEMPTS)) < 6 * 60 * MINUTE


def test_hasty_attempts_fit_into_the_window_of_a_welcome() -> None:
    pauses = [hasty_pause_after(attempt) for attempt in range(1, 8)]

    assert pauses == [250, 500, 1_000, 2_000, 2_000, 2_000, 2_000]


@given(st.integers(1, 10**9))
def test_pauses_grow_up_to_their_longest_and_never_overflow(attempts: int) -> None:
    assert SECOND <= pause_after(attempts) <= pause_after(attempts + 1) <= LONGEST_PAUSE
    assert hasty_pause_after(attempts) <= hasty_pause_after(attempts + 1) <= 2 * SECOND
