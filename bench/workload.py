"""Ready-made requests: everything a client would compute is computed before the clock starts."""

import hashlib
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlencode

from bench import corporation, wording
from router.platforms.wecom import identity
from router.platforms.wecom.cipher import Cipher
from router.platforms.wecom.envelope import seal_event
from router.platforms.wecom.xml import Node, write

LEASED_SHARE = 0.25
"""Part of the add events that carry the state token of a leased contact way; the others come by unknown channels."""


KF_CUSTOMERS = 1_000


@dataclass(frozen=True, slots=True)
class Request:
    """The bytes of one HTTP request, and the identity under which its message is stored ("" when none is)."""

    raw: bytes
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Half add events, half encrypted app texts; ``first`` keeps two runs over one ledger from repeating each other."""

    count: int
    first: int = 0
    leased: int = 0  # contact ways that stand leased in the ledger, from number 0

    def requests(self) -> list[Request]:
        texts = wording.messages(wording.keywords(1_000), seed=self.first)
        return list(islice(self._each(texts), self.count))

    def _each(self, texts: Iterator[str]) -> Iterator[Request]:
        sealer = _Sealer(self.first)
        source = random.Random(self.first)
        states = iter(range(self.first // 8, self.leased))
        for number in range(self.first, self.first + self.count):
            if number % 2:
                yield sealer.request("APP", _app_text(number, next(texts)))
            else:
                leased = next(states, None) if source.random() < LEASED_SHARE else None
                yield sealer.request("CONTACT", _customer_added(number, leased))


@dataclass(frozen=True, slots=True)
class KfNotices:
    """微信客服 notices for one account."""

    count: int
    first: int = 0

    def requests(self) -> list[Request]:
        sealer = _Sealer(self.first)
        return [sealer.request("KF", _kf_notice(number)) for number in range(self.first, self.first + self.count)]


@dataclass(frozen=True, slots=True)
class Scans:
    """Scans of the one live code, as JSON or as the page; visitors are counted from ``first``.

    ``preview``: a link preview looks at the code, which holds nothing.
    """

    count: int
    first: int = 0
    accept: str = "application/json"
    preview: bool = False

    def requests(self) -> list[Request]:
        return [Request(self._raw(number)) for number in range(self.first, self.first + self.count)]

    def _raw(self, number: int) -> bytes:
        agent = "facebookexternalhit/1.1" if self.preview else "Mozilla/5.0 MicroMessenger/8.0"
        named = "" if self.preview else f"X-Liveqr-Visitor: visitor-{number}\r\n"
        return (
            f"GET /q/{corporation.SLUG} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {self.accept}\r\n"
            f"User-Agent: {agent}\r\n{named}\r\n"
        ).encode()


Traffic = Callbacks | KfNotices | Scans


def state_token(number: int) -> str:
    """渠道参数 of a contact way that the ledger of a measurement knows."""
    return f"lq-bench-{number:08d}"


def kf_customer(number: int) -> str:
    """The external userid of a 微信客服 customer; ``KF_CUSTOMERS`` of them take turns."""
    return f"wmKF{number % KF_CUSTOMERS:028d}"


def kf_item(number: int, sent_at: int) -> dict[str, object]:
    """One item of ``sync_msg``; ``sent_at`` in ms."""
    text = _KF_TEXTS[number % len(_KF_TEXTS)]
    return {
        "msgid": f"kf-item-{number:08d}",
        "open_kfid": corporation.KF_ACCOUNT,
        "external_userid": kf_customer(number),
        "send_time": sent_at // 1000,
        "origin": 3,
        "servicer_userid": "",
        "msgtype": "text",
        "text": {"content": text},
    }


def kf_identity(number: int) -> str:
    """The identity under which the item is stored."""
    return f"kf:{corporation.KF_ACCOUNT}:kf-item-{number:08d}"


_KF_TEXTS: Sequence[str] = tuple(islice(wording.messages(wording.keywords(1_000), seed=7), 997))


class _Sealer:
    def __init__(self, seed: int) -> None:
        self._cipher: Cipher = corporation.cipher()
        self._source = random.Random(seed)

    def request(self, callback: str, plaintext: bytes) -> Request:
        sealed = seal_event(
            self._cipher,
            corporation.TOKEN,
            plaintext,
            to_user_name=corporation.CORP_ID,
            agent_id=corporation.APP_AGENT_ID if callback == "APP" else None,
            timestamp=int(time.time()),
            nonce=str(self._source.randrange(10**9, 10**10)),
            random16=self._source.randbytes(16),
        )
        head = (
            f"POST /callback/{callback.lower()}?{urlencode(sealed.query)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"User-Agent: Mozilla/4.0\r\nContent-Type: text/xml\r\nContent-Length: {len(sealed.body)}\r\n\r\n"
        )
        return Request(head.encode() + sealed.body, f"{callback}|{identity.read(plaintext).identity}")


def _customer_added(number: int, leased: int | None) -> bytes:
    agent_id = (number if leased is None else leased) % corporation.AGENTS + 1
    fields: list[Node] = [
        ("ToUserName", corporation.CORP_ID),
        ("FromUserName", "sys"),
        ("CreateTime", int(time.time())),
        ("MsgType", "event"),
        ("Event", "change_external_contact"),
        ("ChangeType", "add_external_contact"),
        ("UserID", corporation.userid(agent_id)),
        ("ExternalUserID", f"wm{number:030d}"),
    ]
    if leased is not None:
        fields += [("State", state_token(leased)), ("WelcomeCode", f"WC-{number:012d}")]
    return write(fields)


def _app_text(number: int, text: str) -> bytes:
    return write(
        [
            ("ToUserName", corporation.CORP_ID),
            ("FromUserName", corporation.userid(number % corporation.AGENTS + 1)),
            ("CreateTime", int(time.time())),
            ("MsgType", "text"),
            ("Content", text),
            ("MsgId", 7_000_000_000_000 + number),
            ("AgentID", corporation.APP_AGENT_ID),
        ]
    )


def _kf_notice(number: int) -> bytes:
    return write(
        [
            ("ToUserName", corporation.CORP_ID),
            ("CreateTime", int(time.time())),
            ("MsgType", "event"),
            ("Event", "kf_msg_or_event"),
            ("Token", hashlib.sha256(str(number).encode()).hexdigest()),
            ("OpenKfId", corporation.KF_ACCOUNT),
        ]
    )
