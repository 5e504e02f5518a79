"""Bring a ledger's tables to the present revision. Alembic is imported here only: serving does not need it."""

from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect, pool
from sqlalchemy.exc import OperationalError

from router.db.engine import normal_url, open_readers
from router.db.sql import Sql

ROOT = Path(__file__).parents[2]
HEAD = "0013"  # the newest revision; a test compares it with the folder of migrations

_REVISION = Sql("SELECT version_num FROM alembic_version")


class NotMigratedError(RuntimeError):
    """The tables are not there, or not at this version's revision."""

    def __init__(self) -> None:
        super().__init__(
            "the database is not at this version's revision: run `liveqr migrate` first\n"
            "数据库尚未升级到本版本：请先运行 `liveqr migrate`"
        )


def check_migrated(url: str) -> None:
    """Raise `NotMigratedError` unless the tables stand at this version's revision."""
    engine = open_readers(url)
    try:
        with engine.connect() as connection:
            if not is_migrated(connection):
                raise NotMigratedError
    except OperationalError as error:
        raise NotMigratedError from error
    finally:
        engine.dispose()


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade the database at ``url`` to ``revision``, making a SQLite file that is not there yet."""
    _move(url, revision, down=False)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to ``revision``."""
    _move(url, revision, down=True)


def is_migrated(connection: Connection) -> bool:
    """Whether the tables stand at the revision this code was written for."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    row = _REVISION.row(connection)
    return row is not None and row[0] == HEAD


def _move(url: str, revision: str, *, down: bool) -> None:
    from alembic import command
    from alembic.config import Config

    _make_file(url)
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "router/db/migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    (command.downgrade if down else command.upgrade)(config, revision)


def _make_file(url: str) -> None:
    """SQLite makes the file but not its folder, and keeps WAL mode in the file."""
    engine = create_engine(normal_url(url), poolclass=pool.NullPool)
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    engine.dispose()
