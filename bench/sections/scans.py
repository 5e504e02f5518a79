"""Scans: places of agents held under caps while many visitors ask at once."""

from dataclasses import dataclass

from bench import corporation
from bench.client import Outcome, poisson
from bench.ledgers import BenchLedger, Past, sqlite_ledger
from bench.measure import Spread
from bench.report import Table, bar, ceiling
from bench.run import Run
from bench.sections.callbacks import spread_cells
from bench.service import Service, service
from bench.workload import Scans

SCANS = 8_000
PAST = (1_000, 100_000)  # assignments before the measurement
GROWTH_MOST = 1.5  # how much slower a hundred times the past may make a scan

LEAST_RATE = 1_000.0  # reservations per second
MOST_P99 = 20.0  # ms, at half of the maximum


@dataclass(frozen=True, slots=True)
class _Held:
    rate: float
    spread: Spread
    pages: float
    full: float
    memory: str
    wrong: tuple[str, ...]


def scans(run: Run) -> list[Table]:
    """With little history and with much; then the same visitors again, then more visitors than places."""
    measured = {past: _scans(run, past) for past in (PAST[0], run.size(PAST[1]))}
    few, many = measured.values()
    rows = [
        [f"{past:,}", f"{each.rate:,.0f}", *spread_cells(each.spread), f"{each.pages:,.0f}", f"{each.full:,.0f}"]
        for past, each in measured.items()
    ]
    columns = ("past assignments", "reservations/s", "p50 ms", "p99 ms", "max ms", "pages/s", "“all full”/s")
    notes = (
        f"{corporation.AGENTS} agents with a cap each, stock full, every visitor new; decisions stored, all committed",
        "reservations/s: closed loop over 256 connections; latency: open loop at half of that",
        "pages/s: the HTML page of a visitor who holds a reservation; “all full”: JSON when every cap is reached",
        "overshoot 0: no agent holds more places than the cap, counters equal rows",
        f"peak memory {many.memory}",
    )
    failed = (
        *few.wrong,
        *many.wrong,
        *bar("reservations/s", many.rate, LEAST_RATE),
        *ceiling("p99 in ms", many.spread.p99, MOST_P99),
        *ceiling("slower with 100 times the past", few.rate / many.rate, GROWTH_MOST),
    )
    return [Table("Scans, SQLite", columns, rows, notes, failed)]


def _scans(run: Run, past: int) -> _Held:
    """``count`` scans flat out, half as many at half of that rate, then a rush on fewer places than visitors."""
    count = run.size(SCANS)
    cap = (count + count // 2 + count // 4) // corporation.AGENTS
    places = cap * corporation.AGENTS
    with sqlite_ledger(Past(ready=places + 20 * corporation.AGENTS, customers=past, agent_cap=cap)) as ledger:
        with service(ledger) as running:
            held = _closed(run, running, Scans(count))
            steady = _poured(run, running, Scans(count // 2, first=count), held.rate / 2)
            rush = _closed(run, running, Scans(count // 2, first=2 * count))
            full = _closed(run, running, Scans(count // 2, first=3 * count))
            pages = _closed(run, running, Scans(count // 2, accept="text/html"))
            memory = running.memory()
        wrong = _overshoot(ledger, places, cap) + _refused((held, steady, rush, full, pages))
    return _Held(held.rate, Spread.of(steady.latencies()), pages.rate, full.rate, memory, wrong)


def _closed(run: Run, running: Service, traffic: Scans) -> Outcome:
    run.load.prepare(traffic)
    return run.load.closed(running.port, traffic.count)


def _poured(run: Run, running: Service, traffic: Scans, rate: float) -> Outcome:
    run.load.prepare(traffic)
    return run.load.open(running.port, poisson(traffic.count, rate))


def _refused(outcomes: tuple[Outcome, ...]) -> tuple[str, ...]:
    return tuple(f"answers other than 200: {dict(each.statuses)}" for each in outcomes if set(each.statuses) != {200})


def _overshoot(ledger: BenchLedger, places: int, cap: int) -> tuple[str, ...]:
    """More visitors came than there are places: exactly the places must be held, the cap of each agent kept."""
    held = ledger.number("SELECT count(*) FROM reservation WHERE place_taken AND status = 'held'")
    most = ledger.number(
        "SELECT max(held) FROM"
        " (SELECT count(*) AS held FROM reservation WHERE status = 'held' GROUP BY agent_id) AS of_agents"
    )
    counted = ledger.number("SELECT sum(taken) FROM counter WHERE \"window\" = 'day'")
    expected = (("places held", held, places), ("most of one agent", most, cap), ("counted", counted, places))
    return tuple(f"{name}: {found}, not {wanted}" for name, found, wanted in expected if found != wanted)
