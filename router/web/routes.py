"""Every URL of the service, in one list."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from router.services import Services
from router.web import callback, group_page, health, metrics, photo, scan
from router.web.api.app import api_mount
from router.web.card.page import card_mount
from router.web.console.app import create_console
from router.web.number import number_routes

STATIC = Path(__file__).parents[2] / "static"


class Static(StaticFiles):
    """Files as they are; what a version names never changes, everything else is asked for again."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if path.startswith("vendor/"):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def build_routes(services: Services) -> list[BaseRoute]:
    """The routes over opened services."""
    return [
        Route(f"{callback.PATH}{{name}}", callback.Callback(services), methods=["GET", "POST"]),  # see `main.Service`
        *scan.routes,
        *group_page.routes,
        *number_routes(services),
        *photo.routes,
        Route("/", lambda _request: RedirectResponse("/console/")),
        Route("/healthz", health.alive),
        Route("/readyz", health.ready),
        Route("/metrics", metrics.scrape),
        Route("/sandbox/", to_phone),
        api_mount(services),
        card_mount(services),
        Mount("/console", create_console(services)),
        Mount("/static", Static(directory=STATIC)),
    ]


async def to_phone(request: Request) -> Response:
    """The sandbox's phone page; nothing here when the platform is the real one."""
    sandbox_url = request.app.state.services.settings.sandbox_url
    if sandbox_url is None:
        return Response(status_code=404)
    return RedirectResponse(f"{sandbox_url.rstrip('/')}/phone/")
