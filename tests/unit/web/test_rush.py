"""How many new visitors an address may bring in a minute."""

import pytest

from router.web.rush import MINUTE, Rush, network_of


def refused(
    rush: Rush, visitors: list[str], *, address: str = "203.0.113.7", limit: int = 2, now: int = 0
) -> list[str]:
    """Those of the visitors who are told to slow down."""
    return [each for each in visitors if rush.is_too_much(address, each, limit, now)]


def test_more_visitors_than_the_limit_are_told_to_slow_down_and_those_before_stay_welcome() -> None:
    assert refused(Rush(), ["a", "b", "c", "a", "b", "d"]) == ["c", "d"]


def test_the_next_minute_begins_anew() -> None:
    rush = Rush()
    refused(rush, ["a", "b", "c"])

    assert refused(rush, ["c", "d", "e"], now=MINUTE) == ["e"]


def test_a_clock_that_is_set_back_begins_a_minute_too() -> None:
    rush = Rush()
    refused(rush, ["a", "b"], now=60 * MINUTE)

    assert refused(rush, ["c"], now=0) == []


def test_addresses_are_counted_apart() -> None:
    rush = Rush()
    refused(rush, ["a", "b"])

    assert refused(rush, ["c"], address="203.0.113.8") == []


def test_a_limit_of_zero_is_none() -> None:
    assert refused(Rush(), [str(number) for number in range(1_000)], limit=0) == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", ""])
def test_this_machine_itself_is_not_limited(address: str) -> None:
    assert refused(Rush(), ["a", "b", "c"], address=address) == []


def test_a_household_counts_as_one_address() -> None:
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of("::ffff:203.0.113.7") == network_of("203.0.113.7") == "203.0.113.7"
