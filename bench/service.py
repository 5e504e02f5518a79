"""The service under measurement, started as production starts it, and waited for until nothing is left to decide."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench import corporation
from bench.ledgers import BenchLedger
from bench.processes import Server, free_port, server, worker

DRAIN_WITHIN = 120.0  # seconds


@dataclass(frozen=True, slots=True)
class Service:
    """The web process and, on PostgreSQL, the worker process."""

    ledger: BenchLedger
    web: Server
    worker: Server | None

    @property
    def port(self) -> int:
        """Where it answers."""
        return self.web.port

    def memory(self) -> str:
        """Peak resident memory of each process."""
        peaks = [self.web.peak_mib()] + ([self.worker.peak_mib()] if self.worker else [])
        return " + ".join(f"{peak:.0f} MiB" for peak in peaks)

    def drain(self) -> None:
        """Wait until everything stored is decided; gives up after two minutes and lets the counts tell."""
        deadline = time.monotonic() + DRAIN_WITHIN
        while time.monotonic() < deadline:
            if not self.ledger.number("SELECT count(*) FROM inbox WHERE status = 'stored'"):
                return
            time.sleep(0.1)


@contextmanager
def service(
    ledger: BenchLedger, *, platform_port: int | None = None, lanes: str = "", one_by_one: bool = False
) -> Iterator[Service]:
    """Serve ``ledger``; ``lanes`` names the outbox lanes that are worked (none: effects are written, not sent)."""
    port = free_port()
    environment = corporation.environment(ledger.url, ledger.folder, port, platform_port)
    options = ["--commits", str(ledger.commits), "--lanes", lanes] + (["--one-by-one"] if one_by_one else [])
    ledger.commits.unlink(missing_ok=True)
    with ExitStack() as stack:
        web = stack.enter_context(server("bench.apps.service", port, "serve", *options, environment=environment))
        beside = None
        if not ledger.url.startswith("sqlite"):
            beside = stack.enter_context(worker("bench.apps.service", "worker", *options, environment=environment))
        yield Service(ledger, web, beside)
