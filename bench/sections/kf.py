"""微信客服: a bare notice per message, a pull, and the decision about what was pulled."""

import time

import httpx

from bench.client import even
from bench.ledgers import Past, sqlite_ledger
from bench.measure import Decided, decided, intended_by_identity
from bench.processes import free_port, server
from bench.report import Table, ceiling
from bench.run import Run, middle
from bench.sections.callbacks import DECIDED_P99, all_well, spread_cells, warm_up
from bench.sections.ceilings import WARM_UP
from bench.service import Service, service
from bench.workload import KF_CUSTOMERS, KfNotices, kf_identity

MESSAGES = 8_000
STEADY_RATE = 500.0  # messages per second
STEADY_SECONDS = 10.0


def kf(run: Run) -> list[Table]:
    """Maximum with everything there at once, then latency at a steady rate."""
    count = run.size(MESSAGES)
    identities = run.load.prepare(KfNotices(WARM_UP + count))
    rates = [_flat_out(run, count, identities) for _ in range(run.rounds)]
    return [_steady(run, middle(rates))]


def _flat_out(run: Run, count: int, identities: list[str]) -> float:
    platform_port = free_port()
    with (
        server("bench.apps.platform", platform_port, str(platform_port)),
        sqlite_ledger(Past(kf_customers=KF_CUSTOMERS)) as ledger,
    ):
        with service(ledger, platform_port=platform_port, lanes="chat") as running:
            warm_up(run, running)
            start_at = time.time_ns()
            _offer(platform_port, count, 0, start_at)
            outcome = run.load.closed(running.port, count, first=WARM_UP)
            _await_items(running, count)
        items = {kf_identity(number): start_at / 1e6 for number in range(count)}
        return decided(ledger, items | intended_by_identity(identities[WARM_UP:], outcome)).rate / 2


def _steady(run: Run, maximum: float) -> Table:
    # Flat out a pull brings a thousand items; in step with the notices it brings a few, and costs more for each.
    rate = min(STEADY_RATE, maximum / 2)
    count = int(rate * run.seconds(STEADY_SECONDS))
    identities = run.load.prepare(KfNotices(WARM_UP + count))
    platform_port = free_port()
    with (
        server("bench.apps.platform", platform_port, str(platform_port)),
        sqlite_ledger(Past(kf_customers=KF_CUSTOMERS)) as ledger,
    ):
        with service(ledger, platform_port=platform_port, lanes="chat") as running:
            warm_up(run, running)
            start_at = time.time_ns() + 500_000_000
            _offer(platform_port, count, rate, start_at)
            outcome = run.load.open(running.port, even(count, rate), first=WARM_UP, start_at=start_at)
            _await_items(running, count)
            memory = running.memory()
        items = {kf_identity(number): start_at / 1e6 + number * 1000 / rate for number in range(count)}
        result = decided(ledger, items)
        notices = decided(ledger, intended_by_identity(identities[WARM_UP:], outcome))
    return _table(maximum, rate, result, memory, all_well(outcome, notices))


def _table(maximum: float, rate: float, result: Decided, memory: str, wrong: tuple[str, ...]) -> Table:
    lost = (f"undecided items: {result.undecided}",) if result.undecided else ()
    row = [f"{maximum:,.0f}", f"{rate:,.0f}", *spread_cells(result.spread)]
    return Table(
        "微信客服, SQLite: one notice per message, pulled and decided",
        ("maximum messages/s", "at", "p50 ms", "p99 ms", "max ms"),
        [row],
        (
            "latency: from the message's instant at the platform to its durable decision, notice and pull between",
            f"{KF_CUSTOMERS:,} customers whose session a person has: rules put tags on, the bot keeps silent",
            "the platform is a stand-in that answers at once; pulls are coalesced and keep the product's call budget",
            f"peak memory {memory}",
        ),
        ceiling("p99 in ms", result.spread.p99, DECIDED_P99) + lost + wrong,
    )


def _offer(platform_port: int, total: int, rate: float, start_at: int) -> None:
    query = {"total": str(total), "rate": str(rate), "start_at": str(start_at)}
    httpx.post(f"http://127.0.0.1:{platform_port}/offer", params=query).raise_for_status()


def _await_items(running: Service, count: int) -> None:
    deadline = time.monotonic() + 60
    statement = "SELECT count(*) FROM inbox WHERE callback = 'KF_ITEM' AND status <> 'stored'"
    while time.monotonic() < deadline and running.ledger.number(statement) < count:
        time.sleep(0.2)
    running.drain()
