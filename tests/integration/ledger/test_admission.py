"""The limits of a live code: so many visitors over its life, so many reservations of one visitor a day."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.migrate import ROOT
from router.db.queries import entries
from router.db.queries.scan import Code, codes
from router.db.sql import Sql
from router.handlers.admission import CODE_USED_UP, VISITOR_USED_UP, refuse
from tests.factories import DAY, HOUR, NOW, ZONE, shop
from tests.integration.ledger.entering_process import enter_together
from tests.integration.ledger.looking import one

CLIENTS = 8
LIMIT = 60


@pytest.fixture
def connection(ledger: Ledger) -> Iterator[Connection]:
    """A transaction of the only writer, rolled back with the test."""
    with ledger._writer_engine.begin() as connection:
        shop("ann")(connection)
        yield connection


def spring(connection: Connection, *, scan_limit: int | None = None, visitor_limit: int | None = None) -> Code:
    """The live code with these limits."""
    return replace(codes(connection, ["spring"])["spring"], scan_limit=scan_limit, visitor_limit=visitor_limit)


def hold(connection: Connection, visitor: str, held_at: int) -> None:
    """A reservation of the past."""
    key = f"{visitor}-{held_at}"
    Sql(
        "INSERT INTO reservation (key, code_id, pool_id, agent_id, way_id, visitor, status, place_taken, held_at,"
        " expires_at, test, round) SELECT :key, c.id, c.pool_id, w.agent_id, w.id, :visitor, 'expired', false,"
        " :held_at, :held_at, false, 0 FROM live_code AS c, contact_way AS w"
        " WHERE w.id NOT IN (SELECT way_id FROM reservation) ORDER BY w.id LIMIT 1"
    ).run(connection, key=key, visitor=visitor, held_at=held_at)


def test_a_code_without_limits_lets_everybody_in_and_counts_nobody(connection: Connection) -> None:
    code = spring(connection)

    assert [refuse(connection, code, f"v{number}", NOW, ZONE) for number in range(3)] == [None, None, None]
    assert one("SELECT count(*) FROM entry")(connection) == 0


def test_a_code_lets_in_as_many_visitors_as_its_limit_and_those_as_often_as_they_like(connection: Connection) -> None:
    code = spring(connection, scan_limit=2)

    said = [refuse(connection, code, who, NOW, ZONE) for who in ("lin", "lin", "wang", "zhao", "lin", "wang", "zhao")]

    assert said == [None, None, None, CODE_USED_UP, None, None, CODE_USED_UP]
    assert entries.entered(connection, code.id) == 2


def test_a_limit_of_zero_lets_nobody_in(connection: Connection) -> None:
    assert refuse(connection, spring(connection, scan_limit=0), "lin", NOW, ZONE) == CODE_USED_UP


def test_a_raised_limit_holds_at_once(connection: Connection) -> None:
    assert refuse(connection, spring(connection, scan_limit=1), "lin", NOW, ZONE) is None
    assert refuse(connection, spring(connection, scan_limit=1), "wang", NOW, ZONE) == CODE_USED_UP

    assert refuse(connection, spring(connection, scan_limit=2), "wang", NOW, ZONE) is None


def test_a_limit_set_later_counts_those_who_were_let_in_before(connection: Connection) -> None:
    code = spring(connection, scan_limit=3)
    for visitor, outcome in (("lin", "reserved"), ("wang", "full"), ("zhao", "closed")):
        Sql(
            "INSERT INTO visit (code_id, visitor, first_at, last_at, scans, outcome)"
            " VALUES (:code_id, :visitor, :now, :now, 1, :outcome)"
        ).run(connection, code_id=code.id, visitor=visitor, now=NOW, outcome=outcome)

    entries.count_known(connection, code.id)

    assert entries.entered(connection, code.id) == 2
    assert [refuse(connection, code, who, NOW, ZONE) for who in ("lin", "new", "newer")] == [None, None, CODE_USED_UP]


def test_a_visitor_gets_so_many_reservations_a_day_of_the_corporations_zone(connection: Connection) -> None:
    code = spring(connection, visitor_limit=2)
    hold(connection, "lin", NOW - DAY)
    hold(connection, "lin", NOW - 2 * HOUR)

    before = refuse(connection, code, "lin", NOW, ZONE)
    hold(connection, "lin", NOW - HOUR)

    assert before is None
    assert refuse(connection, code, "lin", NOW, ZONE) == VISITOR_USED_UP
    assert refuse(connection, code, "wang", NOW, ZONE) is None
    assert refuse(connection, code, "lin", NOW + 10 * HOUR, ZONE) is None


def test_who_is_refused_for_the_day_takes_no_entry_of_the_code(connection: Connection) -> None:
    refuse(connection, spring(connection, scan_limit=5, visitor_limit=0), "lin", NOW, ZONE)

    assert one("SELECT count(*) FROM entry")(connection) == 0


VISITORS = [100, pytest.param(1_000, marks=pytest.mark.long)]


@pytest.mark.anyio
@pytest.mark.parametrize("visitors", VISITORS)
async def test_exactly_as_many_as_the_limit_pass_however_many_clients_ask_one_process(
    ledger: Ledger, visitors: int
) -> None:
    await ledger.write(shop("ann"))

    said = await asyncio.gather(*(enter_together(ledger, f"c{number}", visitors, LIMIT) for number in range(CLIENTS)))

    assert len({visitor for passed in said for visitor in passed}) == LIMIT
    assert await ledger.read(one("SELECT count(*) FROM entry")) == LIMIT
    assert await ledger.read(one("SELECT taken FROM counter WHERE subject LIKE 'entry:%'")) == LIMIT


@pytest.mark.parametrize("visitors", VISITORS)
def test_exactly_as_many_as_the_limit_pass_however_many_processes_ask_at_once(
    postgresql_url: str, visitors: int
) -> None:
    ledger = Ledger(postgresql_url)
    with ledger._writer_engine.begin() as connection:
        shop("ann")(connection)
    process = [sys.executable, "-m", "tests.integration.ledger.entering_process", postgresql_url]

    started = [
        subprocess.Popen(
            [*process, f"p{number}", str(visitors), str(LIMIT)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for number in range(CLIENTS)
    ]
    said = [json.loads(each.communicate(timeout=100)[0]) for each in started]

    assert len({visitor for passed in said for visitor in passed}) == LIMIT
    assert ledger.read_now(one("SELECT count(*) FROM entry")) == LIMIT
    assert ledger.read_now(one("SELECT taken FROM counter WHERE subject LIKE 'entry:%'")) == LIMIT
    ledger.close()
