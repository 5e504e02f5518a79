"""The picture of the group that a group code shows at this moment."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from router.handlers.group_codes import shown_picture
from router.services import Services
from router.web import landing
from router.web.language import preferred_language

LARGEST_ID = 2**53  # what no row reaches, and every database can compare
HEADERS = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex"}


async def group_picture(request: Request) -> Response:
    """``/g/{id}.png``: a group's QR while its code shows it; afterwards a picture that says to refresh, as 410."""
    services: Services = request.app.state.services
    group_qr_id: int = request.path_params["group_qr_id"]
    picture = None
    if group_qr_id <= LARGEST_ID:
        query = partial(shown_picture, group_qr_id=group_qr_id, now=services.clock())
        picture = await services.ledger.read(query)
    if picture is None:
        language = preferred_language(request.headers.get("accept-language", ""))
        return Response(landing.expired_picture(language), 410, HEADERS, media_type="image/svg+xml")
    return Response(picture, headers=HEADERS, media_type="image/png")


routes = [Route("/g/{group_qr_id:int}.png", group_picture)]
