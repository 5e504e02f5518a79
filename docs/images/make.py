"""Make the pictures of the README again: a service and a sandbox of their own, a few customers, and a browser.

Run from the root of the checkout: ``.venv/bin/python -m docs.images.make``. Each picture exists in both languages.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from router.commands.demo import Stage, play
from router.commands.demo_data import CODE
from router.commands.demo_environment import demo_environment, free_port
from router.commands.run import Started, start
from tests.browser_for_tests import find_browser

FOLDER = Path(__file__).parent
LARGEST = 300_000  # bytes: a README is read on telephones too
LOCALES = {"en": "en-US", "zh": "zh-CN"}
STORIES = 3
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"]
SCANS = ("周明", "吴迪", "孙悦", "何静", "马超", "罗兰")


def main() -> None:
    """Write every picture into this folder."""
    program = find_browser()
    if program is None:
        sys.exit("no Chromium found: `python -m tests.browser_for_tests` says what to install")
    with running() as started, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        for language in LOCALES:
            take_console(browser, started, language)
            take_phone(browser, started, language)
        browser.close()


@contextmanager
def running() -> Iterator[Started]:
    """A service with a sandbox, in which some customers have scanned, added and written."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("LIVEQR_")}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="liveqr-pictures-")))
        started = start(demo_environment(folder, free_port(), free_port(), given), stack)
        settings = started.settings
        service_url = f"http://{settings.host}:{settings.port}"
        headers = {"Authorization": f"Bearer {settings.api_token}"}
        service = stack.enter_context(httpx.Client(base_url=service_url, headers=headers, timeout=20.0))
        platform = stack.enter_context(httpx.Client(base_url=settings.sandbox_url or "", timeout=20.0))
        stage = Stage(service, platform, service_url)
        for _ in range(STORIES):
            play(stage)
        for name in SCANS:
            scan_and_add(stage, name)
        yield started


def scan_and_add(stage: Stage, name: str) -> None:
    """One more customer, so that the figures look like a day's work."""
    customer = act(stage, "/phone/customers", {"name": name})["external_userid"]
    answer = act(stage, "/control/scan", {"url": f"{stage.service_url}/q/{CODE}", "customer": customer})["answer"]
    if answer["qr_url"]:
        act(stage, "/control/add", {"customer": customer, "qr_url": answer["qr_url"]})


def act(stage: Stage, path: str, body: dict[str, str]) -> dict[str, Any]:
    """Post to the sandbox; its answer."""
    answer = stage.platform.post(path, json=body)
    answer.raise_for_status()
    result: dict[str, Any] = answer.json()
    return result


def take_console(browser: Browser, started: Started, language: str) -> None:
    """The overview and one live code, as an admin sees them."""
    page = new_page(browser, language, width=1440, height=900)
    console = f"http://{started.settings.host}:{started.settings.port}/console"
    page.goto(f"{console}/sign-in")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", started.admin_password or "")
    page.locator("form:has([name=password]) button").click()
    page.locator(f".language-switch [value={language}]").first.click()
    page.goto(f"{console}/")
    take(page, f"console-{language}.png")
    page.goto(f"{console}/live-codes/1")
    take(page, f"live-code-{language}.png")
    page.context.close()


def take_phone(browser: Browser, started: Started, language: str) -> None:
    """A code scanned on the phone page, and the contact card of a customer who has written."""
    page = new_page(browser, language, width=1440, height=900)
    page.goto(f"{started.settings.sandbox_url}/phone/")
    page.locator("#new-customer").click()
    page.locator("#scan").click()
    page.locator(f"[data-slug={CODE}]").click()
    page.frame_locator("iframe").locator("figure img").wait_for()
    take(page, f"phone-{language}.png")
    page.context.close()
    take_card(browser, started, language)


def take_card(browser: Browser, started: Started, language: str) -> None:
    """The card of the first customer, with the first tag's reason open."""
    settings = started.settings
    headers = {"Authorization": f"Bearer {settings.api_token}"}
    with httpx.Client(base_url=f"http://{settings.host}:{settings.port}/api/v1", headers=headers) as api:
        customer = api.get("/customers", params={"limit": 200}).json()["items"][-1]["external_userid"]
        link = api.post(f"/customers/{customer}/card-link").json()["url"]
    page = new_page(browser, language, width=390, height=844)
    page.goto(link)
    page.locator("summary").first.click()
    take(page, f"card-{language}.png")
    page.context.close()


def new_page(browser: Browser, language: str, *, width: int, height: int) -> Page:
    """A page of this size, sharp enough for screens of today."""
    size = {"width": width, "height": height}
    context = browser.new_context(locale=LOCALES[language], viewport=size, device_scale_factor=1.25)  # type: ignore[arg-type]
    return context.new_page()


def take(page: Page, name: str) -> None:
    """Photograph what is in view, in 256 colours; raises `ValueError` when the file is too large for a README."""
    page.wait_for_load_state("networkidle")
    path = FOLDER / name
    page.screenshot(path=path, animations="disabled")
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{name} has {path.stat().st_size} bytes, more than {LARGEST}")


if __name__ == "__main__":
    main()
