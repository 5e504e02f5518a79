"""The gate in front of every page: signed in, in a role that the route allows, with a readable query."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import urlencode

from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from router.domain.roles import Role
from router.web.console.forms import read_query
from router.web.console.render import BASE

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class ConsoleRoute:
    """One route of the console; ``roles`` None means that nobody has to be signed in."""

    method: Literal["GET", "POST"]
    path: str
    endpoint: Endpoint
    roles: frozenset[Role] | None


class IdConvertor(Convertor[int]):
    """``{name:id}``: a row's id; other numbers are no address of ours, so they are 404 and not an overflow."""

    regex = "[1-9][0-9]{0,14}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("id", IdConvertor())


def guarded(route: ConsoleRoute) -> Endpoint:
    """The route's endpoint behind its gate."""

    async def endpoint(request: Request) -> Response:
        user = request.state.user
        if route.roles is not None and user is None:
            return to_sign_in(request)
        if route.roles is not None and user.role not in route.roles:
            raise HTTPException(403)
        if any("\x00" in str(value) for value in request.path_params.values()):
            raise HTTPException(404)  # PostgreSQL cannot even be asked about a NUL
        read_query(request)
        return await route.endpoint(request)

    return endpoint


def to_sign_in(request: Request) -> Response:
    """The sign-in page, and back to the page asked for afterwards; htmx is told to leave the whole page."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    address = f"{BASE}/sign-in?{urlencode({'next': asked})}" if request.method == "GET" else f"{BASE}/sign-in"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=200, headers={"hx-redirect": f"{BASE}/sign-in"})
    return RedirectResponse(address, status_code=303)
