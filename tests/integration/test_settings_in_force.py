"""A change of settings takes force while the service runs, and costs nothing that has no part in it."""

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import anyio
import pytest
from pytest_httpx import HTTPXMock
from sqlalchemy import Connection

from router import main
from router.clock import MovableClock
from router.db.ledger import Ledger
from router.db.queries.settings import stored_texts
from router.handlers.admin.act import Act
from router.handlers.admin.settings import write_settings
from router.handlers.outbound.platforms import Platforms
from router.main import running
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.errors import Refused
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings

pytestmark = pytest.mark.anyio

PLATFORM = {"LIVEQR_CORP_ID": "ww1", "LIVEQR_APP_SECRET": "one", "LIVEQR_WECOM_API_BASE": "https://wecom.test"}


@pytest.fixture
async def services(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    settings = read_settings(environment={"LIVEQR_DATABASE_URL": sqlite_url, "LIVEQR_VAR_PATH": str(tmp_path)})
    async with running(settings, works=False) as services:
        yield services


@pytest.fixture
async def platforms(sqlite_url: str) -> AsyncIterator[Platforms]:
    ledger = Ledger(sqlite_url)
    platforms = Platforms(ledger, MovableClock())
    yield platforms
    await platforms.close()
    ledger.close()


async def test_a_client_lives_as_long_as_its_secret(platforms: Platforms) -> None:
    settings = read_settings(environment=PLATFORM)

    first = platforms.current(settings)
    held_longer = platforms.current(replace(settings, hold_minutes=30))
    other_secret = platforms.current(replace(settings, contact_secret="two"))

    assert held_longer.contact is first.contact is first.app
    assert other_secret.app is first.app
    assert other_secret.contact is not first.contact


async def test_a_pause_that_wecom_asked_for_outlives_a_change_of_the_secret(
    platforms: Platforms, httpx_mock: HTTPXMock
) -> None:
    token = {"errcode": 0, "access_token": "T1", "expires_in": 7200}
    httpx_mock.add_response(url="https://wecom.test/cgi-bin/gettoken?corpid=ww1&corpsecret=one", json=token)
    httpx_mock.add_response(json={"errcode": 45009, "errmsg": "too frequent"})
    settings = read_settings(environment=PLATFORM)

    codes = [
        await refusal(platforms.current(each).contact) for each in (settings, replace(settings, contact_secret="two"))
    ]

    assert codes == [45009, 45009]
    assert len(httpx_mock.get_requests()) == 2  # the token and the call; nothing with the other secret


async def test_of_quick_changes_the_last_is_in_force_because_they_are_read_one_at_a_time(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading: list[int] = []
    peaks: list[int] = []

    def read_slowly(connection: Connection, box: SecretBox) -> Mapping[str, str]:
        reading.append(1)
        peaks.append(len(reading))
        time.sleep(0.02)  # long enough for the next change to come meanwhile
        reading.pop()
        return stored_texts(connection, box)

    monkeypatch.setattr(main, "stored_texts", read_slowly)

    for minutes in range(10, 20):
        await store(services, {"HOLD_MINUTES": str(minutes)})

    await in_force(services, 19)
    assert set(peaks) == {1}


async def test_a_change_that_could_not_be_read_at_first_is_read_again(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []

    def fail_once(connection: Connection, box: SecretBox) -> Mapping[str, str]:
        reads.append(len(reads))
        if len(reads) == 1:
            raise ConnectionError
        return stored_texts(connection, box)

    monkeypatch.setattr(main, "stored_texts", fail_once)

    await store(services, {"HOLD_MINUTES": "45"})

    await in_force(services, 45)
    assert len(reads) >= 2


async def refusal(client: WeComClient | None) -> int:
    assert client is not None
    with pytest.raises(Refused) as raised:
        await client.get_token()
    return raised.value.errcode


async def store(services: Services, values: Mapping[str, str | None]) -> None:
    act = Act("admin", services.clock(), ZoneInfo("UTC"))
    await services.ledger.write(lambda c: write_settings(c, act, services.secret_box, services.settings, values))


async def in_force(services: Services, minutes: int) -> None:
    with anyio.fail_after(10):
        while services.settings.hold_minutes != minutes:
            await anyio.sleep(0.01)
