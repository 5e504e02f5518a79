"""100,000 messages at 2,000 per second: all answered, each decided exactly once."""

from bench.client import poisson
from bench.ledgers import BenchLedger, Past, sqlite_ledger
from bench.measure import Spread, decided, intended_by_identity
from bench.report import Table
from bench.run import Run
from bench.sections.callbacks import all_well, spread_cells, warm_up
from bench.sections.ceilings import WARM_UP
from bench.service import service
from bench.workload import Callbacks

MESSAGES = 100_000
RATE = 2_000  # per second
LEASED = 10_000


def flood(run: Run) -> list[Table]:
    """An eighth of it in a quick run."""
    count = run.size(MESSAGES)
    leased = LEASED * count // MESSAGES
    identities = run.load.prepare(Callbacks(WARM_UP + count, 0, leased=leased))
    with sqlite_ledger(Past(leased=leased)) as ledger:
        with service(ledger) as running:
            warm_up(run, running)
            outcome = run.load.open(running.port, poisson(count, RATE), first=WARM_UP)
            running.drain()
            memory = running.memory()
        result = decided(ledger, intended_by_identity(identities[WARM_UP:], outcome))
        wrong = all_well(outcome, result) + _miscounted(ledger, WARM_UP + count)
    rows = [
        ["arrival → answer", *spread_cells(Spread.of(outcome.latencies()))],
        ["arrival → decision durable", *spread_cells(result.spread)],
    ]
    notes = (
        f"{outcome.statuses[200]:,} answered 200, {result.count:,} decided once, in {result.seconds:.1f} s",
        f"peak memory {memory}",
    )
    return [Table(f"{count:,} messages at {RATE:,}/s, SQLite", ("ms", "p50", "p99", "max"), rows, notes, wrong)]


def _miscounted(ledger: BenchLedger, count: int) -> tuple[str, ...]:
    """What the rows say when each message was stored once and had its effects once."""
    expected = {
        "SELECT count(*) FROM inbox WHERE status = 'done' AND deliveries = 1": count,
        "SELECT count(*) FROM customer": count // 2,
        "SELECT count(*) FROM follow WHERE status = 'full'": count // 2,
        "SELECT count(*) FROM assignment": count // 2,
        "SELECT count(DISTINCT customer_id) FROM assignment": count // 2,
        "SELECT sum(taken) FROM counter": ledger.number("SELECT count(*) FROM reservation")
        + ledger.number("SELECT count(*) FROM assignment WHERE own_place"),
    }
    found = {statement: ledger.number(statement) for statement in expected}
    return tuple(f"{each}: {found[each]}, not {wanted}" for each, wanted in expected.items() if found[each] != wanted)
