"""The three SHA-1 signatures of WeCom and the Official Account platform (W-90238, W-90506)."""

import hashlib
import hmac


def sign(token: str, timestamp: str, nonce: str, encrypt: str) -> str:
    """Return `msg_signature`: 40 lowercase hex digits over the four strings sorted and joined (W-90238).

    `timestamp` is the text of the query, `encrypt` the base64 text of the body, or of `echostr` on a GET.
    """
    return _sha1_of_sorted(token, timestamp, nonce, encrypt)


def is_signed(token: str, timestamp: str, nonce: str, encrypt: str, signature: str) -> bool:
    """Tell whether `signature` is the `msg_signature` of the other values; takes the same time wherever they differ."""
    expected = _sha1_of_sorted(token, timestamp, nonce, encrypt)
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass"))


def plain_sign(token: str, timestamp: str, nonce: str) -> str:
    """Return the Official Account's three-part `signature`. It covers neither the body nor `echostr`."""
    return _sha1_of_sorted(token, timestamp, nonce)


def jsapi_sign(ticket: str, noncestr: str, timestamp: str, url: str) -> str:
    """Return the JS-SDK signature of a page (W-90506); `url` is as in `location.href`, its `#fragment` is dropped."""
    page, _, _ = url.partition("#")
    signed = f"jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={page}"
    return hashlib.sha1(signed.encode("utf-8", "surrogatepass")).hexdigest()


def _sha1_of_sorted(*parts: str) -> str:
    # Sorting hides swapped arguments: sign(a, b, …) equals sign(b, a, …), so callers must be read with care.
    return hashlib.sha1("".join(sorted(parts)).encode("utf-8", "surrogatepass")).hexdigest()
