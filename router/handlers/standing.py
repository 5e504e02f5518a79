"""How the candidates of the pools stand inside one transaction: read once, kept in step with each place it takes.

A burst of scans shares a transaction. Reading caps, use and stock of a whole pool anew for each of them would take
most of its time, and could show nothing that the transaction has not done itself, except what another process took
meanwhile: that is caught where every place is taken, by the guarded update.
"""

from dataclasses import dataclass, field, replace
from datetime import tzinfo

from sqlalchemy import Connection

from router.db.queries import scan
from router.db.queries.scan import Code
from router.domain.assignment import Candidate
from router.domain.capacity import Limit, Window


@dataclass(slots=True, eq=False)
class Standing:
    """The candidates by pool and code, as of the instant ``now`` (ms)."""

    connection: Connection
    now: int
    zone: tzinfo
    _candidates: dict[tuple[int, int], list[Candidate]] = field(default_factory=dict)

    def of(self, code: Code) -> list[Candidate]:
        """The candidates of the code's pool."""
        key = (code.pool_id, code.id)
        if key not in self._candidates:
            self._candidates[key] = scan.candidates(self.connection, code, self.now, self.zone)
        return self._candidates[key]

    def took(self, chosen: Candidate) -> None:
        """One place and one contact way of ``chosen`` are taken, and one place under each of its caps."""
        capped = {(limit.subject, limit.window) for limit in chosen.limits}
        for candidates in self._candidates.values():
            candidates[:] = [_after(each, chosen, capped) for each in candidates]


def _after(candidate: Candidate, chosen: Candidate, capped: set[tuple[str, Window]]) -> Candidate:
    limits = _counted(candidate.limits, capped) if capped else candidate.limits
    if candidate.agent_id == chosen.agent_id:
        return replace(candidate, load=candidate.load + 1, ready_ways=candidate.ready_ways - 1, limits=limits)
    return candidate if limits is candidate.limits else replace(candidate, limits=limits)


def _counted(limits: tuple[Limit, ...], capped: set[tuple[str, Window]]) -> tuple[Limit, ...]:
    if not any((limit.subject, limit.window) in capped for limit in limits):
        return limits
    return tuple(
        replace(limit, taken=limit.taken + 1) if (limit.subject, limit.window) in capped else limit for limit in limits
    )
