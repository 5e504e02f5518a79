"""``liveqr migrate``: the tables, and the first person who can sign in."""

import asyncio

from router.clock import system_clock
from router.db.ledger import Ledger
from router.db.migrate import migrate as bring_up
from router.db.ownership import owned
from router.handlers.admin.passwords import one_time_password
from router.handlers.admin.users import create_first_admin
from router.settings import Settings


def migrate(settings: Settings) -> None:
    """Upgrade the database; print the password of the first admin when one was made."""
    password = prepare(settings)
    print("The database is at this version's revision. 数据库已是最新版本。")
    if password is not None:
        print(f"First admin 首个管理员: admin / {password}  (shown once 仅显示一次)")


def prepare(settings: Settings) -> str | None:
    """Upgrade, and make the first admin if nobody can sign in yet: then its password."""
    with owned(settings.database_url):
        bring_up(settings.database_url)
        return asyncio.run(_first_admin(settings))


async def _first_admin(settings: Settings) -> str | None:
    password = one_time_password()
    ledger = Ledger(settings.database_url)
    try:
        made = await ledger.write(lambda c: create_first_admin(c, system_clock(), password))
    finally:
        ledger.close()
    return password if made else None
