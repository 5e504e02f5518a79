"""Since when somebody is on shift: what a shift that has just begun has in common with a return."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.schedule import CLOSED_WEEK, Schedule, Shift, on_shift, shift_began
from tests.factories import HOUR, MINUTE, NOW, ZONE, instant


def every_day(*shifts: tuple[int, int]) -> Schedule:
    """Shifts from hour to hour."""
    return Schedule(tuple(tuple(Shift(start * 60, end * 60 % 1440) for start, end in shifts) for _ in CLOSED_WEEK))


@pytest.mark.parametrize(
    ("clock", "began"),
    [
        ("2026-11-21 08:59:59.999", None),
        ("2026-11-21 09:00", "2026-11-21 09:00"),
        ("2026-11-21 09:14:30", "2026-11-21 09:00"),
        ("2026-11-21 09:30:01", None),
        ("2026-11-21 12:10", None),
        ("2026-11-21 13:10", "2026-11-21 13:00"),
        ("2026-11-21 15:10", None),
    ],
)
def test_a_shift_begins_after_a_break_and_not_where_one_follows_another(clock: str, began: str | None) -> None:
    schedule = every_day((9, 12), (13, 15), (15, 18))
    now = instant(clock)

    found = shift_began(schedule, now, ZONE, now - 30 * MINUTE)

    assert found == (instant(began) if began else None)


@given(
    shifts=st.lists(
        st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda each: each[0] != each[1]), max_size=3
    ),
    now=st.integers(NOW, NOW + 24 * HOUR),
    back=st.integers(0, 3 * HOUR),
)
def test_everybody_is_on_shift_from_the_beginning_on_and_not_before(
    shifts: list[tuple[int, int]], now: int, back: int
) -> None:
    schedule = every_day(*shifts)

    began = shift_began(schedule, now, ZONE, now - back)

    held = [on_shift(schedule, at, ZONE) for at in range(now, now - back, -MINUTE)]
    if began is None:
        assert not any(held[:1]) or all(held)
    else:
        assert now - back <= began <= now
        assert not on_shift(schedule, began - 1, ZONE)
        assert all(on_shift(schedule, at, ZONE) for at in range(began, now + 1, MINUTE))
