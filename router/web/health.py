"""``/healthz``: the process answers. ``/readyz``: it can take changes (the platform's state is only told)."""

import orjson
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from router.db.migrate import is_migrated
from router.db.sql import Sql
from router.services import Services

_LAST = Sql("SELECT status, finished_at FROM outbox WHERE finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT 1")


async def alive(_request: Request) -> Response:
    """200 as long as the event loop turns."""
    return PlainTextResponse("ok")


async def ready(request: Request) -> Response:
    """200 when migrated and the writer is alive, else 503; the body says which."""
    services: Services = request.app.state.services
    migrated, platform = await services.ledger.read(_state)
    body = {"migrated": migrated, "writer": services.ledger.writer_is_alive, "platform": platform}
    is_ready = migrated and services.ledger.writer_is_alive
    return Response(orjson.dumps(body), 200 if is_ready else 503, media_type="application/json")


def _state(connection: Connection) -> tuple[bool, dict[str, object] | None]:
    row = _LAST.row(connection)
    last = {"last_effect": row[0], "at": row[1]} if row else None  # no error text: anybody may ask
    return is_migrated(connection), last
