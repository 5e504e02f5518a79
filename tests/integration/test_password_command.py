"""Whoever cannot sign in any more gets a new password from the command line."""

import asyncio
import re
from pathlib import Path

import pytest
from sqlalchemy import Connection

from router.clock import system_clock
from router.commands.migrate import prepare
from router.commands.password import replace
from router.db.ledger import Ledger
from router.db.ownership import LedgerOwnedError, owned
from router.db.queries.users import get_credentials
from router.handlers.admin.passwords import verify_password
from router.handlers.admin.users import begin_sign_in, find_signed_in
from router.settings import Settings, read_settings


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """A database with its first admin."""
    settings = read_settings({}, {"LIVEQR_VAR_PATH": str(tmp_path), "LIVEQR_DATABASE_URL": database_url})
    prepare(settings)
    return settings


def admin_id(connection: Connection) -> int:
    credentials = get_credentials(connection, "admin")
    assert credentials is not None
    return credentials.user_id


async def signed_in(settings: Settings) -> str:
    ledger = Ledger(settings.database_url)
    token = await ledger.write(lambda c: begin_sign_in(c, admin_id(c), system_clock()))
    ledger.close()
    return token


def test_the_new_password_is_told_and_ends_every_sign_in(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    token = asyncio.run(signed_in(settings))

    code = replace(settings, "Admin")

    told = re.search(r"Admin / (\S+) ", capsys.readouterr().out)
    ledger = Ledger(settings.database_url)
    credentials = ledger.read_now(lambda c: get_credentials(c, "admin"))
    found = ledger.read_now(lambda c: find_signed_in(c, token, system_clock()))
    ledger.close()
    assert code == 0
    assert told is not None
    assert credentials is not None
    assert verify_password(credentials.password_hash, told[1])
    assert found is None


def test_a_name_that_nobody_has_is_told(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert replace(settings, "nobody") == 1
    assert "Nobody is called nobody." in capsys.readouterr().err


def test_a_running_service_on_sqlite_is_not_disturbed(tmp_path: Path) -> None:
    settings = read_settings({}, {"LIVEQR_VAR_PATH": str(tmp_path)})

    with owned(settings.database_url), pytest.raises(LedgerOwnedError):
        replace(settings, "admin")
