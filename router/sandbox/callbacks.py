"""Delivers callbacks the way the platform does: sealed, within its time limits, with retries, and with faults on
demand.
"""

import asyncio
import random
from collections import deque
from collections.abc import Coroutine, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from weakref import WeakValueDictionary

import httpx

from router.platforms.wecom.envelope import Sealed
from router.sandbox.clock import MovableClock
from router.sandbox.config import SandboxConfig
from router.sandbox.faults import FaultBoard
from router.sandbox.sealing import Sealer

KEPT_DELIVERIES = 20_000  # finished ones; those on their way are all kept
PARALLEL_POSTS = 64
APP_CALLBACK = "APP"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way. `attempts` holds a status or an error name per POST; outcome: sending, delivered, given_up,
    dropped, or no_callback when nobody is configured to receive it."""

    seq: int
    at: int
    callback: str
    plaintext: bytes
    attempts: tuple[str, ...] = ()
    outcome: str = "sending"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a callback URL answered to the check that the platform's console makes when it is saved."""

    is_valid: bool
    reason: str


@dataclass(slots=True)
class CallbackSender:
    """Owns the callbacks in flight. `send` returns at once; `settled` waits until nothing is on its way."""

    config: SandboxConfig
    clock: MovableClock
    board: FaultBoard
    source: random.Random
    client: httpx.AsyncClient
    deliveries: dict[int, Delivery] = field(default_factory=dict)
    next_seq: int = 1
    _sealers: dict[str, Sealer] = field(default_factory=dict)
    _urls: dict[str, str] = field(default_factory=dict)
    _events: int = 0
    _finished: deque[int] = field(default_factory=deque)
    _shuffled: list[int] = field(default_factory=list)
    _held: deque[tuple[int, ...]] = field(default_factory=deque)
    _turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = field(default_factory=WeakValueDictionary)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _posts: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PARALLEL_POSTS))

    def __post_init__(self) -> None:
        for target in self.config.callbacks:
            agent_id = self.config.app_agent_id if target.name == APP_CALLBACK else None
            self._sealers[target.name] = Sealer(self.config.corp_id, agent_id, target, self.source)
            self._urls[target.name] = target.url

    def receiver(self, callback: str) -> str:
        """The callback events of that kind go to: a corporation without its own one for them has the application's."""
        return callback if callback in self._sealers else APP_CALLBACK

    def send(self, callback: str, plaintexts: Sequence[bytes], subject: str = "") -> None:
        """Send events one after the other, each as often as the faults want; faults may also lose or reorder them.

        Events of one `subject` wait for the earlier ones of it at the same receiver; all others go their own way.
        """
        receiver = self.receiver(callback)
        chain = [seq for plaintext in plaintexts for seq in self._enlist(receiver, plaintext)]
        faults = self.board.faults.callbacks
        if faults.hold:
            self._held.append(tuple(chain))
        elif faults.shuffle_window_ms:
            self._shuffle(chain, faults.shuffle_window_ms)
        else:
            self._start(self._deliver_in_turn(chain, receiver, subject))

    def release(self) -> None:
        """Let go of the events held back, all at once."""
        while self._held:
            self._start(self._deliver_chain(self._held.popleft()))

    async def settled(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def verify(self, callback: str) -> Verification:
        """The GET with an encrypted echo that must come back, decrypted, within one second (W-90930)."""
        echo = str(self.source.getrandbits(63)).encode()
        query = self._sealers[callback].verification(echo, self.clock.now()).query
        seconds = self.config.delivery.verify_timeout_seconds
        try:
            response = await self.client.get(self._urls[callback], params=query, timeout=seconds)
        except httpx.HTTPError as error:
            return Verification(False, f"no answer within {seconds} s: {type(error).__name__}")
        if response.status_code != 200:
            return Verification(False, f"HTTP {response.status_code} instead of 200")
        if response.content != echo:
            return Verification(False, "the answer is not exactly the decrypted echostr")
        return Verification(True, "ok")

    def _enlist(self, callback: str, plaintext: bytes) -> list[int]:
        self._events += 1
        faults = self.board.faults.callbacks
        if callback not in self._sealers:
            return self._record(callback, plaintext, "no_callback")
        if faults.drop_every and self._events % faults.drop_every == 0:
            return self._record(callback, plaintext, "dropped")
        return [seq for _ in range(faults.duplicate) for seq in self._record(callback, plaintext, "sending")]

    def _record(self, callback: str, plaintext: bytes, outcome: str) -> list[int]:
        seq = self.next_seq
        self.next_seq += 1
        delivery = Delivery(seq, self.clock.now(), callback, plaintext, outcome=outcome)
        if outcome != "sending":
            self._finish(delivery)
            return []
        self.deliveries[seq] = delivery
        return [seq]

    def _shuffle(self, chain: Sequence[int], window_ms: int) -> None:
        if not self._shuffled:
            self._start(self._deliver_shuffled(window_ms))
        self._shuffled.extend(chain)

    async def _deliver_shuffled(self, window_ms: int) -> None:
        await asyncio.sleep(window_ms / 1000)
        chain, self._shuffled = self._shuffled, []
        self.source.shuffle(chain)
        await self._deliver_chain(chain)

    async def _deliver_in_turn(self, chain: Sequence[int], receiver: str, subject: str) -> None:
        # The lock serves in the order of asking, and is forgotten with its last user.
        turn = self._turns.setdefault((receiver, subject), asyncio.Lock())
        async with turn if subject else nullcontext():
            await self._deliver_chain(chain)

    async def _deliver_chain(self, chain: Sequence[int]) -> None:
        for seq in chain:
            await self._deliver(self.deliveries[seq])

    async def _deliver(self, delivery: Delivery) -> None:
        await asyncio.sleep(self.board.faults.callbacks.delay_ms / 1000)
        sealed = self._seal(delivery)
        for retry in range(self.config.delivery.retries + 1):
            if retry:
                await asyncio.sleep(self.config.delivery.retry_spacing_seconds)
                sealed = sealed if self.board.faults.callbacks.retry_identical else self._seal(delivery)
            answer = await self._post(delivery.callback, sealed)
            delivery = replace(delivery, attempts=(*delivery.attempts, answer), outcome=self._outcome(answer))
            if delivery.outcome == "delivered":
                break
        self._finish(delivery)

    def _seal(self, delivery: Delivery) -> Sealed:
        return self._sealers[delivery.callback].seal(delivery.plaintext, self.clock.now())

    async def _post(self, callback: str, sealed: Sealed) -> str:
        """The status of the answer, or the name of what kept it from coming."""
        async with self._posts:
            try:
                response = await self.client.post(
                    self._urls[callback],
                    params=sealed.query,
                    content=sealed.body,
                    headers={"Content-Type": "text/xml"},
                    timeout=self.config.delivery.post_timeout_seconds,
                )
            except httpx.HTTPError as error:
                return type(error).__name__
        return str(response.status_code)

    def _outcome(self, answer: str) -> str:
        is_answer = answer.isdigit()
        if answer == "200" or (is_answer and not self.board.faults.callbacks.retry_non_200):
            return "delivered"
        return "given_up"

    def _finish(self, delivery: Delivery) -> None:
        """Keep how it ended; only what has ended is ever forgotten, an event on its way is not."""
        self.deliveries[delivery.seq] = delivery
        self._finished.append(delivery.seq)
        if len(self._finished) > KEPT_DELIVERIES:
            del self.deliveries[self._finished.popleft()]

    def _start(self, delivering: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(delivering)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
