"""Deployments that tests kill: one per database, because each costs some seconds to start."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests.conftest import fresh_database
from tests.crash.deployment import Deployment, deployed


@pytest.fixture(scope="session")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The service with its workers in one process, on SQLite."""
    folder: Path = tmp_path_factory.mktemp("deployment")
    with deployed(folder, f"sqlite:///{folder / 'liveqr.db'}") as deployment:
        yield deployment


@pytest.fixture(scope="session")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory, postgresql_server: URL) -> Iterator[Deployment]:
    """The service and two workers on PostgreSQL."""
    with (
        fresh_database(postgresql_server) as url,
        deployed(tmp_path_factory.mktemp("deployment"), url) as deployment,
    ):
        yield deployment
