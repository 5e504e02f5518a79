"""Whether anybody is there to receive customers, and if not, whether the schedules meant it so."""

from collections.abc import Iterable
from typing import Literal

from router.domain.assignment import Duty

Staffing = Literal["staffed", "between_shifts", "nobody"]


def staffing(duties: Iterable[Duty]) -> Staffing:
    """What the duties of all reachable agents come to.

    Between shifts: everybody whom the admin lets work is off shift. Whoever is on shift and has paused or gone offline
    is missed, and so is everybody when the admin lets nobody work: nobody.
    """
    found = set(duties)
    if "on" in found:
        return "staffed"
    return "between_shifts" if "off_shift" in found and found <= {"off_shift", "off_duty"} else "nobody"
