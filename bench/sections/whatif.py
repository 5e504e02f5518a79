"""What-if: a day's arrivals received again by other caps and weights, in memory."""

import multiprocessing
import random
import time
from concurrent.futures import ProcessPoolExecutor
from zoneinfo import ZoneInfo

from bench import corporation
from bench.processes import own_peak_mib
from bench.report import Table, ceiling
from bench.run import Run
from router.domain.whatif import Arrival, Member, Setup, SimulatedCode, SimulatedPool, simulate

ARRIVALS = 100_000
CODES = 20
PLACES = 500  # of each agent a day: some are full long before the evening

MORNING = 1_795_363_200_000  # ms: 00:00 in Asia/Shanghai on a day in November 2026
DAY = 86_400_000  # ms

MOST_SECONDS = 30.0
MOST_MIB = 500.0


def whatif(run: Run) -> list[Table]:
    """One simulation in a process of its own, so that its memory is nobody else's."""
    count = run.size(ARRIVALS)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        seconds, mib, received = process.submit(_simulated, count).result()
    row = [f"{count:,}", f"{received:,}", f"{seconds:.1f}", f"{count / seconds:,.0f}", f"{mib:.0f}"]
    columns = ("arrivals", "received", "seconds", "arrivals/s", "peak MiB")
    notes = (
        f"{corporation.AGENTS} agents with {PLACES} places each in one pool behind {CODES} codes; a quarter leaves",
    )
    failed = (
        *ceiling(f"seconds for {ARRIVALS:,} arrivals", seconds * ARRIVALS / count, MOST_SECONDS),
        *ceiling("MiB", mib, MOST_MIB),
    )
    return [Table("What-if", columns, [row], notes, failed)]


def _simulated(count: int) -> tuple[float, float, int]:
    """Seconds, the most memory of this process in MiB, and how many arrivals were received."""
    source = random.Random(12)
    arrivals = [
        Arrival(
            at=MORNING + source.randrange(DAY),
            code_id=source.randint(1, CODES),
            visitor=f"{number:064x}",
            fate="stays" if source.random() < 0.75 else "leaves",
        )
        for number in range(count)
    ]
    began = time.perf_counter()
    outcome = simulate(arrivals, _setup())
    seconds = time.perf_counter() - began
    return seconds, own_peak_mib(), outcome.by_agent.total()


def _setup() -> Setup:
    ids = range(1, corporation.AGENTS + 1)
    members = tuple(Member(id, corporation.userid(id), 1 + id % 3, lambda _now: "on") for id in ids)
    return Setup(
        pools={1: SimulatedPool("idle_first", 100, members)},
        codes={id: SimulatedCode(1) for id in range(1, CODES + 1)},
        caps={(f"agent:{id}", "day"): PLACES for id in ids},
        zone=ZoneInfo("Asia/Shanghai"),
    )
