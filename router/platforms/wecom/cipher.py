"""WeCom's message encryption: AES-256-CBC over random, length, message, receive id (W-90238)."""

import base64
import binascii
import hmac
import re
import struct
from typing import Final

from Crypto.Cipher import AES

from router.platforms.wecom.callback_errors import (
    Base64Invalid,
    CiphertextInvalid,
    KeyInvalid,
    PaddingInvalid,
    PlaintextInvalid,
    ReceiveIdMismatch,
)

_KEY_TEXT: Final = re.compile(r"[A-Za-z0-9+/]{43}")
_AES_BLOCK: Final = 16
# WeCom pads to 32, not to the AES block of 16; a library's unpad(…, 16) refuses half of all messages.
_PADDING_BLOCK: Final = 32
_LENGTH: Final = struct.Struct(">I")
_MESSAGE_START: Final = 16 + _LENGTH.size


class Cipher:
    """Encrypts and decrypts the messages of one callback configuration.

    `encoding_aes_key` is the console's 43 characters, `receive_id` the corp id (or the Official Account's app id).
    Raises `KeyInvalid`. Instances are immutable and may be shared between threads.
    """

    __slots__ = ("_blocks", "_iv", "_key", "_receive_id")

    def __init__(self, encoding_aes_key: str, receive_id: str) -> None:
        self._key = _aes_key(encoding_aes_key)
        self._iv = self._key[:_AES_BLOCK]
        self._blocks = AES.new(self._key, AES.MODE_ECB)
        self._receive_id = receive_id.encode()

    def encrypt(self, message: bytes, random16: bytes) -> str:
        """Return the base64 text of `message`; `random16` is 16 fresh random bytes."""
        if len(random16) != 16:
            raise ValueError(f"random16 has {len(random16)} bytes, not 16")
        plain = b"".join((random16, _LENGTH.pack(len(message)), message, self._receive_id))
        pad = _PADDING_BLOCK - len(plain) % _PADDING_BLOCK
        padded = plain + bytes([pad]) * pad
        return base64.b64encode(AES.new(self._key, AES.MODE_CBC, self._iv).encrypt(padded)).decode("ascii")

    def decrypt(self, encrypted: str) -> bytes:
        """Return the message inside `encrypted`. Verify the signature first: these errors tell a forger about padding.

        Raises `Base64Invalid`, `CiphertextInvalid`, `PaddingInvalid`, `PlaintextInvalid` or `ReceiveIdMismatch`.
        """
        ciphertext = _decode(encrypted)
        if not ciphertext or len(ciphertext) % _AES_BLOCK:
            raise CiphertextInvalid(f"the ciphertext has {len(ciphertext)} bytes, not a multiple of {_AES_BLOCK}")
        plain = _unpad(self._decrypt_chained(ciphertext))
        message, receive_id = _split(plain)
        if not hmac.compare_digest(receive_id, self._receive_id):
            raise ReceiveIdMismatch("the message ends with another receive id than the configured one")
        return message

    def _decrypt_chained(self, ciphertext: bytes) -> bytes:
        # CBC is each block, decrypted, XOR the ciphertext one block before. Done here, the expanded key serves all
        # messages; the library's CBC object serves one, and making it takes three times as long as decrypting with it.
        chain = self._iv + ciphertext[:-_AES_BLOCK]
        blocks = self._blocks.decrypt(ciphertext)
        return (int.from_bytes(blocks, "big") ^ int.from_bytes(chain, "big")).to_bytes(len(blocks), "big")


def _aes_key(encoding_aes_key: str) -> bytes:
    # The 43rd character carries two spare bits, and published keys set them: they are accepted, as WeCom accepts them.
    if not _KEY_TEXT.fullmatch(encoding_aes_key):
        raise KeyInvalid(
            f"EncodingAESKey must be 43 letters and digits; this one has {len(encoding_aes_key)} characters"
        )
    return base64.b64decode(encoding_aes_key + "=")


def _decode(encrypted: str) -> bytes:
    try:
        return binascii.a2b_base64(encrypted, strict_mode=True)
    except ValueError as error:
        raise Base64Invalid(f"the encrypted text is not standard base64: {error}") from None


def _unpad(padded: bytes) -> bytes:
    pad = padded[-1]
    if not 1 <= pad <= _PADDING_BLOCK or padded[-pad:] != bytes([pad]) * pad:
        raise PaddingInvalid("the decrypted bytes do not end with a padding of 1 to 32 equal bytes")
    return padded[:-pad]


def _split(plain: bytes) -> tuple[bytes, bytes]:
    if len(plain) < _MESSAGE_START:
        raise PlaintextInvalid(
            f"the decrypted content has {len(plain)} bytes, fewer than its header of {_MESSAGE_START}"
        )
    (length,) = _LENGTH.unpack_from(plain, 16)
    end = _MESSAGE_START + length
    if end > len(plain):
        raise PlaintextInvalid(f"the decrypted content announces {length} bytes of message and holds {len(plain) - 20}")
    return plain[_MESSAGE_START:end], plain[end:]
