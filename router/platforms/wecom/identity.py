"""What makes two deliveries the same message.

WeCom's own rule for events, sender and second of creation, loses customers: every customer event is sent by `sys`, and
two customers may arrive in the same second. All leaf elements together tell them apart, and a repeat has the same ones.
"""

import hashlib
from dataclasses import dataclass
from typing import TypeAlias

from router.platforms.wecom.callback_errors import XmlInvalid
from router.platforms.wecom.xml import Leaf, remembered_leaves


@dataclass(frozen=True, slots=True)
class Readable:
    """A plaintext that is XML, with its identity and its leaf elements."""

    identity: str
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A plaintext that is not XML: it is kept under the digest of its bytes, with the reason."""

    identity: str
    reason: str


Read: TypeAlias = Readable | Unreadable


def read(plaintext: bytes) -> Read:
    """Parse a decrypted message once, for its identity and its leaves; never raises for bad content."""
    try:
        found = remembered_leaves(plaintext)
    except XmlInvalid as error:
        return Unreadable(digest_identity(plaintext), error.detail)
    return Readable(identity(found), found)


def identity(message: tuple[Leaf, ...]) -> str:
    """Return the key under which repeated deliveries are one: `ToUserName|MsgId`, or for events a SHA-256 in hex.

    Independent of element order, CDATA and layout. Unique within one callback configuration: put its name in front.
    """
    fields = dict(message)
    message_id, receiver = fields.get("MsgId", ""), fields.get("ToUserName", "")
    # A MsgId is a 64-bit integer; anything longer would make a key too long to index.
    if 0 < len(message_id) <= 20 and len(receiver) <= 64 and fields.get("MsgType") != "event":
        return f"{receiver}|{message_id}"
    # XML cannot carry U+001E and U+001F: with them as separators, two different lists never make the same text.
    canonical = "\x1e".join(map("\x1f".join, sorted(message)))
    return hashlib.sha256(canonical.encode()).hexdigest()


def digest_identity(plaintext: bytes) -> str:
    """Return the identity of a plaintext that cannot be parsed: the SHA-256 of its bytes in hex."""
    return hashlib.sha256(plaintext).hexdigest()
