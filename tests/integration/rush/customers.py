"""One of several client processes: visitors who scan, add, add late, share pictures, give up or just leave."""

import http.client
import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode

from router.platforms.wecom.cipher import Cipher
from router.platforms.wecom.envelope import seal_event
from router.platforms.wecom.xml import Node, write

STATE = b"lq-"  # what the pictures of a shop floor begin with
DELIVERED_TWICE = 0.1  # of the callbacks

Conduct = Callable[["_Visitor", "Shown"], None]


@dataclass(frozen=True, slots=True)
class Corporation:
    """What a callback is sealed with."""

    corp_id: str
    token: str
    aes_key: str


@dataclass(frozen=True, slots=True)
class Crowd:
    """Visitors ``first`` … ``first + count`` of one seed, who open the printed codes at the service on ``port``.

    As many of them as ``at_once`` are there at once.
    """

    port: int
    corporation: Corporation
    seed: int
    slugs: tuple[str, ...]
    first: int
    count: int
    at_once: int
    always_add: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What a visitor sees who has a reservation: whose, and the state token in the picture, "" in an expired one.

    ``now`` is the service's clock.
    """

    key: str
    userid: str
    state: str
    now: int


@dataclass(slots=True)
class Told:
    """What the visitors of a crowd were answered, one word per answer; who waits still, by slug and name."""

    answers: list[str] = field(default_factory=list)
    waiting: list[tuple[str, str]] = field(default_factory=list)


def play(crowd: Crowd) -> Told:
    """Everybody comes, and those who are late add at the end."""
    told, late = Told(), list[Callable[[], None]]()
    with ThreadPoolExecutor(crowd.at_once) as threads:
        numbers = range(crowd.first, crowd.first + crowd.count)
        for life in [threads.submit(_live, crowd, number, told, late) for number in numbers]:
            life.result()
        for add in [threads.submit(each) for each in late]:
            add.result()
    return told


def ask_again(crowd: Crowd, waiting: list[tuple[str, str]]) -> Told:
    """The waiting pages of these visitors ask once more."""
    told = Told()

    def ask(slug: str, name: str) -> None:
        visitor = _Visitor(crowd, name, random.Random(0), told, [])
        if visitor.scans(slug) is None:
            told.waiting.append((slug, name))
        visitor.goes()

    with ThreadPoolExecutor(crowd.at_once) as threads:
        for asked in [threads.submit(ask, *each) for each in waiting]:
            asked.result()
    return told


def _live(crowd: Crowd, number: int, told: Told, late: list[Callable[[], None]]) -> None:
    source = random.Random(f"{crowd.seed}-{number}")
    visitor = _Visitor(crowd, f"s{crowd.seed}-v{number}", source, told, late)
    slug = source.choice(crowd.slugs)
    shown = visitor.scans(slug)
    if shown is None:
        told.waiting.append((slug, visitor.name))
    elif shown.state:
        conduct = _adds if crowd.always_add else source.choices(_CONDUCTS, _SHARES)[0]
        conduct(visitor, shown)
    visitor.goes()


@dataclass(slots=True)
class _Visitor:
    crowd: Crowd
    name: str
    source: random.Random
    told: Told
    late: list[Callable[[], None]]
    _http: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", self.crowd.port, timeout=60)

    def scans(self, slug: str) -> Shown | None:
        """What is shown, or None when there is nobody."""
        headers = {"X-Liveqr-Visitor": self.name, "Accept": "application/json"}
        body, now = self._ask("GET", f"/q/{slug}", headers)
        answer = json.loads(body)
        self.told.answers.append(answer["outcome"])
        if answer["qr_url"] is None:
            return None
        key = answer["reservation"]["id"]
        picture, _ = self._ask("GET", f"/w/{key}.png", {})
        state = picture.decode() if picture.startswith(STATE) else ""  # the clock jumped: there is another picture now
        return Shown(key, answer["agent"]["name"], state, now)

    def adds(self, shown: Shown, customer: str = "", *, half: bool = False) -> None:
        """The platform tells that this visitor has added the agent."""
        change = "add_half_external_contact" if half else "add_external_contact"
        fields: list[Node] = [("ChangeType", change), ("UserID", shown.userid), ("State", shown.state)]
        self._event([*fields, ("ExternalUserID", f"wm-{self.name}{customer}"), ("WelcomeCode", "")], shown.now)

    def leaves(self, shown: Shown) -> None:
        """The platform tells that this customer has ended the relation."""
        fields: list[Node] = [("ChangeType", "del_follow_user"), ("UserID", shown.userid)]
        self._event([*fields, ("ExternalUserID", f"wm-{self.name}")], shown.now + 1_000)

    def releases(self, shown: Shown) -> None:
        """The visitor gives the place up."""
        self._ask("POST", "/told", {}, json.dumps({"release": shown.key}).encode())

    def goes(self) -> None:
        """The phone is put away; it connects anew when it is needed again."""
        self._http.close()

    def _event(self, fields: list[Node], at: int) -> None:
        corporation = self.crowd.corporation
        header: list[Node] = [("ToUserName", corporation.corp_id), ("FromUserName", "sys"), ("CreateTime", at // 1000)]
        plaintext = write([*header, ("MsgType", "event"), ("Event", "change_external_contact"), *fields])
        for _ in range(2 if self.source.random() < DELIVERED_TWICE else 1):
            sealed = seal_event(
                Cipher(corporation.aes_key, corporation.corp_id),
                corporation.token,
                plaintext,
                to_user_name=corporation.corp_id,
                agent_id=None,
                timestamp=int(time.time()),
                nonce=str(self.source.randrange(10**9)),
                random16=self.source.randbytes(16),
            )
            self._ask("POST", f"/callback/contact?{urlencode(sealed.query)}", {}, sealed.body)

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> tuple[bytes, int]:
        self._http.request(method, path, body, headers)
        answer = self._http.getresponse()
        content = answer.read()
        if answer.status not in (200, 410):  # 410: the picture of a hold that ended meanwhile
            self.told.answers.append(f"status {answer.status}")
        return content, int(answer.headers.get("X-Liveqr-Now", 0))


def _adds(visitor: _Visitor, shown: Shown) -> None:
    visitor.adds(shown)


def _adds_by_halves(visitor: _Visitor, shown: Shown) -> None:
    visitor.adds(shown, half=True)
    visitor.adds(shown)


def _shares(visitor: _Visitor, shown: Shown) -> None:
    visitor.adds(shown)
    visitor.adds(shown, "-friend")


def _adds_and_leaves(visitor: _Visitor, shown: Shown) -> None:
    visitor.adds(shown)
    visitor.leaves(shown)


def _releases(visitor: _Visitor, shown: Shown) -> None:
    visitor.releases(shown)


def _adds_late(visitor: _Visitor, shown: Shown) -> None:
    def adds_at_last() -> None:
        visitor.adds(shown)
        visitor.goes()

    visitor.late.append(adds_at_last)


def _only_looks(visitor: _Visitor, shown: Shown) -> None:
    pass


_CONDUCTS: tuple[Conduct, ...] = (_adds, _adds_by_halves, _shares, _adds_and_leaves, _releases, _adds_late, _only_looks)
_SHARES = (40, 8, 3, 4, 15, 10, 20)
