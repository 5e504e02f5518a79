"""One of several service processes: lets visitors in with a ledger of its own, and says who passed.

``python -m tests.integration.ledger.entering_process URL NAME VISITORS LIMIT`` prints ``["all-0", "p1-1"]``. Every
other visitor comes to all processes, the rest to this one only.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries.scan import codes
from router.handlers.admission import refuse
from tests.factories import NOW, ZONE


async def enter(ledger: Ledger, visitors: Iterator[str], limit: int) -> list[str]:
    """Those of the visitors who were let in, asked one after the other."""

    def is_let_in(connection: Connection, visitor: str) -> bool:
        code = replace(codes(connection, ["spring"])["spring"], scan_limit=limit)
        return refuse(connection, code, visitor, NOW, ZONE) is None

    return [each for each in visitors if await ledger.write(lambda c, each=each: is_let_in(c, each))]  # type: ignore[misc]


async def enter_together(ledger: Ledger, name: str, visitors: int, limit: int) -> list[str]:
    """The same with eight visitors at a time."""
    coming = iter([f"all-{number}" if number % 2 == 0 else f"{name}-{number}" for number in range(visitors)])
    passed = await asyncio.gather(*(enter(ledger, coming, limit) for _ in range(8)))
    return [visitor for each in passed for visitor in each]


if __name__ == "__main__":
    url, name, visitors, limit = sys.argv[1:]
    ledger = Ledger(url)
    print(json.dumps(asyncio.run(enter_together(ledger, name, int(visitors), int(limit)))))  # noqa: T201  the answer
    ledger.close()
