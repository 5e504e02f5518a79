"""Every route under ``/phone``."""

from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from router.sandbox.control.wire import answering
from router.sandbox.phone import service, view, web
from router.sandbox.platform import Platform

FOLDER = Path(__file__).parent / "static"
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def phone_routes(platform: Platform) -> list[BaseRoute]:
    """The page and what only it needs; scanning, adding and chatting go through ``/control/*``."""
    return [
        Route("/phone", _to_page),
        Mount(
            "/phone",
            routes=[
                Route("/", _page),
                Route("/view", answering(partial(view.show, platform))),
                Route("/customers", answering(partial(view.add_customer, platform)), methods=["POST"]),
                Route("/read", answering(view.read_code), methods=["POST"]),
                Route("/codes", answering(partial(service.list_codes, platform))),
                Route("/card-link", answering(partial(service.make_card_link, platform)), methods=["POST"]),
                Route("/web/{customer}/{path:path}", partial(web.browse, platform)),
                Mount("/static", StaticFiles(directory=FOLDER)),
            ],
        ),
    ]


async def _page(_request: Request) -> Response:
    return FileResponse(FOLDER / "phone.html", headers=HEADERS)


async def _to_page(_request: Request) -> Response:
    return RedirectResponse("/phone/")
