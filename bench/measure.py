"""From stamps to figures: when each message was answered, and when its decision was durable."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from bench.client import Outcome
from bench.ledgers import BenchLedger


@dataclass(frozen=True, slots=True)
class Spread:
    """Latencies in ms."""

    p50: float
    p99: float
    longest: float

    @classmethod
    def of(cls, latencies: Sequence[float]) -> "Spread":
        """Percentiles by nearest rank."""
        ordered = sorted(latencies)
        return cls(ordered[len(ordered) // 2], ordered[int((len(ordered) - 1) * 0.99)], ordered[-1])


@dataclass(frozen=True, slots=True)
class Decided:
    """What the ledger says of one load: how many were decided, how fast, how late."""

    count: int
    undecided: int
    seconds: float  # from the first intended instant to the last durable decision
    spread: Spread

    @property
    def rate(self) -> float:
        """Decided messages per second."""
        return self.count / self.seconds


def decided(ledger: BenchLedger, intended: dict[str, float]) -> Decided:
    """Join intended instants (ms, by identity) with the durable decisions of the ledger."""
    durable_at = _Commits(ledger)
    rows = ledger.rows("SELECT identity, status, decided_at FROM inbox")
    latencies: list[float] = []
    undecided = 0
    last = 0.0
    for name, status, as_of in rows:
        began = intended.get(name)
        if began is None:
            continue
        if status not in ("done", "ignored"):
            undecided += 1
            continue
        at = durable_at(as_of)
        last = max(last, at)
        latencies.append(at - began)
    undecided += len(intended) - undecided - len(latencies)
    return Decided(len(latencies), undecided, (last - min(intended.values())) / 1000, Spread.of(latencies))


def intended_by_identity(identities: Sequence[str], outcome: Outcome) -> dict[str, float]:
    """Intended instants in ms of the requests that were sent."""
    return {name: at / 1e6 for name, at in zip(identities, outcome.intended, strict=False) if at}


class _Commits:
    """When a batch that was decided as of an instant was durable."""

    def __init__(self, ledger: BenchLedger) -> None:
        committed: dict[int, int] = {}
        for line in ledger.commits.read_text().splitlines():
            as_of, at = map(int, line.split())
            committed[as_of] = max(at, committed.get(as_of, 0))  # several workers may share a millisecond
        self._instants = sorted(committed)
        self._committed = committed

    def __call__(self, as_of: int) -> float:
        place = bisect_right(self._instants, as_of) - 1
        return float(self._committed[self._instants[place]])
