"""The console in Chromium under its own policy: small comforts work, and no script or style is refused."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest
import uvicorn
from playwright.sync_api import Page, expect, sync_playwright
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from router.clock import system_clock
from router.db.ledger import Ledger
from router.handlers.admin.users import create_first_admin
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web.console import create_console
from tests import factories
from tests.browser_for_tests import find_browser

pytestmark = pytest.mark.browser

STATIC = Path(__file__).parents[3] / "static"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage")
PASSWORD = "correct horse battery"


@pytest.fixture
def address(sqlite_url: str) -> Iterator[str]:
    """The console on a loopback port, over a ledger with one code of two agents and an admin."""
    ledger = Ledger(sqlite_url)
    settings = read_settings({}, {"LIVEQR_WECOM_API_BASE": "http://127.0.0.1:1"})
    services = Services(settings, ledger, system_clock, SecretBox(b"k" * 32))
    anyio.run(ledger.write, lambda c: create_first_admin(c, system_clock(), PASSWORD))
    anyio.run(ledger.write, factories.shop("ann", "ben", cap_each=5))
    app = Starlette(
        routes=[Mount("/console", create_console(services)), Mount("/static", StaticFiles(directory=STATIC))]
    )
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    _until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/console"
    server.should_exit = True
    thread.join()
    ledger.close()


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """A signed-in admin's page; the test fails when the browser complained about anything."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        page = browser.new_context(locale="en-US").new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/sign-in")
        page.get_by_role("button", name="EN").click()
        page.locator("[name=username]").fill("admin")
        page.locator("[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="EN").click()
        yield page
        browser.close()
    assert [text for text in complaints if "/q/" not in text and "404" not in text] == []


def test_what_destroys_is_asked_about_first(page: Page, address: str) -> None:
    page.goto(f"{address}/live-codes/1")
    page.get_by_role("button", name="Archive").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("You can restore it at any time.")

    question.get_by_role("button", name="Cancel").click()
    expect(question).to_be_hidden()
    page.get_by_role("button", name="Archive").click()
    question.get_by_role("button", name="Archive").click()

    expect(page.get_by_role("status")).to_contain_text("Archived.")
    expect(page.get_by_role("button", name="Restore")).to_be_visible()


def test_the_entry_of_the_page_and_the_languages_stand_in_sight_however_long_the_menu_is(
    page: Page, address: str
) -> None:
    page.set_viewport_size({"width": 1280, "height": 600})

    page.goto(f"{address}/users")

    menu = page.get_by_role("navigation", name="Main navigation")
    expect(menu.get_by_role("link", name="Users")).to_be_in_viewport(ratio=1)
    expect(menu.get_by_role("button", name="中文")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_whole_printed_address_is_to_be_read(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})

    page.goto(f"{address}/live-codes/1")

    printed = page.locator(".copy code").first
    expect(printed).to_have_text(re.compile(r"^http.*/q/[a-z0-9-]+$"))
    assert printed.evaluate("each => each.scrollWidth <= each.clientWidth")


def test_numbers_move_by_themselves_and_leave_what_is_being_typed(page: Page, address: str) -> None:
    page.goto(f"{address}/agents")
    cap = page.locator("[name='caps.day']").first
    cap.fill("77")

    with page.expect_response(lambda response: response.url.endswith("/agents"), timeout=15_000):
        pass
    page.wait_for_function("!document.querySelector('.htmx-request')")

    assert cap.input_value() == "77"


def test_the_form_of_a_new_code_shows_the_fields_that_its_kind_can_use(page: Page, address: str) -> None:
    page.goto(f"{address}/live-codes/new")
    shown = {}
    for kind in ("hosted", "native", "group"):
        page.locator("[name=kind]").select_option(kind)
        shown[kind] = [name for name in ("hold_minutes", "welcome") if page.locator(f"[name={name}]").is_visible()]

    assert shown == {"hosted": ["hold_minutes", "welcome"], "native": ["welcome"], "group": []}
    expect(page.get_by_text("Caps of this code")).to_be_hidden()


def test_the_rule_form_shows_the_fields_of_the_chosen_kind_and_keeps_the_rest(page: Page, address: str) -> None:
    page.goto(f"{address}/rules")
    page.get_by_placeholder("Name of the new rule set").fill("prices")
    page.get_by_role("button", name="New rule set").click()
    page.get_by_role("link", name="New rule").first.click()
    page.locator("[name=name]").fill("问价")

    page.locator("[name='when.kind']").select_option("all_of")
    expect(page.locator("[name='when.conditions[0].words']")).to_be_visible()
    page.locator("[name='then[0].do']").select_option("reply")
    expect(page.locator("[name='then[0].text']")).to_be_visible()

    assert page.locator("[name=name]").input_value() == "问价"


def test_the_tester_answers_while_one_types(page: Page, address: str) -> None:
    page.goto(f"{address}/rules/test")
    expect(page.locator("#outcome mark")).to_have_text(["价格", "价值观不合格"])

    page.locator("#pattern").fill("价钱")

    expect(page.locator("#outcome mark")).to_have_text(["价钱"])


def test_a_tag_is_found_walked_to_folded_and_dragged_onto_its_new_parent(page: Page, address: str) -> None:
    for name in ("产品", "阶段", "意向"):
        page.goto(f"{address}/tags")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_role("button", name="Create the tag").click()
    tree = page.locator("#tree")
    page.goto(f"{address}/tags")

    tree.get_by_role("link", name="意向").drag_to(tree.get_by_role("link", name="阶段"))
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Move “意向” with everything under it under “阶段”?")
    question.get_by_role("button", name="Move").click()
    expect(tree.locator(".twig .twig", has_text="意向")).to_be_visible()
    tree.get_by_role("link", name="阶段").focus()
    page.keyboard.press("ArrowDown")
    expect(tree.get_by_role("link", name="意向")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(tree.get_by_role("link", name="意向")).to_be_hidden()
    page.get_by_placeholder("Name, alias, pinyin or its initials").fill("yx")

    expect(tree).to_contain_text("阶段 / 意向")
    expect(tree).not_to_contain_text("产品")


def _until(is_so: Callable[[], bool], at_most: float = 10) -> None:
    end = time.monotonic() + at_most
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)
