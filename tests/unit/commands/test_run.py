"""`liveqr run` starts or says why not, and ends on a stop signal, however many come at once."""

import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import pytest

from router.commands.demo_environment import free_port
from router.commands.run import StartFailedError, start

# A stop signal at each line of Python that runs while another one is handled.
INTERRUPTED = """
import signal, sys
from router.commands.run import stop_signals

def interrupt(frame, event, argument):
    signal.raise_signal(signal.SIGTERM)
    return interrupt

stops = stop_signals()
sys.settrace(interrupt)
signal.raise_signal(signal.SIGINT)
sys.settrace(None)
heard = {stops.get_nowait() for _ in range(stops.qsize())}
print(sorted(signal.Signals(each).name for each in heard))
"""


def test_a_stop_signal_may_come_while_another_is_handled() -> None:
    run = [sys.executable, "-c", INTERRUPTED]

    ended = subprocess.run(run, capture_output=True, text=True, timeout=20, check=False)

    assert (ended.stdout, ended.stderr) == ("['SIGINT', 'SIGTERM']\n", "")


def test_a_taken_port_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as other, ExitStack() as stack:
        other.bind(("127.0.0.1", 0))
        other.listen()
        environment = {"LIVEQR_VAR_PATH": str(tmp_path), "LIVEQR_PORT": str(other.getsockname()[1])}

        with pytest.raises(StartFailedError, match="take another: PORT=9000 make run"):
            start(environment, stack)

    assert not (tmp_path / "liveqr.db").exists()


def test_a_start_that_fails_tells_the_password_it_has_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ends_at_once(*_: object) -> NoReturn:
        raise StartFailedError("serve ended with code 3")

    monkeypatch.setattr("router.commands.run._started", ends_at_once)
    environment = {"LIVEQR_VAR_PATH": str(tmp_path), "LIVEQR_PORT": str(free_port())}

    with ExitStack() as stack, pytest.raises(StartFailedError, match=r"serve ended with code 3\n.*admin / \S{19}"):
        start(environment, stack)
