"""Signed markers of test scans: a link of a code whose scans, and what follows from them, are counted apart."""

from itsdangerous import BadSignature, URLSafeSerializer

PARAMETER = "test"
LIFETIME = 24 * 60 * 60 * 1000  # ms: long enough for a day of trying, too short to be printed by mistake
PURPOSE = "test scan"  # of the key: ``SecretBox.derive(PURPOSE)``
LONGEST = 200  # characters of a marker


def sign_marker(secret: bytes, slug: str, now: int) -> str:
    """The value of ``test`` in ``/q/{slug}?test=…``, good for `LIFETIME` from ``now`` (ms)."""
    return _serializer(secret).dumps([slug, now + LIFETIME])


def is_marker_of(secret: bytes, marker: str, slug: str, now: int) -> bool:
    """Whether we signed this marker for this code and it is still good; the signature is compared in constant time."""
    if len(marker) > LONGEST:
        return False
    try:
        content = _serializer(secret).loads(marker)
    except (BadSignature, UnicodeError):
        return False
    match content:
        case [str(signed), int(expires_at)]:
            return signed == slug and now < expires_at
        case _:
            return False


def _serializer(secret: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="liveqr.test-scan")
