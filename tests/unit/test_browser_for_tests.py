"""Where the browser of the browser tests comes from, decided without running any installer."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests import browser_for_tests
from tests.browser_for_tests import Installable, Machine, Missing, Present, find_browser, plan

BARE_DEBIAN_ROOT = Machine(
    browser=None, chosen=None, is_root=True, distributions=frozenset({"debian"}), has_chinese_font=False
)


@pytest.fixture
def empty_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The only folder on PATH, and LIVEQR_CHROMIUM unset."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("LIVEQR_CHROMIUM", raising=False)
    return tmp_path


def add_program(folder: Path, name: str) -> str:
    program = folder / name
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    return str(program)


def test_a_browser_that_is_there_is_used_and_nothing_is_installed() -> None:
    machine = replace(BARE_DEBIAN_ROOT, browser="/usr/bin/chromium")

    decision = plan(machine)

    assert decision == Present("/usr/bin/chromium")


@pytest.mark.parametrize(
    ("machine", "packages"),
    [
        pytest.param(BARE_DEBIAN_ROOT, ("chromium", "fonts-noto-cjk"), id="debian"),
        pytest.param(
            replace(BARE_DEBIAN_ROOT, distributions=frozenset({"linuxmint", "ubuntu", "debian"})),
            ("chromium", "fonts-noto-cjk"),
            id="derived from ubuntu",
        ),
        pytest.param(replace(BARE_DEBIAN_ROOT, has_chinese_font=True), ("chromium",), id="has a chinese font"),
    ],
)
def test_root_on_debian_gets_the_browser_and_a_chinese_font_if_none_is_there(
    machine: Machine, packages: tuple[str, ...]
) -> None:
    decision = plan(machine)

    assert decision == Installable(packages)


@pytest.mark.parametrize(
    ("machine", "advice"),
    [
        pytest.param(
            replace(BARE_DEBIAN_ROOT, is_root=False), "sudo apt-get install chromium fonts-noto-cjk", id="not root"
        ),
        pytest.param(
            replace(BARE_DEBIAN_ROOT, distributions=frozenset({"fedora"})),
            "chromium, chromium-browser or google-chrome is on PATH",
            id="not debian",
        ),
        pytest.param(replace(BARE_DEBIAN_ROOT, distributions=frozenset()), "LIVEQR_CHROMIUM", id="no os-release"),
        pytest.param(replace(BARE_DEBIAN_ROOT, chosen="/nowhere/chrome"), "'/nowhere/chrome'", id="wrong choice"),
    ],
)
def test_where_nothing_may_be_installed_the_reason_says_what_a_person_can_do(machine: Machine, advice: str) -> None:
    decision = plan(machine)

    assert isinstance(decision, Missing)
    assert advice in decision.reason


def test_the_chosen_browser_is_found_before_those_on_path(empty_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_program(empty_path, "chromium")
    chosen = add_program(empty_path, "my-browser")
    monkeypatch.setenv("LIVEQR_CHROMIUM", chosen)

    found = find_browser()

    assert found == chosen


def test_a_chosen_browser_that_is_not_there_is_not_replaced_by_another(
    empty_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_program(empty_path, "chromium")
    monkeypatch.setenv("LIVEQR_CHROMIUM", str(empty_path / "gone"))

    found = find_browser()

    assert found is None


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_on_path_is_found_under_each_of_its_names(empty_path: Path, name: str) -> None:
    program = add_program(empty_path, name)

    found = find_browser()

    assert found == program


def test_without_any_browser_none_is_found(empty_path: Path) -> None:
    assert list(empty_path.iterdir()) == []

    found = find_browser()

    assert found is None


@pytest.mark.parametrize(
    "installs_browser", [pytest.param(True, id="installed"), pytest.param(False, id="still missing")]
)
def test_installing_refreshes_the_lists_once_and_looks_for_the_browser_afterwards(
    empty_path: Path, monkeypatch: pytest.MonkeyPatch, installs_browser: bool
) -> None:
    commands: list[tuple[str, ...]] = []

    def record(*arguments: str) -> None:
        commands.append(arguments)
        if installs_browser and arguments[0] == "install":
            add_program(empty_path, "chromium")

    monkeypatch.setattr(browser_for_tests, "survey", lambda: BARE_DEBIAN_ROOT)
    monkeypatch.setattr(browser_for_tests, "_apt_get", record)

    status = run_main()

    assert commands == [("update",), ("install", "--yes", "--no-install-recommends", "chromium", "fonts-noto-cjk")]
    assert (status is None) is installs_browser


def run_main() -> str | int | None:
    """Return what the program would end with: None for success, else the sentence it shows."""
    try:
        browser_for_tests.main()
    except SystemExit as ending:
        return ending.code
    return None


def test_a_failing_apt_get_shows_its_own_words_and_what_to_do_instead(
    empty_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apt_get = Path(add_program(empty_path, "apt-get"))
    apt_get.write_text("#!/bin/sh\necho 'E: no network'\nexit 100\n", encoding="utf-8")
    monkeypatch.setattr(browser_for_tests, "survey", lambda: BARE_DEBIAN_ROOT)

    status = run_main()

    assert status == (
        "E: no network\n\napt-get update failed: "
        "install Chromium or Chrome by hand, or set LIVEQR_CHROMIUM to the path of its program."
    )
