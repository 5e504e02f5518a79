"""What a file of regions answers, whichever of its forms it has."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Literal, Protocol

from tagtree.wording import Wording

LONGEST_REGION = 64

Address = IPv4Address | IPv6Address
Form = Literal["csv", "xdb"]


@dataclass(frozen=True, slots=True)
class RegionState:
    """What is known of the file.

    ``dated_at`` (ms): of an xdb when its data was built, of a CSV when it was last written. ``package`` names what the
    file came with, and is empty for one of the operator's own.
    """

    path: Path | None
    form: Form
    networks: int = 0
    dated_at: int | None = None
    problems: tuple[Wording, ...] = ()
    package: str = ""


class RegionTable(Protocol):
    """A file that was read once."""

    @property
    def state(self) -> RegionState:
        """What it is, and what is wrong with it."""

    def region_of(self, address: Address) -> str:
        """The region of an address; empty when the file does not say."""


class NoRegions:
    """A file that cannot be used: every region is unknown, and its state says why."""

    def __init__(self, state: RegionState) -> None:
        self.state = state

    def region_of(self, address: Address) -> str:
        """Unknown."""
        return ""


def unreadable(error: Exception) -> Wording:
    """That the file could not be opened or understood, in the words of the error."""
    return Wording(f"The file cannot be read: {error}", f"无法读取文件：{error}")
