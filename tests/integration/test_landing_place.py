"""A code by place asks first where the visitor is; limits and rushes are said plainly and touch no capacity."""

from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection
from starlette.applications import Starlette

from router.clock import MovableClock
from router.db.ledger import Ledger
from router.db.queries.admission import Limits, set_limits
from router.db.queries.stores import insert_store
from router.domain.place import Point
from router.handlers import lease
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web.scan import routes
from tests.factories import NOW, agent, live_code, pool, ready_ways
from tests.integration.ledger.looking import one

pytestmark = pytest.mark.anyio

WECHAT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0.61"
)
SHANGHAI_ADDRESS = "203.0.113.7"
NAMELESS_ADDRESS = "198.51.100.9"


@dataclass
class Street:
    """A service whose code ``spring`` is received by head office, by a store in Shanghai, and by one in Shenzhen."""

    app: Starlette
    ledger: Ledger

    def phone(self, address: str = NAMELESS_ADDRESS) -> httpx.AsyncClient:
        """A phone in that network, in English."""
        transport = httpx.ASGITransport(self.app, client=(address, 4711))
        headers = {"User-Agent": WECHAT, "Accept-Language": "en"}
        return httpx.AsyncClient(transport=transport, base_url="http://liveqr.test", headers=headers)

    async def reservations(self) -> int:
        """How many places are held."""
        return int(await self.ledger.read(one("SELECT count(*) FROM reservation")))


@pytest.fixture
async def street(ledger: Ledger, tmp_path: Path) -> Street:
    regions = tmp_path / "regions.csv"
    regions.write_text("203.0.113.0/24,上海市\n")
    await ledger.write(open_street)
    app = Starlette(routes=routes)
    settings = replace(read_settings({}, {}), region_file=regions, scans_per_minute=3)
    app.state.services = Services(settings, ledger, MovableClock(), SecretBox(bytes(32)))
    return Street(app, ledger)


def open_street(connection: Connection) -> None:
    pools = []
    for userid in ("office", "shanghai", "shenzhen"):
        agent_id = agent(userid)(connection)
        ready_ways(agent_id, 5)(connection)
        pools.append(pool(userid, [agent_id])(connection))
    code_id = live_code(pools[0])(connection)
    set_limits(connection, code_id, Limits(by_place=True))
    insert_store(connection, "Bund", "上海", "1 Bund", Point(31_240_000, 121_490_000), pools[1], NOW)
    insert_store(connection, "Nanshan", "广东深圳", "", Point(22_530_000, 113_930_000), pools[2], NOW)


async def answered(phone: httpx.AsyncClient, form: dict[str, str]) -> str:
    """The page after the answer to where one is."""
    await phone.get("/q/spring")
    sent = await phone.post("/q/spring/place", data=form)
    assert sent.status_code == 303
    return (await phone.get(sent.headers["location"].replace("..", "/q"))).text


async def test_the_page_tells_what_the_location_is_for_before_anything_is_held(street: Street) -> None:
    async with street.phone() as phone:
        page = await phone.get("/q/spring")

    assert page.status_code == 200
    assert page.text.index("Your browser asks for your location only after") < page.text.index("Use my location")
    assert "Bund" in page.text
    assert "Nanshan" in page.text
    assert "Skip" in page.text
    assert await street.reservations() == 0


@pytest.mark.parametrize(
    ("form", "who"),
    [
        pytest.param({"lat": "31.23", "lng": "121.47"}, "Shanghai", id="near the Bund"),
        pytest.param({"lat": "22.54", "lng": "114.06"}, "Shenzhen", id="near Nanshan"),
        pytest.param({"store": "2"}, "Shenzhen", id="chosen"),
        pytest.param({"store": "0"}, "Office", id="skipped"),
        pytest.param({"store": "77"}, "Office", id="a store that is none"),
        pytest.param({"lat": "north", "lng": "1e999"}, "Office", id="no place on the earth"),
        pytest.param({"lat": "31.23", "lng": "121.47" + "0" * 2_000}, "Office", id="far too long"),
        pytest.param({}, "Office", id="nothing"),
    ],
)
async def test_whoever_answers_is_received_by_that_place(street: Street, form: dict[str, str], who: str) -> None:
    async with street.phone() as phone:
        page = await answered(phone, form)

    assert f"<h1>{who}</h1>" in page


async def test_whoever_skips_is_received_in_the_region_of_the_network_address(street: Street) -> None:
    async with street.phone(SHANGHAI_ADDRESS) as phone:
        page = await answered(phone, {"store": "0"})

    assert "<h1>Shanghai</h1>" in page


async def test_coordinates_are_kept_nowhere(street: Street) -> None:
    async with street.phone() as phone:
        sent = await phone.post("/q/spring/place", data={"lat": "31.23", "lng": "121.47"})
        await phone.get("/q/spring?store=1")

    decisions = await street.ledger.read(one("SELECT content FROM decision"))
    assert sent.headers["location"] == "../spring?store=1"
    assert "31.2" not in decisions
    assert "121.4" not in decisions


async def test_who_has_an_agent_already_is_not_asked_again(street: Street) -> None:
    async with street.phone() as phone:
        await answered(phone, {"store": "1"})

        again = await phone.get("/q/spring")

    assert "<h1>Shanghai</h1>" in again.text


async def test_a_program_is_not_asked_back_and_may_say_the_place_itself(street: Street) -> None:
    said = {"Accept": "application/json"}
    async with street.phone(SHANGHAI_ADDRESS) as phone:
        agents = [
            (await phone.get(f"/q/spring{query}", headers=said | {"X-Liveqr-Visitor": str(number)})).json()["agent"][
                "name"
            ]
            for number, query in enumerate(("?", "?region=广东", "?lat=22.5&lng=113.9"))
        ]

    assert agents == ["Shanghai", "Shenzhen", "Shenzhen"]


async def test_an_address_with_a_place_that_is_none_is_refused_with_what_to_write(street: Street) -> None:
    async with street.phone() as phone:
        page = await phone.get("/q/spring?lat=91&lng=0")

    assert page.status_code == 400
    assert "lat and lng are not degrees such as 31.23 and 121.47" in page.text
    assert await street.reservations() == 0


async def test_without_stores_nobody_is_asked(street: Street) -> None:
    await street.ledger.write(lambda c: c.exec_driver_sql("UPDATE store SET archived_at = 1"))

    async with street.phone() as phone:
        page = await phone.get("/q/spring")

    assert "<h1>Office</h1>" in page.text


async def test_an_address_that_brings_too_many_new_visitors_is_told_to_wait_and_takes_no_place(street: Street) -> None:
    said = {"Accept": "application/json"}
    async with street.phone() as phone:
        answers = [
            await phone.get("/q/spring", headers=said | {"X-Liveqr-Visitor": who}) for who in ("a", "b", "c", "d", "a")
        ]
        page = await phone.get("/q/spring")
    async with street.phone("198.51.100.10") as neighbour:
        elsewhere = await neighbour.get("/q/spring", headers=said)

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 200]
    assert answers[3].json()["code"] == "too_many_visitors"
    assert page.status_code == 429
    assert "Please try again in a minute" in page.text
    assert (answers[3].headers["retry-after"], page.headers["retry-after"]) == ("60", "60")
    assert "set-cookie" not in page.headers
    assert elsewhere.status_code == 200
    assert await street.reservations() == 4


async def test_a_code_that_let_in_all_it_may_says_so_and_holds_nothing(street: Street) -> None:
    await street.ledger.write(lambda c: set_limits(c, 1, Limits(scan_limit=1)))

    async with street.phone() as first, street.phone() as second:
        received = await first.get("/q/spring")
        refused = await second.get("/q/spring")
        again = await first.get("/q/spring")

    assert "<h1>Office</h1>" in received.text
    assert "<h1>This code is used up</h1>" in refused.text
    assert refused.status_code == 200
    assert "<h1>Office</h1>" in again.text
    assert await street.reservations() == 1


async def test_a_visitor_who_had_all_of_todays_reservations_reads_to_come_again_tomorrow(street: Street) -> None:
    await street.ledger.write(lambda c: set_limits(c, 1, Limits(visitor_limit=1)))
    async with street.phone() as phone:
        await phone.get("/q/spring")
        await street.ledger.write(lambda c: lease.expire(c, 1, NOW))

        page = await phone.get("/q/spring")

    assert "<h1>That was all for today</h1>" in page.text
    assert await street.reservations() == 1
