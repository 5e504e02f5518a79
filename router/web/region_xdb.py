"""Regions in a file of the ip2region project, held in memory: once per process, some 11 MiB for all of IPv4.

A record is text with bars between its fields, and which fields has changed (releases of ip2region):

    中国|0|广东省|深圳市|电信        country, area, province, city, carrier: up to 2.x
    中国|广东省|深圳市|电信          country, province, city, carrier: 3.0 to 3.12
    中国|广东省|深圳市|电信|CN       the same and the country's ISO code: from 3.13 on
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from ip2region import util
from ip2region.searcher import Searcher, new_with_buffer

from router.web.region_table import LONGEST_REGION, Address, NoRegions, RegionState, RegionTable, unreadable
from tagtree.wording import Wording

HOME = "中国"
_UNKNOWN = frozenset({"", "0", "Reserved", "内网IP"})
_ISO_CODE = re.compile(r"[A-Z]{2}")  # the one carrier that looks so, XL of Indonesia, loses its city at most
_SMALLEST = util.HeaderInfoLength + util.VectorIndexLength  # bytes
LARGEST = 256 * 1024 * 1024  # bytes
_NO_XDB = Wording("This is no xdb file of ip2region of up to 256 MiB.", "这不是 256 MiB 以内的 ip2region xdb 文件。")


@dataclass(frozen=True)
class XdbRegions:
    """A file in memory."""

    state: RegionState
    searcher: Searcher

    def region_of(self, address: Address) -> str:
        """The region of an address; a broken record, or an address of the other IP version, has none."""
        if address.version != self.searcher.get_ip_version().id:
            return ""
        try:
            return region_in(self.searcher.search(address.packed))
        except (ValueError, IndexError):
            return ""


def read_xdb(path: Path, dated_at: int, package: str = "") -> RegionTable:
    """The table in a file; ``dated_at`` (ms) counts where the file does not say when it was built."""
    unusable = RegionState(path, "xdb", dated_at=dated_at, package=package)
    try:
        return _read(path, unusable)
    except Exception as error:  # the library tells of a file that is too large by the bare class
        return NoRegions(replace(unusable, problems=(unreadable(error),)))


def region_in(record: str) -> str:
    """``广东省深圳市`` of a record; the country stands before a place outside China.

    A city that begins with its province's name stands alone: 上海市.
    """
    country, *places = record.split("|")
    if country in _UNKNOWN or len(places) not in (3, 4):
        return ""
    has_area = len(places) == 4 and not _ISO_CODE.fullmatch(places[3])
    known = [place for place in (places[1:3] if has_area else places[:2]) if place not in _UNKNOWN]
    if len(known) == 2 and known[1].startswith(known[0]):
        del known[0]
    return "".join(known if country == HOME and known else [country, *known])[:LONGEST_REGION]


def _read(path: Path, unusable: RegionState) -> RegionTable:
    with path.open("rb") as file:
        if not _SMALLEST <= path.stat().st_size <= LARGEST:
            return NoRegions(replace(unusable, problems=(_NO_XDB,)))
        util.verify(file)
        content = util.load_content(file)
    header = util.Header(content[: util.HeaderInfoLength])
    version = util.version_from_header(header)
    if version is None:
        return NoRegions(replace(unusable, problems=(_NO_XDB,)))
    networks = (header.endIndexPtr - header.startIndexPtr) // version.index_size + 1
    built_at = header.createdAt * 1000 or unusable.dated_at
    state = replace(unusable, networks=max(0, networks), dated_at=built_at)
    return XdbRegions(state, new_with_buffer(version, content))
