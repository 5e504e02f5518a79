"""`/control/faults`: what goes wrong. GET shows it, POST sets all of it (what is left out is healthy), DELETE heals.

The JSON is `router.sandbox.faults.Faults`, for example
`{"errors": [{"path": "externalcontact/mark_tag", "errcode": -1, "times": 3}], "callbacks": {"duplicate": 3}}`.

`POST /control/tokens` `{"action": "invalidate" | "expire"}`: access tokens die early (40014) or of age (42001).
"""

from dataclasses import replace
from typing import Any, Literal

from starlette.requests import Request

from router.sandbox.api.routes import ENDPOINTS
from router.sandbox.control.wire import ControlError, Wish, read
from router.sandbox.faults import Faults
from router.sandbox.platform import Platform


class TokenLoss(Wish):
    action: Literal["invalidate", "expire"]


async def show(platform: Platform, _request: Request) -> dict[str, Any]:
    return platform.board.faults.model_dump(mode="json")


async def install(platform: Platform, request: Request) -> dict[str, Any]:
    faults = await read(request, Faults)
    for fault in faults.errors:
        if not any(fault.concerns(path) for path in ENDPOINTS):
            raise ControlError(f"errors: the sandbox has no call {fault.path!r}, so this fault would never strike")
    platform.board.install(faults)
    if not faults.callbacks.hold:
        platform.sender.release()
    return await show(platform, request)


async def heal(platform: Platform, request: Request) -> dict[str, Any]:
    platform.board.install(Faults())
    platform.sender.release()
    return await show(platform, request)


async def lose_tokens(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, TokenLoss)
    tokens = platform.world.tokens
    lost = len(tokens)
    if wish.action == "invalidate":
        tokens.clear()
    else:
        tokens.update({value: replace(token, expires_at=platform.now()) for value, token in tokens.items()})
    return {"tokens": lost}
