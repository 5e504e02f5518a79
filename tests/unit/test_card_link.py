"""Links to the contact card: ours alone, for one customer, for an hour."""

from hypothesis import given
from hypothesis import strategies as st

from router.web.card_link import LIFETIME, CardLink, LinkExpired, LinkInvalid, read_card_link, sign_card_link

SECRET = b"a key for card links"
NOW = 1_760_000_000_000


@given(st.text(max_size=64), st.text(max_size=64), st.none() | st.integers(1))
def test_a_link_says_who_sees_whom(customer: str, viewer: str, user_id: int | None) -> None:
    token = sign_card_link(SECRET, customer, viewer, NOW, user_id=user_id)

    assert read_card_link(SECRET, token, NOW) == CardLink(customer, viewer, user_id, NOW + LIFETIME)


def test_a_link_ends() -> None:
    token = sign_card_link(SECRET, "wm1", "api", NOW)

    assert isinstance(read_card_link(SECRET, token, NOW + LIFETIME - 1), CardLink)
    assert read_card_link(SECRET, token, NOW + LIFETIME) == LinkExpired(NOW + LIFETIME)


def test_a_link_signed_with_another_key_is_not_ours() -> None:
    token = sign_card_link(b"another key", "wm1", "api", NOW)

    assert read_card_link(SECRET, token, NOW) == LinkInvalid()


@given(st.text(max_size=100))
def test_any_text_may_be_asked_for(token: str) -> None:
    assert read_card_link(SECRET, token, NOW) == LinkInvalid()
