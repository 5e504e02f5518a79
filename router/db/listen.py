"""Hearing what other processes committed: LISTEN on PostgreSQL. SQLite has one process, and needs none of this."""

import threading
from collections.abc import Callable

import structlog
from sqlalchemy import make_url

from router.db.engine import normal_url
from router.db.ledger import CHANNEL, EVERYTHING

log = structlog.get_logger()

PAUSE = 1.0  # seconds before a lost connection is opened again


class Listener:
    """One thread with one connection; ``tell(name)`` is called from it for each notice.

    Nothing keeps notices for who is not listening: each connection begins with ``tell(EVERYTHING)``, because what is
    only read again when told to (rules, settings) would stay outdated otherwise.
    """

    def __init__(self, url: str, tell: Callable[[str], None]) -> None:
        self._url = make_url(normal_url(url)).set(drivername="postgresql").render_as_string(hide_password=False)
        self._tell = tell
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._listen_forever, name="ledger-listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop within a second."""
        self._stopped.set()
        self._thread.join()

    def _listen_forever(self) -> None:
        while not self._stopped.is_set():
            try:
                self._listen()
            except OSError as error:
                log.warning("listener_lost", error=str(error))
                self._stopped.wait(PAUSE)

    def _listen(self) -> None:
        import psycopg  # the driver is an extra: only PostgreSQL needs it

        try:
            with psycopg.connect(self._url, autocommit=True) as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                self._tell(EVERYTHING)
                while not self._stopped.is_set():
                    for notice in connection.notifies(timeout=0.5):
                        self._tell(notice.payload)
        except psycopg.OperationalError as error:
            raise OSError(str(error)) from error
