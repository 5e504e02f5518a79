"""A real service, a real sandbox and a real browser for the tests that walk through pages."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from router.commands.demo_environment import demo_environment, free_port
from router.commands.run import Started, start
from tests.browser_for_tests import find_browser

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT = 20_000  # ms


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    var = tmp_path_factory.mktemp("var")
    given = {name: value for name, value in os.environ.items() if not name.startswith("LIVEQR_")}
    with ExitStack() as stack:
        yield start(demo_environment(Path(var), free_port(), free_port(), given), stack)


@pytest.fixture(scope="module")
def browser(started: Started) -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread meanwhile, and nothing else may run one there: so after the service,
    # whose start runs one of its own, and no longer than this module's tests.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A Chinese browser at a desk."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(WAIT)
    expect.set_options(timeout=WAIT)
    yield context
    context.close()


@pytest.fixture
def mistakes(context: BrowserContext) -> Iterator[list[str]]:
    """What pages of this context complained about: script errors and refusals by the content security policy."""
    found: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: found.append(str(error)))
        page.on("console", lambda line: found.append(line.text) if "Content Security Policy" in line.text else None)

    context.on("page", watch)
    yield found
    assert found == []
