"""Scans: places of agents held under caps while many visitors ask at once."""

from dataclasses import dataclass

from bench import corporation
from bench.client import Outcome, poisson
from bench.ledgers import BenchLedger, Past, sqlite_ledger
from bench.measure import Spread
from bench.processes import free_port, server
from bench.report import Table, bar, ceiling
from bench.run import Run
from bench.sections.callbacks import spread_cells
from bench.sections.ceilings import WARM_UP, disk_alone
from bench.service import Service, service
from bench.workload import Scans
from router.domain.fairness import Fairness, Taken, fairness

SCANS = 8_000
PAST = (1_000, 1_000_000)  # assignments before the measurement
GROWTH_MOST = 1.5  # how much slower a thousand times the past may make a scan

RATE = 1_000.0  # scans per second at which the latency of a landing decision is measured, and the least maximum
MOST_P99 = 20.0  # ms, at that rate
PAGE_RATE = 3_000.0  # pages per second: a page that reserves nothing
PAGE_MOST_P99 = 10.0  # ms, at that rate


@dataclass(frozen=True, slots=True)
class _Held:
    rate: float
    spread: Spread
    disk: Spread
    pages: float
    full: float
    previews: float
    at_page_rate: Spread
    fairness: Fairness
    memory: str
    wrong: tuple[str, ...]


def scans(run: Run) -> list[Table]:
    """With little history and with much; then the same visitors again, more visitors than places, and previews."""
    measured = {past: _scans(run, past) for past in (PAST[0], run.size(PAST[1]))}
    few, many = measured.values()
    bare = _bare(run)
    return [_decisions(measured, few, many), _plain_pages(many, bare)]


def _decisions(measured: dict[int, _Held], few: _Held, many: _Held) -> Table:
    rows = [
        [
            f"{past:,}",
            f"{each.rate:,.0f}",
            *spread_cells(each.spread),
            f"{each.disk.p99:.1f}",
            f"{each.disk.longest:.1f}",
            f"{each.pages:,.0f}",
            f"{each.full:,.0f}",
            f"{each.fairness.deviation:.1f} ({each.fairness.deviation_share:.2%})",
            f"{each.fairness.jain:.4f}",
        ]
        for past, each in measured.items()
    ]
    columns = (
        "past assignments",
        "reservations/s",
        "p50 ms",
        "p99 ms",
        "max ms",
        "disk alone p99 ms",
        "disk alone max ms",
        "pages/s",
        "“all full”/s",
        "furthest from share",
        "Jain's index",
    )
    notes = (
        f"{corporation.AGENTS} agents with a cap each, stock full, every visitor new; decisions stored, all committed",
        f"reservations/s: closed loop over 256 connections; latency: open loop at {RATE:,.0f}/s",
        "disk alone: a write and a sync of 64 KiB beside nothing else, right after; no commit is faster than that",
        "pages/s: the HTML page of a visitor who holds a reservation; “all full”: JSON when every cap is reached",
        "furthest from share: the greatest distance of an agent's places from the share by weight, none full yet;"
        " Jain's index: of places per weight, 1 when all have alike",
        "overshoot 0: no agent holds more places than the cap, counters equal rows",
        f"peak memory {many.memory}",
    )
    failed = (
        *few.wrong,
        *many.wrong,
        *bar("reservations/s", many.rate, RATE),
        *ceiling("p99 in ms", many.spread.p99, MOST_P99),
        *ceiling("slower with a thousand times the past", few.rate / many.rate, GROWTH_MOST),
    )
    return Table("Scans, SQLite", columns, rows, notes, failed)


def _plain_pages(held: _Held, bare: float) -> Table:
    row = [f"{bare:,.0f}", f"{held.previews:,.0f}", f"{held.previews / bare:.2f}", *spread_cells(held.at_page_rate)]
    columns = ("bare route/s", "plain pages/s", "of bare", "p50 ms", "p99 ms", "max ms")
    notes = (
        "bare route: Starlette answers a fixed page of the same kind, same server and load, same run",
        f"plain page: what a link preview is shown; it holds no place. Latency: open loop at {PAGE_RATE:,.0f}/s",
    )
    failed = (
        *bar("plain pages/s", held.previews, PAGE_RATE),
        *ceiling("p99 in ms of a plain page", held.at_page_rate.p99, PAGE_MOST_P99),
    )
    return Table("Plain pages beside a bare route", columns, [row], notes, failed)


def _bare(run: Run) -> float:
    port = free_port()
    run.load.prepare(Scans(run.size(SCANS), accept="text/html", preview=True))
    with server("bench.apps.bare", port, str(port)):
        run.load.closed(port, WARM_UP)
        return run.load.closed(port, run.size(SCANS)).rate


def _scans(run: Run, past: int) -> _Held:
    """``count`` scans flat out, half as many at the stated rate, then a rush on fewer places than visitors."""
    count = run.size(SCANS)
    cap = (count + count // 2 + count // 4) // corporation.AGENTS
    places = cap * corporation.AGENTS
    with sqlite_ledger(Past(ready=places + 20 * corporation.AGENTS, customers=past, agent_cap=cap)) as ledger:
        with service(ledger) as running:
            held = _closed(run, running, Scans(count))
            steady = _poured(run, running, Scans(count // 2, first=count), RATE)
            disk = disk_alone(ledger.folder)
            shared = _fairness(ledger)
            rush = _closed(run, running, Scans(count // 2, first=2 * count))
            full = _closed(run, running, Scans(count // 2, first=3 * count))
            pages = _closed(run, running, Scans(count // 2, accept="text/html"))
            previews = _closed(run, running, Scans(count, accept="text/html", preview=True))
            poured = _poured(run, running, Scans(count, accept="text/html", preview=True), PAGE_RATE)
            memory = running.memory()
        wrong = _overshoot(ledger, places, cap) + _refused((held, steady, rush, full, pages, previews, poured))
    return _Held(
        held.rate,
        Spread.of(steady.latencies()),
        disk,
        pages.rate,
        full.rate,
        previews.rate,
        Spread.of(poured.latencies()),
        shared,
        memory,
        wrong,
    )


def _closed(run: Run, running: Service, traffic: Scans) -> Outcome:
    run.load.prepare(traffic)
    return run.load.closed(running.port, traffic.count)


def _poured(run: Run, running: Service, traffic: Scans, rate: float) -> Outcome:
    run.load.prepare(traffic)
    return run.load.open(running.port, poisson(traffic.count, rate))


def _refused(outcomes: tuple[Outcome, ...]) -> tuple[str, ...]:
    return tuple(f"answers other than 200: {dict(each.statuses)}" for each in outcomes if set(each.statuses) != {200})


def _fairness(ledger: BenchLedger) -> Fairness:
    """Of the places held while every agent still has room: once all are full their caps alone would tell."""
    rows = ledger.rows(
        "SELECT id, weight, (SELECT count(*) FROM reservation WHERE agent_id = agent.id AND place_taken"
        " AND status = 'held') FROM agent"
    )
    found = fairness({id: Taken(int(places), weight) for id, weight, places in rows})
    assert found is not None, "no place is held"
    return found


def _overshoot(ledger: BenchLedger, places: int, cap: int) -> tuple[str, ...]:
    """More visitors came than there are places: exactly the places must be held, the cap of each agent kept."""
    held = ledger.number("SELECT count(*) FROM reservation WHERE place_taken AND status = 'held'")
    most = ledger.number(
        "SELECT max(held) FROM"
        " (SELECT count(*) AS held FROM reservation WHERE status = 'held' GROUP BY agent_id) AS of_agents"
    )
    counted = ledger.number(
        "SELECT sum(taken) FROM counter WHERE \"window\" = 'day' AND subject LIKE 'agent:%' AND subject NOT LIKE '%@%'"
    )
    expected = (("places held", held, places), ("most of one agent", most, cap), ("counted", counted, places))
    return tuple(f"{name}: {found}, not {wanted}" for name, found, wanted in expected if found != wanted)
