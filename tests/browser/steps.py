"""Steps that several stories share."""

from playwright.sync_api import Page, expect

from router.commands.run import Started


def console_of(started: Started) -> str:
    """The console's address."""
    return f"http://127.0.0.1:{started.settings.port}/console"


def sign_in(page: Page, started: Started) -> None:
    """As the first admin."""
    page.goto(f"{console_of(started)}/")
    page.get_by_label("用户名").fill("admin")
    page.get_by_label("密码").fill(started.admin_password or "")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("link", name="活码", exact=True)).to_be_visible()


def open_phone_of_new_customer(page: Page, started: Started) -> None:
    """The phone page in the hands of somebody who has never scanned anything."""
    page.goto(f"{started.settings.sandbox_url}/phone/")
    chosen = page.locator("#customer")
    expect(chosen).not_to_have_value("")  # whose phone it is, is known once the page has asked
    before = chosen.input_value()
    page.locator("#new-customer").click()
    expect(chosen).not_to_have_value(before)
