"""A visit by the link for trying a code stays a test on every step: place, preview, number, and on to another code."""

import re
from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import urljoin

import httpx
import pytest
from sqlalchemy import Connection
from starlette.applications import Starlette

from router.clock import MovableClock
from router.db.ledger import Ledger
from router.db.queries.admission import Limits, set_limits
from router.db.queries.stores import insert_store
from router.db.queries.tasks import list_tasks
from router.domain.spill import GroupCode, LeaveNumber
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web.number import number_routes
from router.web.scan import routes
from router.web.test_marker import PURPOSE, sign_marker
from tests.factories import NOW, agent, live_code, pool, ready_ways, shop
from tests.integration.ledger.lines import spills
from tests.integration.ledger.looking import rows

pytestmark = pytest.mark.anyio

PUBLIC_URL = "https://go.example.com"
WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.60 Language/zh_CN"
TESTS = "SELECT test FROM reservation UNION ALL SELECT test FROM decision UNION ALL SELECT test FROM tally"
ASKS = LeaveNumber("Call me back.", "Leave a number")


class Phone:
    """A phone that came by the link for trying ``spring``, and presses what the pages show."""

    def __init__(self, http: httpx.AsyncClient, services: Services) -> None:
        self.http, self.services = http, services
        self.address = "/q/spring?test=" + sign_marker(services.secret_box.derive(PURPOSE), "spring", services.clock())

    async def opens(self) -> httpx.Response:
        return await self.http.get(self.address, follow_redirects=True)

    async def presses(self, page: httpx.Response, pattern: str) -> httpx.Response:
        """Follow the link that the page has by this pattern."""
        return await self.http.get(self._there(page, pattern))

    async def sends(self, page: httpx.Response, pattern: str, form: dict[str, str]) -> httpx.Response:
        """Send the form whose address the page has by this pattern."""
        headers = {"Sec-Fetch-Site": "same-origin"}
        return await self.http.post(self._there(page, pattern), data=form, headers=headers, follow_redirects=True)

    async def marks(self) -> set[bool]:
        """How all that was written of this phone is marked."""
        return {bool(test) for (test,) in await self.services.ledger.read(rows(TESTS))}

    def _there(self, page: httpx.Response, pattern: str) -> str:
        found = re.search(pattern, page.text)
        assert found, page.text
        return urljoin(str(page.url), unescape(found[1]))


@pytest.fixture
async def phone(ledger: Ledger) -> AsyncIterator[Phone]:
    """The phone, before there is a code."""
    services = Services(
        read_settings({}, {"LIVEQR_PUBLIC_URL": PUBLIC_URL}), ledger, MovableClock(), SecretBox(bytes(32))
    )
    app = Starlette(routes=[*routes, *number_routes(services)])
    app.state.services = services
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers={"User-Agent": WECHAT}) as http:
        yield Phone(http, services)


def open_by_place(connection: Connection) -> None:
    """A code that asks where the visitor is, and one store."""
    agent_id = agent("ann")(connection)
    ready_ways(agent_id, 5)(connection)
    pool_id = pool("pool", [agent_id])(connection)
    set_limits(connection, live_code(pool_id)(connection), Limits(by_place=True))
    insert_store(connection, "Bund", "", "", None, pool_id, NOW)


@pytest.mark.parametrize("store", ["1", "0"])
async def test_through_the_question_where_one_is(phone: Phone, ledger: Ledger, store: str) -> None:
    await ledger.write(open_by_place)

    asked = await phone.opens()
    received = await phone.sends(asked, r'action="(\./spring/place[^"]*)"', {"store": store})
    again = await phone.presses(received, r'href="(\./spring[^"]*)"')

    assert "../w/" in received.text
    assert again.url == received.url
    assert await phone.marks() == {True}


async def test_through_the_button_of_a_page_that_took_the_phone_for_a_preview(phone: Phone, ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    phone.http.headers["User-Agent"] = "curl/8.5.0"

    looked = await phone.opens()
    form = dict(re.findall(r'name="(\w+)" value="([^"]+)"', looked.text))
    received = await phone.http.get("/q/spring", params={name: unescape(value) for name, value in form.items()})

    assert sorted(form) == ["open", "test"]
    assert "../w/" in received.text
    assert await phone.marks() == {True}


@pytest.mark.parametrize("number", ["not a number", "138 1234 5678"])
async def test_through_leaving_a_number_and_taking_it_back(phone: Phone, ledger: Ledger, number: str) -> None:
    await ledger.write(shop("ann", cap_each=0))
    await ledger.write(spills(1, ASKS))

    asked = await phone.opens()
    form = {"number": number, "consent": ASKS.consent, "agreed": "yes"}
    answered = await phone.sends(asked, r'action="([^"]*/number[^"]*)"', form)
    await phone.presses(answered, r'href="([^"]*/spring[^"]*)"')
    left = [task.content["test"] for task in (await ledger.read(list_tasks)).items]
    withdrawn = await phone.http.post(
        f"/q/spring/number/withdraw?{phone.address.partition('?')[2]}",
        headers={"Sec-Fetch-Site": "same-origin"},
        follow_redirects=True,
    )

    assert left == ([] if number == "not a number" else [True])
    assert "test=" in str(withdrawn.url)
    assert await phone.marks() == {True}


async def test_on_to_the_group_code_that_a_full_pool_sends_to(phone: Phone, ledger: Ledger) -> None:
    await ledger.write(shop("ann", cap_each=0))
    group_id = await ledger.write(live_code(1, "group"))
    await ledger.write(lambda c: c.exec_driver_sql("UPDATE live_code SET kind = 'group' WHERE slug = 'group'"))
    await ledger.write(spills(1, GroupCode(group_id)))

    sent = await phone.opens()
    there = await phone.presses(sent, r'href="(\./group[^"]*)"')

    assert 'data-self="./group"' in there.text
    assert await phone.marks() == {True}


async def test_nothing_but_store_and_marker_goes_on(phone: Phone, ledger: Ledger) -> None:
    await ledger.write(shop("ann"))

    page = await phone.http.get("/q/spring?store=1&utm_source=poster&test=" + "x" * 201)

    assert 'href="./spring?store=1"' in page.text
