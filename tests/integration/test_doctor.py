"""`liveqr doctor` beside a try-out."""

import json
import os
from pathlib import Path

import pytest
from pytest_httpx import HTTPXMock

from router.commands.demo_environment import demo_environment, free_port
from router.commands.doctor import doctor
from router.settings import read_settings


@pytest.mark.parametrize(("is_alive", "mark"), [(True, "✓"), (False, "·")])
def test_the_settings_of_a_try_out_are_checked_while_it_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], is_alive: bool, mark: str
) -> None:
    ports = free_port(), free_port()
    demo_environment(tmp_path, *ports, {})  # makes the keys
    gone = 2**22 + 1  # more than the largest id of a process
    told = {
        "service_url": f"http://127.0.0.1:{ports[0]}",
        "sandbox_url": f"http://127.0.0.1:{ports[1]}",
        "pids": {"serve": os.getpid() if is_alive else gone},
    }
    (tmp_path / "run.json").write_text(json.dumps(told))

    doctor(read_settings(environment={"LIVEQR_VAR_PATH": str(tmp_path), "LIVEQR_PORT": "1"}))

    said = capsys.readouterr().out
    assert f"\n{mark} customer_contact" in f"\n{said}"
    assert (f"http://127.0.0.1:{ports[0]}/readyz" in said) == is_alive


def test_a_running_service_tells_which_parts_and_secrets_are_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], httpx_mock: HTTPXMock
) -> None:
    said = {"en": "Said by the service.", "zh": "由服务说明。"}
    api = "http://127.0.0.1:8080/api/v1"
    (tmp_path / "api.token").write_text("generated")
    bearer = {"Authorization": "Bearer generated"}
    httpx_mock.add_response(url="http://127.0.0.1:8080/readyz", json={})
    httpx_mock.add_response(url="http://127.0.0.1:8080/healthz")
    parts = [{"name": "customer_contact", "on": True, "reason": said}]
    httpx_mock.add_response(url=f"{api}/parts", match_headers=bearer, json={"items": parts})
    probes = [{"setting": "APP_SECRET", "works": False, "reason": said}]
    httpx_mock.add_response(url=f"{api}/parts/probe", method="POST", match_headers=bearer, json={"items": probes})

    code = doctor(read_settings(environment={"LIVEQR_VAR_PATH": str(tmp_path)}))

    lines = capsys.readouterr().out.splitlines()
    told = [line.split(maxsplit=2) for line in lines if "Said by the service." in line]
    assert told == [
        ["✓", "customer_contact", "Said by the service. 由服务说明。"],
        ["✗", "APP_SECRET", "Said by the service. 由服务说明。"],
    ]
    assert code == 1


def test_a_service_that_wants_another_token_is_a_line_that_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(url="http://127.0.0.1:8080/readyz", json={})
    httpx_mock.add_response(url="http://127.0.0.1:8080/healthz")
    httpx_mock.add_response(url="http://127.0.0.1:8080/api/v1/parts", status_code=401)

    code = doctor(read_settings(environment={"LIVEQR_VAR_PATH": str(tmp_path)}))

    assert "✗ service API" in capsys.readouterr().out
    assert code == 1
    assert list(tmp_path.iterdir()) == []
