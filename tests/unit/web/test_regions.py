"""Which region an address belongs to, by a file that may be missing, replaced or wrong."""

import os
from pathlib import Path

import pytest

from router.web.regions import Regions, RegionState, read_regions

pytestmark = pytest.mark.anyio

LINES = "# made 2026-10-01\n203.0.113.0/24,上海\n203.0.113.128/25,江苏苏州\n2001:db8::/32,广东\n\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of regions."""
    file = tmp_path / "regions.csv"
    file.write_text(LINES)
    return file


@pytest.mark.parametrize(
    ("address", "region"),
    [
        ("203.0.113.5", "上海"),
        ("203.0.113.200", "江苏苏州"),
        ("::ffff:203.0.113.5", "上海"),
        ("2001:db8:9::1", "广东"),
        ("198.51.100.1", ""),
        ("testclient", ""),
        ("", ""),
    ],
)
async def test_the_smallest_network_that_holds_the_address_decides(path: Path, address: str, region: str) -> None:
    assert await Regions(path).region_of(address) == region


async def test_without_a_file_every_region_is_unknown() -> None:
    regions = Regions(None)

    assert await regions.region_of("203.0.113.5") == ""
    assert await regions.state() == RegionState(None)


async def test_a_replaced_file_is_read_again(path: Path) -> None:
    regions = Regions(path)
    before = await regions.region_of("203.0.113.5")

    path.write_text("203.0.113.0/24,浙江杭州\n")
    os.utime(path, (2_000_000_000, 2_000_000_000))

    assert (before, await regions.region_of("203.0.113.5")) == ("上海", "浙江杭州")
    assert await regions.state() == RegionState(path, 1, 2_000_000_000_000)


async def test_a_file_that_is_gone_is_named_and_knows_nothing(tmp_path: Path) -> None:
    regions = Regions(tmp_path / "gone.csv")

    assert await regions.region_of("203.0.113.5") == ""
    (problem,) = (await regions.state()).problems
    assert "No such file or directory" in problem.en


def test_lines_that_say_no_network_and_region_are_named_and_the_others_hold(path: Path) -> None:
    path.write_text("203.0.113.0/24,上海\n203.0.113.0/99,上海\nhello\n198.51.100.0/24,\n")

    state = read_regions(path, 7).state

    assert (state.networks, state.dated_at) == (1, 7)
    assert [(problem.en, problem.zh) for problem in state.problems] == [
        ("line 2: the network is not written like 203.0.113.0/24", "第 2 行：网段应写成 203.0.113.0/24 的形式"),
        ("line 3: not a network and a region of at most 64 characters", "第 3 行：不是网段和最多 64 个字的地区"),
        ("line 4: not a network and a region of at most 64 characters", "第 4 行：不是网段和最多 64 个字的地区"),
    ]


def test_a_file_that_is_no_text_is_named(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")

    state = read_regions(path, 7).state

    assert state.networks == 0
    assert state.problems[0].en.startswith("The file cannot be read: ")
