"""A person at the phone page, in a real browser, with a real service behind it."""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect, sync_playwright

from router.commands.demo_environment import demo_environment, free_port
from router.commands.run import Started, start
from tests.browser_for_tests import find_browser

pytestmark = pytest.mark.browser

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


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    var = tmp_path_factory.mktemp("var")
    given = {name: value for name, value in os.environ.items() if not name.startswith("LIVEQR_")}
    with ExitStack() as stack:
        yield start(demo_environment(Path(var), free_port(), free_port(), given), stack)


@pytest.fixture(scope="module")
def browser(started: Started) -> Iterator[Browser]:
    # After the service: Playwright keeps an event loop in this thread, and starting the service runs one of its own.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, started: Started) -> Iterator[Page]:
    """The phone page in Chinese, in the hands of a new customer, with the clock at real time."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(WAIT)
    expect.set_options(timeout=WAIT)
    page = context.new_page()
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.goto(f"{started.settings.sandbox_url}/phone/")
    before = page.locator("#customer").input_value()
    page.locator("#new-customer").click()
    expect(page.locator("#customer")).not_to_have_value(before)
    yield page
    httpx.post(f"{started.settings.sandbox_url}/control/clock", json={"offset_seconds": 0})
    context.close()
    assert mistakes == []


def scan_first_code(page: Page) -> FrameLocator:
    page.locator("#scan").click()
    page.locator(".poster").first.click()
    web = page.frame_locator("iframe.web")
    expect(web.locator("body[data-outcome=reserved]")).to_be_visible()
    return web


def add_shown_agent(page: Page) -> None:
    page.locator("#recognise").click()
    page.locator("#recognise-now").click()
    page.locator("#add-contact").click()


def set_on_duty(started: Started, on_duty: bool) -> None:
    service = f"http://127.0.0.1:{started.settings.port}"
    with httpx.Client(base_url=service, headers={"Authorization": f"Bearer {started.settings.api_token}"}) as api:
        for agent in api.get("/api/v1/agents").json()["items"]:
            api.patch(f"/api/v1/agents/{agent['id']}", json={"on_duty": on_duty}).raise_for_status()


def test_a_long_press_on_the_code_adds_the_agent_and_the_welcome_arrives(page: Page) -> None:
    web = scan_first_code(page)
    agent = web.locator("h1").inner_text()
    box = web.locator("figure img").bounding_box()
    assert box is not None

    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.locator("#recognise-now").wait_for()
    page.mouse.up()
    page.locator("#recognise-now").click()
    page.locator("#add-contact").click()

    expect(page.locator(".page-chat h1")).to_have_text(agent)
    expect(page.locator(".line .bubble").first).to_contain_text(agent)


def test_words_to_customer_service_become_a_tag_on_the_contact_card(page: Page) -> None:
    scan_first_code(page)
    add_shown_agent(page)
    expect(page.locator(".line")).not_to_have_count(0)
    page.locator(".bar-button").first.click()
    page.locator("[data-chat^=wk]").click()

    page.locator(".quick", has_text="价格多少").click()
    expect(page.locator(".line:not(.line-own)")).not_to_have_count(0)
    with page.context.expect_page() as opened:
        page.locator("#contact-card").click()

    card = opened.value
    expect(card.locator(".tag blockquote mark", has_text="价格").first).to_have_count(1)
    expect(card.locator("#why")).to_contain_text("为什么是")


def test_a_lease_that_ends_by_the_clock_gives_a_fresh_picture(page: Page) -> None:
    web = scan_first_code(page)
    first = web.locator("figure img").get_attribute("src")
    assert first is not None

    for step in ("+20 分钟", "+1 分钟"):
        page.locator("#clock button", has_text=step).click()

    expect(web.locator("figure img")).not_to_have_attribute("src", first)
    expect(web.locator("[data-countdown]")).to_have_text(re.compile(r"1[89]:\d\d|20:00"))


def test_a_visitor_who_waits_gets_the_next_free_place_without_touching_the_page(page: Page, started: Started) -> None:
    set_on_duty(started, False)
    try:
        page.locator("#scan").click()
        page.locator(".poster").first.click()
        web = page.frame_locator("iframe.web")
        expect(web.locator("body[data-outcome=full]")).to_be_visible()
    finally:
        set_on_duty(started, True)

    expect(web.locator("body[data-outcome=reserved]")).to_be_visible()


def test_a_visitor_who_comes_back_after_adding_is_sent_to_the_chat(page: Page) -> None:
    scan_first_code(page)
    add_shown_agent(page)
    expect(page.locator(".line")).not_to_have_count(0)
    page.locator(".bar-button").first.click()

    page.locator("#scan").click()
    page.locator(".poster").first.click()

    expect(page.frame_locator("iframe.web").locator("body[data-outcome=added]")).to_be_visible()
