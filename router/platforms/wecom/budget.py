"""How fast and how many at once: WeCom allows 10,000 calls a minute per API and corp, 20,000 per address (W-90454)."""

from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import anyio
from aiolimiter import AsyncLimiter

WELCOME: Final = "/cgi-bin/externalcontact/send_welcome_msg"

CONTACT_READS: Final = frozenset(
    f"/cgi-bin/externalcontact/{name}"
    for name in (
        "batch/get_by_user",
        "get",
        "get_contact_way",
        "get_corp_tag_list",
        "get_follow_user_list",
        "list",
        "list_contact_way",
    )
)
"""Reads that WeCom answers from storage and refuses with 45033 when many run at once."""

CONTACT_WAYS: Final = frozenset(
    f"/cgi-bin/externalcontact/{name}_contact_way" for name in ("add", "del", "get", "list", "update")
)

_MINUTE_SECONDS: Final = 60
_MINUTE_MS: Final = 60_000
_HOUR_MINUTES: Final = 60


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls in the present minute, and in the last 60 minutes."""

    in_minute: int
    in_hour: int


class Budget:
    """Outgoing calls of one corp. Callers wait here rather than being refused by WeCom.

    `per_path` and `total` are calls a minute; the defaults are a fifth of what WeCom publishes, because some corps are
    refused below the published figures. `welcome_share` is the part of `total` that only welcome messages may use, and
    they never wait for anything else. `contact_reads` is how many reads of contacts may run at once.
    """

    def __init__(
        self,
        *,
        per_path: int = 2000,
        total: int = 4000,
        welcome_share: float = 0.25,
        contact_reads: int = 5,
    ) -> None:
        self._per_path = per_path
        self._paths: dict[str, AsyncLimiter] = {}
        self._welcome = AsyncLimiter(max(1.0, total * welcome_share), _MINUTE_SECONDS)
        self._ordinary = AsyncLimiter(max(1.0, total * (1 - welcome_share)), _MINUTE_SECONDS)
        self._contact_reads = anyio.CapacityLimiter(contact_reads)
        self._paused_until: dict[str, int] = {}
        self._made: dict[str, deque[tuple[int, int]]] = {}  # by path: (minute, calls) of the last hour

    @property
    def per_path(self) -> int:
        """Calls of one path that are allowed in a minute."""
        return self._per_path

    def count(self, path: str, now: int) -> None:
        """Remember that a call was made at ``now`` (ms)."""
        made = self._made.setdefault(path, deque(maxlen=_HOUR_MINUTES))
        minute = now // _MINUTE_MS
        if made and made[-1][0] == minute:
            made[-1] = (minute, made[-1][1] + 1)
        else:
            made.append((minute, 1))

    def calls(self, paths: Iterable[str], now: int) -> Calls:
        """How many calls of these paths this process has made in the minute and the hour until ``now`` (ms)."""
        minute = now // _MINUTE_MS
        made = [each for path in paths for each in self._made.get(path, ())]
        return Calls(
            sum(calls for when, calls in made if when == minute),
            sum(calls for when, calls in made if minute - _HOUR_MINUTES < when <= minute),
        )

    @asynccontextmanager
    async def slot(self, path: str) -> AsyncIterator[None]:
        """Hold the right to make one call of `path`; waits until there is one."""
        async with AsyncExitStack() as held:
            if path in CONTACT_READS:
                await held.enter_async_context(self._contact_reads)
            await (self._welcome if path == WELCOME else self._ordinary).acquire()
            await self._limiter(path).acquire()
            yield

    def pause(self, path: str, until: int) -> None:
        """Remember that WeCom refuses `path` until the instant `until`, because calls were too frequent."""
        self._paused_until[path] = until

    def is_paused(self, path: str, now: int) -> bool:
        """Tell whether a call of `path` would be refused at `now`."""
        return now < self._paused_until.get(path, 0)

    def _limiter(self, path: str) -> AsyncLimiter:
        limiter = self._paths.get(path)
        if limiter is None:
            limiter = self._paths[path] = AsyncLimiter(self._per_path, _MINUTE_SECONDS)
        return limiter
