"""Which province or city a network address belongs to, by a file that the operator puts there and replaces.

The file is CSV, one network and its region a line: ``203.0.113.0/24,上海``; a line may begin with ``#``. Of networks
that contain one another the smaller one decides. liveqr ships no such file: without one every region is unknown, and
the console says so. Which file it is, of when, and what is wrong with it is shown, because such data ages.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

from anyio import to_thread

from tagtree.wording import Wording

MOST_NETWORKS = 2_000_000
LONGEST_REGION = 64
SHOWN_PROBLEMS = 5

_TOO_MANY = Wording(f"Only the first {MOST_NETWORKS} lines are read.", f"只读取前 {MOST_NETWORKS} 行。")
_NO_PAIR = Wording(
    f"not a network and a region of at most {LONGEST_REGION} characters", f"不是网段和最多 {LONGEST_REGION} 个字的地区"
)
_NO_NETWORK = Wording("the network is not written like 203.0.113.0/24", "网段应写成 203.0.113.0/24 的形式")

Address = IPv4Address | IPv6Address
Networks = Mapping[tuple[int, int], Mapping[int, str]]  # (IP version, prefix length) → first bits → region


@dataclass(frozen=True, slots=True)
class RegionState:
    """What is known of the file: ``dated_at`` is when it was last written, in ms."""

    path: Path | None
    networks: int = 0
    dated_at: int | None = None
    problems: tuple[Wording, ...] = ()


@dataclass(frozen=True, slots=True)
class RegionTable:
    """A file read once."""

    state: RegionState
    networks: Networks = field(default_factory=dict)

    def region_of(self, address: Address) -> str:
        """The region of the smallest network that contains the address; empty when it is in none."""
        for (version, length), regions in self.networks.items():
            if version == address.version:
                region = regions.get(int(address) >> (address.max_prefixlen - length))
                if region is not None:
                    return region
        return ""


class Regions:
    """The table of one file, read again when the file was replaced."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._table = RegionTable(RegionState(path))
        self._seen: tuple[int, int] | None = None  # when the file was written, and its size

    async def region_of(self, address: str) -> str:
        """The region of an address in text; empty when nothing is known."""
        if self._path is None:
            return ""
        try:
            parsed = ip_address(address)
        except ValueError:
            return ""
        mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
        return (await self._current()).region_of(mapped or parsed)

    async def state(self) -> RegionState:
        """What the console shows of the file."""
        return (await self._current()).state

    async def _current(self) -> RegionTable:
        if self._path is not None:
            await to_thread.run_sync(partial(self._read_if_replaced, self._path))
        return self._table

    def _read_if_replaced(self, path: Path) -> None:
        try:
            found = path.stat()
        except OSError as error:
            self._seen, self._table = None, RegionTable(RegionState(path, problems=(_unreadable(error),)))
            return
        seen = (found.st_mtime_ns, found.st_size)
        if seen != self._seen:
            self._seen, self._table = seen, read_regions(path, found.st_mtime_ns // 1_000_000)


@cache
def regions_of(path: Path | None) -> Regions:
    """The one reader of a file in this process."""
    return Regions(path)


def read_regions(path: Path, dated_at: int) -> RegionTable:
    """The table in a file; lines that say no network and region are left out and named in its state."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _table(path, dated_at, csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return RegionTable(RegionState(path, dated_at=dated_at, problems=(_unreadable(error),)))


def _table(path: Path, dated_at: int, lines: Iterable[list[str]]) -> RegionTable:
    found: dict[tuple[int, int], dict[int, str]] = {}
    problems: list[Wording] = []
    for number, line in enumerate(lines, start=1):
        if number > MOST_NETWORKS:
            problems.append(_TOO_MANY)
            break
        if not line or line[0].startswith("#"):
            continue
        problem = _add(found, line)
        if problem and len(problems) < SHOWN_PROBLEMS:
            problems.append(Wording(f"line {number}: {problem.en}", f"第 {number} 行：{problem.zh}"))
    smallest_first = dict(sorted(found.items(), key=lambda each: -each[0][1]))
    count = sum(len(regions) for regions in found.values())
    return RegionTable(RegionState(path, count, dated_at, tuple(problems)), smallest_first)


def _add(found: dict[tuple[int, int], dict[int, str]], line: list[str]) -> Wording | None:
    """Add one line; why it cannot be, or None."""
    if len(line) < 2 or not 0 < len(line[1].strip()) <= LONGEST_REGION:
        return _NO_PAIR
    try:
        network = ip_network(line[0].strip(), strict=False)
    except ValueError:
        return _NO_NETWORK
    bits = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
    found.setdefault((network.version, network.prefixlen), {})[bits] = line[1].strip()
    return None


def _unreadable(error: Exception) -> Wording:
    return Wording(f"The file cannot be read: {error}", f"无法读取文件：{error}")
