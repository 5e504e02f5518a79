"""Running the load generator in a process of its own, so that it takes nothing from whoever measures."""

import gc
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import uvloop

from bench import client
from bench.client import Outcome
from bench.workload import Request, Traffic

T = TypeVar("T")

_requests: list[Request] = []  # of the load process: made before the clock starts


@dataclass(slots=True)
class Load:
    """The load process; ``prepare`` first, then load as often as wanted."""

    _process: ProcessPoolExecutor

    def prepare(self, traffic: Traffic) -> list[str]:
        """Make the requests; returns the identities of their messages."""
        return self._in_process(_prepare, traffic)

    def closed(self, port: int, count: int, first: int = 0) -> Outcome:
        """``count`` requests from the ``first`` prepared one on, in turn, as fast as they are answered."""
        return self._in_process(_closed, port, count, first)

    def open(self, port: int, offsets: Sequence[float], first: int = 0, start_at: int | None = None) -> Outcome:
        """The prepared requests from the ``first`` on, the n-th at its intended instant."""
        return self._in_process(_open, port, offsets, first, start_at)

    def close(self) -> None:
        """End the process."""
        self._process.shutdown()

    def _in_process(self, work: Callable[..., T], *arguments: object) -> T:
        return self._process.submit(work, *arguments).result()


def start_load() -> Load:
    """A fresh load process."""
    return Load(ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")))


def _prepare(traffic: Traffic) -> list[str]:
    global _requests
    gc.unfreeze()
    _requests = traffic.requests()
    gc.collect()
    gc.freeze()  # a collection over a hundred thousand requests would look like a slow server
    return [each.identity for each in _requests]


def _closed(port: int, count: int, first: int) -> Outcome:
    return uvloop.run(client.hammer(port, [each.raw for each in _requests[first:]], count))


def _open(port: int, offsets: Sequence[float], first: int, start_at: int | None) -> Outcome:
    return uvloop.run(client.pour(port, [each.raw for each in _requests[first:]], offsets, start_at))
