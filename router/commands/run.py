"""``liveqr run``, what ``make run`` does: service and sandbox as two processes, demo data, and where to look."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import httpx

from router.commands.demo_data import plant
from router.commands.demo_environment import demo_environment
from router.commands.migrate import prepare
from router.settings import Settings, read_settings, with_generated_keys

START_WITHIN = 60.0  # seconds
STOP_WITHIN = 30.0  # seconds before a process that does not stop is killed
LOOK_EVERY = 0.1  # seconds
LOOK_AT_PROCESSES_EVERY = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Started:
    """A service and a sandbox at work."""

    settings: Settings
    environment: Mapping[str, str]
    processes: Mapping[str, subprocess.Popen[bytes]]
    admin_password: str | None


def run(given: Settings) -> int:
    """Start everything and stay until a stop signal or until a process ends; the exit code.

    Raises `SettingsRefusedError`, and `LedgerOwnedError` when it runs already.
    """
    stops = stop_signals()
    with ExitStack() as stack:
        environment = demo_environment(given.var_path.resolve(), given.port, given.sandbox_port, os.environ)
        try:
            started = start(environment, stack)
        except StartFailedError as error:
            print(f"liveqr did not start: {error}", file=sys.stderr)
            return 1
        run_file = given.var_path / "run.json"
        _write_run_file(run_file, started)
        stack.callback(run_file.unlink, missing_ok=True)
        _tell(started)
        while not _came(stops):
            for name, process in started.processes.items():
                if process.poll() is not None:
                    print(f"{name} ended with code {process.returncode}; stopping", file=sys.stderr)
                    return 1
    return 0


def stop_signals() -> SimpleQueue[int]:
    """Each stop signal from now on is put here. Call it in the main thread.

    A handler can be interrupted by the next signal, as when a terminal and `timeout` both pass one on. `put` allows
    that; `Event.set` would wait for its own lock.
    """
    stops: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: stops.put(number))
    return stops


def _came(stops: SimpleQueue[int]) -> bool:
    try:
        stops.get(timeout=LOOK_AT_PROCESSES_EVERY)
    except Empty:
        return False
    return True


class StartFailedError(RuntimeError):
    """A process ended or did not answer in time; the message says which and what to look at."""


def start(environment: Mapping[str, str], stack: ExitStack) -> Started:
    """Migrate, start both processes, wait until they answer, plant the demo data; ``stack`` stops them in the end.

    Raises `StartFailedError`, `SettingsRefusedError`, `LedgerOwnedError`.
    """
    settings = with_generated_keys(read_settings(environment=environment))
    _refuse_taken_ports(settings)
    environment = {**environment, "LIVEQR_API_TOKEN": settings.api_token or ""}
    password = prepare(settings)
    try:
        processes = _started(settings, environment, stack)
    except StartFailedError as error:
        if password is None:
            raise
        raise StartFailedError(f"{error}\nSign in later as 之后请用此账号登录: admin / {password}") from error
    return Started(settings, environment, processes, password)


def _refuse_taken_ports(settings: Settings) -> None:
    """Whoever listens there would be taken for the service."""
    names = ("PORT", settings.port), ("SANDBOX_PORT", settings.sandbox_port if settings.sandbox_url else 0)
    for name, port in names:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as a server does: a port just left is free
            try:
                probe.bind((settings.host, port))
            except OSError as error:
                other = f"{name}=9000 make run" if name == "PORT" else f"{name}=9001 make run"
                raise StartFailedError(
                    f"port {port} cannot be had: {error.strerror}. Stop what uses it, or take another: {other}\n"
                    f"端口 {port} 不可用。请停止占用它的程序，或换一个端口：{other}"
                ) from error


def _started(
    settings: Settings, environment: Mapping[str, str], stack: ExitStack
) -> Mapping[str, subprocess.Popen[bytes]]:
    processes = {"sandbox": _spawn("sandbox", environment, stack)} if settings.sandbox_url else {}
    if settings.sandbox_url:
        _wait_for(f"{settings.sandbox_url}/control/clock", "sandbox", processes["sandbox"], settings.sandbox_port)
    processes["serve"] = _spawn("serve", environment, stack)
    address = f"http://{settings.host}:{settings.port}"
    _wait_for(f"{address}/readyz", "serve", processes["serve"], settings.port)
    if settings.sandbox_url:
        plant(address, settings.api_token or "")
    return processes


def _spawn(command: str, environment: Mapping[str, str], stack: ExitStack) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "router.cli", command], env=dict(environment), start_new_session=True
    )
    stack.callback(_stop, process)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, name: str, process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StartFailedError(f"{name} ended with code {process.returncode} before it answered on port {port}")
        try:
            if httpx.get(url, timeout=2.0).status_code == 200:
                return
        except httpx.HTTPError:
            pass  # not listening yet
        time.sleep(LOOK_EVERY)
    raise StartFailedError(f"{name} did not answer at {url} within {START_WITHIN:.0f} s")


def _write_run_file(path: Path, started: Started) -> None:
    settings = started.settings
    content = {
        "service_url": f"http://{settings.host}:{settings.port}",
        "console_url": f"http://{settings.host}:{settings.port}/console/",
        "sandbox_url": settings.sandbox_url,
        "phone_url": f"{settings.sandbox_url}/phone/" if settings.sandbox_url else None,
        "pids": {name: process.pid for name, process in started.processes.items()},
        "api_token": settings.api_token,
    }
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
    temporary.replace(path)


def _tell(started: Started) -> None:
    settings = started.settings
    address = f"http://{settings.host}:{settings.port}"
    lines = [("Console 控制台", f"{address}/console/")]
    if started.admin_password is not None:
        lines.append(("Sign in 登录", f"admin / {started.admin_password}   (shown once 仅显示一次)"))
    else:
        lines.append(("Password lost? 忘记密码？", "stop, then 停止后运行: .venv/bin/liveqr password admin"))
    if settings.sandbox_url:
        lines.append(("Phone page 手机页", f"{settings.sandbox_url}/phone/"))
        lines.append(("Watch the story 看完整流程", "in another terminal 另开终端: .venv/bin/liveqr demo"))
    print("\nliveqr is running; stop it with Ctrl-C. liveqr 已启动，按 Ctrl-C 停止。\n")
    for label, text in lines:
        print(f"  {label:<26} {text}")
    print(flush=True)


def running_try_out(settings: Settings) -> Mapping[str, Any] | None:
    """What `run.json` in the var folder says; None without a sandbox, or when its processes are gone."""
    path = settings.var_path / "run.json"
    if not path.exists():
        return None
    told: dict[str, Any] = json.loads(path.read_text())
    return told if told["sandbox_url"] and all(_is_alive(pid) for pid in told["pids"].values()) else None


def settings_of_try_out(settings: Settings) -> Settings | None:
    """The settings of the try-out that runs here: its platform is the sandbox, its keys are in the var folder."""
    told = running_try_out(settings)
    if told is None:
        return None
    port, sandbox_port = (urlsplit(told[name]).port or 0 for name in ("service_url", "sandbox_url"))
    return read_settings(environment=demo_environment(settings.var_path.resolve(), port, sandbox_port, os.environ))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
