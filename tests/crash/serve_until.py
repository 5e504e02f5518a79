"""Serve and work as ever, but die at one exact place when a file says so: what crash tests run as the service.

The product knows nothing of it: each place is a function of the product, replaced by one that calls it and, before or
after that call, reads the order. ``SIGKILL`` leaves no chance to tidy up, as a power cut does not.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection
from starlette.types import Receive, Scope, Send

import router.services
from router.commands.sandbox import sandbox_config
from router.commands.serve import run_server, serve
from router.commands.worker import work
from router.db.queries import inbox, outbox
from router.db.queries.outbox import Claimed
from router.handlers import decide, lease, outbound
from router.handlers.outbound.platform import Carried, Platform
from router.platforms.wecom.client import WeComClient
from router.sandbox.app import create_sandbox
from router.sandbox.config import Delivery
from router.settings import read_settings
from router.web.callback import Callback
from router.workers import decider, sender

ANSWER_LEAVES_WITHIN = 0.1  # seconds; the event loop hands a written answer to the kernel in its next round
RETRIES = 60  # of the platform, so that its patience outlasts a restart on a busy machine
RETRY_SPACING = 0.25  # seconds


@dataclass(frozen=True, slots=True)
class Orders:
    """The file that names where to die, such as ``sent send_welcome``; of several processes one takes the order."""

    path: Path

    def says(self, at: str, kind: str = "") -> bool:
        """Whether this is the place."""
        try:
            return self.path.read_text() == f"{at} {kind}".strip()
        except FileNotFoundError:
            return False

    def die_if(self, at: str, kind: str = "") -> None:
        """End this process here and now, if it is the place and no other process was faster."""
        if not self.says(at, kind):
            return
        try:
            self.path.unlink()
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


def run(command: str, environment: Mapping[str, str], orders: Path, log: Path) -> None:
    """One process of a deployment: ``serve``, ``worker`` or ``sandbox``."""
    os.environ.clear()
    os.environ.update(environment)
    _write_to(log)
    _arm(Orders(orders), is_web=command == "serve")
    match command:
        case "serve":
            serve(read_settings())
        case "worker":
            work(read_settings())
        case "sandbox":
            _serve_sandbox()


def _serve_sandbox() -> None:
    settings = read_settings()
    config = sandbox_config(settings)
    assert config is not None
    patient = replace(config, delivery=Delivery(retries=RETRIES, retry_spacing_seconds=RETRY_SPACING))
    run_server(create_sandbox(patient), settings.host, settings.sandbox_port)


def _write_to(log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)


def _arm(orders: Orders, *, is_web: bool) -> None:
    for place in (_transactions, _claims, _attempts, _answers, _contact_ways):
        place(orders)
    _decisions(orders, is_web=is_web)


def _transactions(orders: Orders) -> None:
    """Units of work that die with everything written and nothing committed."""
    _die_after(orders, "storing", inbox, "add_each")
    _die_after(orders, "scanning", router.services, "scan_each")
    _die_after(orders, "expiring", lease, "expire")
    _die_after(orders, "recording", sender, "record")


def _die_after(orders: Orders, at: str, module: Any, name: str) -> None:
    original: Callable[..., Any] = getattr(module, name)

    def call(*arguments: Any) -> Any:
        result = original(*arguments)
        orders.die_if(at)
        return result

    patch.object(module, name, call).start()


def _decisions(orders: Orders, *, is_web: bool) -> None:
    original = decide.decide_open

    def decide_open(connection: Connection, situation: Callable[[Connection], Any]) -> int:
        if is_web and orders.says("answered"):
            return 0  # what is stored stays undecided until the answer has left and this process is dead
        decided = original(connection, situation)
        if decided:
            orders.die_if("deciding")
        return decided

    patch.object(decider, "decide_open", decide_open).start()


def _claims(orders: Orders) -> None:
    original = outbox.claim

    def claim(connection: Connection, *asked: Any) -> Sequence[Claimed]:
        claimed = original(connection, *asked)
        for each in claimed:
            orders.die_if("decided", each.kind)  # the claim is not committed: the effect is still to be claimed
        return claimed

    patch.object(outbox, "claim", claim).start()


def _attempts(orders: Orders) -> None:
    original = outbound.carry_out

    async def carry_out(platform: Platform, claimed: Claimed) -> Carried:
        orders.die_if("claimed", claimed.kind)
        carried = await original(platform, claimed)
        orders.die_if("sent", claimed.kind)
        return carried

    patch.object(sender, "carry_out", carry_out).start()


def _answers(orders: Orders) -> None:
    original = Callback.__call__

    async def answer(callback: Callback, scope: Scope, receive: Receive, send: Send) -> None:
        await original(callback, scope, receive, send)
        if orders.says("answered"):
            asyncio.get_running_loop().call_later(ANSWER_LEAVES_WITHIN, orders.die_if, "answered")

    patch.object(Callback, "__call__", answer).start()


def _contact_ways(orders: Orders) -> None:
    original = WeComClient.add_contact_way

    async def add_contact_way(client: WeComClient, **fields: Any) -> Any:
        made = await original(client, **fields)
        orders.die_if("made")  # at the platform, with nothing of it in the ledger
        return made

    patch.object(WeComClient, "add_contact_way", add_contact_way).start()
