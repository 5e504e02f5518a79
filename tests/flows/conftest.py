"""A deployment whose platform misbehaves."""

from collections.abc import Iterator

import pytest

from tests.crash.deployment import Deployment, deployed


@pytest.fixture(scope="module")
def running_deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("platform")
    with deployed(folder, f"sqlite:///{folder / 'liveqr.db'}", stock=3) as deployment:
        yield deployment


@pytest.fixture
def deployment(running_deployment: Deployment) -> Iterator[Deployment]:
    """The platform is healthy before and after each test."""
    yield running_deployment
    running_deployment.revives = True
    running_deployment.until("the platform is back", lambda: running_deployment.control("faults") is not None)
