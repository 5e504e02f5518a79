"""Who of the corporation tries a code: their scans, and what follows from them, are counted apart.

Two signs: the browser is signed in to the console, or the link was made by the code's own page ("test scan"), so that
a phone on which nobody is signed in can try a code too.
"""

from starlette.requests import Request

from router.clock import system_clock
from router.handlers.admin.users import find_signed_in
from router.services import Services
from router.web.console.sign_in import token_of
from router.web.test_marker import PARAMETER, PURPOSE, is_marker_of, sign_marker
from router.web.visitor import HEADER


async def is_test(request: Request, services: Services) -> bool:
    """Whether whoever opens ``/q/{slug}`` belongs to the corporation. A request without either sign costs nothing.

    A visitor named in the header is a program's, or the sandbox's phone: the browser it runs in does not speak for it.
    """
    if _came_by_marker(request, services):
        return True
    if request.headers.get(HEADER) or (token := token_of(request)) is None:
        return False
    now = system_clock()  # signing in does not follow the sandbox's clock
    return await services.ledger.read(lambda connection: find_signed_in(connection, token, now)) is not None


def marker_for(request: Request, services: Services, slug: str) -> dict[str, str]:
    """What makes the link to another code a test as well, when this visit is one by its own marker."""
    if not _came_by_marker(request, services):
        return {}
    return {PARAMETER: sign_marker(services.secret_box.derive(PURPOSE), slug, services.clock())}


def _came_by_marker(request: Request, services: Services) -> bool:
    marker, slug = request.query_params.get(PARAMETER, ""), str(request.path_params.get("slug", ""))
    return bool(marker) and is_marker_of(services.secret_box.derive(PURPOSE), marker, slug, services.clock())
