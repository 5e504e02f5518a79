"""What stands behind the print of a live code, what of liveqr's limits can hold for it, and what can be counted."""

from collections.abc import Mapping
from typing import Final, Literal

CodeKind = Literal["hosted", "native", "group", "acquisition"]
"""Our page (``hosted``), a contact way of the platform, groups (群活码), or a 获客链接."""

Step = Literal["scans", "visitors", "reserved", "added", "stayed"]
Limit = Literal["hold_minutes", "scan_limit", "visitor_limit", "by_place", "skill", "department"]

LIMITS_OF: Final[Mapping[CodeKind, tuple[Limit, ...]]] = {
    "hosted": ("hold_minutes", "scan_limit", "visitor_limit", "by_place", "skill", "department"),
    "native": ("skill", "department"),  # nobody passes our page, but who is on the list is ours to say
    "group": ("scan_limit",),  # our page is passed, no agent is chosen and nothing reserved
    "acquisition": ("scan_limit", "skill", "department"),  # our page is passed; the link holds whom they suit
}

STEPS_OF: Final[Mapping[CodeKind, tuple[Step, ...]]] = {
    "hosted": ("scans", "visitors", "reserved", "added", "stayed"),
    "native": ("added", "stayed"),
    "group": ("scans", "visitors"),  # who joins a group is no customer of an agent
    "acquisition": ("scans", "visitors", "added", "stayed"),
}
