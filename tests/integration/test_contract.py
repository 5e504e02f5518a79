"""The contract others script against: commands, environment, routes and files are as the README promises."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from router.cli import app as command_line
from router.commands.demo_data import CODE
from router.commands.demo_environment import demo_environment, free_port
from router.main import create_app
from router.sandbox.control.routes import ROUTES as CONTROL_ROUTES
from router.setting_specs import REAL_API_BASE, spec_of
from router.settings import SettingsRefusedError, read_settings
from tests.integration.hostile.corpus import keys_environment

ROOT = Path(__file__).parents[2]
WITHIN = 60.0  # seconds for `liveqr run` to start, and for it to stop

COMMANDS = ("serve", "worker", "sandbox", "migrate", "demo", "doctor", "bench")
TARGETS = ("run", "test", "test-long", "bench")
ENVIRONMENT = (
    "DATABASE_URL",
    "PUBLIC_URL",
    "WECOM_API_BASE",
    "CORP_ID",
    "APP_SECRET",
    "APP_AGENT_ID",
    "CONTACT_SECRET",
    "KF_SECRET",
    "API_TOKEN",
    "MASTER_KEY",
    "CLOCK",
    "TEST_POSTGRES_URL",
    "CHROMIUM",
)
CALLBACK_ENVIRONMENT = ("TOKEN", "AES_KEY", "PREVIOUS_TOKEN", "PREVIOUS_AES_KEY")
LISTS = ("agents", "pools", "live-codes", "tags", "rule-sets", "customers", "reservations", "events", "outbox")
CONTROL = (
    ("POST", "/control/scan"),
    ("POST", "/control/add"),
    ("POST", "/control/chat"),
    ("GET", "/control/clock"),
    ("POST", "/control/clock"),
    ("GET", "/control/faults"),
    ("POST", "/control/faults"),
    ("GET", "/control/effects"),
)
PAGES = ("/q/", "/callback/", "/healthz", "/readyz", "/metrics", "/api/openapi.json", "/console/", "/phone/")

WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) MicroMessenger/8.0.60 Language/zh_CN"
RESERVATIONS = "/api/v1/reservations"


# --- what needs no process -----------------------------------------------------------------------------------------


def test_every_command_is_there() -> None:
    names = {
        each.name or (each.callback.__name__ if each.callback else "") for each in command_line.registered_commands
    }

    assert names >= set(COMMANDS)


def test_every_make_target_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert targets >= set(TARGETS)


def test_every_name_of_the_environment_means_something() -> None:
    callbacks = [f"CALLBACK_{name}_{part}" for name in ("CONTACT", "KF", "APP") for part in CALLBACK_ENVIRONMENT]

    assert [name for name in (*ENVIRONMENT, *callbacks) if spec_of(name) is None] == []


def test_the_environment_wins_over_what_the_console_stored() -> None:
    settings = read_settings({"CORP_ID": "stored"}, {"LIVEQR_CORP_ID": "given"})

    assert (settings.corp_id, settings.sources["CORP_ID"]) == ("given", "environment")


def test_the_sandbox_clock_is_refused_with_the_real_host() -> None:
    with pytest.raises(SettingsRefusedError, match="LIVEQR_CLOCK"):
        read_settings({}, {"LIVEQR_CLOCK": "sandbox", "LIVEQR_WECOM_API_BASE": REAL_API_BASE})


def test_every_control_route_of_the_sandbox_is_there() -> None:
    assert {(method, path) for method, path, _ in CONTROL_ROUTES} >= set(CONTROL)


@pytest.mark.parametrize(
    "name",
    [
        *(f"liveqr {command}" for command in COMMANDS),
        *(f"make {target}" for target in TARGETS),
        *(f"LIVEQR_{name}" for name in ENVIRONMENT),
        *(f"LIVEQR_CALLBACK_<NAME>_{part}" for part in CALLBACK_ENVIRONMENT),
        *PAGES,
        *(f"/api/v1/{name}" for name in LISTS),
        *sorted({path for _, path in CONTROL}),
    ],
)
def test_the_readme_mentions_each_name_of_the_contract(name: str) -> None:
    assert is_told(name, (ROOT / "README.md").read_text())


def is_told(name: str, text: str) -> bool:
    """Whether the name stands in the text as a whole, or in a list of its kind such as ``/api/v1/{agents,pools}``."""
    spelled = {name, name.removeprefix("LIVEQR_"), name.removeprefix("LIVEQR_CALLBACK_<NAME>")}
    if any(re.search(rf"(?<![\w/]){re.escape(each)}(?![\w-])|`{re.escape(each)}", text) for each in spelled):
        return True
    prefix, _, last = name.rpartition("/")
    return any(last in found.split(",") for found in re.findall(re.escape(prefix) + r"/\{([\w,-]+)", text))


# --- commands that refuse ------------------------------------------------------------------------------------------


def test_worker_refuses_sqlite_with_the_reason(tmp_path: Path) -> None:
    refused = liveqr("worker", tmp_path, LIVEQR_DATABASE_URL=f"sqlite:///{tmp_path / 'liveqr.db'}")

    assert refused.returncode != 0
    assert "needs PostgreSQL" in refused.stderr


def test_serve_refuses_a_database_that_is_not_migrated(tmp_path: Path) -> None:
    refused = liveqr("serve", tmp_path, LIVEQR_DATABASE_URL=f"sqlite:///{tmp_path / 'liveqr.db'}")

    assert refused.returncode != 0
    assert "run `liveqr migrate` first" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_setting_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    refused = liveqr("serve", tmp_path, LIVEQR_DATABASE_URL="mysql://localhost/liveqr")

    assert refused.returncode == 2
    assert "LIVEQR_DATABASE_URL" in refused.stderr


@pytest.mark.parametrize("command", ["run", "demo"])
def test_a_newcomers_wrong_setting_is_a_sentence(command: str, tmp_path: Path) -> None:
    refused = liveqr(command, tmp_path, LIVEQR_PORT="abc")

    assert refused.returncode == 2
    assert refused.stderr.startswith("LIVEQR_PORT: not a whole number in 1-65535 / ")
    assert "Traceback" not in refused.stderr


def test_what_migrate_makes_is_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "var"

    made = liveqr("migrate", folder, LIVEQR_DATABASE_URL=f"sqlite:///{folder / 'liveqr.db'}")

    assert made.returncode == 0, made.stderr
    assert "liveqr.db" in {path.name for path in folder.iterdir()}
    assert open_to_others(folder) == []


def open_to_others(folder: Path) -> list[str]:
    """The folder and whatever in it somebody besides the owner may use."""
    return [path.name for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]


def liveqr(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    # The sandbox's port too: the one after the other may be that of a connection that another test has closed just now.
    ports = {"LIVEQR_PORT": str(free_port()), "LIVEQR_SANDBOX_PORT": str(free_port())}
    own = {"PATH": os.environ["PATH"], "LIVEQR_VAR_PATH": str(folder), **ports}
    return subprocess.run(
        [sys.executable, "-m", "router.cli", command],
        cwd=ROOT,
        env=own | environment,
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
        umask=0o022,
    )


# --- `liveqr run` and its routes -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """What `liveqr run` started, as its run file tells."""

    file: Path
    content: dict[str, Any]
    process: subprocess.Popen[str]
    service: httpx.Client
    sandbox: httpx.Client

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.content['api_token']}"}

    def reservations(self) -> int:
        return len(self.service.get(RESERVATIONS, headers=self.bearer, params={"limit": 100}).json()["items"])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("var")
    environment = demo_environment(folder, free_port(), free_port(), {"PATH": os.environ["PATH"]})
    command = [sys.executable, "-m", "router.cli", "run"]
    with (
        (folder / "output").open("w") as output,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, text=True, umask=0o022
        ) as process,
    ):
        try:
            content = awaited(folder / "run.json", process)
            with (
                httpx.Client(base_url=content["service_url"], timeout=20.0) as service,
                httpx.Client(base_url=content["sandbox_url"], timeout=20.0) as sandbox,
            ):
                yield Run(folder / "run.json", content, process, service, sandbox)
        finally:
            process.terminate()
            process.wait(WITHIN)


def awaited(path: Path, process: subprocess.Popen[str]) -> dict[str, Any]:
    """The run file, as soon as it is there."""
    deadline = time.monotonic() + WITHIN
    while not path.exists():
        assert process.poll() is None, (path.parent / "output").read_text()
        assert time.monotonic() < deadline, "no run file"
        time.sleep(0.1)
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def test_the_run_file_tells_where_everything_is_to_its_owner_only(run: Run) -> None:
    content = run.content

    assert stat.S_IMODE(run.file.stat().st_mode) == 0o600
    assert content.keys() >= {"service_url", "console_url", "sandbox_url", "phone_url", "pids", "api_token"}
    assert content["console_url"] == f"{content['service_url']}/console/"
    assert content["phone_url"] == f"{content['sandbox_url']}/phone/"
    assert content["pids"].keys() == {"serve", "sandbox"}


def test_what_run_writes_is_for_its_owner_only(run: Run) -> None:
    opened = set(open_to_others(run.file.parent))

    assert (run.file.parent / "liveqr.db-wal").exists()
    assert opened - {"output"} == set()  # the test's own file


def test_run_tells_the_console_the_password_and_the_phone_page(run: Run) -> None:
    told = (run.file.parent / "output").read_text()

    assert run.content["console_url"] in told
    assert run.content["phone_url"] in told
    assert re.search(r"admin / \S{12,}", told)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/callback/contact", 403),
        ("POST", "/callback/contact", 403),
        ("GET", "/callback/nobody", 404),
        ("POST", "/callback/nobody", 404),
        ("GET", f"/q/{CODE}", 200),
        ("HEAD", f"/q/{CODE}", 200),
        ("GET", "/q/nowhere", 404),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/api/openapi.json", 200),
        ("GET", "/api/v1/agents", 401),
        ("GET", "/sandbox/", 307),
        ("GET", "/card/", 403),
        ("GET", "/console/", 303),
        ("GET", "/nowhere", 404),
    ],
)
def test_each_route_answers_as_stated(run: Run, method: str, path: str, status: int) -> None:
    assert run.service.request(method, path).status_code == status


def test_a_scan_has_the_shape_of_the_contract(run: Run) -> None:
    answer = scan(run, "shape")

    assert answer.keys() == {"outcome", "agent", "reservation", "qr_url", "reason"}
    assert answer["outcome"] == "reserved"
    assert answer["agent"].keys() == {"id", "name"}
    assert answer["reservation"].keys() == {"id", "expires_at"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", answer["reservation"]["expires_at"])
    assert answer["qr_url"].startswith(run.content["service_url"])
    assert run.service.get(answer["qr_url"]).headers["Content-Type"] == "image/png"


def test_the_same_visitor_gets_the_same_reservation_and_no_id_a_new_one(run: Run) -> None:
    first, second = scan(run, "again"), scan(run, "again")
    stranger = run.service.get(f"/q/{CODE}", headers={"Accept": "application/json", "User-Agent": WECHAT})

    assert first["reservation"] == second["reservation"]
    assert stranger.json()["reservation"]["id"] != first["reservation"]["id"]
    assert "lq_v=" in stranger.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {"User-Agent": WECHAT}),
        ("HEAD", {"Accept": "application/json", "X-Liveqr-Visitor": "head"}),
        ("GET", {"User-Agent": "facebookexternalhit/1.1"}),
        ("GET", {"User-Agent": WECHAT, "Sec-Purpose": "prefetch"}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; Baiduspider/2.0)"}),
    ],
)
def test_previews_and_bots_never_reserve(run: Run, method: str, headers: dict[str, str]) -> None:
    before = run.reservations()

    answer = run.service.request(method, f"/q/{CODE}", headers=headers)

    assert answer.status_code == 200
    assert run.reservations() == before


def test_readiness_tells_the_platforms_state_in_the_body_only(run: Run) -> None:
    assert run.service.get("/readyz").json().keys() == {"migrated", "writer", "platform"}


def test_the_metrics_can_be_parsed(run: Run) -> None:
    families = {family.name for family in text_string_to_metric_families(run.service.get("/metrics").text)}

    assert families >= {"liveqr_inbox_open", "liveqr_outbox_open", "liveqr_ledger_queue"}


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_items_and_next(run: Run, name: str) -> None:
    answer = run.service.get(f"/api/v1/{name}", headers=run.bearer)

    assert (answer.status_code, answer.json().keys()) == (200, {"items", "next"})


def test_errors_of_the_api_are_problems(run: Run) -> None:
    unknown = run.service.get("/api/v1/customers/wm-nobody", headers=run.bearer)
    unauthorised = run.service.get("/api/v1/agents", headers={"Authorization": "Bearer wrong"})

    assert [each.status_code for each in (unknown, unauthorised)] == [404, 401]
    assert {each.headers["Content-Type"] for each in (unknown, unauthorised)} == {"application/problem+json"}


def test_a_text_can_be_tried_on_the_rules(run: Run) -> None:
    answer = run.service.post("/api/v1/rules/test", headers=run.bearer, json={"text": "请问多少钱"})

    assert answer.status_code == 200, answer.text


def test_the_openapi_document_names_the_lists(run: Run) -> None:
    paths = run.service.get("/api/openapi.json").json()["paths"]

    assert [name for name in LISTS if not any(path.endswith(f"/v1/{name}") for path in paths)] == []


def test_the_sandbox_address_leads_to_the_phone_page(run: Run) -> None:
    answer = run.service.get("/sandbox/")

    assert answer.headers["Location"] == run.content["phone_url"]
    assert run.sandbox.get("/phone/").status_code == 200


def test_the_sandbox_answers_as_the_platform_and_can_be_controlled(run: Run) -> None:
    assert run.sandbox.get("/cgi-bin/gettoken").json().keys() >= {"errcode", "errmsg"}
    assert run.sandbox.get("/control/clock").json().keys() == {"now", "offset"}
    assert run.sandbox.get("/control/effects").json().keys() == {"items", "next"}


@pytest.mark.anyio
async def test_with_the_real_host_there_is_no_way_to_a_sandbox(sqlite_url: str, tmp_path: Path) -> None:
    environment = keys_environment() | {"LIVEQR_DATABASE_URL": sqlite_url, "LIVEQR_VAR_PATH": str(tmp_path)}
    app = create_app(read_settings({}, environment), works=False)

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client,
    ):
        answer = await client.get("/sandbox/")

    assert answer.status_code == 404


@pytest.mark.parametrize("command", ["run", "migrate", "serve"])
def test_a_second_process_on_the_ledger_is_refused_in_a_sentence(run: Run, command: str) -> None:
    folder = run.file.parent

    refused = liveqr(command, folder, LIVEQR_DATABASE_URL=f"sqlite:///{folder / 'liveqr.db'}")

    assert refused.returncode == 2
    assert refused.stderr.startswith("another liveqr process owns ")
    assert "Traceback" not in refused.stderr


def test_a_stop_signal_ends_everything_and_removes_the_run_file(run: Run) -> None:
    run.process.send_signal(signal.SIGTERM)

    assert run.process.wait(WITHIN) == 0
    assert not run.file.exists()
    assert not any(Path(f"/proc/{pid}").exists() for pid in run.content["pids"].values())


def scan(run: Run, visitor: str) -> dict[str, Any]:
    """Scan as a script does, until the stock is made."""
    deadline = time.monotonic() + WITHIN
    headers = {"Accept": "application/json", "X-Liveqr-Visitor": visitor}
    while True:
        answer: dict[str, Any] = run.service.get(f"/q/{CODE}", headers=headers).json()
        if answer["outcome"] != "preparing" or time.monotonic() > deadline:
            return answer
        time.sleep(0.1)
