"""Opening the two databases the same way."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.pool import NullPool, QueuePool

READERS = 4  # threads, each with at most one connection
BUSY_TIMEOUT = 5_000  # ms that SQLite waits for a lock before it gives up
IDLE_IN_TRANSACTION = 5_000  # ms that PostgreSQL leaves the locks of a transaction to a process that stands still
LOCK_TIMEOUT = 4_000  # ms that a statement waits for a lock on PostgreSQL before its transaction is run again

LEFT_BEHIND = "left_behind"  # what a transaction leaves to the next one on its connection, unless it is rolled back

# A server gone without a word is noticed within seconds (libpq, "Parameter Key Words"); the URL may say otherwise.
_NOTICING = {
    "connect_timeout": "5",  # s
    "keepalives_idle": "10",  # s
    "keepalives_interval": "5",  # s
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",  # ms
}


def normal_url(url: str) -> str:
    """The URL with the driver named: ``postgresql://`` is spoken by psycopg, which is told when to give a server up.

    Raises ValueError for other databases.
    """
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return url
        case "postgresql":
            told = parsed.set(drivername="postgresql+psycopg", query={**_NOTICING, **parsed.query})
            return told.render_as_string(hide_password=False)
        case other:
            raise ValueError(f"LIVEQR_DATABASE_URL names {other!r}; use sqlite:/// or postgresql://")


def open_writer(url: str) -> Engine:
    """An engine for the one connection that writes.

    On SQLite it alone checkpoints: up to 3.51.2 two connections doing so at one moment can corrupt the file.
    """
    engine = create_engine(normal_url(url), poolclass=NullPool)
    event.listen(engine, "rollback", lambda connection: connection.info.pop(LEFT_BEHIND, None))
    if engine.dialect.name == "sqlite":
        _make_folder(engine)
        event.listen(engine, "connect", _prepare_sqlite_writer)
        event.listen(engine, "begin", _begin_immediate)
    else:
        event.listen(engine, "connect", _prepare_postgresql_writer)
    return engine


def open_readers(url: str) -> Engine:
    """An engine for connections that only read; on SQLite they can neither write nor checkpoint."""
    # A pooled connection that a restart of the server has cut is noticed, and replaced, before it is used.
    engine = create_engine(normal_url(url), poolclass=QueuePool, pool_size=READERS, max_overflow=0, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite_reader)
        event.listen(engine, "begin", _begin)
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")  # else each statement sees another moment


def _make_folder(engine: Engine) -> None:
    if engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)


def _prepare_sqlite_writer(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own begins too late to be IMMEDIATE
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT}"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("PRAGMA cache_size=-65536")  # KiB


def _prepare_sqlite_reader(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (f"busy_timeout={BUSY_TIMEOUT}", "wal_autocheckpoint=0", "query_only=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_postgresql_writer(connection: Any, _record: Any) -> None:
    # One process that is stopped inside its transaction must not stop the writers of all.
    connection.autocommit = True
    connection.execute(f"SET idle_in_transaction_session_timeout = {IDLE_IN_TRANSACTION}")
    connection.execute(f"SET lock_timeout = {LOCK_TIMEOUT}")
    connection.autocommit = False


def _begin(connection: Any) -> None:
    # The driver would begin nothing for a read: each statement would see another moment.
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Any) -> None:
    # A deferred transaction that turns into a writer loses updates or fails with "database is locked" at once.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
