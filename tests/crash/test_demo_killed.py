"""`liveqr demo` plays its story to the end although the service is killed after each of its sentences."""

import subprocess
import sys

import pytest

from tests.crash.deployment import Deployment


@pytest.mark.parametrize("on", ["on_sqlite", "on_postgresql"])
def test_the_demo_ends_well_although_the_service_is_killed(on: str, request: pytest.FixtureRequest) -> None:
    deployment: Deployment = request.getfixturevalue(on)
    kills = 0

    with subprocess.Popen(
        [sys.executable, "-m", "router.cli", "demo", "--url", deployment.service_url],
        env=deployment.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        for sentence in demo.stdout:
            if "tag " in sentence:
                continue  # the story is over, and these follow at once
            deployment.kill("serve")
            deployment.revive()
            kills += 1
        problems = demo.stderr.read()

    assert (demo.returncode, problems) == (0, "")
    assert kills >= 5
