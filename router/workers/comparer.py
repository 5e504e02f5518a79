"""Makes comparisons of versions, one at a time: reads, hands over, adds up, says how far it is."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from functools import partial

import structlog

from router.db.queries import version_diffs
from router.db.queries.version_diffs import ClaimedDiff, StoredPlaintext
from router.domain.version_diff import Differences
from router.handlers.comparing import Asking, VersionUnreadableError, asking, versions_of
from router.services import Services
from tagtree.errors import RuleSetRefusedError

log = structlog.get_logger()

CHUNK = 2_000  # messages read and handed over at once


class CancelledError(Exception):
    """Somebody stopped the comparison."""


class Comparer:
    """Nothing it does holds up the writer for longer than a line of progress takes."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def work(self) -> int | None:
        """Make all comparisons that wait; returns when one may be taken over (ms)."""
        ledger = self._services.ledger
        while claimed := await ledger.write(lambda c: version_diffs.claim_diff(c, self._services.clock())):
            await self._compare(claimed)
        return await ledger.read(version_diffs.next_due)

    async def _compare(self, claimed: ClaimedDiff) -> None:
        try:
            result = await self._result(claimed)
        except CancelledError:
            return
        except (VersionUnreadableError, RuleSetRefusedError) as error:
            await self._finish(claimed, "failed", None, str(error))
        except Exception as error:
            log.exception("comparison_fault", diff_id=claimed.id)
            await self._finish(claimed, "failed", None, f"a fault in liveqr ({type(error).__name__})")
        else:
            await self._finish(claimed, "done", result, "")

    async def _result(self, claimed: ClaimedDiff) -> dict[str, object]:
        zone = self._services.settings.time_zone
        versions = await self._services.ledger.read(lambda c: versions_of(c, claimed, zone))
        found = Differences()
        async with asking(versions, claimed.messages) as somebody:
            async for differences in self._answers(claimed, somebody):
                found = found.plus(differences)
                await self._renew(claimed, found.compared)
        return {"differences": found, "unknown": somebody.unknown}

    async def _answers(self, claimed: ClaimedDiff, somebody: Asking) -> AsyncIterator[Differences]:
        """In the order of the messages, with a few chunks under way at a time."""
        under_way: deque[asyncio.Future[Differences]] = deque()
        async for chunk in self._chunks(claimed.messages):
            under_way.append(asyncio.ensure_future(somebody.ask(chunk)))
            if len(under_way) >= somebody.at_once:
                yield await under_way.popleft()
        while under_way:
            yield await under_way.popleft()

    async def _chunks(self, messages: int) -> AsyncIterator[Sequence[StoredPlaintext]]:
        """An empty one, too, where messages are rare: each is followed by a sign that the comparison goes on."""
        before: int | None = 0
        left = messages
        while before is not None and left > 0:
            newest = partial(version_diffs.newest_messages, before=before, at_most=min(CHUNK, left))
            page = await self._services.ledger.read(newest)
            yield page.items
            before, left = page.next, left - len(page.items)

    async def _renew(self, claimed: ClaimedDiff, compared: int) -> None:
        now = self._services.clock()
        if not await self._services.ledger.write(lambda c: version_diffs.renew(c, claimed.id, compared, now)):
            raise CancelledError

    async def _finish(self, claimed: ClaimedDiff, status: version_diffs.Status, result: object, error: str) -> None:
        now = self._services.clock()
        await self._services.ledger.write(lambda c: version_diffs.finish(c, claimed.id, status, result, error, now))
