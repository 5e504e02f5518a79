"""The local platform as one value: everything its routes work with."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from router.sandbox import events
from router.sandbox.callbacks import CallbackSender
from router.sandbox.clock import MovableClock
from router.sandbox.config import SandboxConfig
from router.sandbox.effects import Journal
from router.sandbox.faults import FaultBoard
from router.sandbox.media import MediaShelf
from router.sandbox.network import Network
from router.sandbox.rates import Meter
from router.sandbox.world import kf_messages
from router.sandbox.world.ids import Ids
from router.sandbox.world.records import ChatLine
from router.sandbox.world.world import World, new_world

CONTACT_CALLBACK = "CONTACT"
KF_CALLBACK = "KF"
LISTENER_BACKLOG = 1_000


@dataclass(slots=True)
class Platform:
    """One sandbox. Operations on the world are synchronous, so each call is atomic on the event loop."""

    config: SandboxConfig
    clock: MovableClock
    source: random.Random
    client: httpx.AsyncClient
    world: World
    sender: CallbackSender
    board: FaultBoard = field(default_factory=FaultBoard)
    journal: Journal = field(default_factory=Journal)
    meter: Meter = field(default_factory=Meter)
    media: MediaShelf = field(default_factory=MediaShelf)
    revision: int = 0
    listeners: dict[str, list[asyncio.Queue[ChatLine]]] = field(default_factory=dict)

    def now(self) -> int:
        return self.clock.now()

    def emit_contact(self, plaintexts: Sequence[bytes], subject: str, callback: str = CONTACT_CALLBACK) -> None:
        """Events of one customer (or of the tags) arrive in their order while nothing goes wrong."""
        self.sender.send(callback, plaintexts, subject)

    def emit_kf_notice(self, open_kfid: str) -> None:
        token = kf_messages.issue_sync_token(self.world, open_kfid, self.now())
        self.sender.send(KF_CALLBACK, [events.kf_notice(self.config.corp_id, self.now(), token, open_kfid)])

    def show(self, line: ChatLine) -> None:
        """Put a line into the customer's chat and hand it to the phone pages that look at it."""
        self.world.add_chat_line(line)
        for listener in self.listeners.get(line.external_userid, []):
            if listener.qsize() < LISTENER_BACKLOG:
                listener.put_nowait(line)

    async def aclose(self) -> None:
        await self.sender.aclose()
        await self.client.aclose()


def new_platform(config: SandboxConfig, source: random.Random, transport: httpx.AsyncBaseTransport | None) -> Platform:
    """A platform with a fresh world. `transport` replaces the network for callbacks and scans."""
    clock = MovableClock()
    board = FaultBoard()
    client = httpx.AsyncClient(transport=transport or Network(), trust_env=False, follow_redirects=False)
    sender = CallbackSender(config, clock, board, source, client)
    return Platform(config, clock, source, client, new_world(config, Ids(source)), sender, board)
