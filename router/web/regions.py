"""Which province or city a network address belongs to, by a file that the operator may replace.

`REGION_FILE` names a CSV of networks or an xdb of ip2region; without it the xdb inside the package ``iputil`` serves.
Networks move from owner to owner, so such data ages: which file it is, of when, and what is wrong with it is shown.
"""

from functools import cache, partial
from importlib import metadata
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from threading import Lock

from anyio import to_thread

from router.web.region_csv import read_csv
from router.web.region_table import Address, Form, NoRegions, RegionState, RegionTable, unreadable
from router.web.region_xdb import read_xdb
from tagtree.wording import Wording

PACKAGE = "iputil"
PACKAGED_FILE = "iputil/data/ip2region.xdb"
OLD = 365 * 24 * 60 * 60 * 1000  # ms: beyond this age the data is called old

_NO_PACKAGE = Wording(f"The package {PACKAGE} is not installed.", f"未安装软件包 {PACKAGE}。")


class Regions:
    """The table of one file, read again when the file was replaced."""

    def __init__(self, path: Path | None, package: str = "") -> None:
        form = _form_of(path)
        problems = () if path else (_NO_PACKAGE,)
        self._path, self._package = path, package
        self._table: RegionTable = NoRegions(RegionState(path, form, problems=problems, package=package))
        self._seen: tuple[int, int] | None = None  # when the file was written, and its size
        self._lock = Lock()  # so that a replaced file is read by one thread only

    async def region_of(self, address: str) -> str:
        """The region of an address in text; empty when nothing is known."""
        parsed = _parsed(address)
        return "" if parsed is None else await to_thread.run_sync(partial(self._look_up, parsed))

    def state(self) -> RegionState:
        """What console and API show of the file; looks at the disk."""
        with self._lock:
            return self._current().state

    def _look_up(self, address: Address) -> str:
        with self._lock:
            return self._current().region_of(address)

    def _current(self) -> RegionTable:
        if self._path is not None:
            self._read_if_replaced(self._path)
        return self._table

    def _read_if_replaced(self, path: Path) -> None:
        try:
            found = path.stat()
        except OSError as error:
            state = RegionState(path, _form_of(path), problems=(unreadable(error),), package=self._package)
            self._put(NoRegions(state), None)
            return
        seen = (found.st_mtime_ns, found.st_size)
        if seen != self._seen:
            self._put(_read(path, found.st_mtime_ns // 1_000_000, self._package), seen)

    def _put(self, table: RegionTable, seen: tuple[int, int] | None) -> None:
        self._table, self._seen = table, seen


@cache
def regions_of(path: Path | None) -> Regions:
    """The one reader of a file in this process; of the packaged one where no file is named."""
    if path is not None:
        return Regions(path)
    try:
        found = metadata.distribution(PACKAGE)
    except metadata.PackageNotFoundError:
        return Regions(None, PACKAGE)
    return Regions(Path(str(found.locate_file(PACKAGED_FILE))), f"{PACKAGE} {found.version}")


def is_old(state: RegionState, now: int) -> bool:
    """Whether the data is of more than a year before ``now`` (ms)."""
    return state.dated_at is not None and now - state.dated_at > OLD


def _read(path: Path, dated_at: int, package: str) -> RegionTable:
    if _form_of(path) == "xdb":
        return read_xdb(path, dated_at, package)
    return read_csv(path, dated_at)


def _form_of(path: Path | None) -> Form:
    return "csv" if path is not None and path.suffix.lower() != ".xdb" else "xdb"


def _parsed(text: str) -> Address | None:
    """The address in text; of an IPv4 address in IPv6 clothes the IPv4 one."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
