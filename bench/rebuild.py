"""A rule set published while messages are decided: how long until it is in force, how long a reader stands still."""

import gc
import multiprocessing
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from pathlib import Path

from bench import chat, wording
from bench.report import Table, ceiling
from bench.run import Run
from router.db import json
from router.handlers.compilation import Compiler, Compiling, Published
from router.main import SWITCH_INTERVAL
from tagtree.rules.evaluation import evaluate
from tagtree.rules.facts import Facts

KEYWORDS = (1_000, 10_000, 100_000)
TEXTS = 1_000
VERSIONS = 3  # published one after the other, each with all words anew

MOST_SECONDS = 1.0
MOST_PAUSE = 25.0  # milliseconds
MOST_MEMORY = 300.0  # MiB


@dataclass(frozen=True, slots=True)
class Rebuild:
    """``pause``: milliseconds of work that a reader waited for at most. ``memory``: MiB of one version in force."""

    seconds: float
    elapsed: float
    pause: float
    memory: float


def measure_rebuild(run: Run) -> Table:
    """Each number of keywords in a process of its own, so that its memory is nobody else's."""
    rows, failed = [], tuple[str, ...]()
    for count in KEYWORDS:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            built = process.submit(_rebuilt, count, 1 if run.quick else VERSIONS).result()
        figures = (f"{built.seconds:.2f}", f"{built.elapsed:.2f}", f"{built.pause:.1f}", f"{built.memory:.0f}")
        rows.append([f"{count:,}", *figures])
        if count == KEYWORDS[-1]:
            failed += ceiling("rebuild in s", built.seconds, MOST_SECONDS)
            failed += ceiling("longest pause of a reader in ms", built.pause, MOST_PAUSE)
            failed += ceiling("memory of a rule set in MiB", built.memory, MOST_MEMORY)
    columns = ("keywords", "rebuild in s", "until in force in s", "longest pause in ms", "memory in MiB")
    notes = (
        f"{chat.PATTERNS:,} patterns beside the keywords; from the stored JSON until compiled, beside a reader that "
        "decides message after message; what was in force before is freed meanwhile",
        "rebuild and pause in processor time: what a machine that does nothing else would take",
    )
    return Table("Rules published while messages are decided", columns, rows, notes, failed)


def _rebuilt(count: int, versions: int) -> Rebuild:
    sys.setswitchinterval(SWITCH_INTERVAL)
    texts = list(islice(chat.ever_different(wording.keywords(count)), TEXTS))
    contents = [_content(count, number) for number in range(versions + 1)]
    Compiler().in_force([("", Published(1, 1, 1, '{"rules":[]}'))])  # tables of the normalisation
    before = _resident()
    with ThreadPoolExecutor(1) as thread:
        timed = _Timed(thread)
        compiler = Compiler(timed)
        reader = _Reader(compiler, texts)
        reader.publish(contents[0])
        for text in texts:
            reader.decide(text)
        memory = _resident() - before
        gc.collect()
        gc.freeze()
        elapsed = [reader.publish_beside(content) for content in contents[1:]]
        seconds = max(timed.seconds)
    return Rebuild(seconds, max(elapsed), reader.longest * 1e3, memory)


def _content(count: int, version: int) -> str:
    words = wording.keyword_rules(count)
    renamed = [each | {"name": f"{each['name']} v{version}"} for each in words]
    return json.dump({"rules": renamed + chat.pattern_rules()})


class _Timed:
    """Runs beside, and keeps the processor seconds of what took longest of each version: its compilation."""

    def __init__(self, thread: ThreadPoolExecutor) -> None:
        self._thread = thread
        self.seconds: list[float] = [0.0]

    def __call__(self, work: Callable[[], None]) -> Future[None]:
        return self._thread.submit(partial(self._run, work))

    def _run(self, work: Callable[[], None]) -> None:
        began = time.thread_time()
        work()
        self.seconds.append(time.thread_time() - began)


class _Reader:
    """Decides without rest; the processor time that passes between two decisions is what it stood still for."""

    def __init__(self, compiler: Compiler, texts: list[str]) -> None:
        self._compiler = compiler
        self._texts = cycle(texts)
        self._number = 0
        self.longest = 0.0

    def publish(self, content: str) -> None:
        self._number += 1
        self._published = [("set", Published(1, self._number, self._number, content))]
        self._rules = self._compiler.in_force(self._published)

    def decide(self, text: str) -> None:
        evaluate(self._rules[0].compiled, Facts(text, "kf"))

    def publish_beside(self, content: str) -> float:
        """Seconds until the new version decides; goes on until the old one is freed."""
        began = time.perf_counter()
        self.publish(content)
        while isinstance(self._compiler.state_of(self._number), Compiling):
            self._decide_next()
        self._rules = self._compiler.in_force(self._published)
        elapsed = time.perf_counter() - began
        self._compiler.let_go()
        for _ in range(5_000):
            self._decide_next()
        return elapsed

    def _decide_next(self) -> None:
        began = time.process_time()
        self.decide(next(self._texts))
        self.longest = max(self.longest, time.process_time() - began)


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20
