"""Requests byte by byte: what no well-behaved client would send has to be written by hand."""

import base64
import hashlib
import socket
import struct
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from Crypto.Cipher import AES

TIMESTAMP, NONCE = "1770000000", "nonce-1"
RANDOM16 = bytes(range(16))
BLOCK = 32
ANSWER_WITHIN = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Keys:
    """Token and EncodingAESKey of one callback, and the corporation it belongs to."""

    token: str = "corpustoken"
    encoding_aes_key: str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    receive_id: str = "wwcorpus0000000001"


KEYS = Keys()
PREVIOUS = Keys(token="previoustoken", encoding_aes_key="bcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH")
STRANGER = Keys(token="strangertoken", encoding_aes_key="cdefghijklmnopqrstuvwxyz0123456789ABCDEFGHI")


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Without ``chunks`` the body goes with its length, or with ``announced`` instead of it."""

    method: str = "POST"
    path: str = "/callback/contact"
    query: str = ""
    body: bytes = b""
    headers: tuple[str, ...] = ("Content-Type: text/xml",)
    announced: str | None = None
    chunks: tuple[bytes, ...] = ()

    def raw(self) -> bytes:
        target = f"{self.path}?{self.query}" if self.query else self.path
        lines = [f"{self.method} {target} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *self.headers]
        if self.chunks:
            parts = [f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (*self.chunks, b"")]
            return _head([*lines, "Transfer-Encoding: chunked"]) + b"".join(parts)
        return _head([*lines, f"Content-Length: {self.announced or len(self.body)}"]) + self.body


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 when the connection was closed without an answer."""

    status: int
    body: bytes = field(default=b"", repr=False)


def send(port: int, raw: bytes, *, closes: bool = False) -> Answer:
    """Send the bytes, end our side if ``closes``, and read until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_WITHIN) as connection:
        received = bytearray()
        try:
            connection.sendall(raw)
            if closes:
                connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65_536):
                received += part
        except (ConnectionResetError, BrokenPipeError):
            pass  # refused before it was read to the end; what was answered before that counts
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    return Answer(int(head.split(b" ", 2)[1]) if head else 0, body)


def sealed(plaintext: bytes, keys: Keys = KEYS, **changes: str) -> Request:
    """The POST with which the platform would deliver ``plaintext``; ``changes`` replace query values after signing."""
    return delivering(encrypted(plaintext, keys), keys, **changes)


def delivering(encrypt: str, keys: Keys = KEYS, **changes: str) -> Request:
    """The signed POST of a ciphertext in its text form."""
    body = f"<xml><ToUserName>{keys.receive_id}</ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
    return Request(query=signed(encrypt, keys, **changes), body=body.encode())


def with_body(body: bytes, encrypt: str = "") -> Request:
    """A POST of any bytes, signed as if ``encrypt`` were its ciphertext."""
    return Request(query=signed(encrypt), body=body)


def asking(echo: bytes, keys: Keys = KEYS, *, plus: str = "%2B", **changes: str) -> Request:
    """The GET with which the console checks a URL; ``plus`` is how the base64 ``+`` is written."""
    echostr = encrypted(echo, keys)
    query = signed(echostr, keys, **changes)
    return Request("GET", query=f"{query}&echostr={quote(echostr, safe='').replace('%2B', plus)}", headers=())


def signed(encrypt: str, keys: Keys = KEYS, **changes: str) -> str:
    """The query of a signed request; an empty change leaves the parameter out."""
    signature = hashlib.sha1("".join(sorted((keys.token, TIMESTAMP, NONCE, encrypt))).encode()).hexdigest()
    values = {"msg_signature": signature, "timestamp": TIMESTAMP, "nonce": NONCE, **changes}
    return urlencode({name: value for name, value in values.items() if value})


def encrypted(message: bytes, keys: Keys = KEYS, random16: bytes = RANDOM16) -> str:
    """A message as the platform encrypts it (W-90238)."""
    plain = random16 + struct.pack(">I", len(message)) + message + keys.receive_id.encode()
    pad = BLOCK - len(plain) % BLOCK
    return encrypted_layout(plain + bytes([pad]) * pad, keys)


def encrypted_layout(padded: bytes, keys: Keys = KEYS) -> str:
    """Any layout, encrypted as it is; a multiple of 16 bytes."""
    key = base64.b64decode(keys.encoding_aes_key + "=")
    return base64.b64encode(AES.new(key, AES.MODE_CBC, key[:16]).encrypt(padded)).decode()


def moved(request: Request, path: str) -> Request:
    """The same request to another path."""
    return replace(request, path=path)


def _head(lines: list[str]) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
