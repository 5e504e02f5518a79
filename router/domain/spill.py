"""溢出策略 (spill policy): what a visitor is answered when everyone in a pool is full."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """The visitor waits in line on a page that asks again by itself."""

    kind: Literal["waiting_page"] = "waiting_page"


@dataclass(frozen=True, slots=True)
class FallbackPool:
    """Another pool takes over."""

    pool_id: int
    kind: Literal["fallback_pool"] = "fallback_pool"


@dataclass(frozen=True, slots=True)
class ClosedPage:
    """The visitor is told to come another time, in these words."""

    text: str
    kind: Literal["closed_page"] = "closed_page"


@dataclass(frozen=True, slots=True)
class KfAccount:
    """A button opens the chat with a 微信客服 account; ``url`` is the account's link."""

    open_kfid: str
    url: str
    kind: Literal["kf_account"] = "kf_account"


@dataclass(frozen=True, slots=True)
class GroupCode:
    """The visitor is sent to a 群活码, a live code whose kind is ``group``."""

    code_id: int
    kind: Literal["group_code"] = "group_code"


@dataclass(frozen=True, slots=True)
class LeaveNumber:
    """The visitor may leave a number to be called back; ``consent`` is what has to be agreed to."""

    consent: str
    title: str
    kind: Literal["leave_number"] = "leave_number"


SpillPolicy = WaitingPage | FallbackPool | ClosedPage | KfAccount | GroupCode | LeaveNumber
SpillKind = Literal["waiting_page", "fallback_pool", "closed_page", "kf_account", "group_code", "leave_number"]
SPILL_KINDS: tuple[SpillKind, ...] = get_args(SpillKind)

WAITING_PAGE = WaitingPage()


def in_turn(pool_id: int, policies: Mapping[int, SpillPolicy]) -> tuple[int, ...]:
    """This pool and those that take over from it, in the order in which they are asked, each once."""
    asked = [pool_id]
    while isinstance(policy := policies.get(asked[-1]), FallbackPool) and policy.pool_id not in asked:
        asked.append(policy.pool_id)
    return tuple(asked)


def read_spill_policy(content: Any) -> SpillPolicy:
    """The policy behind a stored JSON value; one that is not known waits, because a print must always answer."""
    match content:
        case {"kind": "fallback_pool", "pool_id": int(pool_id)}:
            return FallbackPool(pool_id)
        case {"kind": "closed_page", "text": str(text)}:
            return ClosedPage(text)
        case {"kind": "kf_account", "open_kfid": str(open_kfid), "url": str(url)}:
            return KfAccount(open_kfid, url)
        case {"kind": "group_code", "code_id": int(code_id)}:
            return GroupCode(code_id)
        case {"kind": "leave_number", "consent": str(consent), "title": str(title)}:
            return LeaveNumber(consent, title)
        case _:
            return WAITING_PAGE
