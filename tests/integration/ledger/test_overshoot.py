"""No cap is overshot by any number of threads and processes; a naive way of counting, beside it, overshoots."""

import json
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from router.db.engine import normal_url
from router.db.ledger import Ledger
from router.db.migrate import ROOT
from router.db.queries import capacity
from router.db.sql import Sql
from router.domain.capacity import CUSTOMER, Limit, Place, agent_subject
from tests.factories import NOW, ZONE, agent, cap, live_code, pool, shop
from tests.integration.ledger.looking import counters_that_lie, one, rows, taken

THREADS = 8
PLACES = 60
PROCESSES = 4
SCANNING = "tests.integration.ledger.scanning_process"

_READ = Sql("SELECT taken FROM counter WHERE subject = :subject")
_WRITE = Sql("UPDATE counter SET taken = :taken WHERE subject = :subject")
_TOGETHER = threading.Barrier(THREADS)


def opened(url: str) -> tuple[Connection, ...]:
    """A connection for each thread."""
    engine = create_engine(normal_url(url), poolclass=NullPool)
    return tuple(engine.connect() for _ in range(THREADS))


def one_capped_agent(url: str) -> Limit:
    """An agent with ``PLACES`` places, none of them taken."""
    ledger = Ledger(url)
    with ledger._writer_engine.begin() as connection:
        subject = agent_subject(agent("ann")(connection))
        cap(subject, PLACES)(connection)
    ledger.close()
    return Limit(subject, "day", PLACES, 0)


def takes_naively(connection: Connection, subject: str) -> int:
    """Look, then take: one place per round while a place seems to be free. Returns how many it took."""
    places = 0
    while True:
        _TOGETHER.wait(10)
        with connection.begin():
            ((found,),) = _READ.rows(connection, subject=subject)
        _TOGETHER.wait(10)  # everybody has looked: the moment that comes by itself under load
        if found >= PLACES:
            return places
        with connection.begin():
            _WRITE.run(connection, subject=subject, taken=found + 1)
        places += 1


def takes_guarded(connection: Connection, limit: Limit) -> int:
    """As many places as there are to take. Returns how many that were."""
    agent_id, places = int(limit.subject.removeprefix("agent:")), 0
    while True:
        with connection.begin():
            if not capacity.try_take(connection, Place(agent_id), [limit], NOW, ZONE):
                return places
        places += 1


def comes_unasked(connection: Connection, limit: Limit) -> int:
    """Customers whom nobody asked for, one per round. Returns how many of them stand beyond the cap."""
    agent_id, beyond = int(limit.subject.removeprefix("agent:")), 0
    for _ in range(2 * PLACES // THREADS):
        _TOGETHER.wait(10)
        with connection.begin():
            (passed,) = capacity.count_unasked(connection, [(Place(agent_id), CUSTOMER)], NOW, ZONE)
        beyond += passed is not None
    return beyond


def test_looking_first_and_taking_then_gives_places_that_are_not_there(database_url: str) -> None:
    limit = one_capped_agent(database_url)
    connections = opened(database_url)

    with ThreadPoolExecutor(THREADS) as threads:
        given = sum(threads.map(takes_naively, connections, [limit.subject] * THREADS))

    assert given > PLACES * 1.05
    for connection in connections:
        connection.close()


def test_a_guarded_update_gives_exactly_the_places_there_are_on_any_number_of_connections(postgresql_url: str) -> None:
    limit = one_capped_agent(postgresql_url)
    connections = opened(postgresql_url)

    with ThreadPoolExecutor(THREADS) as threads:
        given = sum(threads.map(takes_guarded, connections, [limit] * THREADS))

    assert given == PLACES
    for connection in connections:
        connection.close()


def test_as_many_stand_beyond_a_cap_as_come_when_no_place_is_left_however_many_come_at_once(
    postgresql_url: str,
) -> None:
    limit = one_capped_agent(postgresql_url)
    connections = opened(postgresql_url)

    with ThreadPoolExecutor(THREADS) as threads:
        beyond = sum(threads.map(comes_unasked, connections, [limit] * THREADS))

    assert beyond == 2 * PLACES // THREADS * THREADS - PLACES
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("pools", [1, PROCESSES])
def test_several_processes_reserve_exactly_the_places_of_agents_they_share(postgresql_url: str, pools: int) -> None:
    """Of one pool they ask in turn; those with a pool each meet at the caps and the contact ways of the agents."""
    ledger = Ledger(postgresql_url)
    with ledger._writer_engine.begin() as connection:
        agent_ids = shop("ann", "bo", "cy", cap_each=20, ways=25, slug="code-0")(connection)
        for number in range(1, pools):
            live_code(pool(f"pool {number}", agent_ids)(connection), f"code-{number}")(connection)

    started = [
        subprocess.Popen(
            [sys.executable, "-m", SCANNING, postgresql_url, f"code-{number % pools}", f"p{number}", "200"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    said = [process.communicate(timeout=60)[0] for process in started]

    answers = sum((Counter(json.loads(text)) for text in said), Counter[str]())
    assert answers == {"Reserved": 60, "Waiting": PROCESSES * 200 - 60}
    assert [ledger.read_now(taken(agent_subject(id))) for id in agent_ids] == [20, 20, 20]
    assert ledger.read_now(one("SELECT count(*) FROM reservation")) == 60
    assert len(ledger.read_now(rows("SELECT DISTINCT way_id FROM reservation"))) == 60
    with ledger._writer_engine.begin() as connection:
        assert counters_that_lie()(connection) == []
    ledger.close()
