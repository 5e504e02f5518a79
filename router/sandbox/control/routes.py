"""Every control route, in one list."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from router.sandbox import official_account
from router.sandbox.control import (
    acquisition,
    chat,
    clock,
    directory,
    events,
    faults,
    groups,
    journal,
    relations,
    scan,
    world_view,
)
from router.sandbox.control.wire import answering
from router.sandbox.platform import Platform

Act = Callable[[Platform, Request], Awaitable[Any]]

ROUTES: tuple[tuple[str, str, Act], ...] = (
    ("POST", "/control/scan", scan.scan),
    ("POST", "/control/add", relations.add),
    ("POST", "/control/confirm", relations.confirm),
    ("POST", "/control/remove", relations.remove),
    ("POST", "/control/groups", groups.change_group),
    ("POST", "/control/join", groups.join),
    ("POST", "/control/open_link", acquisition.open_link),
    ("POST", "/control/acquisition", acquisition.change_account),
    ("POST", "/control/chat", chat.chat),
    ("POST", "/control/app_message", chat.app_message),
    ("POST", "/control/event", events.send),
    ("POST", "/control/verify", events.verify),
    ("POST", "/control/tag", events.change_tag),
    ("POST", "/control/fan_tag", official_account.change),
    ("GET", "/control/clock", clock.show),
    ("POST", "/control/clock", clock.move),
    ("GET", "/control/faults", faults.show),
    ("POST", "/control/faults", faults.install),
    ("DELETE", "/control/faults", faults.heal),
    ("POST", "/control/tokens", faults.lose_tokens),
    ("GET", "/control/effects", journal.show_effects),
    ("DELETE", "/control/effects", journal.forget_effects),
    ("GET", "/control/calls", journal.show_calls),
    ("GET", "/control/callbacks", journal.show_callbacks),
    ("GET", "/control/world", world_view.show),
    ("POST", "/control/members", world_view.change_member),
    ("POST", "/control/directory", directory.change),
    ("GET", "/control/stream", world_view.stream),
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
