"""``liveqr worker``: the workers without the web, for PostgreSQL."""

import asyncio
import signal
import sys

from router.commands.logging import set_up_logging
from router.commands.serve import owns_workers, refuse_unready
from router.main import running
from router.settings import Settings

REFUSAL = (
    "liveqr worker needs PostgreSQL: on SQLite one process owns the file, and `liveqr serve` runs the workers itself.\n"
    "liveqr worker 仅用于 PostgreSQL：使用 SQLite 时数据库文件由 `liveqr serve` 独占，工作进程已包含在其中。"
)


def work(settings: Settings) -> int:
    """Work until a stop signal; the exit code."""
    if owns_workers(settings):
        print(REFUSAL, file=sys.stderr)
        return 2
    set_up_logging()
    refuse_unready(settings)
    asyncio.run(_work(settings))
    return 0


async def _work(settings: Settings) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with running(settings, works=True):
        await stopped.wait()
