"""Opening callbacks: verify, then decrypt, with the current credentials and then with the previous ones."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from router.platforms.wecom.callback_errors import CallbackRefused, SignatureInvalid
from router.platforms.wecom.cipher import Cipher
from router.platforms.wecom.signature import is_signed


@dataclass(frozen=True, slots=True)
class CallbackCredentials:
    """What the admin console shows for one callback configuration. Secrets stay out of `repr`.

    The previous Token and EncodingAESKey are kept while deliveries made before a change may still arrive; either may be
    None when it did not change. Raises `KeyInvalid`.
    """

    token: str = field(repr=False)
    encoding_aes_key: str = field(repr=False)
    receive_id: str
    previous_token: str | None = field(default=None, repr=False)
    previous_encoding_aes_key: str | None = field(default=None, repr=False)
    cipher: Cipher = field(init=False, repr=False, compare=False)
    previous_cipher: Cipher | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cipher", Cipher(self.encoding_aes_key, self.receive_id))
        object.__setattr__(self, "previous_cipher", self._make_previous_cipher())

    def _make_previous_cipher(self) -> Cipher | None:
        if self.previous_token is None and self.previous_encoding_aes_key is None:
            return None
        return Cipher(self.previous_encoding_aes_key or self.encoding_aes_key, self.receive_id)

    def in_order_of_trial(self) -> Iterator[tuple[str, Cipher]]:
        """Yield (token, cipher): the current pair, then the previous one if there is one."""
        yield self.token, self.cipher
        if self.previous_cipher is not None:
            yield self.previous_token or self.token, self.previous_cipher


@dataclass(frozen=True, slots=True)
class Opened:
    """A verified, decrypted callback. A passive reply must be sealed with the pair that opened it."""

    plaintext: bytes
    used_previous: bool


def open_callback(
    credentials: CallbackCredentials, timestamp: str, nonce: str, signature: str, encrypted: str
) -> Opened:
    """Verify and decrypt; `timestamp`, `nonce`, `signature` are the query's values, decoded once.

    Raises `SignatureInvalid` when neither Token made the signature, otherwise the error of the decryption that failed.
    """
    refused: CallbackRefused | None = None
    for trial, (token, cipher) in enumerate(credentials.in_order_of_trial()):
        if not is_signed(token, timestamp, nonce, encrypted, signature):
            continue
        try:
            return Opened(cipher.decrypt(encrypted), used_previous=trial > 0)
        except CallbackRefused as error:
            refused = error
    raise refused or SignatureInvalid("the signature was made with another Token or over other values")


def verify_url(credentials: CallbackCredentials, timestamp: str, nonce: str, signature: str, echostr: str) -> bytes:
    """Return the bytes with which the console's URL check must be answered, nothing added (W-90930).

    Raises like `open_callback`.
    """
    try:
        return open_callback(credentials, timestamp, nonce, signature, echostr).plaintext
    except SignatureInvalid:
        # A proxy or framework that decodes twice turns the base64 "+" into a space; base64 itself has no spaces.
        if " " not in echostr:
            raise
        return open_callback(credentials, timestamp, nonce, signature, echostr.replace(" ", "+")).plaintext
