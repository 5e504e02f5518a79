"""``liveqr password``: a new password for somebody who cannot sign in any more."""

import asyncio
import sys
from datetime import UTC
from functools import partial

from sqlalchemy import Connection

from router.clock import system_clock
from router.db.ledger import Ledger
from router.db.migrate import is_migrated
from router.db.ownership import owned
from router.db.queries.users import get_credentials
from router.handlers.admin.act import Act
from router.handlers.admin.passwords import hash_password, one_time_password
from router.handlers.admin.users import set_password
from router.settings import Settings


def replace(settings: Settings, username: str) -> int:
    """Print a new password of ``username`` and sign their browsers out; the exit code, 1 when nobody has that name.

    On SQLite the service must be stopped meanwhile: raises `LedgerOwnedError` while it runs.
    """
    password = one_time_password()
    with owned(settings.database_url):
        is_known = asyncio.run(_replace(settings, username, password))
    if not is_known:
        print(f"Nobody is called {username}. 没有名为 {username} 的用户。", file=sys.stderr)
        return 1
    print(f"Sign in 登录: {username} / {password}  (shown once 仅显示一次)")
    return 0


async def _replace(settings: Settings, username: str, password: str) -> bool:
    ledger = Ledger(settings.database_url)
    try:
        return await ledger.write(partial(_write, username=username, password_hash=hash_password(password)))
    finally:
        ledger.close()


def _write(connection: Connection, username: str, password_hash: str) -> bool:
    if not is_migrated(connection):
        return False
    known = get_credentials(connection, username.strip())
    if known is None:
        return False
    set_password(connection, Act("liveqr", system_clock(), UTC), known.user_id, password_hash)
    return True
