"""Hostile and broken callbacks, one row each: what is sent, what must be answered, what must be kept.

Three ends are possible: refused with nothing kept; kept with the reason why it cannot be read; kept and decided.
"""

import base64
import gzip
import struct
from dataclasses import dataclass, replace
from pathlib import Path

from tests.integration.hostile.wire import (
    BLOCK,
    KEYS,
    PREVIOUS,
    RANDOM16,
    STRANGER,
    Keys,
    Request,
    asking,
    delivering,
    encrypted,
    encrypted_layout,
    moved,
    sealed,
    signed,
    with_body,
)

SAMPLES = Path(__file__).parents[2] / "samples" / "hostile"
LIMIT = 1024 * 1024  # bytes of a body


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing is kept."""

    name: str
    request: Request
    status: int = 403
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """Answered with 200: one row, whose status and reason tell what became of it."""

    name: str
    request: Request
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Echoed:
    """A URL check that must be answered with exactly this."""

    name: str
    request: Request
    echo: bytes


def event(*fields: tuple[str, str], kind: str = "change_external_contact") -> bytes:
    """The plaintext of an event; values are written as they are."""
    elements = "".join(f"<{name}>{value}</{name}>" for name, value in fields)
    header = f"<ToUserName>{KEYS.receive_id}</ToUserName><FromUserName>sys</FromUserName>"
    event_elements = f"<MsgType>event</MsgType><Event>{kind}</Event>" if kind else ""
    return f"<xml>{header}<CreateTime>1770000000</CreateTime>{event_elements}{elements}</xml>".encode()


def added(*fields: tuple[str, str], who: str) -> bytes:
    """The plaintext of an add by an agent nobody knows."""
    base = (("ChangeType", "add_external_contact"), ("UserID", "nobody"), ("ExternalUserID", who))
    given = dict(fields)
    return event(*((name, given.pop(name, value)) for name, value in base), *given.items())


def sample(name: str) -> bytes:
    """A file of hostile XML."""
    return (SAMPLES / name).read_bytes()


def envelope(encrypt: str, before: str = "", after: str = "") -> bytes:
    """A body with something around its one important element."""
    return f"<xml>{before}<Encrypt>{encrypt}</Encrypt>{after}</xml>".encode()


GOOD = event(("ChangeType", "msg_audit_approved"), ("UserID", "good"), ("ExternalUserID", "wm-good"))
CIPHERTEXT = encrypted(GOOD)
SIGNED = delivering(CIPHERTEXT)


def broken_layout(plain: bytes, pad: int | None = None) -> Request:
    """A signed message whose decrypted bytes do not have the layout; ``pad`` is the value of the last bytes."""
    room = BLOCK - len(plain) % BLOCK
    return delivering(encrypted_layout(plain + bytes([room if pad is None else pad]) * room))


def novel(name: str) -> Request:
    """An event of a kind that nobody knows, different for each name."""
    return sealed(event(("Id", name), kind="brand_new_event"))


def in_chunks(request: Request) -> Request:
    """The same body without its length."""
    return replace(request, chunks=(request.body[:9], request.body[9:]))


def _layout(message: bytes, length: int | None = None, receive_id: bytes = KEYS.receive_id.encode()) -> bytes:
    return RANDOM16 + struct.pack(">I", len(message) if length is None else length) + message + receive_id


def _flipped(encrypt: str, at: int) -> str:
    raw = bytearray(base64.b64decode(encrypt))
    raw[at] ^= 0x40
    return base64.b64encode(raw).decode()


SIGNATURES = (
    Refused("no query at all", replace(SIGNED, query="")),
    Refused("no signature", delivering(CIPHERTEXT, msg_signature="")),
    Refused("no timestamp", delivering(CIPHERTEXT, timestamp="")),
    Refused("no nonce", delivering(CIPHERTEXT, nonce="")),
    Refused("a signature of forty zeros", delivering(CIPHERTEXT, msg_signature="0" * 40)),
    Refused("a signature in capitals", replace(SIGNED, query=SIGNED.query.replace("msg_sig", "MSG_SIG"))),
    Refused("a signature that is not hex", delivering(CIPHERTEXT, msg_signature="签名" * 20)),
    Refused("a signature of another token", delivering(CIPHERTEXT, STRANGER)),
    Refused("a signature over another message", with_body(SIGNED.body, encrypted(b"<xml/>"))),
    Refused("another timestamp than signed", delivering(CIPHERTEXT, timestamp="1770000001")),
    Refused("another nonce than signed", delivering(CIPHERTEXT, nonce="nonce-2")),
    Refused("a nonce of 3,000 characters", delivering(CIPHERTEXT, nonce="n" * 3000)),
    Refused("a timestamp of 60,000 characters", delivering(CIPHERTEXT, timestamp="1" * 60_000)),
    Refused("a nonce with NUL", replace(SIGNED, query=SIGNED.query.replace("nonce=", "nonce=%00"))),
    Refused("a nonce that is not UTF-8", replace(SIGNED, query=SIGNED.query.replace("nonce=", "nonce=%ff%fe"))),
    Refused("a nonce with half a surrogate", replace(SIGNED, query=SIGNED.query.replace("nonce=", "nonce=%ED%A0%80"))),
    Refused(
        "a query of raw bytes", replace(SIGNED, query=SIGNED.query.replace("nonce=", "nonce=\xe9\xff")), status=400
    ),
    Refused("a thousand parameters", replace(SIGNED, query="&".join(f"p{n}=1" for n in range(1000)))),
    Refused("the Official Account's kind of signature", replace(SIGNED, query="signature=1&timestamp=2&nonce=3")),
)
ADDRESSES = (
    Refused("a callback nobody configured", moved(SIGNED, "/callback/nobody"), status=404),
    Refused("a callback name of 500 characters", moved(SIGNED, "/callback/" + "c" * 500), status=404),
    Refused("a callback name with dots", moved(SIGNED, "/callback/..%2f..%2fetc"), status=404),
    Refused("a callback name of other letters", moved(SIGNED, "/callback/%E5%9B%9E%E8%B0%83"), status=404),
    Refused("no callback name", moved(SIGNED, "/callback/"), status=404),
    Refused("another callback's message", moved(SIGNED, "/callback/kf")),
    Refused("PUT", replace(SIGNED, method="PUT"), status=405),
    Refused("DELETE", replace(SIGNED, method="DELETE"), status=405),
    Refused("PATCH", replace(SIGNED, method="PATCH"), status=405),
    Refused("OPTIONS", replace(SIGNED, method="OPTIONS"), status=405),
    Refused("HEAD", replace(SIGNED, method="HEAD")),
    Refused("an invented method", replace(SIGNED, method="BREW"), status=400),
)
BODIES = (
    Refused("an empty body", with_body(b"")),
    Refused("blanks", with_body(b" \r\n\t ")),
    Refused("JSON", with_body(b'{"tousername":"ww1","encrypt":"AAAA","agentid":"1"}')),
    Refused("JSON after a BOM", with_body(b'\xef\xbb\xbf{"encrypt":"AAAA"}')),
    Refused("a form", with_body(b"Encrypt=AAAA&ToUserName=ww1")),
    Refused("words", with_body("你好".encode())),
    Refused("HTML", with_body(b"<!DOCTYPE html><html><body>hello<br></body></html>")),
    Refused("gzip", with_body(gzip.compress(SIGNED.body))),
    Refused("no Encrypt", with_body(b"<xml><ToUserName>ww1</ToUserName></xml>")),
    Refused("an empty Encrypt", with_body(envelope(""))),
    Refused("two Encrypts", with_body(envelope(CIPHERTEXT, before="<Encrypt>AAAA</Encrypt>"), CIPHERTEXT)),
    Refused("Encrypt one level too deep", with_body(f"<xml><a><Encrypt>{CIPHERTEXT}</Encrypt></a></xml>".encode())),
    Refused("elements inside Encrypt", with_body(envelope("<b>AAAA</b>"))),
    Refused("half of the XML", with_body(SIGNED.body[: len(SIGNED.body) // 2], CIPHERTEXT)),
    Refused("XML and something after it", with_body(SIGNED.body + b"<xml/>", CIPHERTEXT)),
    Refused("a bomb of entities", with_body(sample("entity_bomb.xml"))),
    Refused("one huge entity, repeated", with_body(sample("quadratic_blowup.xml"))),
    Refused("an entity that reads a file", with_body(sample("external_file.xml"))),
    Refused("an entity that asks another server", with_body(sample("external_http.xml"))),
    Refused("a parameter entity", with_body(sample("parameter_entity.xml"))),
    Refused("a DTD elsewhere", with_body(sample("external_dtd.xml"))),
    Refused("a DOCTYPE and nothing else wrong", with_body(b"<!DOCTYPE xml>" + SIGNED.body, CIPHERTEXT)),
    Refused("GBK bytes", with_body("<xml><Encrypt>密文</Encrypt></xml>".encode("gbk"))),
    Refused("UTF-16", with_body(SIGNED.body.decode().encode("utf-16"), CIPHERTEXT)),
    Refused("a NUL", with_body(SIGNED.body.replace(b"<Encrypt>", b"\x00<Encrypt>"), CIPHERTEXT)),
    Refused("ten thousand levels", with_body(b"<a>" * 10_000 + b"</a>" * 10_000)),
    Refused("fifty thousand elements", with_body(b"<xml>" + b"<a/>" * 50_000 + b"</xml>")),
    Refused("ten thousand attributes", with_body(b"<xml " + b" ".join(b'a%d=""' % n for n in range(10_000)) + b"/>")),
    Refused("a name of half a megabyte", with_body(b"<" + b"x" * 500_000 + b"/>")),
    Refused("one byte too many", with_body(b" " * (LIMIT + 1)), status=413),
    Refused("one byte too many, in chunks", replace(SIGNED, chunks=(b" " * LIMIT, b" ")), status=413),
    Refused("a length that is no number", replace(SIGNED, announced="many"), status=400),
    Refused("a negative length", replace(SIGNED, announced="-1"), status=400),
    Refused("a connection that ends in the body", replace(SIGNED, announced="99999"), status=0, closes=True),
    Refused(
        "a chunk that is none", replace(SIGNED, headers=("Transfer-Encoding: chunked",), announced="0"), status=400
    ),
)
CIPHERTEXTS = (
    Refused("base64 without its end", delivering(CIPHERTEXT[:-3])),
    Refused("base64 with a blank", delivering(f"{CIPHERTEXT[:20]} {CIPHERTEXT[20:]}")),
    Refused("base64 of the URL kind", delivering(CIPHERTEXT[:8] + "-_" + CIPHERTEXT[10:])),
    Refused("base64 with line breaks inside", delivering(f"{CIPHERTEXT[:76]}\n{CIPHERTEXT[76:]}")),
    Refused("characters that are not ASCII", delivering("密" * 64)),
    Refused("fifteen bytes", delivering(base64.b64encode(b"x" * 15).decode())),
    Refused("seventeen bytes", delivering(base64.b64encode(b"x" * 17).decode())),
    Refused("sixteen bytes", delivering(base64.b64encode(b"x" * 16).decode())),
    Refused("a padding of zero", broken_layout(_layout(GOOD), pad=0)),
    Refused("a padding of thirty-three", broken_layout(_layout(GOOD), pad=33)),
    Refused("a padding of 255", broken_layout(_layout(GOOD), pad=255)),
    Refused("a padding that is not even", delivering(encrypted_layout(b"x" * 30 + b"\x03\x02"))),
    Refused("nothing but padding", delivering(encrypted_layout(bytes([BLOCK]) * BLOCK))),
    Refused("less than a header", broken_layout(RANDOM16 + b"\x00\x00")),
    Refused("a length beyond the end", broken_layout(_layout(GOOD, length=len(GOOD) + 1000))),
    Refused("a length of four gigabytes", broken_layout(_layout(GOOD, length=2**32 - 1))),
    Refused("a length one short", broken_layout(_layout(GOOD, length=len(GOOD) - 1))),
    Refused("another corporation's", sealed(GOOD, replace(KEYS, receive_id="wwother")), 403),
    Refused("no receiver", broken_layout(_layout(GOOD, receive_id=b""))),
    Refused("the beginning of our id", broken_layout(_layout(GOOD, receive_id=KEYS.receive_id.encode()[:-1]))),
    Refused("our id and more", broken_layout(_layout(GOOD, receive_id=KEYS.receive_id.encode() + b"x"))),
    Refused("a receiver that is not UTF-8", broken_layout(_layout(GOOD, receive_id=b"\xff\xfe"))),
    Refused("another key, our token", delivering(encrypted(GOOD, STRANGER))),
    Refused("a bit flipped at the start", delivering(_flipped(CIPHERTEXT, 20))),
    Refused("a bit flipped at the end", delivering(_flipped(CIPHERTEXT, -1))),
)
UNREADABLE = (
    Kept("nothing inside", sealed(b""), "failed", "not well-formed"),
    Kept("words inside", sealed("你好，不是XML".encode()), "failed", "not well-formed"),
    Kept("JSON inside", sealed(b'{"MsgType":"event"}'), "failed", "not well-formed"),
    Kept("GBK inside", sealed("<xml><Content>中文编码</Content></xml>".encode("gbk")), "failed", "GBK"),
    Kept(
        "GBK that says so",
        sealed('<?xml version="1.0" encoding="GB2312"?><xml><Content>中文</Content></xml>'.encode("gb2312")),
        "failed",
        "GBK",
    ),
    Kept("UTF-16 inside", sealed("<xml><Content>中文</Content></xml>".encode("utf-16")), "failed", "not UTF-8"),
    Kept("a NUL inside", sealed(added(who="wm-\x00")), "failed", "not well-formed"),
    Kept("broken UTF-8 inside", sealed(b"<xml><Content>\xe4\xbd</Content></xml>"), "failed", "not UTF-8"),
    Kept("half a surrogate inside", sealed(b"<xml><Content>\xed\xa0\x80</Content></xml>"), "failed", "not UTF-8"),
    Kept("half of the XML inside", sealed(GOOD[: len(GOOD) // 2]), "failed", "not well-formed"),
    Kept("a bomb inside", sealed(sample("entity_bomb.xml")), "failed", "DOCTYPE"),
    Kept("a huge entity inside", sealed(sample("quadratic_blowup.xml")), "failed", "DOCTYPE"),
    Kept("a file asked for inside", sealed(sample("external_file.xml")), "failed", "DOCTYPE"),
    Kept("a server asked for inside", sealed(sample("external_http.xml")), "failed", "DOCTYPE"),
    Kept("an unknown entity inside", sealed(b"<xml><a>&unknown;</a></xml>"), "failed", "not well-formed"),
    Kept("forty levels inside", sealed(b"<xml>" + b"<a>" * 40 + b"</a>" * 40 + b"</xml>"), "failed", "deeper"),
    Kept("five thousand elements inside", sealed(b"<xml>" + b"<a/>" * 5000 + b"</xml>"), "failed", "elements"),
    Kept("words beside elements inside", sealed(b"<xml>words<a>1</a></xml>"), "failed", "text stands beside"),
    Kept("a control character inside", sealed(b"<xml><a>\x07</a></xml>"), "failed", "not well-formed"),
)
READABLE = (
    Kept("an event nobody knows", sealed(event(kind="brand_new_event")), "ignored", "does not know"),
    Kept("a change nobody knows", sealed(event(("ChangeType", "brand_new"))), "ignored", "does not know"),
    Kept("no kind", sealed(event(kind="")), "ignored", "does not know"),
    Kept("one empty element", sealed(b"<xml><a/></xml>"), "ignored"),
    Kept("an agent nobody knows", sealed(added(who="wm-1")), "failed", "no agent 'nobody'"),
    Kept("no customer", sealed(event(("ChangeType", "add_external_contact"), ("UserID", "nobody"))), "failed"),
    Kept(
        "a customer twice",
        sealed(added(("ExternalUserID", "wm-2</ExternalUserID><ExternalUserID>wm-3"), who="")),
        "failed",
    ),
    Kept("a time that is no number", sealed(added(who="wm-4").replace(b"1770000000", b"today")), "failed"),
    Kept("a time before all time", sealed(added(who="wm-5").replace(b"1770000000", b"-1770000000")), "failed"),
    Kept("a time after all time", sealed(added(who="wm-6").replace(b"1770000000", b"9" * 40)), "failed"),
    Kept("an id of 10,000 characters", sealed(added(who="w" * 10_000)), "failed"),
    Kept("a userid of 10,000 characters", sealed(added(("UserID", "u" * 10_000), who="wm-7")), "failed"),
    Kept("a state of 10,000 characters", sealed(added(("State", "s" * 10_000), who="wm-8")), "failed"),
    Kept("SQL for an id", sealed(added(who="'; DROP TABLE inbox; --")), "failed", "no agent"),
    Kept("a template for an id", sealed(added(who="{{7*7}}${7*7}{customer}")), "failed", "no agent"),
    Kept("letters of all kinds", sealed(added(who="客户😀\u202e\u200b")), "failed", "no agent"),
    Kept("a text of half a megabyte", sealed(event(("Content", "长" * 170_000), kind="brand_new_event")), "ignored"),
    Kept("a BOM", sealed(b"\xef\xbb\xbf" + event(("Id", "bom"), kind="brand_new_event")), "ignored"),
    Kept("another root", sealed(event(("Id", "root"), kind="new").replace(b"xml>", b"Message>")), "ignored"),
    Kept("attributes", sealed(event(("Id", "att"), kind="new").replace(b"<Id>", b'<Id a="1">')), "ignored"),
    Kept("a comment", sealed(event(("Id", "1<!-- hidden -->2"), kind="new")), "ignored"),
    Kept("an instruction", sealed(b"<?php echo 1 ?>" + event(("Id", "pi"), kind="new")), "ignored"),
    Kept("a message id of 5,000 digits", sealed(event(("MsgId", "9" * 5000), kind="new")), "ignored"),
    Kept("a kind of 5,000 letters", sealed(event(kind="k" * 5000)), "failed", "Event has 5000 characters"),
    Kept("a kind of other letters", sealed(event(kind="未知事件")), "ignored"),
    Kept("an envelope inside", sealed(SIGNED.body), "ignored"),
    Kept("the previous key", sealed(event(("Id", "previous"), kind="new"), PREVIOUS), "ignored"),
    Kept("a body after a BOM", replace(novel("a"), body=b"\xef\xbb\xbf" + novel("a").body), "ignored"),
    Kept("a body in chunks", in_chunks(novel("b")), "ignored"),
    Kept("a callback named in capitals", moved(novel("c"), "/callback/CONTACT"), "ignored"),
    Kept("a content type of pictures", replace(novel("d"), headers=("Content-Type: image/png",)), "ignored"),
    Kept("parameters nobody knows", replace(novel("e"), query=novel("e").query + "&a=1&b"), "ignored"),
)
ECHO = b"1234567890123456789"
_WITH_PLUS = next(bytes([n]) * 19 for n in range(65, 91) if "+" in encrypted(bytes([n]) * 19))
CHECKS = (
    Echoed("a URL check", asking(ECHO), ECHO),
    Echoed("a + that became a blank", asking(_WITH_PLUS, plus="+"), _WITH_PLUS),
    Echoed("the previous key", asking(ECHO, PREVIOUS), ECHO),
    Echoed("an echo of 22,000 characters", asking(b"e" * 22_000), b"e" * 22_000),
    Echoed("letters of all kinds", asking("核对✓".encode()), "核对✓".encode()),
)
REFUSED_CHECKS = (
    Refused("no echostr", Request("GET", query=signed("x"), headers=())),
    Refused("an echostr signed by a stranger", asking(ECHO, STRANGER)),
    Refused("an echostr of another corporation", asking(ECHO, replace(KEYS, receive_id="wwother"))),
    Refused("another nonce than signed in a check", asking(ECHO, nonce="other")),
    Refused("a + that became a blank, and a wrong signature", asking(_WITH_PLUS, plus="+", msg_signature="0" * 40)),
)

REFUSED = (*SIGNATURES, *ADDRESSES, *BODIES, *CIPHERTEXTS, *REFUSED_CHECKS)
KEPT = (*UNREADABLE, *READABLE)


def keys_environment(keys: Keys = KEYS, previous: Keys = PREVIOUS) -> dict[str, str]:
    """The settings of a service that receives this corpus."""
    return {
        "LIVEQR_CORP_ID": keys.receive_id,
        "LIVEQR_CALLBACK_CONTACT_TOKEN": keys.token,
        "LIVEQR_CALLBACK_CONTACT_AES_KEY": keys.encoding_aes_key,
        "LIVEQR_CALLBACK_CONTACT_PREVIOUS_TOKEN": previous.token,
        "LIVEQR_CALLBACK_CONTACT_PREVIOUS_AES_KEY": previous.encoding_aes_key,
    }
