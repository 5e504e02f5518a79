"""One run of the benchmark: how thorough it is, and what its sections share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median

from bench.ledgers import postgres_server
from bench.load import Load, start_load
from bench.report import Table


@dataclass(slots=True)
class Run:
    """``quick`` measures once and little, for a glance; the default repeats and takes medians."""

    quick: bool
    load: Load
    _stack: ExitStack
    _postgres: str | None = field(default=None)

    @property
    def rounds(self) -> int:
        """How often a maximum is measured, in turn with its ceilings."""
        return 1 if self.quick else 3

    def size(self, full: int) -> int:
        """A number of requests, an eighth of it in a quick run."""
        return full // 8 if self.quick else full

    def seconds(self, full: float) -> float:
        """A duration in seconds, a third of it in a quick run."""
        return full / 3 if self.quick else full

    @property
    def postgres(self) -> str:
        """The URL of a PostgreSQL, started when first asked for."""
        if self._postgres is None:
            self._postgres = self._stack.enter_context(postgres_server())
        return self._postgres


Section = Callable[[Run], list[Table]]


@contextmanager
def new_run(*, quick: bool) -> Iterator[Run]:
    """A run with a load process of its own."""
    with ExitStack() as stack:
        load = start_load()
        stack.callback(load.close)
        yield Run(quick, load, stack)


def middle(values: list[float]) -> float:
    """The median."""
    return median(values)
