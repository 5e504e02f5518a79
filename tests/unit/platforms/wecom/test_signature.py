import itertools

from hypothesis import given
from hypothesis import strategies as st

from router.platforms.wecom.signature import is_signed, jsapi_sign, sign


@given(st.text(max_size=10), st.text(max_size=10), st.text(max_size=10), st.text(max_size=10))
def test_the_order_of_the_four_strings_does_not_matter(token: str, timestamp: str, nonce: str, encrypt: str) -> None:
    signatures = {sign(*order) for order in itertools.permutations((token, timestamp, nonce, encrypt))}

    assert len(signatures) == 1


@given(st.text(max_size=50))
def test_no_text_but_the_signature_is_one(candidate: str) -> None:
    signature = sign("token", "1770000000", "nonce", "encrypt")

    assert is_signed("token", "1770000000", "nonce", "encrypt", candidate) == (candidate == signature)


def test_lone_surrogates_in_the_query_are_refused_and_do_not_crash() -> None:
    assert not is_signed("token", "\ud800", "nonce", "encrypt", "\udfff")


def test_an_upper_case_signature_is_refused() -> None:
    signature = sign("token", "1770000000", "nonce", "encrypt")

    assert not is_signed("token", "1770000000", "nonce", "encrypt", signature.upper())


def test_a_page_is_signed_without_its_fragment() -> None:
    page = "https://example.test/board?pool=1"

    signatures = {jsapi_sign("ticket", "nonce", "1770000000", url) for url in (page, page + "#top", page + "#a#b")}

    assert len(signatures) == 1
