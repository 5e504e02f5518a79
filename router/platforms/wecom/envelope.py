"""The outer layer of a callback: what WeCom posts, what is answered, what the URL check carries (W-90238, W-90930)."""

from dataclasses import dataclass

from router.platforms.wecom.callback_errors import EnvelopeInvalid
from router.platforms.wecom.cipher import Cipher
from router.platforms.wecom.signature import sign
from router.platforms.wecom.xml import Node, leaves, write


@dataclass(frozen=True, slots=True)
class Envelope:
    """The body of a callback as it arrived.

    Only `encrypt` is covered by the signature: `to_user_name` and `agent_id` are claims, never to be trusted.
    """

    encrypt: str
    to_user_name: str
    agent_id: str


def parse_envelope(body: bytes) -> Envelope:
    """Read a request body by element name: any order, any root, CDATA or not; missing ids become "".

    Raises `XmlInvalid`, or `EnvelopeInvalid` when the body is JSON, has no `Encrypt`, or names an element twice.
    """
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        raise EnvelopeInvalid("the body is JSON; set the callback's message format to XML in the admin console")
    found = leaves(body)
    fields = dict(found)
    if len(fields) < len(found):
        raise EnvelopeInvalid("an element occurs twice in the body")
    encrypt = fields.get("Encrypt", "").strip()
    if not encrypt:
        raise EnvelopeInvalid("the body has no Encrypt element")
    return Envelope(encrypt, fields.get("ToUserName", ""), fields.get("AgentID", ""))


@dataclass(frozen=True, slots=True)
class Sealed:
    """A request as the platform makes it: the query, still to be percent-encoded, and the body (empty on a GET)."""

    query: dict[str, str]
    body: bytes


def seal_reply(cipher: Cipher, token: str, message: bytes, *, timestamp: int, nonce: str, random16: bytes) -> bytes:
    """Return the encrypted passive reply (W-90241); `timestamp` in Unix seconds, `random16` 16 fresh random bytes."""
    encrypt = cipher.encrypt(message, random16)
    signature = sign(token, str(timestamp), nonce, encrypt)
    return write([("Encrypt", encrypt), ("MsgSignature", signature), ("TimeStamp", timestamp), ("Nonce", nonce)])


def seal_event(
    cipher: Cipher,
    token: str,
    message: bytes,
    *,
    to_user_name: str,
    agent_id: int | None,
    timestamp: int,
    nonce: str,
    random16: bytes,
) -> Sealed:
    """Return the POST with which the platform delivers `message`; `agent_id` is None outside app callbacks."""
    encrypt = cipher.encrypt(message, random16)
    address: list[Node] = [("ToUserName", to_user_name)]
    if agent_id is not None:
        address.append(("AgentID", str(agent_id)))
    query = _signed_query(token, timestamp, nonce, encrypt)
    return Sealed(query, write([*address, ("Encrypt", encrypt)]))


def seal_echo(cipher: Cipher, token: str, echo: bytes, *, timestamp: int, nonce: str, random16: bytes) -> Sealed:
    """Return the GET with which the platform checks a callback URL; the answer must be exactly `echo` (W-90930)."""
    echostr = cipher.encrypt(echo, random16)
    return Sealed({**_signed_query(token, timestamp, nonce, echostr), "echostr": echostr}, b"")


def _signed_query(token: str, timestamp: int, nonce: str, encrypt: str) -> dict[str, str]:
    signature = sign(token, str(timestamp), nonce, encrypt)
    return {"msg_signature": signature, "timestamp": str(timestamp), "nonce": nonce}
