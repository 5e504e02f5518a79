"""From request to answer: authorise, bound, validate, run, answer. What is malformed is answered, never raised."""

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from router.handlers.admin.act import Act
from router.handlers.admin.refusal import REFUSALS, Invalid, problem
from router.services import Services
from router.web.api.cursor import read_cursor
from router.web.api.fields import MAX_ID
from router.web.api.operation import Call, Operation, is_number
from router.web.api.problem import (
    CONFLICT,
    NOT_FOUND,
    TOO_LARGE,
    UNAUTHORIZED,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    problem_response,
    refusal_response,
    validation_response,
)
from router.web.ledger_write import OvertakenError, StoppingError, write

ACTOR = "api"

_NUMBER = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,64}", re.ASCII)
_TWICE = Invalid(
    (
        problem(
            "",
            ("A query parameter is given twice.", "查询参数重复。"),
            ("Give each parameter once.", "每个参数只写一次。"),
        ),
    )
)
_BAD_CURSOR = Invalid(
    (
        problem(
            "cursor",
            ("Not a cursor of this list.", "不是此列表的游标。"),
            ("Use `next` of the page before, or leave it out.", "请使用上一页返回的 next，或不填。"),
        ),
    )
)


class _Answered(Exception):  # noqa: N818 -- not an error: the answer is decided, and the steps after it are skipped
    """The request was answered before it reached its operation."""

    def __init__(self, response: Response) -> None:
        self.response = response


def endpoint(operations: Sequence[Operation]) -> Callable[[Request], Awaitable[Response]]:
    """Serve all operations of one path, told apart by their method."""
    by_method: dict[str, Operation] = {operation.method: operation for operation in operations}

    async def serve(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        try:
            return await _answer(request, by_method[method])
        except _Answered as answered:
            return answered.response

    return serve


async def _answer(request: Request, operation: Operation) -> Response:
    services: Services = request.app.state.services
    _authorise(request, services)
    call = await _call(request, operation, services)
    try:
        if operation.waits:
            answer = await operation.run(call)
        elif operation.writes:
            if operation.ahead is not None:
                await services.ledger.read(partial(operation.ahead, call))
            answer = await write(services.ledger, lambda connection: operation.run(connection, call))
        else:
            answer = await services.ledger.read(lambda connection: operation.run(connection, call))
    except OvertakenError:
        return problem_response(CONFLICT, "Somebody changed it at the same moment. Read it again, then repeat.")
    except StoppingError:
        return problem_response(UNAVAILABLE)
    if isinstance(answer, REFUSALS):
        return refusal_response(answer)
    assert isinstance(answer, BaseModel)
    headers = {"Cache-Control": "no-store"}
    return Response(answer.model_dump_json(), operation.status, headers, "application/json")


def _authorise(request: Request, services: Services) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    expected = services.settings.api_token
    given = token.strip().encode("latin-1", errors="replace")  # header bytes as they came
    if expected is None or scheme.lower() != "bearer" or not hmac.compare_digest(given, expected.encode()):
        raise _Answered(problem_response(UNAUTHORIZED, headers={"WWW-Authenticate": 'Bearer realm="liveqr"'}))


async def _call(request: Request, operation: Operation, services: Services) -> Call[Any, Any]:
    ids, names = _parameters(request.path_params)
    query = _query(request, operation)
    after = read_cursor(operation.name, getattr(query, "cursor", None))
    if after is None:
        raise _Answered(refusal_response(_BAD_CURSOR))
    body = await _body(request, operation)
    act = Act(ACTOR, services.clock(), services.settings.time_zone)
    return Call(services, act, ids, names, query, body, after, operation.name)


def _parameters(given: Mapping[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    """Path parameters by kind; what cannot name anything is not found."""
    ids: dict[str, int] = {}
    names: dict[str, str] = {}
    for parameter, text in given.items():
        if not (_NUMBER if is_number(parameter) else _NAME).fullmatch(text):
            raise _Answered(problem_response(NOT_FOUND))
        if is_number(parameter):
            ids[parameter] = int(text)
        else:
            names[parameter] = text
    if any(number > MAX_ID for number in ids.values()):
        raise _Answered(problem_response(NOT_FOUND))
    return ids, names


def _query(request: Request, operation: Operation) -> BaseModel:
    pairs = request.query_params.multi_items()
    if len({name for name, _ in pairs}) < len(pairs):
        raise _Answered(refusal_response(_TWICE))
    try:
        return operation.query.model_validate(dict(pairs))
    except ValidationError as error:
        raise _Answered(validation_response(error)) from None


async def _body(request: Request, operation: Operation) -> BaseModel | None:
    if operation.body is None:
        return None
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise _Answered(problem_response(UNSUPPORTED_MEDIA_TYPE))
    content = await _bounded(request, operation.body_bytes)
    try:
        return operation.body.model_validate_json(content)
    except ValidationError as error:
        raise _Answered(validation_response(error)) from None


async def _bounded(request: Request, limit: int) -> bytes:
    """The body, read no further than ``limit`` bytes, whatever its header says."""
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > limit:
                raise _Answered(problem_response(TOO_LARGE, headers={"Connection": "close"}))
    except ClientDisconnect:
        raise _Answered(problem_response(UNAVAILABLE)) from None
    return bytes(content)
