"""Stored secrets: AES-256-GCM under the master key, bound to the name they are stored under."""

import base64
import binascii
import secrets
from typing import Any

from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF

VERSION = "v1:"
_NONCE_BYTES = 12
_TAG_BYTES = 16


class SecretUnreadableError(ValueError):
    """A stored secret was sealed with another master key, under another name, or is damaged."""


class SecretBox:
    """Seals and opens short texts with one master key of 32 bytes."""

    __slots__ = ("_master_key",)

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != 32:
            raise ValueError("the master key must be 32 bytes")
        self._master_key = master_key

    def seal(self, name: str, text: str) -> str:
        """``v1:`` and base64 of nonce, tag, ciphertext; ``name`` is authenticated: values cannot change places."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        ciphertext, tag = self._cipher(name, nonce).encrypt_and_digest(text.encode())
        return VERSION + base64.b64encode(nonce + tag + ciphertext).decode()

    def open(self, name: str, sealed: str) -> str:
        """The text that was sealed under ``name``. Raises `SecretUnreadableError`."""
        if not sealed.startswith(VERSION):
            raise SecretUnreadableError(f"the stored value of {name} is of an unknown version")
        try:
            packed = base64.b64decode(sealed.removeprefix(VERSION), validate=True)
            nonce, tag = packed[:_NONCE_BYTES], packed[_NONCE_BYTES : _NONCE_BYTES + _TAG_BYTES]
            ciphertext = packed[_NONCE_BYTES + _TAG_BYTES :]
            text: bytes = self._cipher(name, nonce).decrypt_and_verify(ciphertext, tag)
            return text.decode()
        except (ValueError, binascii.Error) as error:
            raise SecretUnreadableError(f"the stored value of {name} was sealed with another master key") from error

    def derive(self, purpose: str) -> bytes:
        """32 bytes for signing things of one ``purpose``, so that no key serves two."""
        derived = HKDF(self._master_key, 32, b"", SHA256, context=purpose.encode())
        assert isinstance(derived, bytes)  # a tuple only when several keys are asked for
        return derived

    def _cipher(self, name: str, nonce: bytes) -> Any:
        cipher = AES.new(self._master_key, AES.MODE_GCM, nonce=nonce, mac_len=_TAG_BYTES)
        return cipher.update(name.encode())
