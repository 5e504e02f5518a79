"""The story in a real browser: a marketer makes a code, a customer scans it, the team sees what happened and why."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from router.commands.run import Started
from tests.browser.steps import console_of, open_phone_of_new_customer, sign_in

pytestmark = pytest.mark.browser

NAME = "夏季展会"
SLUG = "summer-fair"


def test_a_code_made_in_the_console_brings_a_customer_whose_tags_say_why(
    context: BrowserContext, mistakes: list[str], started: Started
) -> None:
    console, phone = context.new_page(), context.new_page()

    sign_in(console, started)
    make_code(console, started)
    agent = scan_and_add(phone, started)
    ask_for_the_price(phone)

    expect_customer_page_to_say_why(console, started, agent)
    expect_trace_of_the_message(console, started)
    expect_card_to_mark_the_words(context, phone)


def make_code(page: Page, started: Started) -> None:
    page.goto(f"{console_of(started)}/live-codes/new")
    page.locator("[name=name]").fill(NAME)
    page.locator("[name=slug]").fill(SLUG)
    page.locator("[name=pool_id]").select_option(label="门店接待组")
    page.locator("[name=welcome]").fill("{customer}您好，展会现场由{agent}接待您。")
    page.get_by_label("渠道 / 门店海报").check()
    page.locator("main form button.button").first.click()
    picture = page.locator("img.qr-big")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 0


def scan_and_add(page: Page, started: Started) -> str:
    """Returns the name of the agent whom the landing page offered."""
    open_phone_of_new_customer(page, started)
    page.locator("#scan").click()
    page.locator(".poster", has_text=NAME).click()
    web = page.frame_locator("iframe.web")
    expect(web.locator("body[data-outcome=reserved]")).to_be_visible()
    agent = web.locator("h1").inner_text()
    page.locator("#recognise").click()
    page.locator("#recognise-now").click()
    page.locator("#add-contact").click()
    expect(page.locator(".page-chat h1")).to_have_text(agent)
    expect(page.locator(".line .bubble").first).to_contain_text(f"展会现场由{agent}接待您")
    return agent


def ask_for_the_price(page: Page) -> None:
    page.locator(".bar-button").first.click()
    page.locator("[data-chat^=wk]").click()
    page.locator(".quick", has_text="价格多少").click()
    expect(page.locator(".line:not(.line-own)", has_text="最新报价单")).to_be_visible()


def expect_customer_page_to_say_why(page: Page, started: Started, agent: str) -> None:
    page.goto(f"{console_of(started)}/customers")
    page.locator("a.row-title").first.click()
    for tag in ("高意向", "问报价", "门店海报"):
        expect(page.locator("main")).to_contain_text(tag)
    expect(page.locator("mark", has_text="价格").first).to_be_visible()
    expect(page.locator(".timeline").first).to_contain_text(agent)


def expect_trace_of_the_message(page: Page, started: Started) -> None:
    page.goto(f"{console_of(started)}/events")
    page.get_by_role("link", name=re.compile("客户发来消息")).first.click()
    expect(page.locator(".reasons")).to_contain_text("问报价")
    expect(page.locator(".timeline li").first).to_be_visible()


def expect_card_to_mark_the_words(context: BrowserContext, phone: Page) -> None:
    with context.expect_page() as opened:
        phone.locator("#contact-card").click()
    card = opened.value
    expect(card.locator(".tag blockquote mark", has_text="价格").first).to_have_count(1)
    expect(card.locator("#why")).to_contain_text("为什么是")
