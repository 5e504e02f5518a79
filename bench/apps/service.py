"""``liveqr serve`` or ``liveqr worker`` under measurement: the product, with what the measurement needs set.

``--commits FILE`` writes a line per decided batch: the instant it was decided as of, and the instant its transaction
was committed (ms each). ``--lanes`` names the outbox lanes that are worked. ``--one-by-one`` gives each callback and
each decision a transaction of its own.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

import router.db.ledger
import router.handlers.decide
import router.main
from router.clock import system_clock
from router.commands import serve, worker
from router.db.ledger import wake
from router.handlers.decide import decide_open
from router.handlers.received import Situation
from router.services import Services
from router.settings import read_settings
from router.workers.decider import Decider

COMMITTED = "bench-committed"


class TimedDecider(Decider):
    """The decider, noting when each batch was durable: right after its commit, in the writer's own thread."""

    def __init__(self, services: Services, commits: Path) -> None:
        super().__init__(services)
        self._file = commits.open("a", buffering=1)
        self._decided_as_of: int | None = None
        services.ledger.subscribe(COMMITTED, self._note)

    def _decide(self, connection: Connection) -> int:
        decided = decide_open(connection, self._situation)
        if decided:
            wake(connection, COMMITTED)
        return decided

    def _situation(self, connection: Connection) -> Situation:
        situation = self._services.situation(connection)
        self._decided_as_of = situation.now
        return situation

    def _note(self) -> None:
        # On PostgreSQL the notice comes back from the server once more: by then there is nothing left to note.
        if self._decided_as_of is not None:
            self._file.write(f"{self._decided_as_of} {system_clock()}\n")
            self._decided_as_of = None


def main() -> None:
    """Set what the measurement wants, then serve or work."""
    parser = argparse.ArgumentParser()
    parser.add_argument("act", choices=("serve", "worker"))
    parser.add_argument("--commits", type=Path)
    parser.add_argument("--lanes", default="")
    parser.add_argument("--one-by-one", action="store_true")
    arguments = parser.parse_args()
    router.main.LANES = tuple(lane for lane in router.main.LANES if lane in arguments.lanes.split(","))
    if arguments.one_by_one:
        router.db.ledger.SHARE = router.handlers.decide.BATCH = 1
    if arguments.commits is not None:
        vars(router.main)["Decider"] = partial(TimedDecider, commits=arguments.commits)
    if arguments.act == "serve":
        serve.serve(read_settings())
    else:
        sys.exit(worker.work(read_settings()))


if __name__ == "__main__":
    main()
