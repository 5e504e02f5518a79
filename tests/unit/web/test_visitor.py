"""How a phone is recognised again."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from router.web.visitor import HEADER_LIMIT, Named, New, Refused, Remembered, read_visitor, visitor_id

FRESH = "0" * 32


def fresh() -> str:
    return FRESH


SECRET = "9f86d081884c7d659a2feaa0c55ad015"


def test_a_phone_without_cookie_and_header_is_new_and_gets_the_fresh_secret() -> None:
    visitor = read_visitor(None, None, fresh)

    assert visitor == New(hashlib.sha256(FRESH.encode()).hexdigest(), FRESH)


def test_a_phone_that_brings_its_cookie_back_is_the_same_visitor_as_before() -> None:
    first = read_visitor(None, None, lambda: SECRET)

    again = read_visitor(None, SECRET, fresh)

    assert again == Remembered(visitor_id(SECRET), SECRET)
    assert isinstance(first, New)
    assert first.id == visitor_id(SECRET)


def test_the_header_wins_over_the_cookie() -> None:
    visitor = read_visitor("phone-1", SECRET, fresh)

    assert visitor == Named(visitor_id("phone-1"))


def test_a_cookie_we_never_hand_out_makes_a_new_visitor() -> None:
    visitors = [read_visitor(None, cookie, fresh) for cookie in ("", "x", SECRET.upper(), SECRET + "0", "' OR 1=1")]

    assert visitors == [New(visitor_id(FRESH), FRESH)] * 5


def test_a_header_past_the_limit_is_refused_and_told_the_limit() -> None:
    visitor = read_visitor("v" * (HEADER_LIMIT + 1), None, fresh)

    assert visitor == Refused("X-Liveqr-Visitor is longer than 128 characters; send a shorter id")


@given(st.text(min_size=1, max_size=HEADER_LIMIT))
def test_whatever_the_header_says_the_ledger_sees_64_hexadecimal_digits(header: str) -> None:
    visitor = read_visitor(header, None, fresh)

    assert isinstance(visitor, Named)
    assert len(visitor.id) == 64
    assert set(visitor.id) <= set("0123456789abcdef")


@given(st.text(min_size=1, max_size=HEADER_LIMIT), st.text(min_size=1, max_size=HEADER_LIMIT))
def test_two_headers_are_one_visitor_only_if_they_are_equal(one: str, other: str) -> None:
    assert (visitor_id(one) == visitor_id(other)) == (one == other)
