"""What a deployment under a rush consists of: the product's own ``serve`` and ``worker``, and the stand-in platform.

The product is as it is, but for one route more, by which a test releases holds and edits caps as the console's acts do,
and a budget of calls that is not the platform's. `naive` makes it count as most programs do: look first, take then.
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import router.handlers.outbound.platforms
from router.commands.logging import set_up_logging
from router.commands.serve import owns_workers, run_server
from router.commands.worker import work
from router.db.queries import capacity, scan
from router.db.queries.candidates import AskedPool
from router.db.queries.capacity import CounterKey
from router.db.sql import Sql
from router.domain.capacity import UNLIMITED, Limit, Place
from router.handlers import lease, standing
from router.handlers.standing import Standing
from router.main import create_app
from router.platforms.wecom.budget import Budget
from router.settings import read_settings
from tests.factories import ZONE
from tests.integration.rush.platform import YesPlatform

MOMENT = 2.0  # seconds between looking and taking, by the naive way: as old as a cached count mostly is

UNBOUNDED = 10**7  # calls a minute

_RESERVATION = Sql("SELECT id FROM reservation WHERE key = :key")


def run(command: str, environment: Mapping[str, str], log: Path, *, naive: bool) -> None:
    """One process of a deployment: ``serve``, ``worker`` or ``platform``."""
    os.environ.clear()
    os.environ.update(environment)
    _write_to(log)
    set_up_logging()
    unbounded = partial(Budget, per_path=UNBOUNDED, total=UNBOUNDED)
    patch.object(router.handlers.outbound.platforms, "Budget", unbounded).start()
    if naive:
        _count_naively()
    settings = read_settings()
    match command:
        case "serve":
            app = create_app(settings, works=owns_workers(settings))
            app.router.routes.insert(0, Route("/told", told, methods=["POST"]))
            run_server(app, settings.host, settings.port)
        case "worker":
            work(settings)
        case "platform":
            run_server(YesPlatform(), settings.host, settings.sandbox_port)


async def told(request: Request) -> JSONResponse:
    """``{"release": key}`` ends a hold; ``{"subject", "window", "places"}`` sets a cap, or takes it away with null."""
    services = request.app.state.services
    order: dict[str, Any] = orjson.loads(await request.body())
    return JSONResponse(await services.ledger.write(partial(_obey, order, services.clock())))


def _obey(order: dict[str, Any], now: int, connection: Connection) -> bool:
    if "release" in order:
        held = _RESERVATION.row(connection, key=order["release"])
        return held is not None and lease.release(connection, held[0], now)
    capacity.set_cap(connection, order["subject"], order["window"], order["places"], now, ZONE)
    return True


def _write_to(log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)


def _count_naively() -> None:
    """Rank by what stood there a moment ago, take without asking again, let everybody do so at once."""
    guarded, guarded_one = capacity.take_all, capacity.try_take

    def take_unasked(connection: Connection, taken: Mapping[CounterKey, tuple[int, int]]) -> None:
        guarded(connection, {counter: (many, UNLIMITED) for counter, (many, _) in taken.items()})

    def take_one_unasked(connection: Connection, place: Place, limits: Sequence[Limit], *when: Any) -> bool:
        return guarded_one(connection, place, [replace(limit, places=UNLIMITED) for limit in limits], *when)

    patch.object(standing, "take_all", take_unasked).start()
    patch.object(standing, "try_take", take_one_unasked).start()
    patch.object(scan, "lock_pools", lambda *_, **__: None).start()
    patch.object(Standing, "_keep_in_step", lambda *_: None).start()
    looks, look = dict[tuple[int, int], tuple[float, AskedPool]](), Standing.of

    def of_a_moment_ago(self: Standing, pool_id: int, code_id: int) -> AskedPool:
        looked_at, pool = looks.get((pool_id, code_id), (0.0, None))
        if pool is None or time.monotonic() - looked_at > MOMENT:
            pool = look(self, pool_id, code_id)
            looks[pool_id, code_id] = time.monotonic(), pool
        return pool

    patch.object(Standing, "of", of_a_moment_ago).start()
