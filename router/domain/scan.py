"""What a scan of a live code (活码) is answered with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgentFace:
    """What a visitor may see of an agent."""

    id: int
    name: str


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
class Full:
    """Every agent is at the cap or off duty; the page says so and, unless the pool's policy is to close, asks again."""

    reason: str
    asks_again: bool = True


@dataclass(frozen=True, slots=True)
class Preparing:
    """There is a free agent, but no contact way is ready yet; the page asks again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The code is closed; the print still answers with a page that says so."""

    reason: str


ScanAnswer = Reserved | AlreadyAdded | Full | Preparing | Closed
