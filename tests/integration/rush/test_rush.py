"""Whoever comes at once, whatever is edited, released and forgotten meanwhile: no cap is overshot, no place lies idle.

Eight client processes bring the visitors; on SQLite to one service, on PostgreSQL to eight. Late adds are honoured
above a cap and counted apart. The same audit finds the naive way of counting out.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from router.clock import system_clock
from router.db.engine import open_writer
from tests.factories import DAY, MINUTE, instant
from tests.integration.rush import auditor
from tests.integration.rush.auditor import Counted, Hold
from tests.integration.rush.customers import Crowd, Told, ask_again, play
from tests.integration.rush.deployment import FORKS, Deployment, beside, deployed
from tests.integration.rush.shop_floor import AGENTS, CAPS, PLACES, ShopFloor, lay_out

CLIENTS = 8
EVENING = instant("2027-03-01 22:45")  # the first seed's; each further seed has a day of its own
CLOCK_MOVES = (0.25, 0.45, 0.6, 0.75, 0.9)  # parts of the visitors who are there before each move
STEP = 21 * MINUTE  # longer than a hold; five of them pass two hours and midnight

EDIT_EVERY = 0.05  # seconds
OVERSHOT_AT_LEAST = 0.05  # of all places, by the naive way

_VISITS = (
    "SELECT count(*) FROM visit AS v JOIN live_code AS l ON l.id = v.code_id"
    " WHERE substr(l.slug, 1, length(:prefix)) = :prefix"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the audit of one deployment found at quiescence."""

    overshot: list[Hold]
    idle: list[tuple[str, int]]
    lying_counters: list[tuple[Counted, int, int]]
    unforeseen: set[str]  # answers and reasons that nobody should get


@dataclass(frozen=True, slots=True)
class Rush:
    """How many come in which night, how many of each client at once, and what chance does."""

    seed: int
    arrivals: int
    day: int
    at_once: int


@pytest.fixture(scope="module")
def clients() -> Iterator[ProcessPoolExecutor]:
    """Processes that visitors live in."""
    with ProcessPoolExecutor(CLIENTS, mp_context=FORKS) as processes:
        yield processes


@contextmanager
def watched(database_url: str) -> Iterator[Engine]:
    """For what is written before a service owns the database and read after; the auditor watches meanwhile."""
    engine = open_writer(database_url)
    with engine.begin() as connection:
        auditor.install(connection)
    yield engine
    with engine.begin() as connection:
        auditor.dismiss(connection)
    engine.dispose()


def floor(writer: Engine, rush: Rush) -> ShopFloor:
    with writer.begin() as connection:
        return lay_out(connection, rush.seed, ways_each=40 + rush.arrivals * 3 // (2 * AGENTS))


def happens(deployment: Deployment, clients: ProcessPoolExecutor, floor: ShopFloor, rush: Rush) -> Told:
    """One evening and night: the visitors of eight clients, an admin who edits caps, a clock that runs ahead."""
    evening = EVENING + rush.day * DAY - system_clock()
    deployment.move_clock(evening)
    moves = [(part * rush.arrivals, evening + nth * STEP) for nth, part in enumerate(CLOCK_MOVES, start=1)]
    source = random.Random(rush.seed)

    def edit_and_move() -> None:
        subject, window = source.choice(list(floor.caps))
        ordinary = floor.caps[subject, window]
        deployment.edit_cap(subject, window, source.randint(ordinary // 2, ordinary * 3 // 2))
        ((visits,),) = deployment.rows(_VISITS, prefix=f"s{rush.seed}-")
        if moves and visits >= moves[0][0]:
            deployment.move_clock(moves.pop(0)[1])

    with beside(edit_and_move, EDIT_EVERY):
        told = joined(clients.map(play, crowds(deployment, floor, rush)))
    deployment.settle()
    return told


def joined(told: Iterable[Told]) -> Told:
    """What all the clients were told."""
    clients = list(told)
    return Told([each for one in clients for each in one.answers], [each for one in clients for each in one.waiting])


def crowds(deployment: Deployment, floor: ShopFloor, rush: Rush) -> list[Crowd]:
    each = rush.arrivals // CLIENTS
    ports = deployment.ports
    return [
        Crowd(ports[nth % len(ports)], deployment.corporation, floor.seed, floor.slugs, nth * each, each, rush.at_once)
        for nth in range(CLIENTS)
    ]


def audit(deployment: Deployment, rushed: Told, asked_again: Told) -> Verdict:
    """Once nothing is under way; ``asked_again`` is what whoever waited was answered last."""
    now = system_clock() + deployment.offset
    with deployment.readers.connect() as connection:
        return Verdict(
            auditor.overshot(connection),
            auditor.idle_places(connection, {slug for slug, _ in asked_again.waiting}, now),
            auditor.lying_counters(connection),
            {
                answer
                for answer in (*rushed.answers, *asked_again.answers)
                if answer not in ("reserved", "full", "waiting")
            }
            | {reason for (reason,) in deployment.rows("SELECT reason FROM inbox WHERE status = 'failed'")},
        )


def verdict_on(deployment: Deployment, clients: ProcessPoolExecutor, floor: ShopFloor, rush: Rush) -> Verdict:
    """Let one rush happen, let the waiting pages ask once more, and look."""
    rushed = happens(deployment, clients, floor, rush)
    waiting = [rushed.waiting[nth::CLIENTS] for nth in range(CLIENTS)]
    asked_again = joined(clients.map(ask_again, crowds(deployment, floor, rush), waiting))
    deployment.settle()
    return audit(deployment, rushed, asked_again)


RIGHT = Verdict([], [], [], set())


def holds(
    deployment_folder: Path,
    database_url: str,
    clients: ProcessPoolExecutor,
    seeds: Sequence[int],
    arrivals: int,
    at_once: int,
) -> None:
    """One deployment, a shop and a day for each seed."""
    rushes = [Rush(seed, arrivals, day, at_once) for day, seed in enumerate(seeds)]
    with watched(database_url) as writer:
        shops = [floor(writer, each) for each in rushes]
        with deployed(deployment_folder, database_url) as deployment:
            verdicts = [verdict_on(deployment, clients, *each) for each in zip(shops, rushes, strict=True)]
        with writer.connect() as connection:
            filled, beside_caps = auditor.kinds_filled(connection), auditor.late_adds(connection)

    assert verdicts == [RIGHT] * len(seeds)
    if len(seeds) > 1:  # one shop fills some caps, and leaves others unproved
        assert filled == {(kind, window) for kind, windows in CAPS.items() for window in windows}
    assert beside_caps.keys() == {"late", "shared_picture"}


@pytest.mark.timeout(600)
def test_no_cap_is_overshot_and_no_place_lies_idle(
    database_url: str, tmp_path: Path, clients: ProcessPoolExecutor
) -> None:
    holds(tmp_path, database_url, clients, seeds=(1, 2, 3), arrivals=2_000, at_once=4)


@pytest.mark.long
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("first", range(1, 101, 10))
def test_no_cap_is_overshot_by_ten_times_the_visitors(
    database_url: str, tmp_path: Path, clients: ProcessPoolExecutor, first: int
) -> None:
    holds(tmp_path, database_url, clients, seeds=range(first, first + 10), arrivals=20_000, at_once=16)


@pytest.mark.timeout(300)
def test_the_same_audit_finds_that_looking_first_and_taking_then_overshoots(
    database_url: str, tmp_path: Path, clients: ProcessPoolExecutor
) -> None:
    rush = Rush(1, 2_000, 0, at_once=4)
    with watched(database_url) as writer:
        with writer.begin() as connection:
            # An agent may get every visitor of a pool, and the platform here makes no contact way.
            shop = lay_out(connection, rush.seed, ways_each=rush.arrivals // 2, only_days=True)
        with deployed(tmp_path, database_url, naive=True) as deployment:
            for told in clients.map(play, [replace(each, always_add=True) for each in crowds(deployment, shop, rush)]):
                assert {"reserved"} <= set(told.answers) <= {"reserved", "full", "waiting"}
            deployment.settle()
        with writer.connect() as connection:
            overshot = auditor.overshot(connection)

    assert len(overshot) >= OVERSHOT_AT_LEAST * AGENTS * PLACES
