"""How the pools stand inside one transaction: read once, kept in step with each place it takes.

A burst of scans shares a transaction. Reading caps, use and stock of a whole pool anew for each of them would take
most of its time, and could show nothing that the transaction has not done itself, except what another process took
meanwhile. That is caught when the places taken here are taken in the ledger, all together: each counter rises by a
guarded update, each contact way leaves the stock only if it is in there. If one fails, the transaction is run again,
scan by scan; a scan by itself takes its place at once, and goes on to the next agent if it comes too late.

On SQLite, where nobody else writes, the next transaction goes on with it if nothing at all was written in between.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import tzinfo

from sqlalchemy import Connection

from router.db.engine import LEFT_BEHIND
from router.db.queries import pools, stock
from router.db.queries.candidates import AskedPool, asked_pools
from router.db.queries.capacity import CounterKey, TakenMeanwhileError, counters_of, take_all, try_take
from router.db.queries.stock import LeasableWay
from router.db.sql import Sql
from router.domain.assignment import PLENTY, Candidate
from router.domain.capacity import CUSTOMER, Limit, Place, Window
from router.domain.spill import SpillPolicy

_DATA_VERSION = Sql("PRAGMA data_version")  # moves with every commit of another connection

SECOND = 1_000  # ms: duty and ramps move with time alone


def nothing() -> None:
    """What is to be written first where nothing waits to be written."""


@dataclass(slots=True, eq=False)
class Standing:
    """The pools with their candidates, by pool and code, as of the instant ``now`` (ms).

    ``write_first`` writes what the scans so far leave behind, before anything is read that counts it. ``asking`` are
    the pools and codes that are likely to be asked for: they are read together with the first that is.
    """

    connection: Connection
    now: int
    zone: tzinfo
    at_once: bool = False
    write_first: Callable[[], None] = nothing
    asking: AbstractSet[tuple[int, int]] = frozenset()
    _pools: dict[tuple[int, int], AskedPool] = field(default_factory=dict)
    _ready: dict[int, list[LeasableWay]] = field(default_factory=dict)  # of each agent, the oldest last
    _taken: dict[CounterKey, tuple[int, int]] = field(default_factory=dict)  # how many places, of how many
    _leased: list[int] = field(default_factory=list)
    _fallbacks: dict[int, SpillPolicy] | None = None

    def of(self, pool_id: int, code_id: int) -> AskedPool:
        """The pool as this code asks it."""
        key = (pool_id, code_id)
        if key not in self._pools:
            self.settle()
            self.write_first()
            asked = {key, *(self.asking - self._pools.keys())}
            self.asking = frozenset()  # once: what is outdated later may have been asked for the last time
            self._pools |= asked_pools(self.connection, asked, self.now, self.zone, CUSTOMER)
        return self._pools[key]

    def fallbacks(self) -> Mapping[int, SpillPolicy]:
        """The spill policies that lead to another pool, by pool."""
        if self._fallbacks is None:
            self._fallbacks = pools.fallbacks(self.connection)
        return self._fallbacks

    def take(self, chosen: Candidate, place: Place) -> LeasableWay | None:
        """One place of ``chosen``, under each of its caps, with a contact way; None when somebody else has the last.

        The ledger has it after `settle`, the place of a scan by itself at once.
        """
        way = self._next_way(chosen.agent_id)
        if way is None:
            return None
        if not self._take_place(chosen, place):
            self._ready[chosen.agent_id].append(way)
            return None
        self._leased.append(way.id)
        self._keep_in_step(chosen, place.pool_id)
        return way

    def _take_place(self, chosen: Candidate, place: Place) -> bool:
        if self.at_once:
            return try_take(self.connection, place, chosen.limits, self.now, self.zone)
        for counter, places in counters_of(place, chosen.limits, self.now, self.zone).items():
            many, _ = self._taken.get(counter, (0, places))
            self._taken[counter] = many + 1, places
        return True

    def settle(self) -> None:
        """Take in the ledger what was taken here; `TakenMeanwhileError` when somebody else was faster."""
        taken, leased = self._taken, self._leased
        self._taken, self._leased = {}, []
        take_all(self.connection, taken)
        if not stock.lease_all(self.connection, leased):
            raise TakenMeanwhileError("a contact way was leased meanwhile")

    def leave(self) -> None:
        """Leave it, settled, to the next transaction, should this one commit."""
        if (changes := _changes(self.connection)) is not None:
            self.connection.info[LEFT_BEHIND] = changes, self

    def outdate(self, pool_id: int) -> None:
        """The pool must be read again: its round changed."""
        self._pools = {key: pool for key, pool in self._pools.items() if key[0] != pool_id}

    def _next_way(self, agent_id: int) -> LeasableWay | None:
        ways = self._ready.get(agent_id)
        if not ways:
            self.settle()
            # Where others lease too, the ways read are locked until the end: no more of them than are needed.
            at_most = PLENTY if self.connection.dialect.name == "sqlite" else 1
            ways = self._ready[agent_id] = stock.oldest_ready(self.connection, agent_id, at_most)[::-1]
        return ways.pop() if ways else None

    def _keep_in_step(self, chosen: Candidate, pool_id: int) -> None:
        capped = {(limit.subject, limit.window) for limit in chosen.limits}
        is_shared = any(not subject.startswith("agent:") for subject, _ in capped)  # the same cap binds others too
        for key, pool in list(self._pools.items()):
            turn = 1 if pool.id == pool_id else 0
            after = tuple(
                _after(each, chosen, capped, turn) if is_shared or each.agent_id == chosen.agent_id else each
                for each in pool.candidates
            )
            if any(each.ready_ways == 0 for each in after if each.agent_id == chosen.agent_id):
                del self._pools[key]  # the last contact way that was counted; there may be more
            else:
                self._pools[key] = replace(pool, candidates=after)


def standing_of(
    connection: Connection,
    now: int,
    zone: tzinfo,
    *,
    at_once: bool = False,
    write_first: Callable[[], None] = nothing,
    asking: AbstractSet[tuple[int, int]] = frozenset(),
) -> Standing:
    """As the last transaction left it within this second, if nothing was written since; else to be read anew."""
    left: Standing | None
    changes, left = connection.info.pop(LEFT_BEHIND, (None, None))
    if left is None or left.now // SECOND != now // SECOND or left.zone != zone or changes != _changes(connection):
        return Standing(connection, now, zone, at_once, write_first, asking)
    left.connection, left.now = connection, now
    left.at_once, left.write_first, left.asking = at_once, write_first, asking
    return left


def _changes(connection: Connection) -> tuple[int, int] | None:
    """Another pair after any change by anybody; None on PostgreSQL, where others write without our hearing of it."""
    if connection.dialect.name != "sqlite":
        return None
    row = _DATA_VERSION.row(connection)
    assert row is not None
    return connection.connection.total_changes, row[0]


def _after(candidate: Candidate, chosen: Candidate, capped: set[tuple[str, Window]], turn: int) -> Candidate:
    limits = _counted(candidate.limits, capped) if capped else candidate.limits
    if candidate.agent_id == chosen.agent_id:
        return replace(
            candidate,
            load=candidate.load + 1,
            turns=candidate.turns + turn,
            ready_ways=candidate.ready_ways - 1,
            ramp_left=None if candidate.ramp_left is None else max(0, candidate.ramp_left - 1),
            limits=limits,
        )
    return candidate if limits is candidate.limits else replace(candidate, limits=limits)


def _counted(limits: tuple[Limit, ...], capped: set[tuple[str, Window]]) -> tuple[Limit, ...]:
    if not any((limit.subject, limit.window) in capped for limit in limits):
        return limits
    return tuple(
        replace(limit, taken=limit.taken + 1) if (limit.subject, limit.window) in capped else limit for limit in limits
    )
