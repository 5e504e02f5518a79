"""How alembic reaches the ledger: the URL handed over by ``router.db.migrate``, else that of the settings."""

from alembic import context
from sqlalchemy import create_engine, pool

from router.db.engine import normal_url
from router.db.tables import Table
from router.settings import read_settings


def _url() -> str:
    return context.config.get_main_option("sqlalchemy.url") or read_settings().database_url


def _run() -> None:
    engine = create_engine(normal_url(_url()), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Table.metadata,
            render_as_batch=True,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


_run()
