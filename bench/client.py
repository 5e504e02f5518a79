"""The load generator: HTTP/1.1 over keep-alive connections, as few instructions per request as Python allows.

Two ways to load. *Closed loop*: each connection sends its next request when the last is answered; this finds the
maximum. *Open loop*: requests have intended instants, whatever the server does; one that must wait for a free
connection has waited since its intended instant, so a slow server cannot hide behind a slow client (coordinated
omission). All instants are the wall clock's, in nanoseconds, because the service stamps with the same clock.
"""

import asyncio
import random
import re
import time
from abc import ABC, abstractmethod
from array import array
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import cast

CONNECTIONS = 256
PATIENCE = 30.0  # seconds to wait for the last answers

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class Outcome:
    """What came of a load: per request the intended and the answered instant in ns, 0 when never answered."""

    intended: "array[int]"
    answered: "array[int]"
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """Requests that were answered."""
        return sum(1 for each in self.answered if each)

    @property
    def seconds(self) -> float:
        """From the first intended instant to the last answer."""
        return (max(self.answered) - min(each for each in self.intended if each)) / 1e9

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.count / self.seconds

    def latencies(self) -> list[float]:
        """Intended instant to answer, in ms, of the answered ones."""
        pairs = zip(self.intended, self.answered, strict=True)
        return [(answered - intended) / 1e6 for intended, answered in pairs if answered]


class _Connection(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, load: "_Load") -> None:
        self._load = load
        self._received = b""
        self._number = -1
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class does not derive from it

    def send(self, number: int, raw: bytes) -> None:
        assert self._transport is not None
        self._number = number
        self._transport.write(raw)

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        end = received.find(b"\r\n\r\n")
        if end < 0:
            self._received = received
            return
        length = _LENGTH.search(received, 0, end)
        if length is not None and len(received) < end + 4 + int(length[1]):
            self._received = received
            return
        self._received = b""
        self._load.answered(self, self._number, int(received[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.lost()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class _Load(ABC):
    """What both loops share: the records and the end."""

    def __init__(self, raws: Sequence[bytes], count: int) -> None:
        self._raws = raws
        self._count = count
        self._open = count
        self._ended = asyncio.Event()
        self._closing = False
        self.connections: list[_Connection] = []
        self.outcome = Outcome(array("q", bytes(8 * count)), array("q", bytes(8 * count)))

    def answered(self, connection: _Connection, number: int, status: int) -> None:
        self.outcome.answered[number] = time.time_ns()
        self.outcome.statuses[status] += 1
        self._open -= 1
        if self._open == 0:
            self._ended.set()
        else:
            self.next(connection)

    @abstractmethod
    def next(self, connection: _Connection) -> None:
        """What a connection does that has been answered."""

    def lost(self) -> None:
        if not self._closing:
            self.outcome.statuses[0] += 1
            self._ended.set()

    async def run(self, port: int, connections: int, patience: float) -> Outcome:
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            _, connection = await loop.create_connection(lambda: _Connection(self), "127.0.0.1", port)
            self.connections.append(connection)
        await self.start()
        try:
            await asyncio.wait_for(self._ended.wait(), patience)
        except TimeoutError:
            self.outcome.statuses[-1] += self._open
        self._closing = True
        for connection in self.connections:
            connection.close()
        return self.outcome

    @abstractmethod
    async def start(self) -> None:
        """Send the first requests."""


class _Closed(_Load):
    """As fast as the server answers; ``raws`` are sent in turn until ``count`` requests are through."""

    def __init__(self, raws: Sequence[bytes], count: int) -> None:
        super().__init__(raws, count)
        self._sent = 0

    def next(self, connection: _Connection) -> None:
        number = self._sent
        if number < self._count:
            self._sent = number + 1
            self.outcome.intended[number] = time.time_ns()
            connection.send(number, self._raws[number % len(self._raws)])

    async def start(self) -> None:
        for connection in self.connections:
            self.next(connection)


class _Open(_Load):
    """At intended instants, given as seconds after the start."""

    def __init__(self, raws: Sequence[bytes], offsets: Sequence[float], start_at: int | None = None) -> None:
        super().__init__(raws, len(offsets))
        self._offsets = offsets
        self._free: list[_Connection] = []
        self._due: deque[int] = deque()
        self._start_at = start_at

    def next(self, connection: _Connection) -> None:
        if self._due:
            number = self._due.popleft()
            connection.send(number, self._raws[number])
        else:
            self._free.append(connection)

    async def start(self) -> None:
        self._free = list(self.connections)
        began = self._start_at or time.time_ns() + 20_000_000
        for number, offset in enumerate(self._offsets):
            self.outcome.intended[number] = began + int(offset * 1e9)
        number = 0
        while number < self._count:
            now = time.time_ns()
            while number < self._count and self.outcome.intended[number] <= now:
                if self._free:
                    self._free.pop().send(number, self._raws[number])
                else:
                    self._due.append(number)
                number += 1
            if number < self._count:
                await asyncio.sleep(max(0.0, (self.outcome.intended[number] - time.time_ns()) / 1e9))


async def hammer(port: int, raws: Sequence[bytes], count: int, connections: int = CONNECTIONS) -> Outcome:
    """Closed loop: ``count`` requests as fast as they are answered."""
    return await _Closed(raws, count).run(port, connections, patience=PATIENCE * 4)


async def pour(port: int, raws: Sequence[bytes], offsets: Sequence[float], start_at: int | None = None) -> Outcome:
    """Open loop: request n at ``offsets[n]`` seconds after ``start_at`` (ns), or from now."""
    return await _Open(raws, offsets, start_at).run(port, CONNECTIONS, patience=PATIENCE)


def poisson(count: int, rate: float, seed: int = 3) -> list[float]:
    """Intended instants of independent arrivals at ``rate`` per second, in seconds."""
    source = random.Random(seed)
    return list(_running_sum(source.expovariate(rate) for _ in range(count)))


def even(count: int, rate: float) -> list[float]:
    """Intended instants at equal distances, in seconds."""
    return [number / rate for number in range(count)]


def _running_sum(gaps: Iterable[float]) -> Iterable[float]:
    total = 0.0
    for gap in gaps:
        total += gap
        yield total
