"""A deployment under a rush: one service on SQLite, eight and a worker on PostgreSQL, and a platform that says yes."""

import json
import multiprocessing
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import TypeVar

import httpx
from sqlalchemy import Engine, make_url

from router.commands.demo_environment import demo_environment, free_port
from router.db.engine import open_readers
from router.db.sql import Row, Sql
from tests.integration.rush.customers import Corporation
from tests.integration.rush.serving import run

T = TypeVar("T")

WITHIN = 60.0  # seconds: no condition takes longer on a busy machine
LOOK_EVERY = 0.02  # seconds
LEASE = 21_000  # ms: a little more than that of the slowest lane
SERVICES = 8  # on PostgreSQL

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["pytest", "tests.integration.rush.serving"])


class NeverHappenedError(AssertionError):
    """What a test waited for."""


@dataclass
class Deployment:
    """Processes, and what a test asks of them."""

    folder: Path
    database_url: str
    naive: bool = False
    offset: int = 0  # ms that every process lives ahead of real time
    ports: list[int] = field(init=False)
    environment: dict[str, str] = field(init=False)
    processes: list[ForkServerProcess] = field(default_factory=list)
    http: httpx.Client = field(init=False)
    readers: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(timeout=60.0)
        self.readers = open_readers(self.database_url)
        self.ports = [free_port() for _ in range(SERVICES if self.is_postgresql else 1)]
        self.environment = demo_environment(
            self.folder,
            self.ports[0],
            free_port(),
            {
                "PATH": os.environ["PATH"],
                "LIVEQR_DATABASE_URL": self.database_url,
                "LIVEQR_STOCK_LOW": "1",
                "LIVEQR_STOCK_TARGET": "2",
            },
        )

    @property
    def is_postgresql(self) -> bool:
        return make_url(self.database_url).get_backend_name() == "postgresql"

    @property
    def corporation(self) -> Corporation:
        names = ("CORP_ID", "CALLBACK_CONTACT_TOKEN", "CALLBACK_CONTACT_AES_KEY")
        return Corporation(*(self.environment[f"LIVEQR_{name}"] for name in names))

    def start(self) -> None:
        """Everything, ready for visitors."""
        self._spawn("platform", self.environment)
        self.until("the platform answers", lambda: self._answers(f"{self._platform}/control/clock"))
        for port in self.ports:
            self._spawn("serve", {**self.environment, "LIVEQR_PORT": str(port)})
        if self.is_postgresql:
            self._spawn("worker", self.environment)
        for port in self.ports:
            self.until("the service is ready", lambda port=port: self._answers(f"http://127.0.0.1:{port}/readyz"))  # type: ignore[misc]

    def stop(self) -> None:
        """End every process."""
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.join()
            process.close()
        self.readers.dispose()
        self.http.close()

    def move_clock(self, offset: int) -> None:
        """Every process lives at ``offset`` ms from real time, within half a second."""
        self.offset = offset
        assert self.http.post(f"{self._platform}/control/clock", params={"offset": offset}).is_success

    def edit_cap(self, subject: str, window: str, places: int | None) -> None:
        """An admin edits a cap; some process writes it."""
        order = json.dumps({"subject": subject, "window": window, "places": places})
        assert self.http.post(f"http://127.0.0.1:{random.choice(self.ports)}/told", content=order).is_success

    def until(self, what: str, look: Callable[[], T]) -> T:
        """What ``look`` finds, as soon as it finds something."""
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(LOOK_EVERY)
        raise NeverHappenedError(f"{what}; the log ends with:\n{self._log.read_text()[-3000:]}")

    def rows(self, statement: str, **parameters: object) -> list[Row]:
        """What is committed."""
        with self.readers.connect() as connection:
            return Sql(statement).rows(connection, **parameters)

    def settle(self) -> None:
        """Wait until nothing is under way; what a jump of the clock cut off is taken up once its lease has lapsed."""
        self.until("all is decided and done", lambda: self._is_quiet() or self._pass(LEASE))

    def _pass(self, ms: int) -> bool:
        self.move_clock(self.offset + ms)
        time.sleep(1.0)  # the processes ask for the clock twice a second
        return False

    def _is_quiet(self) -> bool:
        """Everything stored is decided, everything ordered is done."""
        ((open_work,),) = self.rows(
            "SELECT (SELECT count(*) FROM inbox WHERE status = 'stored')"
            " + (SELECT count(*) FROM outbox WHERE status IN ('pending', 'sending'))"
        )
        return not open_work

    @property
    def _platform(self) -> str:
        return self.environment["LIVEQR_WECOM_API_BASE"]

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _spawn(self, command: str, environment: dict[str, str]) -> None:
        process = FORKS.Process(
            target=run, args=(command, environment, self._log), kwargs={"naive": self.naive}, daemon=True
        )
        process.start()
        self.processes.append(process)

    def _answers(self, url: str) -> bool:
        try:
            return self.http.get(url).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def deployed(folder: Path, database_url: str, *, naive: bool = False) -> Iterator[Deployment]:
    """A running deployment on a database that is migrated and laid out; all its processes end with it."""
    deployment = Deployment(folder, database_url, naive)
    try:
        deployment.start()
        yield deployment
    finally:
        deployment.stop()


@contextmanager
def beside(act: Callable[[], None], every: float) -> Iterator[None]:
    """Repeat ``act`` each ``every`` seconds while the block runs; a failure of it is the block's."""
    ended, faults = threading.Event(), list[BaseException]()

    def repeat() -> None:
        while not ended.wait(every):
            try:
                act()
            except BaseException as fault:
                faults.append(fault)
                return

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    assert not faults, faults
