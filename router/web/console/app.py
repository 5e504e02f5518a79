"""The console as an application of its own, mounted at ``/console``."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from router.services import Services
from router.web.console.forms import LARGEST
from router.web.console.passwords import PasswordDesk
from router.web.console.reader import WhoIsThere
from router.web.console.render import Pages, page
from router.web.console.routes import build_routes
from router.web.console.sign_in import SignInDesk
from router.web.console.throttle import Throttle
from router.web.i18n import mark
from router.web.security import BodyLimit, CrossSiteCheck, SecurityHeaders

REASONS = {
    403: mark("Your role may not open this page. Ask an admin."),
    404: mark("There is nothing at this address. It may have been typed wrong, or the record does not exist."),
    405: mark("This address does not take that kind of request."),
    409: mark("Somebody changed it at the same moment. Go back, load the page again, then repeat."),
    503: mark("The service is stopping. Try again after a moment."),
}


def create_console(services: Services) -> Starlette:
    """The console over ``services`` (ledger, clock, settings, secret_box, rules), with middleware of its own."""
    passwords = PasswordDesk()
    desk = SignInDesk(services.ledger, passwords, Throttle())
    pages = Pages(services)
    console = Starlette(
        routes=build_routes(),
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(CrossSiteCheck, own_origin=lambda: services.settings.public_url),
            Middleware(BodyLimit, largest=LARGEST),
            Middleware(WhoIsThere, desk=desk, pages=pages),
        ],
        exception_handlers={HTTPException: show_refusal},
    )
    console.state.services = services
    console.state.pages = pages
    console.state.passwords = passwords
    console.state.desk = desk
    return console


async def show_refusal(request: Request, error: Exception) -> Response:
    """A page for a request that cannot be served, with what to do next."""
    assert isinstance(error, HTTPException)
    reason = REASONS.get(error.status_code, error.detail)
    return page(request, "refusal.html", error.status_code, code=error.status_code, reason=reason)
