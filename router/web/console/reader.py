"""Puts the reader onto every request: who is signed in, and which language they read."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from router.web.console.render import Pages, language_of
from router.web.console.sign_in import SignInDesk


class WhoIsThere:
    """Sets ``request.state.user`` (None before signing in) and ``request.state.words``."""

    def __init__(self, app: ASGIApp, desk: SignInDesk, pages: Pages) -> None:
        self._app = app
        self._desk = desk
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            user = await self._desk.user_of(request)
            request.state.user = user
            request.state.words = self._pages.words_for(language_of(request, user))
        await self._app(scope, receive, send)
