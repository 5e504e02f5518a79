"""Whether anybody is there to receive customers, and if not, whether the schedules meant it so."""

import pytest

from router.domain.assignment import Duty
from router.domain.staffing import Staffing, staffing


@pytest.mark.parametrize(
    ("duties", "found"),
    [
        pytest.param(("on", "off_shift", "offline"), "staffed", id="one is enough"),
        pytest.param(("off_shift", "off_shift"), "between_shifts", id="all off shift"),
        pytest.param(("off_shift", "off_duty"), "between_shifts", id="the others are not to work at all"),
        pytest.param(("off_shift", "paused"), "nobody", id="one whose shift it is has paused"),
        pytest.param(("off_shift", "offline"), "nobody", id="one whose shift it is has gone offline"),
        pytest.param(("off_duty", "off_duty"), "nobody", id="the admin lets nobody work"),
        pytest.param((), "nobody", id="there is nobody at all"),
    ],
)
def test_a_pool_is_between_shifts_only_while_everybody_who_may_work_is_off_shift(
    duties: tuple[Duty, ...], found: Staffing
) -> None:
    assert staffing(duties) == found
