"""The things the platform keeps. Instants are milliseconds; the API rounds them to seconds on the wire."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Token:
    """An access token of one secret (W-91039)."""

    value: str
    caller: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Customer:
    """A WeChat user. `visitor` is how the service's live-code page knows this phone before the customer is added."""

    external_userid: str
    name: str
    visitor: str
    created_at: int


@dataclass(frozen=True, slots=True)
class ContactWay:
    """A "contact me" code (W-92228). A deleted one is kept: scanning its picture must say that it is invalid.

    Phones are given one of `user_before` until `obeyed_at`: a changed list needs a while.
    """

    config_id: str
    type: int
    scene: int
    style: int
    remark: str
    skip_verify: bool
    state: str
    user: tuple[str, ...]
    party: tuple[int, ...]
    is_temp: bool
    mark_source: bool
    qr_code: str
    created_at: int
    deleted_at: int | None = None
    adds: int = 0
    user_before: tuple[str, ...] = ()
    obeyed_at: int = 0


class Stage(StrEnum):
    """HALF: the customer added a member who has not confirmed yet. LOST: the customer removed the member afterwards."""

    HALF = "half"
    FULL = "full"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Follow:
    """The relation of a member and a customer; tags and remark hang on it (W-92114)."""

    userid: str
    external_userid: str
    stage: Stage
    state: str
    created_at: int
    tag_ids: tuple[str, ...] = ()
    remark: str = ""
    description: str = ""
    remark_corp_name: str = ""
    remark_mobiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WelcomeCode:
    """Good for one welcome within 20 s (W-92137). While the first send is answered, a second one meets 41096.

    Several applications may get a code each for one arrival: whoever sends first speaks for all of them. `first_code`
    is the code of that arrival which carries `used_at` and `answered_at` for its siblings; empty for that code itself.
    """

    code: str
    userid: str
    external_userid: str
    issued_at: int
    used_at: int | None = None
    answered_at: int | None = None
    first_code: str = ""


@dataclass(frozen=True, slots=True)
class Tag:
    tag_id: str
    name: str
    order: int
    created_at: int
    made_by: str
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class TagGroup:
    """Corp tags have two levels (W-92117). `made_by` is the caller that may edit it, or `console`."""

    group_id: str
    name: str
    order: int
    created_at: int
    made_by: str
    tags: tuple[Tag, ...] = ()
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Servicer:
    """A member who receives at a KF account. `is_paused` is status 1 in `kf/servicer/list`."""

    userid: str
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class KfAccount:
    open_kfid: str
    name: str
    servicers: tuple[Servicer, ...] = ()


@dataclass(frozen=True, slots=True)
class KfSession:
    """One customer at one KF account. `service_state` as in W-94669: 0 new, 1 bot, 2 waiting, 3 human, 4 ended."""

    open_kfid: str
    external_userid: str
    service_state: int
    servicer_userid: str = ""
    started_at: int = 0
    spoke_at: int | None = None
    sent_since: int = 0
    entered_at: int | None = None
    scene: str = ""
    scene_param: str = ""
    welcomed_at: int | None = None


@dataclass(frozen=True, slots=True)
class KfItem:
    """One entry of a KF account's log, exactly as `kf/sync_msg` returns it (W-94670)."""

    at: int
    item: dict[str, Any]


class KfCodeKind(StrEnum):
    """What a code of `kf/send_msg_on_event` was given for; it decides how long it lives (W-95122)."""

    WELCOME = "welcome"
    QUEUED = "queued"
    ASSIGNED = "assigned"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class KfCode:
    code: str
    kind: KfCodeKind
    open_kfid: str
    external_userid: str
    expires_at: int
    used_at: int | None = None


@dataclass(frozen=True, slots=True)
class SyncToken:
    """Came with a KF notice; good for `kf/sync_msg` of that account for 10 minutes."""

    token: str
    open_kfid: str
    issued_at: int


@dataclass(frozen=True, slots=True)
class ChatLine:
    """What a customer sees in one chat: with a member (`userid`) or at a KF account (`open_kfid`)."""

    at: int
    external_userid: str
    is_from_customer: bool
    userid: str
    open_kfid: str
    msgtype: str
    content: dict[str, Any]
