"""One of several service processes: scans with a ledger of its own, and says what came of it.

``python -m tests.integration.ledger.scanning_process URL SLUG NAME SCANS`` prints ``{"Reserved": 12, "Waiting": 188}``.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.domain.scan import ScanAnswer
from router.handlers.scan import ScanRequest, scan_each
from tests.factories import NOW, RULES


def answer(connection: Connection, requests: Sequence[ScanRequest]) -> list[ScanAnswer | None]:
    return scan_each(connection, requests, NOW, RULES)


async def scans(url: str, slug: str, name: str, how_many: int) -> Counter[str]:
    """What ``how_many`` visitors, eight at a time, were answered."""
    ledger, answers = Ledger(url), Counter[str]()
    visitors = iter(range(how_many))

    async def come() -> None:
        for number in visitors:
            found = await ledger.write_each(answer, ScanRequest(slug, f"{name}-{number}"))
            answers[type(found).__name__] += 1

    await asyncio.gather(*(come() for _ in range(8)))
    ledger.close()
    return answers


if __name__ == "__main__":
    url, slug, name, how_many = sys.argv[1:]
    print(json.dumps(asyncio.run(scans(url, slug, name, int(how_many)))))  # noqa: T201  the answer to whoever started it
