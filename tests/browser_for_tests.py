"""Finds the Chromium that the browser tests drive, and on Debian and Ubuntu installs it.

`python -m tests.browser_for_tests` ends with status 0 when a browser is there afterwards, else with status 1 and the
sentence that says what to do. The tests themselves call `find_browser`.
"""

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import assert_never

VARIABLE = "LIVEQR_CHROMIUM"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PACKAGE = "chromium"
# The pages are Chinese: without such a font they are drawn as boxes, and widths mean nothing.
FONT_PACKAGE = "fonts-noto-cjk"
APT_DISTRIBUTIONS = frozenset({"debian", "ubuntu"})


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides where the browser comes from."""

    browser: str | None
    chosen: str | None
    is_root: bool
    distributions: frozenset[str]
    has_chinese_font: bool


@dataclass(frozen=True, slots=True)
class Present:
    """A browser is there, at this path."""

    path: str


@dataclass(frozen=True, slots=True)
class Installable:
    """These packages of the distribution bring the browser."""

    packages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """No browser, and it is for a person to provide one."""

    reason: str


def find_browser() -> str | None:
    """Return the path of the browser to drive: the one LIVEQR_CHROMIUM names, else the first on PATH; None without one.

    A LIVEQR_CHROMIUM that names no program gives None: a chosen browser is never replaced by another one silently.
    """
    if chosen := os.environ.get(VARIABLE):
        return shutil.which(chosen)
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


def plan(machine: Machine) -> Present | Installable | Missing:
    """Decide from what the machine is; nothing is run."""
    if machine.browser:
        return Present(machine.browser)
    if machine.chosen:
        return Missing(
            f"{VARIABLE} is {machine.chosen!r}, which is not a program that can be started: "
            "correct it, or unset it to use the browser on PATH."
        )
    packages = (PACKAGE,) if machine.has_chinese_font else (PACKAGE, FONT_PACKAGE)
    if not machine.distributions & APT_DISTRIBUTIONS:
        return Missing(
            "The browser tests drive Chromium or Chrome and found none: "
            f"install it so that {', '.join(PROGRAMS[:-1])} or {PROGRAMS[-1]} is on PATH, "
            f"or set {VARIABLE} to the path of its program."
        )
    if not machine.is_root:
        return Missing(
            "The browser tests drive Chromium and found none: "
            f"run `sudo apt-get install {' '.join(packages)}`, or set {VARIABLE} to the path of its program."
        )
    return Installable(packages)


def survey() -> Machine:
    """Look at the machine the tests run on."""
    return Machine(
        browser=find_browser(),
        chosen=os.environ.get(VARIABLE) or None,
        is_root=hasattr(os, "geteuid") and os.geteuid() == 0,
        distributions=_distributions(),
        has_chinese_font=_has_chinese_font(),
    )


def main() -> None:
    """Make sure that a browser is there; exit 1 with a sentence when it cannot be."""
    match plan(survey()):
        case Present():
            return
        case Missing(reason):
            sys.exit(reason)
        case Installable(packages):
            sys.stderr.write(f"Installing {' and '.join(packages)} with apt-get for the browser tests\n")
            _apt_get("update")
            _apt_get("install", "--yes", "--no-install-recommends", *packages)
            if find_browser() is None:
                sys.exit(f"apt-get installed {PACKAGE}, yet no browser is on PATH: set {VARIABLE} to its program.")
        case never:
            assert_never(never)


def _apt_get(*arguments: str) -> None:
    """Run apt-get; its output is shown only when it fails, together with what to do instead."""
    done = subprocess.run(
        ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(
            f"{done.stdout}\napt-get {arguments[0]} failed: "
            f"install Chromium or Chrome by hand, or set {VARIABLE} to the path of its program."
        )


def _distributions() -> frozenset[str]:
    """Return the ids of this distribution and of those it derives from, as os-release(5) names them."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return frozenset()
    return frozenset([release.get("ID", ""), *release.get("ID_LIKE", "").split()])


def _has_chinese_font() -> bool:
    """Ask fontconfig; without it no font was installed on purpose."""
    if shutil.which("fc-list") is None:
        return False
    listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False, timeout=30)
    return bool(listed.stdout.strip())


if __name__ == "__main__":
    main()
