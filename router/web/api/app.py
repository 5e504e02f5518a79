"""The API as a Starlette app of its own."""

import re
from functools import cache
from http import HTTPStatus
from importlib.metadata import version

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from router.services import Services
from router.web.api.endpoint import endpoint
from router.web.api.openapi import openapi_document
from router.web.api.operation import Operation
from router.web.api.operations import OPERATIONS
from router.web.api.problem import METHOD_NOT_ALLOWED, NOT_FOUND, problem_response


def api_mount(services: Services) -> Mount:
    """All operations under ``/api``, the OpenAPI document, and problem+json for whatever reaches none of them."""
    app = Starlette(
        routes=[Route("/openapi.json", openapi, name="openapi"), *_routes()],
        exception_handlers={HTTPException: _unrouted},
    )
    app.state.services = services
    app.state.openapi = _openapi()
    mount = Mount("/api", app)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)  # Starlette's leaves out paths with a line feed
    return mount


async def openapi(request: Request) -> Response:
    """The OpenAPI document; it names no secret, so it asks for none."""
    return Response(request.app.state.openapi, media_type="application/json")


@cache
def _openapi() -> bytes:
    return orjson.dumps(openapi_document(OPERATIONS, version("liveqr")))


def _routes() -> list[Route]:
    """One route a path: Starlette tells 405 from 404 by path, and names the methods of one route only."""
    by_path: dict[str, list[Operation]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, []).append(operation)
    return [
        Route(path, endpoint(same), methods=[operation.method for operation in same], name=same[0].name)
        for path, same in by_path.items()
    ]


async def _unrouted(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = METHOD_NOT_ALLOWED if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else NOT_FOUND
    return problem_response(known, headers=error.headers)
