"""``POST /q/{slug}/number``: a visitor leaves a number on a full code, or takes it back."""

from functools import partial

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from router.db.queries.scan_pages import is_well_formed
from router.domain.scan import AsksForNumber
from router.handlers.leave_number import NumberLeft, leave_number, withdraw_number
from router.services import Services
from router.web.carried import carried, query_string
from router.web.console.forms import read_form
from router.web.landing import NumberForm, render_number
from router.web.ledger_write import write
from router.web.scan import answer_for, html, visit_of
from router.web.security import BodyLimit, CrossSiteCheck
from router.web.test_visit import is_test
from router.web.visitor import COOKIE, Remembered, read_visitor

LARGEST_FORM = 16_384  # bytes


def number_routes(services: Services) -> list[BaseRoute]:
    """Both acts, for pages of our own only, and for visitors whom their cookie names."""
    checks = [
        Middleware(CrossSiteCheck, own_origin=lambda: services.settings.public_url),
        Middleware(BodyLimit, largest=LARGEST_FORM),
    ]
    acts = {"/q/{slug}/number": leave, "/q/{slug}/number/withdraw": take_back}
    return [Route(path, partial(act, services), methods=["POST"], middleware=checks) for path, act in acts.items()]


async def leave(services: Services, request: Request) -> Response:
    """Note the number and go back to the page of the code; 422 with what is wrong, and what was typed."""
    slug, visitor = request.path_params["slug"], _visitor(request)
    if visitor is None:
        return _back(request)
    form = await read_form(request)
    test = await is_test(request, services)
    left = NumberLeft(slug, visitor.id, form.text("number"), form.text("consent"), form.ticked("agreed"), test)
    noted = await write(services.ledger, lambda connection: leave_number(connection, left, services.clock()))
    if isinstance(noted, int) or noted == "not_asked":
        return _back(request)
    answer = await answer_for(services, slug, visitor, test=test)
    if not isinstance(answer, AsksForNumber):  # a place has become free meanwhile
        return _back(request)
    return html(render_number(answer, visit_of(request), NumberForm(typed=left.number, problem=noted)), 422)


async def take_back(services: Services, request: Request) -> Response:
    """Delete the visitor's numbers on this code."""
    slug, visitor = request.path_params["slug"], _visitor(request)
    if visitor is not None:
        await write(services.ledger, lambda connection: withdraw_number(connection, slug, visitor.id))
    return _back(request, "../../")


def _visitor(request: Request) -> Remembered | None:
    """Whom the cookie names; nobody without one of ours, or on an address that no code has."""
    visitor = read_visitor(None, request.cookies.get(COOKIE), str)
    return visitor if isinstance(visitor, Remembered) and is_well_formed(request.path_params["slug"]) else None


def _back(request: Request, up: str = "../") -> Response:
    """To the page of the code, which asks anew: by a relative address, so that it works behind a path prefix."""
    slug = request.path_params["slug"]
    address = up + slug + query_string(carried(request.query_params))
    return RedirectResponse(address if is_well_formed(slug) else "/", 303)
