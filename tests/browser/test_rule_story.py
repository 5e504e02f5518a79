"""A rule's life in a real browser: written, mended, published, seen at work on a customer, rolled back, withdrawn."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from router.commands.run import Started
from tests.browser.steps import console_of, open_phone_of_new_customer, sign_in

pytestmark = pytest.mark.browser

TAG = "服务 / 开发票"


def test_a_rule_is_made_mended_published_seen_at_work_rolled_back_and_withdrawn(
    context: BrowserContext, mistakes: list[str], started: Started
) -> None:
    console, phone = context.new_page(), context.new_page()

    sign_in(console, started)
    rule_set = open_rule_set(console, started)
    write_rule_with_a_tag_to_come(console, rule_set)
    publish_is_refused_for_a_sample(console, rule_set)
    mend_the_pattern(console)
    publish(console, rule_set)

    ask_for_an_invoice(phone, started)
    expect_customer_to_carry_the_tag(console, started)
    expect_card_to_say_why(context, phone)

    roll_back(console, rule_set)
    withdraw(console, rule_set)
    expect_customer_without_the_tag(console, started)


def open_rule_set(page: Page, started: Started) -> str:
    """Returns the address of the rule set that is in force from the start."""
    page.goto(f"{console_of(started)}/rules")
    page.locator("a.row-title").first.click()
    expect(page.locator(".badge", has_text="生效中")).to_be_visible()
    return page.url.partition("?")[0]


def write_rule_with_a_tag_to_come(page: Page, rule_set: str) -> None:
    page.goto(f"{rule_set}/new")
    page.locator("[name=name]").fill("开发票")
    page.locator("[name='when.kind']").select_option("pattern")
    page.locator("[name='when.pattern']").fill("(开")
    expect(page.locator("#check-when .field-problem")).to_be_visible()
    page.locator("[name='when.pattern']").fill("开.*票")
    expect(page.locator("#check-when .field-good")).to_be_visible()
    page.locator("[name='then[0].tag_id']").select_option("new")
    page.locator("[name='then[0].tag_name']").fill("服务/开发票")
    page.locator("[name='samples.must_match']").fill("可以开发票吗")
    page.locator("[name='samples.must_not_match']").fill("开车去买票")
    page.get_by_role("button", name="保存到草稿").last.click()
    expect(page.locator(".field-problem", has_text=f"还没有标签“{TAG}”")).to_be_visible()
    page.get_by_role("button", name=f"创建“{TAG}”并保存").click()
    expect(page).to_have_url(re.compile(re.escape(rule_set) + r"(\?|$)"))


def publish_is_refused_for_a_sample(page: Page, rule_set: str) -> None:
    expect(page.locator(".rule-line", has_text="开发票").locator(".badge", has_text="1 个样例未通过")).to_be_visible()
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("不得匹配的样例“开车去买票”")


def mend_the_pattern(page: Page) -> None:
    page.get_by_role("alert").first.get_by_role("link", name="开发票").click()
    page.locator("[name='when.pattern']").fill("开.?票")
    page.get_by_role("button", name="试跑样例").click()
    expect(page.get_by_role("note")).to_contain_text("所有样例都符合预期")
    page.get_by_role("button", name="保存到草稿").last.click()


def publish(page: Page, rule_set: str) -> None:
    expect(page.locator(".badge", has_text="2 个样例通过")).to_be_visible()
    page.locator("[name=note]").fill("加上开发票")
    page.get_by_role("button", name="发布", exact=True).click()
    expect_in_force(page, rule_set)


def expect_in_force(page: Page, rule_set: str) -> None:
    """Until the version just published is compiled, the one before decides, and the page says so."""

    def is_compiled() -> bool:
        page.goto(rule_set)
        return page.get_by_text("正在编译").count() == 0

    until(page, is_compiled)


def ask_for_an_invoice(page: Page, started: Started) -> None:
    open_phone_of_new_customer(page, started)
    page.locator("#scan").click()
    page.locator(".poster").first.click()
    expect(page.frame_locator("iframe.web").locator("body[data-outcome=reserved]")).to_be_visible()
    page.locator("#recognise").click()
    page.locator("#recognise-now").click()
    page.locator("#add-contact").click()
    expect(page.locator(".line")).not_to_have_count(0)
    page.locator(".bar-button").first.click()
    page.locator("[data-chat^=wk]").click()
    page.locator(".write-form input").fill("你好，可以开发票吗？")
    page.locator(".write-form button").click()
    expect(page.locator(".line-own", has_text="开发票")).to_be_visible()


def expect_customer_to_carry_the_tag(page: Page, started: Started) -> None:
    until(page, lambda: TAG in customer_of(page, started))
    expect(page.locator("main mark", has_text="开发票").first).to_be_visible()


def expect_card_to_say_why(context: BrowserContext, phone: Page) -> None:
    with context.expect_page() as opened:
        phone.locator("#contact-card").click()
    tag = opened.value.locator(".tag", has_text="开发票")
    expect(tag.locator("blockquote mark", has_text="开发票").first).to_have_count(1)


def roll_back(page: Page, rule_set: str) -> None:
    page.goto(rule_set)
    page.get_by_role("button", name="回滚到此版本").first.click()
    page.get_by_role("dialog").get_by_role("button", name="回滚到此版本").click()
    expect(page.locator(".lines li", has_text="复制自版本").first).to_be_visible()


def withdraw(page: Page, rule_set: str) -> None:
    page.goto(rule_set)
    page.get_by_role("link", name="撤回…").click()
    page.locator(".page-head").get_by_role("button").click()
    page.get_by_role("dialog").get_by_role("button").last.click()
    expect(page.locator(".badge", has_text="已移除标签")).to_be_visible()


def expect_customer_without_the_tag(page: Page, started: Started) -> None:
    until(page, lambda: TAG not in customer_of(page, started))


def customer_of(page: Page, started: Started) -> str:
    """What the page of the newest customer says of their tags."""
    page.goto(f"{console_of(started)}/customers")
    page.locator("a.row-title").first.click()
    expect(page.locator(".timeline").first).to_be_visible()
    return " ".join(page.locator("main .chip").all_inner_texts())


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Waits for what the service does by itself, which no page shows without being asked again."""
    for _ in range(60):
        if is_so():
            return
        page.wait_for_timeout(250)
    pytest.fail("it did not come to that")
