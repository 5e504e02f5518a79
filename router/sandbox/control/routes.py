"""Every control route, in one list."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from router.sandbox.control import relations, scan
from router.sandbox.control.wire import answering
from router.sandbox.platform import Platform

Act = Callable[[Platform, Request], Awaitable[Any]]

ROUTES: tuple[tuple[str, str, Act], ...] = (
    ("POST", "/control/scan", scan.scan),
    ("POST", "/control/add", relations.add),
    ("POST", "/control/confirm", relations.confirm),
    ("POST", "/control/remove", relations.remove),
)


def control_routes(platform: Platform) -> list[Route]:
    return [Route(path, _bound(platform, act), methods=[method]) for method, path, act in ROUTES]


def _bound(platform: Platform, act: Act) -> Callable[[Request], Awaitable[Response]]:
    async def on_platform(request: Request) -> Any:
        done = await act(platform, request)
        if request.method != "GET":
            platform.revision += 1
        return done

    return answering(on_platform)
