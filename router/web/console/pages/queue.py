"""The human queue: customers who asked for a person and have none yet."""

from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.customers import waiting_conversations
from router.web.console.asking import now_of, read
from router.web.console.render import page


async def show(request: Request) -> Response:
    """Who waits longest stands first."""
    waiting = await read(request, waiting_conversations)
    return page(request, "queue.html", waiting=waiting, now=now_of(request))
