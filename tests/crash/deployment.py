"""A sandbox and a service as processes of their own, that talk over real HTTP and can be killed at any moment."""

import json
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, TypeVar

import httpx
from sqlalchemy import Engine, make_url

from router.commands.demo_data import plant
from router.commands.demo_environment import demo_environment, free_port
from router.commands.migrate import prepare
from router.db.engine import open_readers
from router.db.sql import Row, Sql
from router.settings import read_settings
from tests.crash.serve_until import run

T = TypeVar("T")
Json = dict[str, Any]

WITHIN = 90.0  # seconds: no condition takes longer on a busy machine, and a broken one must fail some time
LOOK_EVERY = 0.05  # seconds
LONGEST_LEASE = 21  # seconds: a little more than that of the slowest lane
TOKEN = "a-token-for-crash-tests"

# A fork server has the service's modules loaded: a restart costs a tenth of a second instead of three.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["pytest", "tests.crash.serve_until"])


class NeverHappenedError(AssertionError):
    """What a test waited for."""


@dataclass
class Deployment:
    """What one test drives. On PostgreSQL ``workers`` processes decide and send; on SQLite the service does."""

    folder: Path
    database_url: str
    workers: int
    stock: int = 4  # contact ways that each agent has ready after a refill
    environment: dict[str, str] = field(init=False)
    processes: dict[str, ForkServerProcess] = field(default_factory=dict)
    revives: bool = True  # whether a service manager starts the dead again
    deaths: int = 0
    lapse_owed: int = 0  # seconds that the platform's clock must move until the leases of the dead have lapsed

    http: httpx.Client = field(init=False)
    readers: Engine = field(init=False)
    _reviving: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        # No connection is kept: the next process at the same address knows nothing of it.
        self.http = httpx.Client(timeout=20.0, limits=httpx.Limits(max_keepalive_connections=0))
        self.readers = open_readers(self.database_url)
        self.environment = demo_environment(
            self.folder,
            free_port(),
            free_port(),
            {
                "PATH": os.environ["PATH"],
                "LIVEQR_DATABASE_URL": self.database_url,
                "LIVEQR_API_TOKEN": TOKEN,
                "LIVEQR_STOCK_LOW": "2",
                "LIVEQR_STOCK_TARGET": str(self.stock),
            },
        )

    @property
    def service_url(self) -> str:
        return self.environment["LIVEQR_PUBLIC_URL"]

    @property
    def platform_url(self) -> str:
        return self.environment["LIVEQR_WECOM_API_BASE"]

    @property
    def orders(self) -> Path:
        return self.folder / "die-at"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def is_sqlite(self) -> bool:
        return make_url(self.database_url).get_backend_name() == "sqlite"

    # --- processes -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Migrate, start everything, plant the demo data."""
        prepare(read_settings(environment=self.environment))
        self.spawn("sandbox")
        self.until("the sandbox answers", lambda: self._answers(f"{self.platform_url}/control/clock"))
        for name in self.service_names():
            self.spawn(name)
        self.until("the service is ready", self.is_ready)
        plant(self.service_url, TOKEN)

    def service_names(self) -> list[str]:
        return ["serve", *(f"worker-{number}" for number in range(self.workers))]

    def spawn(self, name: str) -> None:
        process = _FORKS.Process(
            target=run,
            args=(name.partition("-")[0], self.environment, self.orders, self.log),
            name=name,
            daemon=True,
        )
        process.start()
        self.processes[name] = process

    def kill(self, name: str) -> None:
        """SIGKILL, and nothing of it is left."""
        self.processes[name].kill()
        self.processes[name].join()

    def stop(self, name: str) -> None:
        """SIGTERM, as an operator would."""
        self.processes[name].terminate()
        self.processes[name].join()

    def stop_all(self) -> None:
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.join()
            process.close()
        self.readers.dispose()
        self.http.close()

    def revive(self) -> None:
        """Start again whoever died, as a service manager does."""
        with self._reviving:
            for name, process in list(self.processes.items()):
                if self.revives and not process.is_alive():
                    self.deaths += 1
                    self.lapse_owed = 0 if self.is_sqlite or name == "serve" else LONGEST_LEASE
                    self.spawn(name)

    def is_ready(self) -> bool:
        return self._answers(f"{self.service_url}/readyz")

    def order_death(self, place: str) -> None:
        """Whoever comes to ``place`` next dies there."""
        beside = self.orders.with_suffix(".new")
        beside.write_text(place)
        beside.replace(self.orders)

    def was_obeyed(self) -> bool:
        return not self.orders.exists()

    # --- waiting and looking ---------------------------------------------------------------------------------------

    def until(self, what: str, look: Callable[[], T], *, lapse: int = 0) -> T:
        """What ``look`` finds, as soon as it finds something. Dead processes are started again meanwhile, and leases of
        dead workers lapse by up to ``lapse`` seconds of the platform's clock.
        """
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            self.revive()
            if (due := min(lapse, self.lapse_owed)) and self._moved(due):
                self.lapse_owed -= due
                lapse -= due
            try:
                if found := look():
                    return found
            except httpx.TransportError:
                pass  # being restarted
            time.sleep(LOOK_EVERY)
        raise NeverHappenedError(f"{what}; the log ends with:\n{self.log.read_text()[-3000:]}")

    def rows(self, statement: str, **parameters: Any) -> list[Row]:
        """What the ledger says, read beside the service."""
        with self.readers.connect() as connection:
            return Sql(statement).rows(connection, **parameters)

    def number(self, statement: str, **parameters: Any) -> int:
        """The only value of the only row."""
        ((value,),) = self.rows(statement, **parameters)
        return int(value)

    def api(self, method: str, path: str, body: Json | None = None) -> Json:
        """An answer of the service's API."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = self.http.request(method, f"{self.service_url}/api/v1{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        content: Json = answer.json()
        return content

    def control(self, act: str, **body: Any) -> Json | None:
        """Act at the platform; None when it refuses, as it does while the service is away."""
        answer = self.http.post(f"{self.platform_url}/control/{act}", json=body)
        content: Json = answer.json()
        return content if answer.is_success else None

    def look(self, path: str, **query: Any) -> Json:
        """What the platform tells under ``/control``."""
        content: Json = self.http.get(f"{self.platform_url}/control/{path}", params=query).json()
        return content

    def effects(self, kind: str, customer: str = "") -> list[Json]:
        """Effects of one kind that the platform accepted, oldest first."""
        items: list[Json] = self.look("effects", kind=kind, external_userid=customer)["items"]
        return items

    def fault(self, **faults: Any) -> None:
        """Make the platform misbehave; without faults it is healthy."""
        assert self.control("faults", **faults) is not None, json.dumps(faults)

    def _answers(self, url: str) -> bool:
        try:
            return self.http.get(url).status_code == 200
        except httpx.TransportError:
            return False

    def _moved(self, seconds: int) -> bool:
        return self.control("clock", advance_seconds=float(seconds)) is not None


@contextmanager
def deployed(folder: Path, database_url: str, *, stock: int = 4) -> Iterator[Deployment]:
    """A running deployment, with two workers on PostgreSQL; all its processes end with it."""
    is_sqlite = make_url(database_url).get_backend_name() == "sqlite"
    deployment = Deployment(folder, database_url, workers=0 if is_sqlite else 2, stock=stock)
    try:
        deployment.start()
        yield deployment
    finally:
        deployment.stop_all()
