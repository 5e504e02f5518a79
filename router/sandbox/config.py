"""What a sandbox is told once, when it is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class MemberChoice(StrEnum):
    """Which member a multi-member contact way gives to the next customer; the platform's own rule is not published."""

    RANDOM = "random"
    FIRST = "first"
    ROUND_ROBIN = "round_robin"


@dataclass(frozen=True, slots=True)
class Member:
    """An employee of the corporation. `status` as in W-90196: 1 active, 2 disabled, 4 not activated, 5 left."""

    userid: str
    name: str
    department: int = 1
    status: int = 1
    is_real_name_verified: bool = True
    receives_customers: bool = True
    is_visible: bool = True


@dataclass(frozen=True, slots=True)
class CallbackTarget:
    """One configured callback: where it is posted and the credentials it is sealed with (W-90930)."""

    name: str
    url: str
    token: str
    encoding_aes_key: str


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A 微信客服 account that exists from the start, and the members who receive there."""

    open_kfid: str
    name: str
    servicers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rates:
    """How much the platform takes: calls per corporation and path (W-90454), and calls at the same moment.

    The concurrency limit and the rate of `kf/sync_msg` without a token are not published; these are guesses on the
    safe side.
    """

    per_minute: int = 10_000
    per_hour: int = 150_000
    concurrency: int = 100
    untokened_sync_per_minute: int = 60


@dataclass(frozen=True, slots=True)
class Delivery:
    """How callbacks are delivered: time limits of W-90930, and the spacing of retries, which is not published.

    Three retries outlast a service that is being restarted.
    """

    post_timeout_seconds: float = 5.0
    verify_timeout_seconds: float = 1.0
    retries: int = 3
    retry_spacing_seconds: float = 2.0


MEMBERS = (
    Member("chenyu", "陈雨"),
    Member("lihua", "李华"),
    Member("wangqi", "王琦"),
    Member("zhaomin", "赵敏"),
    Member("sunyue", "孙悦"),
    Member("zhouyi", "周屹"),
)
SERVICE_ACCOUNTS = (ServiceAccount("wkSANDBOXkf00000000000000000000001", "门店咨询"),)

# W-94669. Moves a flow chart may add (0, 1, 2 → 4) are not confirmed anywhere and stay out until someone sets them.
KF_TRANSITIONS: Mapping[int, frozenset[int]] = {
    0: frozenset({1, 2, 3}),
    1: frozenset({2, 3}),
    2: frozenset({3}),
    3: frozenset({3, 4}),
    4: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """Everything that distinguishes one sandbox from another.

    `service_url` is where the service under test is reached; `public_url` is where this sandbox is reached and what
    the links in its codes carry. An absent contact or KF secret means that the app secret serves, as in new
    corporations. `service_token` is the service's API token, with which the phone page lists live codes. `trusted_ips`
    of None lets every address call. The world is kept in `state_path` between starts when it is given.
    """

    corp_id: str
    app_secret: str
    app_agent_id: int
    service_url: str
    public_url: str
    contact_secret: str | None = None
    kf_secret: str | None = None
    service_token: str | None = None
    oa_app_id: str | None = None
    oa_secret: str | None = None
    callbacks: tuple[CallbackTarget, ...] = ()
    members: tuple[Member, ...] = MEMBERS
    service_accounts: tuple[ServiceAccount, ...] = SERVICE_ACCOUNTS
    state_path: Path | None = None
    trusted_ips: frozenset[str] | None = None
    rates: Rates = Rates()
    delivery: Delivery = Delivery()
    member_choice: MemberChoice = MemberChoice.RANDOM
    kf_transitions: Mapping[int, frozenset[int]] = field(default_factory=lambda: KF_TRANSITIONS)
    contact_way_quota: int = 500_000
    corp_tag_quota: int = 10_000
