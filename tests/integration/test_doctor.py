"""`liveqr doctor` beside a try-out."""

import json
import os
from pathlib import Path

import pytest

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
