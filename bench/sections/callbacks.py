"""Callbacks through the whole path: verified, decrypted, stored durably, answered, decided, committed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from bench.client import Outcome, poisson
from bench.ledgers import BenchLedger, Past, postgres_ledger, sqlite_ledger
from bench.measure import Decided, Spread, decided, intended_by_identity
from bench.report import Table, bar, ceiling
from bench.run import Run, middle
from bench.sections.ceilings import WARM_UP, Ceilings, ceilings
from bench.service import Service, service
from bench.workload import Callbacks

MESSAGES = 16_000  # of one maximum
CEILING_REQUESTS = 20_000
ONE_BY_ONE = 2_000
HALF_SECONDS = 10.0

OF_BARE = 0.20
OF_UNSTORED = 0.55
GROUPED = 2.5
DECIDED_P99 = 200.0  # ms

Open = Callable[[Past], AbstractContextManager[BenchLedger]]

_EFFECTS = "half adds (a quarter of them with a leased State), half app texts against 1,000 keyword rules; effects are"
_NOTES = (
    f"{_EFFECTS} written with the decision and not sent, so that outgoing calls do not blur the figure",
    "maximum: closed loop over 256 connections, until the last decision is durable; medians of the rounds' ratios",
    "latency: open loop with Poisson arrivals, from the intended instant, so that every queue counts",
)


@dataclass(frozen=True, slots=True)
class _Measured:
    outcome: Outcome
    decided: Decided
    memory: str


@dataclass(frozen=True, slots=True)
class _Round:
    ceilings: Ceilings
    rate: float
    one_by_one: float
    memory: str


def on_sqlite(run: Run) -> list[Table]:
    """One process with everything in it."""
    return _measure(run, "SQLite, one process", sqlite_ledger, compares_grouping=True)


def on_postgresql(run: Run) -> list[Table]:
    """A web process and a worker process on the same machine."""
    server_url = run.postgres
    return _measure(run, "PostgreSQL, web + worker", lambda past: postgres_ledger(server_url, past))


def _measure(run: Run, name: str, opened: Open, *, compares_grouping: bool = False) -> list[Table]:
    count = run.size(MESSAGES)
    traffic = Callbacks(WARM_UP + count, 0, leased=count // 8)
    identities = run.load.prepare(traffic)
    rounds = [_round(run, opened, traffic, identities, compares_grouping) for _ in range(run.rounds)]
    rate = middle([each.rate for each in rounds])
    return [_maximum(name, rounds, compares_grouping), _at_half(run, name, opened, rate / 2)]


def _round(run: Run, opened: Open, traffic: Callbacks, identities: list[str], compares_grouping: bool) -> _Round:
    limits = ceilings(run.load, run.size(CEILING_REQUESTS))
    whole = _flat_out(run, opened, traffic, identities, traffic.count - WARM_UP)
    alone = 0.0
    if compares_grouping:
        count = run.size(ONE_BY_ONE)
        alone = _flat_out(run, opened, traffic, identities, count, one_by_one=True).decided.rate
    return _Round(limits, whole.decided.rate, alone, whole.memory)


def _flat_out(
    run: Run, opened: Open, traffic: Callbacks, identities: list[str], count: int, *, one_by_one: bool = False
) -> _Measured:
    with opened(Past(leased=traffic.leased)) as ledger:
        with service(ledger, one_by_one=one_by_one) as running:
            warm_up(run, running)
            outcome = run.load.closed(running.port, count, first=WARM_UP)
            running.drain()
            memory = running.memory()
        intended = intended_by_identity(identities[WARM_UP:], outcome)
        return _Measured(outcome, decided(ledger, intended), memory)


def _maximum(name: str, rounds: list[_Round], compares_grouping: bool) -> Table:
    of_bare = middle([each.rate / each.ceilings.bare for each in rounds])
    of_unstored = middle([each.rate / each.ceilings.unstored for each in rounds])
    rows = [
        ["bare Starlette POST", f"{middle([each.ceilings.bare for each in rounds]):,.0f}", "1", ""],
        [
            "same endpoint, nothing stored",
            f"{middle([each.ceilings.unstored for each in rounds]):,.0f}",
            f"{middle([each.ceilings.unstored / each.ceilings.bare for each in rounds]):.2f}",
            "1",
        ],
        [
            f"whole path, {name}",
            f"{middle([each.rate for each in rounds]):,.0f}",
            f"{of_bare:.2f}",
            f"{of_unstored:.2f}",
        ],
    ]
    failed: tuple[str, ...] = ()
    if compares_grouping:
        gained = middle([each.rate / each.one_by_one for each in rounds])
        alone = middle([each.one_by_one for each in rounds])
        rows.append(["one commit per callback and decision", f"{alone:,.0f}", f"group commit: {gained:.1f} ×", ""])
        failed = (
            *bar("of bare Starlette", of_bare, OF_BARE),
            *bar("of the endpoint without storage", of_unstored, OF_UNSTORED),
            *bar("group commit over one by one", gained, GROUPED),
        )
    columns = ("maximum", "messages/s", "of bare", "of unstored")
    return Table(f"Callbacks, {name}", columns, rows, (*_NOTES, f"peak memory {rounds[-1].memory}"), failed)


def _at_half(run: Run, name: str, opened: Open, rate: float) -> Table:
    count = int(rate * run.seconds(HALF_SECONDS))
    traffic = Callbacks(WARM_UP + count, 0, leased=count // 8)
    identities = run.load.prepare(traffic)
    with opened(Past(leased=traffic.leased)) as ledger:
        with service(ledger) as running:
            warm_up(run, running)
            outcome = run.load.open(running.port, poisson(count, rate), first=WARM_UP)
            running.drain()
            memory = running.memory()
        result = decided(ledger, intended_by_identity(identities[WARM_UP:], outcome))
    rows = [
        ["arrival → answer", *spread_cells(Spread.of(outcome.latencies()))],
        ["arrival → decision durable", *spread_cells(result.spread)],
    ]
    failed = ceiling("p99 arrival → decision in ms", result.spread.p99, DECIDED_P99) + all_well(outcome, result)
    title = f"Latency at half of its maximum ({rate:,.0f}/s), {name}"
    return Table(title, ("ms", "p50", "p99", "max"), rows, (f"peak memory {memory}",), failed)


def warm_up(run: Run, running: Service) -> None:
    """The first prepared requests, decided: rules compiled, pages read, workers awake."""
    run.load.closed(running.port, WARM_UP)
    running.drain()


def spread_cells(spread: Spread) -> list[str]:
    """p50, p99 and maximum."""
    return [f"{spread.p50:.1f}", f"{spread.p99:.1f}", f"{spread.longest:.1f}"]


def all_well(outcome: Outcome, result: Decided) -> tuple[str, ...]:
    """Every request answered with 200, and every message decided; else what was not."""
    refused = {status: count for status, count in outcome.statuses.items() if status != 200}
    wrong = (f"answers other than 200: {refused}",) if refused else ()
    return wrong + ((f"undecided messages: {result.undecided}",) if result.undecided else ())
