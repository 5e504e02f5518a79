"""``liveqr serve``: the web service on one port."""

import sys

import uvicorn
from sqlalchemy import make_url
from starlette.types import ASGIApp

from router.commands.logging import set_up_logging
from router.db.migrate import NotMigratedError, check_migrated
from router.db.ownership import LedgerOwnedError, owned
from router.main import create_app
from router.settings import Settings

KEEP_ALIVE = 75  # seconds, longer than the proxies in front usually keep a connection
GRACE = 25  # seconds for requests in flight on a stop signal


def serve(settings: Settings) -> None:
    """Serve until a stop signal; requests in flight and the batch under way finish first."""
    set_up_logging()
    refuse_unready(settings)
    app = create_app(settings, works=owns_workers(settings))
    run_server(app, settings.host, settings.port, trusted_proxies=settings.trusted_proxies)


def refuse_unready(settings: Settings) -> None:
    """Exit with 2 and one sentence when the database cannot be served as it is."""
    try:
        with owned(settings.database_url):
            check_migrated(settings.database_url)
    except (LedgerOwnedError, NotMigratedError) as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(2)


def owns_workers(settings: Settings) -> bool:
    """On SQLite one process owns the file, so the workers are in it."""
    return make_url(settings.database_url).get_backend_name() == "sqlite"


def run_server(app: ASGIApp, host: str, port: int, *, trusted_proxies: tuple[str, ...] = ()) -> None:
    """Run one application with uvicorn; exits with 1 when it cannot start.

    Only a proxy that is trusted may name the client (X-Forwarded-For).
    """
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            forwarded_allow_ips=list(trusted_proxies),
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE,
        )
    )
    server.run()
    if not server.started:
        sys.exit(1)
