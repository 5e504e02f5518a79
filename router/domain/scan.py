"""What a scan of a live code (活码) is answered with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgentFace:
    """What a visitor may see of an agent."""

    id: int
    name: str
    has_photo: bool = False


@dataclass(frozen=True, slots=True)
class Reserved:
    """One place of ``agent`` is held for this visitor; ``key`` names the reservation and its picture."""

    agent: AgentFace
    key: str
    expires_at: int  # ms
    link: str  # what the platform's QR says: a phone opens it to add the agent
    reason: str


@dataclass(frozen=True, slots=True)
class AlreadyAdded:
    """This visitor added ``agent`` through this code before; nothing more is held."""

    agent: AgentFace
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Everyone is full; the visitor is the ``position``-th (from 1) of ``of`` who wait for the same pool.

    ``is_new``: this scan found everyone full; otherwise the visitor was waiting already.
    """

    position: int
    of: int
    reason: str
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class SentToKf:
    """Everyone is full; the visitor goes on in a 微信客服 account at ``url``."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class SentToGroup:
    """Everyone is full; the visitor may join the group behind the group code ``slug``."""

    slug: str
    reason: str


@dataclass(frozen=True, slots=True)
class AsksForNumber:
    """Everyone is full; the visitor may leave a number, agreeing to ``consent``."""

    title: str
    consent: str
    reason: str


@dataclass(frozen=True, slots=True)
class Full:
    """Every agent is at the cap or off duty, and the page says so; ``reason`` may be the pool's own words."""

    reason: str


@dataclass(frozen=True, slots=True)
class Preparing:
    """There is a free agent, but no contact way is ready yet; the page asks again."""

    reason: str


@dataclass(frozen=True, slots=True)
class GroupShown:
    """The QR of the group that is next to be filled, until ``expires_at`` (ms) at most."""

    group_qr_id: int
    name: str
    link: str
    expires_at: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class NativeShown:
    """The platform's own picture of the native code ``slug``: what is printed, and with it nothing is held."""

    slug: str
    link: str  # what the picture says; empty where it could not be read
    reason: str


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The code leads to ``url``: a customer-acquisition link (获客链接) of the platform."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The code is closed; the print still answers with a page that says so."""

    reason: str


Spilled = Waiting | SentToKf | SentToGroup | AsksForNumber | Full
"""What becomes of a visitor whom nobody could receive, by the pool's spill policy (溢出策略)."""

ScanAnswer = Reserved | AlreadyAdded | Spilled | Preparing | GroupShown | NativeShown | Forwarded | Closed


def outcome_name(answer: ScanAnswer) -> str:
    """The outcome as the contract spells it."""
    match answer:
        case Reserved() | AlreadyAdded() | GroupShown() | NativeShown() | Forwarded():
            return "reserved"
        case Waiting(is_new=False):
            return "waiting"
        case Waiting() | Full() | SentToKf() | SentToGroup() | AsksForNumber():
            return "full"
        case Preparing():
            return "preparing"
        case Closed():
            return "closed"


def is_told_again(spilled: Spilled) -> bool:
    """Whether somebody in line asks again, and nobody has a place yet: to that there is nothing to add."""
    return isinstance(spilled, Waiting) and not spilled.is_new
