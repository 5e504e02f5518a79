"""Puts a sandbox together as a Starlette application."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from router.sandbox.api.routes import api_routes
from router.sandbox.browser_guard import BrowserGuard
from router.sandbox.config import SandboxConfig
from router.sandbox.control.routes import control_routes
from router.sandbox.official_account import fan_routes
from router.sandbox.phone.routes import phone_routes
from router.sandbox.platform import Platform, new_platform
from router.sandbox.qr import qr_routes
from router.sandbox.storage import WorldFile


def create_sandbox(
    config: SandboxConfig, *, source: random.Random | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> Starlette:
    """A local platform for one corporation; several may live in one process.

    `source` seeds ids and choices, `transport` replaces the network for callbacks and scans (tests). The application
    needs its lifespan: without it callbacks are cut off at the end and the world is not kept.
    """
    platform = new_platform(config, source or random.Random(), transport)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with _kept_world(platform):
            try:
                yield
            finally:
                await platform.aclose()

    guard = Middleware(BrowserGuard, config.public_url, [config.service_url])
    app = Starlette(routes=_routes(platform), lifespan=lifespan, middleware=[guard])
    app.state.platform = platform
    return app


@asynccontextmanager
async def _kept_world(platform: Platform) -> AsyncIterator[None]:
    if platform.config.state_path is None:
        yield
        return
    world_file = WorldFile(platform, platform.config.state_path)
    world_file.load()
    saving = asyncio.create_task(world_file.keep_saving())
    try:
        yield
    finally:
        saving.cancel()
        await asyncio.wait([saving])
        world_file.save()


def _routes(platform: Platform) -> list[BaseRoute]:
    return [
        *fan_routes(platform),
        *api_routes(platform),
        *control_routes(platform),
        *qr_routes(platform),
        *phone_routes(platform),
    ]
