"""Ceiling (a): Starlette routes that do nothing: one reads the body and answers 200, one answers a small page."""

import sys

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from router.commands.serve import run_server

PAGE = "<!doctype html><title>活码</title><p>" + "好" * 1_000


async def answer(request: Request) -> Response:
    """What no service can do without: routing, the body, an answer."""
    await request.body()
    return Response(status_code=200)


async def page(_request: Request) -> Response:
    """A page that is the same for everybody."""
    return HTMLResponse(PAGE)


if __name__ == "__main__":
    routes = [Route("/callback/{name}", answer, methods=["POST"]), Route("/q/{slug}", page)]
    run_server(Starlette(routes=routes), "127.0.0.1", int(sys.argv[1]))
