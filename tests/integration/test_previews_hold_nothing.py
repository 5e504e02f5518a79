"""Whoever only looks at a live code takes no place: the labelled corpus, sent to a service."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from router.clock import MovableClock
from router.db.ledger import Ledger
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web.scan import routes
from tests.factories import shop
from tests.integration.ledger.looking import one
from tests.samples.user_agents import labelled_requests

pytestmark = pytest.mark.anyio


@pytest.fixture
async def stranger(ledger: Ledger) -> AsyncIterator[httpx.AsyncClient]:
    """A client without cookies in front of a code with room for everybody."""
    await ledger.write(shop("ann", ways=5))
    app = Starlette(routes=routes)
    app.state.services = Services(read_settings({}, {}), ledger, MovableClock(), SecretBox(bytes(32)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://liveqr.test") as client:
        yield client


async def test_link_previews_crawlers_and_programs_hold_no_place_and_leave_no_visit(
    stranger: httpx.AsyncClient, ledger: Ledger
) -> None:
    looking = [each for each in labelled_requests() if not each.is_person]

    answers = set()
    for each in looking:
        headers = {"User-Agent": each.user_agent, "Accept": "*/*", **each.headers}
        answer = await stranger.request(each.method, "/q/spring", headers=headers)
        answers.add((answer.status_code, answer.headers.get("set-cookie")))

    assert answers == {(200, None)}
    assert await ledger.read(one("SELECT count(*) FROM reservation")) == 0
    assert await ledger.read(one("SELECT count(*) FROM visit")) == 0
    assert await ledger.read(one("SELECT count(*) FROM contact_way WHERE status = 'ready'")) == 5


async def test_a_person_after_them_is_received(stranger: httpx.AsyncClient, ledger: Ledger) -> None:
    person = next(each for each in labelled_requests() if each.name.startswith("WeChat on iPhone"))

    page = await stranger.get("/q/spring", headers={"User-Agent": person.user_agent})

    assert "../w/" in page.text
    assert await ledger.read(one("SELECT count(*) FROM reservation")) == 1
