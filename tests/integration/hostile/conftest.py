"""A service that receives the corpus, as real processes, on both databases."""

from collections.abc import Iterator

import pytest
from sqlalchemy.engine import URL

from router.commands.migrate import prepare
from router.settings import read_settings
from tests.conftest import fresh_database
from tests.crash.deployment import Deployment
from tests.integration.hostile.corpus import keys_environment


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def receiver(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A service without a platform: it receives and decides, and has nobody to call."""
    folder = tmp_path_factory.mktemp("receiver")
    if request.param == "sqlite":
        yield from _receiving(Deployment(folder, f"sqlite:///{folder / 'liveqr.db'}", workers=0))
        return
    server: URL = request.getfixturevalue("postgresql_server")
    with fresh_database(server) as url:
        yield from _receiving(Deployment(folder, url, workers=1))


def _receiving(deployment: Deployment) -> Iterator[Deployment]:
    deployment.environment |= keys_environment() | {"LIVEQR_CLOCK": "system"}
    try:
        prepare(read_settings(environment=deployment.environment))
        for name in deployment.service_names():
            deployment.spawn(name)
        deployment.until("the service is ready", deployment.is_ready)
        yield deployment
    finally:
        deployment.stop_all()
