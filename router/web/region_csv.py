"""Regions in a CSV file of the operator: one network and its region a line, ``203.0.113.0/24,上海``.

A line may begin with ``#``. Of networks that contain one another the smaller one decides.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from router.web.region_table import LONGEST_REGION, Address, NoRegions, RegionState, RegionTable, unreadable
from tagtree.wording import Wording

MOST_NETWORKS = 2_000_000
SHOWN_PROBLEMS = 5

_TOO_MANY = Wording(f"Only the first {MOST_NETWORKS} lines are read.", f"只读取前 {MOST_NETWORKS} 行。")
_NO_PAIR = Wording(
    f"not a network and a region of at most {LONGEST_REGION} characters", f"不是网段和最多 {LONGEST_REGION} 个字的地区"
)
_NO_NETWORK = Wording("the network is not written like 203.0.113.0/24", "网段应写成 203.0.113.0/24 的形式")

Networks = Mapping[tuple[int, int], Mapping[int, str]]  # (IP version, prefix length) → first bits → region


@dataclass(frozen=True)
class CsvRegions:
    """The lines of a file, the longest prefixes first."""

    state: RegionState
    networks: Networks

    def region_of(self, address: Address) -> str:
        """The region of the smallest network that contains the address; empty when it is in none."""
        for (version, length), regions in self.networks.items():
            if version == address.version:
                region = regions.get(int(address) >> (address.max_prefixlen - length))
                if region is not None:
                    return region
        return ""


def read_csv(path: Path, dated_at: int) -> RegionTable:
    """The table in a file; lines that say no network and region are left out and named in its state."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _table(path, dated_at, csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return NoRegions(RegionState(path, "csv", dated_at=dated_at, problems=(unreadable(error),)))


def _table(path: Path, dated_at: int, lines: Iterable[list[str]]) -> CsvRegions:
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
    return CsvRegions(RegionState(path, "csv", count, dated_at, tuple(problems)), smallest_first)


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
