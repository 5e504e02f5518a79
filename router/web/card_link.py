"""Signed links to the contact card: who may see which customer, and until when."""

from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

LIFETIME = 60 * 60 * 1000  # ms: long enough for one look; the next one gets a link of its own
PURPOSE = "card link"  # of the key: ``SecretBox.derive(PURPOSE)``


@dataclass(frozen=True, slots=True)
class CardLink:
    """``viewer`` opened the card of ``customer`` (external_userid); good until ``expires_at`` (ms).

    ``user_id`` is the viewer's id as a user of the console, who has to be allowed to see the customer whenever the link
    is followed; None for a link that was made over the API.
    """

    customer: str
    viewer: str
    user_id: int | None
    expires_at: int


@dataclass(frozen=True, slots=True)
class LinkInvalid:
    """Not signed by us, or changed on the way."""


@dataclass(frozen=True, slots=True)
class LinkExpired:
    """Was good until ``expires_at`` (ms)."""

    expires_at: int


def sign_card_link(
    secret: bytes, customer: str, viewer: str, now: int, lifetime: int = LIFETIME, *, user_id: int | None = None
) -> str:
    """The value of ``t`` in ``/card/?t=…``, good for ``lifetime`` ms from ``now``."""
    return _serializer(secret).dumps([customer, viewer, user_id, now + lifetime])


def read_card_link(secret: bytes, token: str, now: int) -> CardLink | LinkInvalid | LinkExpired:
    """What a token says; the signature is compared in constant time."""
    try:
        content = _serializer(secret).loads(token)
    except (BadSignature, UnicodeError):
        return LinkInvalid()
    match content:
        case [str(customer), str(viewer), int() | None as user_id, int(expires_at)] if now < expires_at:
            return CardLink(customer, viewer, user_id, expires_at)
        case [str(), str(), int() | None, int(expires_at)]:
            return LinkExpired(expires_at)
        case _:
            return LinkInvalid()


def _serializer(secret: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="liveqr.card")
