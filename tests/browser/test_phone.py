"""A person at the phone page, in a real browser, with a real service behind it."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, Route, expect

from router.commands.run import Started
from router.commands.sandbox import RECEIVING
from tests.browser.steps import open_phone_of_new_customer

pytestmark = pytest.mark.browser


@pytest.fixture
def page(context: BrowserContext, mistakes: list[str], started: Started) -> Iterator[Page]:
    """The phone page in the hands of a new customer, with the clock at real time."""
    page = context.new_page()
    open_phone_of_new_customer(page, started)
    yield page
    httpx.post(f"{started.settings.sandbox_url}/control/clock", json={"offset_seconds": 0})


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


def give_to_person(started: Started, account: str | None, customer: str) -> None:
    """A person takes this customer's session out of the queue."""
    settings = started.settings
    with httpx.Client(base_url=f"{settings.sandbox_url}/cgi-bin/") as platform:
        secret = {"corpid": settings.corp_id, "corpsecret": settings.app_secret}
        token = {"access_token": platform.get("gettoken", params=secret).json()["access_token"]}
        session = {"open_kfid": account, "external_userid": customer}
        taken = session | {"service_state": 3, "servicer_userid": RECEIVING[0]}
        assert platform.post("kf/service_state/trans", params=token, json=taken).json()["errcode"] == 0


def test_a_long_press_on_the_code_adds_the_agent_and_the_welcome_arrives(page: Page) -> None:
    web = scan_first_code(page)
    agent = web.locator("h1").inner_text()
    expect(web.locator("figure img")).to_have_js_property("complete", True)  # the page moves no more
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


def test_who_waits_for_a_person_reads_so_below_all_else_until_one_takes_over(page: Page, started: Started) -> None:
    account = page.locator("[data-chat^=wk]").get_attribute("data-chat")
    page.locator("[data-chat^=wk]").click()
    page.locator(".quick", has_text="转人工").click()

    queued = page.locator(".lines > :last-child", has_text="正在为您转接人工客服，请稍候")
    expect(queued).to_be_visible()
    page.locator(".quick", has_text="价格多少").click()
    expect(page.locator(".line-own")).to_have_count(2)
    expect(queued).to_be_visible()
    give_to_person(started, account, page.locator("#customer").input_value())

    expect(queued).to_have_count(0)


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
        expect(web.locator("body[data-outcome=waiting]")).to_be_visible()
    finally:
        set_on_duty(started, True)

    expect(web.locator("body[data-outcome=reserved]")).to_be_visible()


def test_a_waiting_page_asks_again_when_the_service_says(page: Page, started: Started) -> None:
    positions = iter(range(2, 60))  # more questions than a page asks by itself while the test waits

    def tell_the_next(route: Route) -> None:
        if "application/json" not in route.request.headers["accept"]:
            return route.fallback()
        line = {"position": next(positions, 60), "of": 60, "ask_after_ms": 10}
        return route.fulfill(json={"outcome": "waiting", "reservation": None, "qr_url": None, "waiting": line})

    set_on_duty(started, False)
    try:
        page.route("**/q/*", tell_the_next)
        page.locator("#scan").click()
        page.locator(".poster").first.click()
        web = page.frame_locator("iframe.web")
        expect(web.locator("body[data-outcome=waiting]")).to_be_visible()
        expect(web.locator("[data-position]")).to_have_text("60")
    finally:
        set_on_duty(started, True)


def test_a_visitor_who_comes_back_after_adding_is_sent_to_the_chat(page: Page) -> None:
    scan_first_code(page)
    add_shown_agent(page)
    expect(page.locator(".line")).not_to_have_count(0)
    page.locator(".bar-button").first.click()

    page.locator("#scan").click()
    page.locator(".poster").first.click()

    expect(page.frame_locator("iframe.web").locator("body[data-outcome=added]")).to_be_visible()
