"""Ceiling (a): a Starlette route that reads the body and answers 200."""

import sys

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from router.commands.serve import run_server


async def answer(request: Request) -> Response:
    """What no service can do without: routing, the body, an answer."""
    await request.body()
    return Response(status_code=200)


if __name__ == "__main__":
    run_server(Starlette(routes=[Route("/callback/{name}", answer, methods=["POST"])]), "127.0.0.1", int(sys.argv[1]))
