"""Signing in, staying signed in, being signed out."""

import threading
from collections import Counter
from datetime import UTC, timedelta
from unittest.mock import Mock

import anyio
import pytest
import time_machine

from router.db.ledger import Ledger
from router.db.queries.users import User, list_users
from router.handlers.admin.act import Act
from router.handlers.admin.passwords import hash_password, one_time_password
from router.handlers.admin.users import NewUser, create_first_admin, create_user
from router.web.console import passwords
from router.web.console.passwords import PasswordDesk
from router.web.console.sign_in import Crowded, SignInDesk, TooManyTries, WrongPassword
from router.web.console.throttle import Limits, Throttle
from tests.factories import NOW
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse battery"


async def add_user(ledger: Ledger, name: str = "mei", password: str = PASSWORD) -> int:
    password_hash = hash_password(password)
    user = await ledger.write(
        lambda c: create_user(c, Act("test", NOW, UTC), NewUser(name, "admin", None, "en"), password_hash)
    )
    assert isinstance(user, User)
    return user.id


async def test_the_first_admin_is_made_once_and_signs_in_with_the_printed_password(
    ledger: Ledger, browsers: Browsers
) -> None:
    password = one_time_password()
    made = [await ledger.write(lambda c: create_first_admin(c, NOW, password)) for _ in range(2)]
    browser = browsers.nobody()

    answer = await browser.post("/sign-in", data={"username": "admin", "password": password})

    assert made == [True, False]
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")


@pytest.mark.parametrize(
    ("asked_for", "pressed", "title"),
    [
        pytest.param("en-US,en", None, "Overview", id="an English browser"),
        pytest.param("zh-CN,zh", None, "概览", id="a Chinese browser"),
        pytest.param("zh-CN,zh", "en", "Overview", id="English chosen on the sign-in page"),
        pytest.param("en-US,en", "zh", "概览", id="Chinese chosen on the sign-in page"),
    ],
)
async def test_the_first_admin_goes_on_in_the_language_of_the_sign_in_page(
    ledger: Ledger, browsers: Browsers, asked_for: str, pressed: str | None, title: str
) -> None:
    await ledger.write(lambda c: create_first_admin(c, NOW, PASSWORD))
    browser = browsers.nobody(language=asked_for)
    if pressed:
        await browser.post("/language", data={"language": pressed, "next": "/console/sign-in"})

    await browser.post("/sign-in", data={"username": "Admin", "password": PASSWORD})
    overview = text_of(await browser.get("/"))

    assert f"{title} · liveqr" in overview
    assert [each.language for each in await ledger.read(list_users)] == [pressed or ""]


async def test_a_language_of_ones_own_is_not_changed_by_the_browser_one_signs_in_with(
    ledger: Ledger, browsers: Browsers
) -> None:
    await add_user(ledger)
    browser = browsers.nobody(language="zh")
    await browser.post("/language", data={"language": "zh", "next": "/console/sign-in"})

    await browser.post("/sign-in", data={"username": "mei", "password": PASSWORD})

    assert "Overview · liveqr" in text_of(await browser.get("/"))


@pytest.mark.parametrize(
    "secure_address",
    [
        pytest.param("https://console.example", id="TLS"),
        pytest.param("http://go.example.com", id="public address behind a proxy that ends TLS without saying so"),
    ],
)
async def test_the_cookie_is_out_of_reach_of_scripts_and_only_its_digest_is_stored(
    ledger: Ledger, browsers: Browsers, secure_address: str
) -> None:
    await add_user(ledger)
    plain, secure = browsers.nobody(), browsers.nobody(secure_address)

    set_plain, set_secure = [
        (await browser.post("/sign-in", data={"username": "mei", "password": PASSWORD})).headers["set-cookie"]
        for browser in (plain, secure)
    ]
    stored = await ledger.read(lambda c: c.exec_driver_sql("SELECT token_hash FROM sign_in").scalars().all())

    assert set_plain.startswith("liveqr=")
    assert "HttpOnly; Max-Age=43200; Path=/; SameSite=lax" in set_plain
    assert set_secure.startswith("__Host-liveqr=")
    assert set_secure.endswith("HttpOnly; Max-Age=43200; Path=/; SameSite=lax; Secure")
    assert [len(digest) for digest in stored] == [64, 64]
    assert not {_token(set_plain), _token(set_secure)} & set(stored)


def _token(set_cookie: str) -> str:
    return set_cookie.partition("=")[2].partition(";")[0]


@pytest.mark.parametrize(
    ("username", "password"),
    [
        pytest.param("mei", "wrong password", id="wrong password"),
        pytest.param("nobody", PASSWORD, id="unknown user"),
        pytest.param("", "", id="nothing"),
        pytest.param("x" * 5_000, "y" * 5_000, id="too long"),
    ],
)
async def test_a_wrong_password_and_an_unknown_user_are_told_alike(
    ledger: Ledger, browsers: Browsers, username: str, password: str
) -> None:
    await add_user(ledger)

    answer = await browsers.nobody().post("/sign-in", data={"username": username, "password": password})

    assert answer.status_code == 422
    assert "User name and password do not match." in text_of(answer)
    assert "set-cookie" not in answer.headers


async def test_after_five_failures_even_the_right_password_has_to_wait(ledger: Ledger, browsers: Browsers) -> None:
    await add_user(ledger)
    browser = browsers.nobody()
    wrong, right = {"username": "MEI", "password": "wrong password"}, {"username": "mei", "password": PASSWORD}

    failed = [(await browser.post("/sign-in", data=wrong)).status_code for _ in range(5)]
    sixth = await browser.post("/sign-in", data=right)

    assert failed == [422] * 5
    assert (sixth.status_code, "Wait five minutes" in text_of(sixth)) == (429, True)


async def test_a_stranger_who_fails_on_purpose_does_not_keep_the_user_out_elsewhere(
    ledger: Ledger, browsers: Browsers
) -> None:
    await add_user(ledger)
    stranger, colleague = browsers.nobody(address="203.0.113.9"), browsers.nobody(address="192.0.2.7")

    for _ in range(6):
        refused = await stranger.post("/sign-in", data={"username": "mei", "password": "wrong password"})
    answer = await colleague.post("/sign-in", data={"username": "mei", "password": PASSWORD})

    assert (refused.status_code, answer.status_code) == (429, 303)


async def test_tries_sent_at_once_are_counted_before_any_is_verified(
    ledger: Ledger, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_user(ledger)
    verify = Mock(return_value=False)
    monkeypatch.setattr(passwords, "verify_password", verify)
    browser, answered = browsers.nobody(), Counter[int]()

    async def guess(number: int) -> None:
        answer = await browser.post("/sign-in", data={"username": "mei", "password": f"guess {number}"})
        answered[answer.status_code] += 1

    async with anyio.create_task_group() as tasks:
        for number in range(40):
            tasks.start_soon(guess, number)

    assert (verify.call_count, answered) == (5, {422: 5, 429: 35})


async def test_only_a_few_passwords_wait_to_be_verified_and_who_is_sent_away_has_not_tried(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on = threading.Event()
    monkeypatch.setattr(passwords, "verify_password", lambda *_: not may_go_on.wait(10))
    password_desk = PasswordDesk()
    desk = SignInDesk(ledger, password_desk, Throttle(Limits(per_user_at_address=1)))
    answers: list[object] = []

    async def ask(address: str) -> None:
        answers.append(await desk.sign_in("mei", "a guess", address))

    async with anyio.create_task_group() as tasks:
        for number in range(passwords.MOST_ASKED):
            tasks.start_soon(ask, f"192.0.2.{number}")
        while not password_desk.is_crowded:
            await anyio.sleep(0.01)
        sent_away = await desk.sign_in("mei", "a guess", "203.0.113.9")
        may_go_on.set()
    again = [await desk.sign_in("mei", "a guess", "203.0.113.9") for _ in range(2)]

    assert (sent_away, answers) == (Crowded(), [WrongPassword()] * passwords.MOST_ASKED)
    assert again == [WrongPassword(), TooManyTries()]


async def test_who_is_sent_away_is_told_to_come_back_soon(browsers: Browsers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PasswordDesk, "is_crowded", True)

    answer = await browsers.nobody().post("/sign-in", data={"username": "mei", "password": PASSWORD})

    assert (answer.status_code, "Try again in a few seconds." in text_of(answer)) == (429, True)


@pytest.mark.parametrize(
    ("following", "location"),
    [
        pytest.param("/console/events?status=failed", "/console/events?status=failed", id="a page of the console"),
        pytest.param("https://evil.example/", "/console/", id="another site"),
        pytest.param("//evil.example/console/", "/console/", id="another host"),
        pytest.param("/console/\\evil", "/console/", id="backslash"),
        pytest.param("/console/\r\nset-cookie: x=y", "/console/", id="line break"),
        pytest.param("", "/console/", id="nothing"),
    ],
)
async def test_signing_in_leads_only_into_the_console(
    ledger: Ledger, browsers: Browsers, following: str, location: str
) -> None:
    await add_user(ledger)

    answer = await browsers.nobody().post("/sign-in", data={"username": "mei", "password": PASSWORD, "next": following})

    assert (answer.status_code, answer.headers["location"]) == (303, location)


async def test_signing_out_ends_the_session_on_the_server(browsers: Browsers) -> None:
    browser = await browsers.signed_in("admin")
    token = browser.cookies["liveqr"]

    signed_out = await browser.post("/sign-out")
    browser.cookies.set("liveqr", token)
    afterwards = await browser.get("/")

    assert signed_out.headers["location"] == "/console/sign-in"
    assert afterwards.headers["location"].startswith("/console/sign-in?next=")


async def test_a_disabled_user_is_signed_out_at_once(ledger: Ledger, browsers: Browsers) -> None:
    marketer, admin = await browsers.signed_in("marketer"), await browsers.signed_in("admin")
    users = await ledger.read(list_users)
    marketer_id = next(user.id for user in users if user.role == "marketer")

    before = (await marketer.get("/live-codes")).status_code
    await admin.post(f"/users/{marketer_id}/disable")
    after = (await marketer.get("/live-codes")).status_code

    assert (before, after) == (200, 303)


async def test_a_session_ends_after_a_working_day(browsers: Browsers) -> None:
    browser = await browsers.signed_in("admin")

    during = (await browser.get("/")).status_code
    with time_machine.travel(timedelta(hours=12, minutes=1)):
        afterwards = (await browser.get("/")).status_code

    assert (during, afterwards) == (200, 303)


async def test_a_new_password_signs_out_the_other_browsers_of_its_user(ledger: Ledger, browsers: Browsers) -> None:
    await add_user(ledger)
    here, elsewhere = browsers.nobody(), browsers.nobody()
    for browser in (here, elsewhere):
        await browser.post("/sign-in", data={"username": "mei", "password": PASSWORD})

    refused = await here.post("/account/password", data={"current": "wrong password", "password": "another long one"})
    changed = await here.post("/account/password", data={"current": PASSWORD, "password": "another long one"})

    assert "This is not your present password." in text_of(refused)
    assert changed.status_code == 303
    assert [(await browser.get("/account")).status_code for browser in (here, elsewhere)] == [200, 303]


async def test_htmx_is_sent_to_the_sign_in_page_as_a_whole(browsers: Browsers) -> None:
    answer = await browsers.nobody().get("/", headers={"hx-request": "true"})

    assert (answer.status_code, answer.headers["hx-redirect"], answer.text) == (200, "/console/sign-in", "")


async def test_the_last_admin_can_neither_be_disabled_nor_lose_the_role(ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")
    (user,) = await ledger.read(list_users)

    refusals = [
        await admin.post(f"/users/{user.id}/disable"),
        await admin.post(f"/users/{user.id}/role", data={"role": "marketer"}),
    ]

    assert [(each.status_code, "This is the last admin." in text_of(each)) for each in refusals] == [(422, True)] * 2
    assert await ledger.read(list_users) == [user]
