"""The link with which a code is tried: good for that code, for a day, and only as we signed it."""

import pytest

from router.web.test_marker import LIFETIME, is_marker_of, sign_marker

SECRET, NOW = b"s" * 32, 1_795_000_000_000


def test_a_marker_is_good_for_a_day() -> None:
    marker = sign_marker(SECRET, "spring", NOW)

    good = [is_marker_of(SECRET, marker, "spring", NOW + later) for later in (0, LIFETIME - 1, LIFETIME)]

    assert good == [True, True, False]


def test_a_marker_of_one_code_says_nothing_of_another() -> None:
    marker = sign_marker(SECRET, "spring", NOW)

    assert not is_marker_of(SECRET, marker, "autumn", NOW)


@pytest.mark.parametrize("marker", ["", "1", "yes", "a.b", "=" * 500, "\ud800", "林", "W10.abc"])
def test_what_we_did_not_sign_is_no_marker(marker: str) -> None:
    forged = sign_marker(b"x" * 32, "spring", NOW)

    assert [is_marker_of(SECRET, each, "spring", NOW) for each in (marker, forged)] == [False, False]
