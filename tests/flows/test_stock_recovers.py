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
from router.domain.events import LEFT, AgentLeft, AgentRenamed
from router.handlers import directory_changed
from router.handlers.directory_changed import DirectoryEvent
from router.handlers.outbound import carry_out
from router.handlers.outbound.platform import MINUTE, Platform
from router.handlers.received import Received
from router.handlers.stock import PAUSE_AFTER_REFUSAL, refill, refill_all
from router.platforms.wecom.client import WeComClient
from router.workers.sender import AT_ONCE, Sender, record
from tests.factories import HOUR, NOW, ZONE, agent, pool, ready_ways, situation

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


class Directory(MakingWays):
    """A platform that knows these members and no others; ``asked_for`` says for whom ways were wanted."""

    def __init__(self, *userids: str) -> None:
        super().__init__()
        self.userids = set(userids)
        self.asked_for: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("add_contact_way"):
            (userid,) = orjson.loads(request.content)["user"]
            self.asked_for.append(userid)
            if userid not in self.userids:
                return httpx.Response(200, json={"errcode": 60111, "errmsg": "userid not found"})
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


async def test_ways_ordered_before_a_rename_are_made_for_the_renamed_member(ledger: Ledger) -> None:
    platform = Directory("ann.lee")
    await ledger.write(_agent_with_orders)
    await ledger.write(_told(AgentRenamed("ann", "ann.lee", None, NOW)))

    await _drain(ledger, platform)

    assert platform.asked_for == ["ann.lee"] * TARGET
    assert [status for status, _ in await ledger.read(_ways)] == ["ready"] * TARGET
    assert await ledger.read(_agent) == (True, "")


async def test_a_refusal_of_the_former_userid_does_not_take_the_renamed_agent_out(ledger: Ledger) -> None:
    platform = Directory("ann.lee")
    await ledger.write(_agent_with_orders)
    clock = MovableClock()
    (order, *_) = await ledger.write(lambda c: outbox.claim(c, "platform", 1, clock()))

    async with httpx.AsyncClient(transport=httpx.MockTransport(platform)) as http:
        carried = await carry_out(_platform(ledger, clock, http), order)
    await ledger.write(_told(AgentRenamed("ann", "ann.lee", None, NOW)))
    await ledger.write(lambda c: record(c, order, carried, clock()))
    await _drain(ledger, platform)

    assert platform.asked_for == ["ann", *["ann.lee"] * (TARGET - 1)]
    assert [status for status, _ in await ledger.read(_ways)] == ["failed", *["ready"] * (TARGET - 1)]
    assert await ledger.read(_agent) == (True, "")


async def test_a_refused_agent_with_ready_ways_is_asked_for_once_an_hour_and_comes_back(ledger: Ledger) -> None:
    platform = Directory()
    agent_id = await ledger.write(_agent_with_orders)
    await ledger.write(ready_ways(agent_id, 4))
    clock = await _drain(ledger, platform)
    out, refused = await ledger.read(_agent), len(platform.asked_for)

    at = clock()
    for minute in range(0, 180, 10):
        await ledger.write(lambda c, minute=minute: refill_all(c, at + minute * MINUTE, low=1, target=TARGET))  # type: ignore[misc]
        await _drain(ledger, platform, at + minute * MINUTE)
    asked_in_three_hours = len(platform.asked_for) - refused
    platform.userids.add("ann")
    await ledger.write(lambda c: refill_all(c, at + 4 * HOUR, low=1, target=TARGET))
    await _drain(ledger, platform, at + 4 * HOUR)

    assert not out[0]
    assert asked_in_three_hours == 2
    assert await ledger.read(_agent) == (True, "")


async def test_an_unreachable_agent_is_asked_for_by_one_question_at_a_time(ledger: Ledger) -> None:
    agent_id = await ledger.write(agent("ann", available=False))
    await ledger.write(pool(members=[agent_id]))
    await ledger.write(ready_ways(agent_id, 4))

    for hour in range(3):
        await ledger.write(lambda c, hour=hour: refill_all(c, NOW + hour * HOUR, low=1, target=TARGET))  # type: ignore[misc]

    assert [status for status, _ in await ledger.read(_ways)] == [*["ready"] * 4, "making"]


async def test_who_left_is_not_asked_for_and_keeps_the_reason(ledger: Ledger) -> None:
    """A new member may be called so by now: their contact ways are not those of who left."""
    platform = Directory()
    await ledger.write(_agent_with_orders)
    await ledger.write(_told(AgentLeft("ann", NOW)))
    clock = await _drain(ledger, platform)
    asked = len(platform.asked_for)

    platform.userids.add("ann")
    at = clock() + 2 * HOUR
    await ledger.write(lambda c: refill_all(c, at, low=1, target=TARGET))
    await _drain(ledger, platform, at)

    assert len(platform.asked_for) == asked
    assert await ledger.read(_agent) == (False, LEFT)


async def test_a_way_under_way_does_not_bring_back_who_left(ledger: Ledger) -> None:
    await ledger.write(_agent_with_orders)
    await ledger.write(_told(AgentLeft("ann", NOW)))

    await _drain(ledger, Directory("ann"))

    assert await ledger.read(_agent) == (False, LEFT)


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


async def _drain(ledger: Ledger, answer: Answer, at: int | None = None) -> MovableClock:
    """Carry out what is ordered, and let time pass until nothing is left, from ``at`` (ms) on; returns the clock."""
    clock = MovableClock()
    clock.offset = at - clock() if at is not None else 0
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


def _told(event: DirectoryEvent) -> Callable[[Connection], object]:
    """The contact book says this of a member."""
    return lambda connection: directory_changed.handle(connection, [Received(7, event)], situation()(connection))


def _agent(connection: Connection) -> tuple[bool, str]:
    available, reason = connection.exec_driver_sql("SELECT available, unavailable_reason FROM agent").one()
    return bool(available), str(reason)


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
