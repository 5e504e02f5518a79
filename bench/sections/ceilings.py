"""What the same server does without us, and without our storage: the ceilings that every rate is compared with."""

from dataclasses import dataclass
from pathlib import Path

from bench import corporation
from bench.load import Load
from bench.processes import free_port, server

WARM_UP = 1_000  # requests


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
