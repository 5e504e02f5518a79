"""Who acts, and when."""

from dataclasses import dataclass
from datetime import tzinfo


@dataclass(frozen=True, slots=True)
class Act:
    """``actor`` is recorded with each change, ``now`` is in ms, ``zone`` is where the corporation's days begin."""

    actor: str
    now: int
    zone: tzinfo
