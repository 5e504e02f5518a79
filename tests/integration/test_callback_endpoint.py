"""The callback endpoint over a ledger that fails: 500 makes the platform send again, and then nothing is missing."""

import sqlite3
from collections.abc import AsyncIterator

import httpx
import hypothesis
import pytest
from hypothesis import strategies as st
from sqlalchemy import make_url

from router.clock import system_clock
from router.db import engine
from router.db.ledger import Ledger
from router.platforms.wecom import identity
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web.callback import Callback
from tests.factories import customer_added
from tests.integration.hostile.corpus import keys_environment
from tests.integration.hostile.wire import Request, sealed

pytestmark = pytest.mark.anyio

ADDED = customer_added("ann", "wm-lin").encode()
BUSY_TIMEOUT = 50  # ms, so that a test need not wait five seconds for a lock
FULL = "PRAGMA max_page_count = 1"  # never below the present size: the file cannot grow any more
ROOM = "PRAGMA max_page_count = 1073741823"


@pytest.fixture
async def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT", BUSY_TIMEOUT)


@pytest.fixture
async def platform(short_patience: None, ledger: Ledger) -> AsyncIterator[httpx.AsyncClient]:
    """What sends callbacks to an endpoint over ``ledger``."""
    settings = read_settings({}, keys_environment())
    app = Callback(Services(settings, ledger, system_clock, SecretBox(bytes(32))))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        yield client


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_locked_database_loses_no_delivery(platform: httpx.AsyncClient, ledger: Ledger) -> None:
    locker = sqlite3.connect(make_url(ledger.url).database or "", isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")

    refused = await deliver(platform, sealed(ADDED))
    locker.execute("ROLLBACK")
    locker.close()
    again = await deliver(platform, sealed(ADDED))

    assert (refused, again) == (500, 200)
    assert await stored(ledger) == [(ADDED.decode(), 1)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_full_disk_loses_no_delivery(platform: httpx.AsyncClient, ledger: Ledger) -> None:
    large = customer_added("ann", "wm-lin", state="s" * 200_000).encode()
    await ledger.write(lambda c: c.exec_driver_sql(FULL))

    refused = await deliver(platform, sealed(large))
    await ledger.write(lambda c: c.exec_driver_sql(ROOM))
    again = await deliver(platform, sealed(large))

    assert (refused, again) == (500, 200)
    assert await stored(ledger) == [(large.decode(), 1)]


async def test_one_event_delivered_four_times_is_one_row(platform: httpx.AsyncClient, ledger: Ledger) -> None:
    statuses = [await deliver(platform, sealed(ADDED)) for _ in range(4)]

    assert statuses == [200] * 4
    assert await stored(ledger) == [(ADDED.decode(), 4)]


async def test_two_customers_of_one_second_are_two_rows(platform: httpx.AsyncClient, ledger: Ledger) -> None:
    first, second = (customer_added("ann", name).encode() for name in ("wm-lin", "wm-wang"))

    await deliver(platform, sealed(first))
    await deliver(platform, sealed(second))

    assert await stored(ledger) == [(first.decode(), 1), (second.decode(), 1)]


names = st.from_regex(r"wm[A-Za-z0-9_-]{1,30}", fullmatch=True)


@hypothesis.given(names, names)
def test_different_customers_never_share_an_identity(one: str, other: str) -> None:
    hypothesis.assume(one != other)

    identities = {identity.read(customer_added("ann", name).encode()).identity for name in (one, other)}

    assert len(identities) == 2


async def deliver(platform: httpx.AsyncClient, request: Request) -> int:
    """The status of the answer."""
    answer = await platform.post(f"{request.path}?{request.query}", content=request.body)
    return answer.status_code


async def stored(ledger: Ledger) -> list[tuple[str, int]]:
    """Plaintext and number of deliveries of each row."""
    rows = await ledger.read(
        lambda c: c.exec_driver_sql("SELECT plaintext, deliveries FROM inbox ORDER BY id").fetchall()
    )
    return [(row[0], row[1]) for row in rows]
