"""What stands behind the print of a live code, what can be asked of it there, and what can be counted."""

from collections.abc import Mapping
from typing import Final, Literal

CodeKind = Literal["hosted", "native", "group", "acquisition"]
"""Our page (``hosted``), a contact way of the platform, groups (群活码), or a 获客链接."""

Step = Literal["scans", "visitors", "reserved", "added", "stayed"]
Setting = Literal[
    "hold_minutes", "welcome", "tag_ids", "caps", "scan_limit", "visitor_limit", "by_place", "skill", "department"
]

_OF_ADDS: tuple[Setting, ...] = ("welcome", "tag_ids", "caps", "skill", "department")
"""What holds wherever customers add an agent: the platform tells us through which code, and who is listed is ours."""

SETTINGS_OF: Final[Mapping[CodeKind, tuple[Setting, ...]]] = {
    "hosted": (*_OF_ADDS, "hold_minutes", "scan_limit", "visitor_limit", "by_place"),
    "native": _OF_ADDS,  # nobody passes our page
    "group": ("scan_limit",),  # our page is passed, and nobody adds an agent
    "acquisition": (*_OF_ADDS, "scan_limit"),  # our page is passed, and nothing reserved
}

STEPS_OF: Final[Mapping[CodeKind, tuple[Step, ...]]] = {
    "hosted": ("scans", "visitors", "reserved", "added", "stayed"),
    "native": ("added", "stayed"),
    "group": ("scans", "visitors"),  # who joins a group is no customer of an agent
    "acquisition": ("scans", "visitors", "added", "stayed"),
}
