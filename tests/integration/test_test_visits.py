"""Whoever belongs to the corporation and tries a code is counted apart; nobody else can ask for that."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from router.clock import MovableClock, system_clock
from router.db.ledger import Ledger
from router.db.queries.users import User
from router.handlers.admin.act import Act
from router.handlers.admin.users import NewUser, begin_sign_in, create_user
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web.console.sign_in import SECURE_COOKIE
from router.web.scan import routes
from router.web.test_marker import LIFETIME, PURPOSE, sign_marker
from tests.factories import NOW, ZONE, live_code, shop
from tests.integration.ledger.looking import rows

pytestmark = pytest.mark.anyio

PUBLIC_URL = "https://go.example.com"
WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.60 Language/zh_CN"
TESTS = "SELECT test FROM reservation UNION ALL SELECT test FROM decision UNION ALL SELECT test FROM tally"


@pytest.fixture
async def services(ledger: Ledger) -> Services:
    await ledger.write(shop("ann"))
    await ledger.write(live_code(1, "autumn"))
    settings = read_settings({}, {"LIVEQR_PUBLIC_URL": PUBLIC_URL})
    return Services(settings, ledger, MovableClock(), SecretBox(bytes(32)))


@pytest.fixture
async def phone(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=routes)
    app.state.services = services
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers={"User-Agent": WECHAT}) as phone:
        yield phone


async def signed_in(ledger: Ledger) -> str:
    """The token of a marketer's browser."""
    new = NewUser("mei", "marketer", None, "zh")
    user = await ledger.write(lambda c: create_user(c, Act("test", NOW, ZONE), new, "no password fits"))
    assert isinstance(user, User)
    return await ledger.write(lambda c: begin_sign_in(c, user.id, system_clock()))


async def marks(ledger: Ledger) -> set[bool]:
    """How reservation, decision and tally are marked."""
    return {bool(test) for (test,) in await ledger.read(rows(TESTS))}


async def test_a_customer_is_no_test(ledger: Ledger, phone: httpx.AsyncClient) -> None:
    await phone.get("/q/spring")

    assert await marks(ledger) == {False}


async def test_whoever_is_signed_in_to_the_console_tries_the_code(ledger: Ledger, phone: httpx.AsyncClient) -> None:
    phone.cookies.set(SECURE_COOKIE, await signed_in(ledger))

    await phone.get("/q/spring")

    assert await marks(ledger) == {True}


async def test_a_visitor_named_in_the_header_is_not_the_person_at_the_browser(
    ledger: Ledger, phone: httpx.AsyncClient
) -> None:
    phone.cookies.set(SECURE_COOKIE, await signed_in(ledger))

    await phone.get("/q/spring", headers={"X-Liveqr-Visitor": "lin", "Accept": "application/json"})

    assert await marks(ledger) == {False}


async def test_the_link_for_trying_a_code_marks_a_phone_on_which_nobody_is_signed_in(
    services: Services, phone: httpx.AsyncClient
) -> None:
    marker = sign_marker(services.secret_box.derive(PURPOSE), "spring", services.clock())

    await phone.get(f"/q/spring?test={marker}")

    assert await marks(services.ledger) == {True}


async def test_a_link_that_is_old_forged_or_of_another_code_marks_nothing(
    services: Services, phone: httpx.AsyncClient
) -> None:
    secret, now = services.secret_box.derive(PURPOSE), services.clock()
    markers = [
        sign_marker(secret, "spring", now - LIFETIME),
        sign_marker(secret, "autumn", now),
        sign_marker(bytes(32), "spring", now),
        "1",
        "%00",
        "x" * 5_000,
    ]

    answers = [await phone.get(f"/q/spring?test={marker}") for marker in markers]
    phone.cookies.set(SECURE_COOKIE, "not a token of ours")
    await phone.get("/q/spring")

    assert [answer.status_code for answer in answers] == [200] * len(markers)
    assert await marks(services.ledger) == {False}
