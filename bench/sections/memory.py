"""Memory and rest: what ``serve`` holds when idle and after 100,000 customers, and whether it sleeps when idle."""

import time
from contextlib import AbstractContextManager

from bench import corporation
from bench.ledgers import BenchLedger, Past, sqlite_ledger
from bench.processes import Server, free_port, server
from bench.report import Table, ceiling
from bench.run import Run
from bench.workload import Callbacks

CUSTOMERS = 100_000
MESSAGES = 2_000
IDLE_SECONDS = 10.0

IDLE_MOST = 120.0  # MiB
LOADED_MOST = 300.0  # MiB
IDLE_CPU_MOST = 1.0  # percent of one core


def memory(run: Run) -> list[Table]:
    """The product as ``liveqr serve`` starts it, nothing added."""
    full_stock = 20 * corporation.AGENTS  # nothing is left to do: what is measured is rest
    seconds = run.seconds(IDLE_SECONDS)
    with sqlite_ledger(Past(ready=full_stock)) as ledger, _serving(ledger) as idle:
        share = _idle_share(idle, seconds)
        resting = idle.resident_mib()
    customers = run.size(CUSTOMERS)
    with sqlite_ledger(Past(ready=full_stock, customers=customers)) as ledger, _serving(ledger) as busy:
        run.load.prepare(Callbacks(MESSAGES))
        run.load.closed(busy.port, MESSAGES)
        time.sleep(1.0)
        peak = busy.peak_mib()
    rows = [
        ["serve, idle", f"{resting:.0f} MiB", f"{share:.2f} % of a core over {seconds:.0f} s"],
        [f"serve, {customers:,} customers and {MESSAGES:,} callbacks", f"{peak:.0f} MiB at most", ""],
    ]
    failed = (
        *ceiling("idle memory in MiB", resting, IDLE_MOST),
        *ceiling("idle processor share in percent", share, IDLE_CPU_MOST),
        *ceiling("memory with 100,000 customers in MiB", peak, LOADED_MOST),
    )
    return [Table("Memory and rest", ("process", "memory", "processor"), rows, (), failed)]


def _serving(ledger: BenchLedger) -> AbstractContextManager[Server]:
    port = free_port()
    environment = corporation.environment(ledger.url, ledger.folder, port, platform_port=1)
    return server("router.cli", port, "serve", environment=environment)


def _idle_share(process: Server, seconds: float) -> float:
    time.sleep(3.0)  # the start is over
    before = process.cpu_seconds()
    time.sleep(seconds)
    return (process.cpu_seconds() - before) / seconds * 100
