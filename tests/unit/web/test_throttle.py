"""How often a password may be tried, by whom and from where."""

import pytest

from router.web.console.throttle import SPAN, Limits, Throttle

NOW = 1_760_000_000_000
LIMITS = Limits(per_user_at_address=2, per_address=3, per_user=4)


@pytest.mark.parametrize(
    ("tries", "taken"),
    [
        pytest.param(["mei@a"] * 3, 2, id="one user at one address"),
        pytest.param(["mei@a", "MEI@a", "Mei@a"], 2, id="however the name is written"),
        pytest.param(["mei@a", "lin@a", "bo@a", "wu@a"], 3, id="many users at one address"),
        pytest.param(["mei@a", "mei@b", "mei@c", "mei@d", "mei@e"], 4, id="one user at many addresses"),
    ],
)
def test_each_limit_refuses_the_try_after_its_last(tries: list[str], taken: int) -> None:
    throttle = Throttle(LIMITS)

    asked = [each.partition("@") for each in tries]
    answers = [throttle.take(username, address, NOW) is not None for username, _, address in asked]

    assert answers == [True] * taken + [False]


def test_a_try_counts_for_five_minutes_and_a_refused_one_not_at_all() -> None:
    throttle = Throttle(LIMITS)
    for _ in range(10):
        throttle.take("mei", "a", NOW)

    before, after = throttle.take("mei", "a", NOW + SPAN - 1), throttle.take("mei", "a", NOW + SPAN)

    assert (before is None, after is None) == (True, False)


def test_a_try_that_is_given_back_does_not_count() -> None:
    throttle = Throttle(LIMITS)

    for _ in range(10):
        taken = throttle.take("mei", "a", NOW)
        assert taken is not None
        throttle.give_back(taken)
