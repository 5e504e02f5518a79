"""Server processes: start, wait until they answer, look at their memory and time, stop."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_WITHIN = 30.0  # seconds
STOP_WITHIN = 30.0  # seconds


class NotStartedError(RuntimeError):
    """The process ended, or did not listen in time."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running process; ``port`` is 0 for one that serves nothing."""

    process: "subprocess.Popen[bytes]"
    port: int = 0

    def peak_mib(self) -> float:
        """The most memory it ever held (VmHWM), in MiB."""
        return _status(self.process.pid, "VmHWM") / 1024

    def resident_mib(self) -> float:
        """The memory it holds (VmRSS), in MiB."""
        return _status(self.process.pid, "VmRSS") / 1024

    def cpu_seconds(self) -> float:
        """Processor time used so far, user and system."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def own_peak_mib() -> float:
    """The most memory this process ever held, in MiB; ``getrusage`` would begin with what its parent held."""
    return _status(os.getpid(), "VmHWM") / 1024


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(module: str, port: int, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """``python -m module arguments`` until the block ends; entered when it accepts connections on ``port``."""
    with _running([sys.executable, "-m", module, *arguments], environment) as process:
        _await_listening(process, port)
        yield Server(process, port)


@contextmanager
def worker(module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """The same for a process that listens nowhere: it gets two seconds to begin."""
    with _running([sys.executable, "-m", module, *arguments], environment) as process:
        time.sleep(2.0)
        if process.poll() is not None:
            raise NotStartedError(f"{module} ended with {process.returncode}")
        yield Server(process)


@contextmanager
def _running(command: Sequence[str], environment: Mapping[str, str] | None) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(command, env={**os.environ, **(environment or {})})
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_listening(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotStartedError(f"the server ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise NotStartedError(f"nothing listens on port {port} after {START_WITHIN:.0f} s")
