"""Waiting: how long a place that becomes free stays free, and how many pages in line one service can answer."""

import asyncio
import random
import time
from dataclasses import dataclass, field

import httpx

from bench import corporation
from bench.ledgers import Past, sqlite_ledger
from bench.measure import Spread
from bench.report import Table, ceiling
from bench.run import Run
from bench.sections.callbacks import spread_cells
from bench.service import Service, service
from bench.workload import Scans
from router.db.queries.waiting import ASK_AFTER, ASK_AFTER_FAR_BACK, COUNTED
from router.settings import API_TOKEN_FILE

FREED = 96  # places, one after the other
BEHIND = 50  # pages that still wait at the end
MOST = 2_000.0  # ms from a free place to the next visitor served
PATIENCE = 30.0  # seconds

IN_LINE = 2_000  # pages that ask in turn, while nobody has a place
ASKS = 16_000
GONE = (0, 20_000)  # pages before them that were closed within the last ten minutes
GROWTH_MOST = 1.5  # how much slower those may make an answer


def waiting(run: Run) -> list[Table]:
    """A pool without a place and a line before it: places become free one by one, then none does."""
    return [_served(run), _answered(run)]


def _served(run: Run) -> Table:
    """Places become free at known instants, at any moment of a page."""
    freed = run.size(FREED)
    past = Past(ready=4 * corporation.AGENTS, agent_cap=0)
    with sqlite_ledger(past) as ledger, service(ledger) as running:
        token = (ledger.folder / API_TOKEN_FILE).read_text().strip()
        line = asyncio.run(_Line(running, token, freed).play())
    row = [f"{freed}", f"{freed + BEHIND}", *spread_cells(Spread.of(line.latencies)), f"{line.overtaken}"]
    columns = ("places freed", "pages in line", "p50 ms", "p99 ms", "max ms", "overtaken")
    notes = (
        f"each page asks again {ASK_AFTER:,} ms ± 25 % after an answer, as the service tells it",
        "from the request that raises an agent's cap until the next page in line has its reservation",
    )
    failed = (*ceiling("p99 in ms", Spread.of(line.latencies).p99, MOST), *ceiling("overtaken", line.overtaken, 0))
    return Table("Waiting in line, SQLite", columns, [row], notes, failed)


def _answered(run: Run) -> Table:
    """All pages of a line ask as fast as they are answered."""
    rates = {gone: _asking(run, gone) for gone in (GONE[0], run.size(GONE[1]))}
    none, many = rates.values()
    rows = [[f"{gone:,}", f"{rate:,.0f}", f"{rate * ASK_AFTER / 1000:,.0f}"] for gone, rate in rates.items()]
    columns = ("pages closed before", "answers/s", "pages that ask every 1.5 s")
    notes = (
        f"{run.size(IN_LINE):,} pages in line ask in turn, closed loop over 256 connections; nobody has a place",
        f"whoever has more than {COUNTED} before them asks every {ASK_AFTER_FAR_BACK / 1000} s only",
    )
    failed = ceiling("slower with pages that were closed", none / many, GROWTH_MOST)
    return Table("Asking again while all is full, SQLite", columns, rows, notes, failed)


def _asking(run: Run, gone: int) -> float:
    with sqlite_ledger(Past(agent_cap=0, gone=gone)) as ledger, service(ledger) as running:
        pages = run.size(IN_LINE)
        run.load.prepare(Scans(pages))
        run.load.closed(running.port, pages)  # they come
        return run.load.closed(running.port, run.size(ASKS)).rate


@dataclass(slots=True, eq=False)
class _Line:
    """Pages in line, in the order in which they came, and whoever frees places."""

    running: Service
    token: str
    freed: int
    latencies: list[float] = field(default_factory=list)
    overtaken: int = 0
    _served: "asyncio.Queue[tuple[int, float]]" = field(default_factory=asyncio.Queue)
    _chance: random.Random = field(default_factory=lambda: random.Random(5))

    async def play(self) -> "_Line":
        limits = httpx.Limits(max_connections=self.freed + BEHIND + 1)
        address = f"http://127.0.0.1:{self.running.port}"
        async with httpx.AsyncClient(base_url=address, limits=limits, timeout=PATIENCE) as http:
            pages = [await self._opened(http, number) for number in range(self.freed + BEHIND)]
            try:
                for number in range(self.freed):
                    await self._free(http, number)
            finally:
                for page in pages:
                    page.cancel()
        return self

    async def _opened(self, http: httpx.AsyncClient, number: int) -> "asyncio.Task[None]":
        assert await self._ask(http, number) != "reserved", "nobody has a place yet"
        return asyncio.create_task(self._wait(http, number))

    async def _wait(self, http: httpx.AsyncClient, number: int) -> None:
        every = ASK_AFTER / 1000
        while True:
            await asyncio.sleep(every * self._chance.uniform(0.75, 1.25))
            if await self._ask(http, number) == "reserved":
                self._served.put_nowait((number, time.perf_counter()))
                return

    async def _ask(self, http: httpx.AsyncClient, number: int) -> str:
        headers = {"Accept": "application/json", "X-Liveqr-Visitor": f"waiting-{number}"}
        answer = await http.get(f"/q/{corporation.SLUG}", headers=headers)
        return str(answer.raise_for_status().json()["outcome"])

    async def _free(self, http: httpx.AsyncClient, number: int) -> None:
        await asyncio.sleep(self._chance.uniform(0, ASK_AFTER / 1000))
        turn, agent = divmod(number, corporation.AGENTS)
        freed_at = time.perf_counter()
        edit = {"caps": {"day": turn + 1}}
        headers = {"Authorization": f"Bearer {self.token}"}
        (await http.patch(f"/api/v1/agents/{agent + 1}", json=edit, headers=headers)).raise_for_status()
        served, at = await asyncio.wait_for(self._served.get(), PATIENCE)
        self.latencies.append((at - freed_at) * 1000)
        self.overtaken += served != number
