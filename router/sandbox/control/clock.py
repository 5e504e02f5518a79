"""The movable clock. `GET /control/clock` answers `{"now": <ms since the epoch>, "offset": <ms>}`.

`POST /control/clock` with one of `{"advance_seconds": n}`, `{"offset_seconds": n}` (from real time) and `{"now":
<ms>}`. Moving it back is allowed: clocks do jump.
"""

from typing import Annotated

from pydantic import Field
from starlette.requests import Request

from router.sandbox.control.wire import ControlError, Wish, read
from router.sandbox.platform import Platform

TEN_YEARS_SECONDS = 315_360_000
Seconds = Annotated[float, Field(ge=-TEN_YEARS_SECONDS, le=TEN_YEARS_SECONDS, allow_inf_nan=False)]
Instant = Annotated[int, Field(ge=0, le=253_402_300_799_000)]


class Move(Wish):
    advance_seconds: Seconds | None = None
    offset_seconds: Seconds | None = None
    now: Instant | None = None


async def show(platform: Platform, _request: Request) -> dict[str, int]:
    return {"now": platform.now(), "offset": platform.clock.offset}


async def move(platform: Platform, request: Request) -> dict[str, int]:
    match await read(request, Move):
        case Move(advance_seconds=float(seconds), offset_seconds=None, now=None):
            platform.clock.advance(round(seconds * 1000))
        case Move(advance_seconds=None, offset_seconds=float(seconds), now=None):
            platform.clock.offset = round(seconds * 1000)
        case Move(advance_seconds=None, offset_seconds=None, now=int(now)):
            platform.clock.move_to(now)
        case _:
            raise ControlError("give exactly one of advance_seconds, offset_seconds and now")
    return await show(platform, request)
