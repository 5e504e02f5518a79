"""What the same server does without us, and without our storage: the ceilings that every rate is compared with."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from bench import corporation
from bench.load import Load
from bench.measure import Spread
from bench.processes import free_port, server

WARM_UP = 1_000  # requests

COMMITS = 800  # written to the disk alone
COMMIT_BYTES = 64 << 10  # about what a transaction of a few scans writes
COMMIT_EVERY = 0.005  # seconds


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Requests per second of a bare route, and of the callback endpoint over a store that keeps nothing."""

    bare: float
    unstored: float


def ceilings(load: Load, count: int) -> Ceilings:
    """Both, one after the other, with the requests the load process has prepared."""
    return Ceilings(_rate(load, "bench.apps.bare", count), _rate(load, "bench.apps.unstored", count))


def _rate(load: Load, module: str, count: int) -> float:
    port = free_port()
    environment = corporation.environment("sqlite:///:memory:", Path("var"), port, None)
    with server(module, port, str(port), environment=environment):
        load.closed(port, WARM_UP)
        return load.closed(port, count).rate


def disk_alone(folder: Path) -> Spread:
    """How long the disk under ``folder`` takes for a commit without anything around it: write over, and sync."""
    content, took = os.urandom(COMMIT_BYTES), list[float]()
    with (folder / "disk-alone").open("wb", buffering=0) as file:
        file.write(content * 16)
        os.fsync(file.fileno())
        for number in range(COMMITS):
            began = time.perf_counter()
            os.pwrite(file.fileno(), content, number % 16 * COMMIT_BYTES)
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1_000)
            time.sleep(COMMIT_EVERY)
    return Spread.of(took)
