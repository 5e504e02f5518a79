"""Contact ways that cannot be made do not block the stock for ever: others are made in their place."""

import io
from collections.abc import Callable

import httpx
import orjson
import pytest
import qrcode
from PIL import Image
from sqlalchemy import Connection

from router.clock import MovableClock
from router.db.ledger import Ledger
from router.db.queries import outbox, stock
from router.domain.delivery import ATTEMPTS
from router.handlers.outbound import carry_out
from router.handlers.outbound.platform import MINUTE, Platform
from router.handlers.stock import PAUSE_AFTER_REFUSAL, refill
from router.platforms.wecom.client import WeComClient
from router.workers.sender import AT_ONCE, Sender, record
from tests.factories import ZONE, agent, pool

pytestmark = pytest.mark.anyio

TARGET = 3
Answer = Callable[[httpx.Request], httpx.Response]


class BlankPictures:
    """A platform whose pictures hold no code."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.deleted: set[str] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/blank.png":
            return httpx.Response(200, content=_blank(), headers={"Content-Type": "image/png"})
        body = orjson.loads(request.content) if request.content else {}
        match request.url.path.rpartition("/")[2]:
            case "add_contact_way":
                config_id = f"config-{len(self.states)}"
                self.states[config_id] = body["state"]
                return _ok(config_id=config_id, qr_code="http://platform/blank.png")
            case "list_contact_way":
                return _ok(contact_way=[{"config_id": each} for each in self.states.keys() - self.deleted])
            case "get_contact_way":
                way = {"config_id": body["config_id"], "state": self.states[body["config_id"]], "type": 1, "scene": 2}
                return _ok(contact_way=way | {"qr_code": "http://platform/blank.png"})
            case "del_contact_way":
                self.deleted.add(body["config_id"])
                return _ok()
            case _:
                return _ok(access_token="TOKEN", expires_in=7200)


class MakingWays(BlankPictures):
    """A platform whose pictures hold a code."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/blank.png":
            return httpx.Response(200, content=_code(), headers={"Content-Type": "image/png"})
        return super().__call__(request)


class Refusing:
    """A platform that does not know the member."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("add_contact_way"):
            return _ok(access_token="TOKEN", expires_in=7200)
        self.asked += 1
        return httpx.Response(200, json={"errcode": 60111, "errmsg": "userid not found"})


async def test_a_way_without_a_readable_picture_is_given_up_and_taken_from_the_platform(ledger: Ledger) -> None:
    platform = BlankPictures()
    agent_id = await ledger.write(_agent_with_orders)

    clock = await _drain(ledger, platform)

    assert await ledger.read(_ways) == [("failed", "the platform's picture could not be read as a QR code")] * TARGET
    assert platform.deleted == platform.states.keys()
    assert await ledger.write(lambda c: _refilled(c, agent_id, clock())) == TARGET


async def test_an_outage_longer_than_all_attempts_leaves_room_for_new_ways(ledger: Ledger) -> None:
    agent_id = await ledger.write(_agent_with_orders)

    clock = await _drain(ledger, _away)

    ways = await ledger.read(_ways)
    assert [status for status, _ in ways] == ["failed"] * TARGET
    assert all("ConnectError" in reason for _, reason in ways)
    assert await ledger.read(lambda c: stock.in_stock(c, agent_id)) == 0
    assert await ledger.write(lambda c: _refilled(c, agent_id, clock())) == TARGET


async def test_a_deletion_is_tried_for_as_long_as_a_place_hangs_on_it(ledger: Ledger) -> None:
    await ledger.write(_agent_with_orders)
    platform = BlankPictures()
    outage = iter(range(TARGET * (ATTEMPTS + 10)))

    def answer(request: httpx.Request) -> httpx.Response:
        is_away = request.url.path.endswith("del_contact_way") and next(outage, None) is not None
        return _away(request) if is_away else platform(request)

    await _drain(ledger, answer)

    assert platform.deleted == platform.states.keys()


async def test_a_member_whom_the_platform_refuses_is_not_asked_for_as_often_as_ways_are_wanted(ledger: Ledger) -> None:
    platform, wanted = Refusing(), 3 * AT_ONCE["platform"]
    await ledger.write(lambda c: _agent_with_orders(c, wanted))

    await _drain(ledger, platform)

    assert 1 <= platform.asked <= AT_ONCE["platform"]  # what was under way when the first refusal was recorded
    assert [status for status, _ in await ledger.read(_ways)] == ["failed"] * wanted
    assert (await ledger.read(_orders)).count(("done", "no longer wanted")) == wanted - platform.asked
    assert not await ledger.read(lambda c: c.exec_driver_sql("SELECT available FROM agent").scalar_one())


async def test_a_way_made_while_it_was_given_up_leaves_the_platform(ledger: Ledger) -> None:
    await ledger.write(_agent_with_orders)
    clock = MovableClock()
    (order, *_) = await ledger.write(lambda c: outbox.claim(c, "platform", 1, clock()))

    async with httpx.AsyncClient(transport=httpx.MockTransport(MakingWays())) as http:
        carried = await carry_out(_platform(ledger, clock, http), order)
    await ledger.write(lambda c: stock.failed(c, 1, "refused", clock()))
    await ledger.write(lambda c: record(c, order, carried, clock()))

    ways = await ledger.read(_ways)
    kinds = await ledger.read(lambda c: c.exec_driver_sql("SELECT kind FROM outbox ORDER BY id").scalars().all())
    assert ways[0] == ("failed", "refused")
    assert kinds == [*["make_contact_way"] * TARGET, "delete_contact_way"]


async def _drain(ledger: Ledger, answer: Answer) -> MovableClock:
    """Carry out what is ordered, and let time pass until nothing is left; returns the clock."""
    clock = MovableClock()
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        platform = _platform(ledger, clock, http)
        sender = Sender("platform", lambda: platform)
        while (due_at := await sender.work()) is not None:
            await sender.drain()
            clock.offset += max(0, due_at - clock()) + 1
    return clock


def _platform(ledger: Ledger, clock: MovableClock, http: httpx.AsyncClient) -> Platform:
    client = WeComClient(http, "ww1", "secret", now=clock, base_url="http://platform")
    return Platform(ledger, clock, contact=client, kf=None, app=None, app_agent_id=None, zone=ZONE)


def _agent_with_orders(connection: Connection, wanted: int = TARGET) -> int:
    agent_id = agent("ann")(connection)
    pool(members=[agent_id])(connection)
    refill(connection, agent_id, "ann", MovableClock()(), low=1, target=wanted)
    return agent_id


def _refilled(connection: Connection, agent_id: int, now: int) -> int:
    return refill(connection, agent_id, "ann", now + PAUSE_AFTER_REFUSAL + MINUTE, low=1, target=TARGET)


def _ways(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.exec_driver_sql("SELECT status, reason FROM contact_way ORDER BY id").fetchall()
    return [(str(status), str(reason)) for status, reason in rows]


def _orders(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.exec_driver_sql("SELECT status, result FROM outbox ORDER BY id").fetchall()
    return [(str(status), str(result)) for status, result in rows]


def _away(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def _ok(**fields: object) -> httpx.Response:
    return httpx.Response(200, json={"errcode": 0, "errmsg": "ok", **fields})


def _blank() -> bytes:
    picture = io.BytesIO()
    Image.new("L", (120, 120), 255).save(picture, "PNG")
    return picture.getvalue()


def _code() -> bytes:
    picture = io.BytesIO()
    qrcode.make("https://work.weixin.qq.com/u/vc1").save(picture, "PNG")
    return picture.getvalue()
