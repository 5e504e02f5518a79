"""JSON in and out of the control routes, with errors a person can read."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeAlias, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from router.platforms.wecom.callback_errors import XmlInvalid
from router.sandbox.refusal import RefusalError

MAX_BODY_BYTES = 30 << 20


Who: TypeAlias = Annotated[str, Field(min_length=1, max_length=64)]
"""A customer's name or external_userid."""


class Wish(BaseModel):
    """What a control request asks for; unknown names are refused, so that a typing error is not silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


WishT = TypeVar("WishT", bound=BaseModel)


class ControlError(Exception):
    """The request cannot be done; the reason says what to change. Status 400, or 409 when the platform does not allow
    it.
    """

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


async def read(request: Request, wish: type[WishT]) -> WishT:
    body = await request.body()
    if len(body) > MAX_BODY_BYTES:
        raise ControlError(f"the body has {len(body)} bytes, more than {MAX_BODY_BYTES}")
    try:
        return wish.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise ControlError(_in_words(error)) from None


def json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS), status, media_type=JSONResponse.media_type)


def answering(act: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
    """Turn what an action returns into JSON, and its errors into 400 and 409."""

    async def answer(request: Request) -> Response:
        try:
            done = await act(request)
        except ControlError as error:
            return json({"error": error.reason}, error.status)
        except XmlInvalid as error:
            return json({"error": f"an event cannot carry this text: {error}"}, 400)
        except RefusalError as refusal:
            return json({"error": f"the platform refuses with {refusal}"}, 409)
        return done if isinstance(done, Response) else json(done)

    return answer


def number(request: Request, name: str, default: int) -> int:
    """A query parameter that is a number of at most 18 digits."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ControlError(f"{name} must be a number, not {text[:40]!r}")
    return int(text)


def _in_words(error: ValidationError) -> str:
    complaints = (f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors()[:5])
    return "; ".join(complaints)
