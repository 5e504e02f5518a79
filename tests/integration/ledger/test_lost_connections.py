"""The server goes away, or the connection to it: what was written is known, what was not is written once."""

import asyncio
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, make_url

from router.db import engine
from router.db.ledger import Ledger, LedgerUnreachableError, OutcomeUnknownError
from tests.factories import agent
from tests.integration.ledger.looking import column, one
from tests.integration.ledger.writing import AGENTS, kill_connections

pytestmark = pytest.mark.anyio


async def test_a_write_after_the_server_dropped_the_connection_works(postgresql_url: str) -> None:
    ledger = Ledger(postgresql_url)
    await ledger.write(agent("ann"))

    kill_connections(postgresql_url)
    await ledger.write(agent("bo"))

    assert await ledger.read(column(AGENTS)) == ["ann", "bo"]
    ledger.close()


async def test_a_read_after_the_server_dropped_the_connection_works(postgresql_url: str) -> None:
    ledger = Ledger(postgresql_url)
    await asyncio.gather(*(ledger.read(one("SELECT 1 FROM pg_sleep(0.05)")) for _ in range(4)))

    kill_connections(postgresql_url)

    assert [await ledger.read(one("SELECT 1")) for _ in range(4)] == [1, 1, 1, 1]
    ledger.close()


async def test_a_unit_whose_connection_is_dropped_half_way_is_run_again_from_the_start(postgresql_url: str) -> None:
    ledger = Ledger(postgresql_url)
    runs: list[int] = []

    def interrupted(connection: Connection) -> int:
        runs.append(1)
        id = agent("ann")(connection)
        if len(runs) == 1:
            kill_connections(postgresql_url)
            agent("bo")(connection)
        return id

    await ledger.write(interrupted)

    assert len(runs) == 2
    assert await ledger.read(column(AGENTS)) == ["ann"]
    ledger.close()


async def test_a_change_whose_commit_got_no_answer_is_reported_and_not_run_again(postgresql_url: str) -> None:
    ledger = Ledger(postgresql_url)
    runs: list[int] = []

    def cut_at_the_end(connection: Connection) -> None:
        agent("ann")(connection)
        runs.append(1)
        kill_connections(postgresql_url)

    with pytest.raises(OutcomeUnknownError):
        await ledger.write(cut_at_the_end)
    await ledger.write(agent("bo"))

    assert runs == [1]
    assert await ledger.read(column(AGENTS)) == ["bo"]
    ledger.close()


@contextmanager
def hanging_up() -> Iterator[tuple[str, list[int]]]:
    """A server that ends every connection at once: its URL, and one entry per connection it had."""
    accepted: list[int] = []

    class HangUp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            accepted.append(1)

    with socketserver.TCPServer(("127.0.0.1", 0), HangUp) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"postgresql://any@127.0.0.1:{server.server_address[1]}/any?sslmode=disable&gssencmode=disable", accepted
        server.shutdown()
        thread.join()


async def test_without_a_connection_a_batch_fails_at_once_and_as_one() -> None:
    with hanging_up() as (url, accepted):
        ledger = Ledger(url)

        results = await asyncio.gather(*(ledger.write(agent("ann")) for _ in range(20)), return_exceptions=True)

        assert {type(result) for result in results} == {LedgerUnreachableError}
        assert len(accepted) <= 2  # the first may not have waited for the others
        ledger.close()


async def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ledger = Ledger(f"postgresql://any@127.0.0.1:{silent.getsockname()[1]}/any?connect_timeout=2")

        with pytest.raises(LedgerUnreachableError):
            await asyncio.wait_for(ledger.write(agent("ann")), 30)

        ledger.close()


@pytest.mark.parametrize("option", ["connect_timeout", "keepalives_idle", "tcp_user_timeout"])
def test_every_connection_notices_that_its_server_is_gone_unless_the_url_says_otherwise(option: str) -> None:
    plain, told = "postgresql://any@db/liveqr", f"postgresql://any@db/liveqr?{option}=77"

    assert make_url(engine.normal_url(plain)).query[option] not in ("", "0", "77")
    assert make_url(engine.normal_url(told)).query[option] == "77"
