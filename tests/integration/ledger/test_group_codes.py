"""Group codes: the next group in time, people counted or estimated, and what the platform is asked for."""

import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
from PIL import Image
from sqlalchemy import Connection

from router.clock import MovableClock
from router.db.ledger import Ledger
from router.db.queries import acquisition_links, group_qrs
from router.db.queries.alerts import open_alerts
from router.db.queries.arrivals import channels_by_state
from router.db.queries.group_qrs import GroupQr
from router.db.queries.live_codes import LiveCode
from router.domain.code_kinds import CodeKind
from router.domain.scan import Forwarded, Full, GroupShown, Preparing, ScanAnswer
from router.handlers import acquisition, group_codes
from router.handlers.admin import group_codes as admin
from router.handlers.admin.act import Act
from router.handlers.admin.group_codes import GroupEdit, ImportedGroup, NewJoinWay
from router.handlers.admin.group_pictures import GroupPicture, read_group_picture
from router.handlers.admin.live_codes import (
    NewLiveCode,
    archive_live_code,
    close_live_code,
    create_live_code,
    reopen_live_code,
    restore_live_code,
)
from router.handlers.admin.refusal import Conflict, Invalid, Missing
from router.handlers.attention import look_around
from router.handlers.decide import decide_open
from router.handlers.outbound.platform import Platform
from router.platforms.wecom.client import WeComClient
from router.sandbox.qr import picture
from router.workers.sender import Sender
from tests.factories import DAY, ZONE, agent, cap, customer_added, pool, received, scan, situation
from tests.integration.sandbox.running import CONFIG, Sandbox, running

pytestmark = pytest.mark.anyio

WEEK = 7 * DAY
QR = GroupPicture("https://weixin.qq.com/g/one", b"png")


@dataclass
class Shop:
    """A ledger and a platform in a sandbox whose clock it follows."""

    ledger: Ledger
    sandbox: Sandbox
    clock: MovableClock
    sender: Sender

    async def run(self, work: Callable[[Connection, Act], object]) -> object:
        act = Act("ann", self.clock(), ZONE)
        return await self.ledger.write(lambda connection: work(connection, act))

    async def code(self, kind: CodeKind) -> int:
        code = await self.run(lambda c, act: create_live_code(c, act, NewLiveCode("群", _team(c), "spring", kind)))
        assert isinstance(code, LiveCode), code
        return code.id

    async def drain(self) -> None:
        """Carry out what is ordered, however often it has to be tried."""
        while (due_at := await self.sender.work()) is not None:
            await self.sender.drain()
            self.clock.offset += max(0, due_at - self.clock())

    async def scan(self, visitor: str = "phone-1") -> ScanAnswer | None:
        return await self.ledger.write(scan(visitor, now=self.clock()))

    async def groups(self, code_id: int) -> tuple[GroupQr, ...]:
        return await self.ledger.read(lambda c: group_qrs.group_qrs(c, code_id))

    async def hear(self) -> None:
        """Decide what the platform has sent so far."""
        await self.sandbox.events()
        texts = self.sandbox.outside.plaintexts
        await self.ledger.write(received(*texts, now=self.clock()))
        await self.ledger.write(lambda c: decide_open(c, situation(self.clock())))

    async def alerts(self) -> list[str]:
        return await self.ledger.read(_open_alerts)

    async def look_around(self) -> list[str]:
        """The open alerts after the lookout has looked once more."""
        await self.ledger.write(lambda c: look_around(c, self.clock(), ZONE))
        return await self.alerts()


@pytest.fixture
async def shop(ledger: Ledger) -> AsyncIterator[Shop]:
    clock = MovableClock()
    async with running(CONFIG) as sandbox:
        client = WeComClient(sandbox.http, CONFIG.corp_id, "app-secret", now=clock, base_url="http://sandbox")
        platform = Platform(ledger, clock, contact=client, kf=None, app=client, app_agent_id=1, zone=ZONE)
        yield Shop(ledger, sandbox, clock, Sender("platform", lambda: platform))


def _team(connection: Connection) -> int:
    return pool(members=[agent("chenyu")(connection), agent("lihua")(connection)])(connection)


def _open_alerts(connection: Connection) -> list[str]:
    found = connection.exec_driver_sql("SELECT key FROM alert WHERE ended_at IS NULL").fetchall()
    return [str(row[0]) for row in found]


def _imported(name: str, link: str, *, limit: int = 200, expires_at: int | None = None) -> ImportedGroup:
    return ImportedGroup(name, GroupPicture(link, b"png"), limit, expires_at)


async def _import(shop: Shop, code_id: int, name: str, *, limit: int = 200, days: float | None = None) -> int:
    expires_at = None if days is None else shop.clock() + round(days * DAY)
    new = _imported(name, f"https://weixin.qq.com/g/{name}", limit=limit, expires_at=expires_at)
    qr = await shop.run(lambda c, act: admin.import_group(c, act, code_id, new))
    assert isinstance(qr, GroupQr), qr
    return qr.id


async def test_the_next_group_takes_over_when_the_first_expires(shop: Shop) -> None:
    code_id = await shop.code("group")
    first, second = await _import(shop, code_id, "one", days=7), await _import(shop, code_id, "two")

    before = await shop.scan()
    shop.clock.offset += WEEK
    after = await shop.scan()

    assert isinstance(before, GroupShown)
    assert (before.group_qr_id, before.link) == (first, "https://weixin.qq.com/g/one")
    assert after == GroupShown(second, "two", "https://weixin.qq.com/g/two", None, before.reason)


async def test_visitors_fill_an_imported_group_and_the_same_phone_counts_once(shop: Shop) -> None:
    code_id = await shop.code("group")
    first, second = await _import(shop, code_id, "one", limit=2), await _import(shop, code_id, "two")

    told = [await shop.scan(visitor) for visitor in ("a", "a", "b", "c")]

    shown = [answer.group_qr_id for answer in told if isinstance(answer, GroupShown)]
    assert shown == [first, first, first, second]
    assert [each.group.people for each in await shop.groups(code_id)] == [2, 1]


async def test_when_no_group_is_left_the_scan_says_so_and_an_alert_stands_until_it_is_mended(shop: Shop) -> None:
    code_id = await shop.code("group")
    group_id = await _import(shop, code_id, "one", limit=1)
    await shop.scan("a")

    told = await shop.scan("b")
    raised = await shop.alerts()
    await shop.run(lambda c, act: admin.update_group(c, act, code_id, group_id, GroupEdit(person_limit=2)))

    assert told == Full(group_codes.NONE_LEFT)
    assert raised == [f"group_none_left:code:{code_id}"]
    assert await shop.alerts() == []
    assert isinstance(await shop.scan("b"), GroupShown)


async def test_looking_around_leaves_the_alert_of_a_full_group_open_until_it_is_mended(shop: Shop) -> None:
    code_id = await shop.code("group")
    group_id = await _import(shop, code_id, "one", limit=1)
    for visitor in ("a", "b"):
        await shop.scan(visitor)

    seen = [await shop.look_around(), await shop.look_around()]
    text = await shop.ledger.read(lambda c: [alert.text for alert in open_alerts(c)])
    await shop.run(lambda c, act: admin.update_group(c, act, code_id, group_id, GroupEdit(person_limit=2)))

    assert seen == [[f"group_none_left:code:{code_id}"]] * 2
    assert text == [{"name": "群"}]
    assert await shop.look_around() == []


async def test_a_closed_group_code_is_no_alert_and_a_reopened_one_is_again(shop: Shop) -> None:
    code_id = await shop.code("group")
    await _import(shop, code_id, "one", limit=1)
    for visitor in ("a", "b"):
        await shop.scan(visitor)

    await shop.run(lambda c, act: close_live_code(c, act, code_id))
    closed = await shop.alerts()
    await shop.run(lambda c, act: reopen_live_code(c, act, code_id))

    assert (closed, await shop.alerts()) == ([], [f"group_none_left:code:{code_id}"])


async def test_the_timer_of_a_code_notices_an_expiry_that_nobody_scans(shop: Shop) -> None:
    code_id = await shop.code("group")
    await _import(shop, code_id, "one", days=7)
    due_at = await shop.ledger.read(lambda c: c.exec_driver_sql("SELECT due_at FROM timer").scalar_one())

    shop.clock.offset += WEEK
    await shop.ledger.write(lambda c: group_codes.due(c, code_id, shop.clock()))

    assert due_at == pytest.approx(shop.clock(), abs=60_000)
    assert await shop.alerts() == [f"group_none_left:code:{code_id}"]


async def test_a_join_way_is_made_counted_and_shown(shop: Shop) -> None:
    code_id = await shop.code("group")
    chat_id = (await shop.sandbox.control("groups", name="体验群", people=7))["chat_id"]
    await shop.run(lambda c, act: admin.add_join_way(c, act, code_id, NewJoinWay("体验群", (chat_id,), 200)))
    waiting = await shop.scan()

    await shop.drain()

    (qr,) = await shop.groups(code_id)
    told = await shop.scan()
    assert isinstance(waiting, Preparing)
    assert told == GroupShown(qr.id, "体验群", f"http://sandbox/jw/{qr.config_id}", None, "this group takes new people")
    assert (qr.group.taken, qr.group.is_estimated) == (7, False)
    assert await shop.ledger.read(lambda c: group_codes.shown_picture(c, qr.id, shop.clock())) is not None


async def test_a_group_that_fills_up_on_the_platform_gives_way_once_its_event_came(shop: Shop) -> None:
    code_id = await shop.code("group")
    chat_id = (await shop.sandbox.control("groups", people=199))["chat_id"]
    await shop.run(lambda c, act: admin.add_join_way(c, act, code_id, NewJoinWay("一群", (chat_id,), 200)))
    await _import(shop, code_id, "two")
    await shop.drain()
    before = await shop.scan()

    await shop.sandbox.control("join", chat_id=chat_id)
    await shop.ledger.write(lambda c: group_codes.chat_changed(c, chat_id, shop.clock()))
    await shop.drain()

    after = await shop.scan()
    assert isinstance(before, GroupShown)
    assert isinstance(after, GroupShown)
    assert (before.name, after.name) == ("一群", "two")


async def test_what_the_platform_says_of_a_group_has_its_people_counted_anew(shop: Shop) -> None:
    code_id = await shop.code("group")
    chat_id = (await shop.sandbox.control("groups", people=3))["chat_id"]
    await shop.run(lambda c, act: admin.add_join_way(c, act, code_id, NewJoinWay("一群", (chat_id,), 200)))
    await shop.drain()

    await shop.sandbox.control("join", chat_id=chat_id)
    await shop.hear()
    await shop.drain()

    (qr,) = await shop.groups(code_id)
    assert qr.group.taken == 4


async def test_a_join_way_the_platform_refuses_is_named_and_the_next_group_is_shown(shop: Shop) -> None:
    code_id = await shop.code("group")
    await shop.run(lambda c, act: admin.add_join_way(c, act, code_id, NewJoinWay("一群", ("wrNOBODY",), 200)))
    await _import(shop, code_id, "two")

    await shop.drain()

    refused, _ = await shop.groups(code_id)
    told = await shop.scan()
    assert (refused.group.status, "40050" in refused.error) == ("failed", True)
    assert isinstance(told, GroupShown)
    assert told.name == "two"


async def test_a_removed_group_takes_its_join_way_from_the_platform(shop: Shop) -> None:
    code_id = await shop.code("group")
    chat_id = (await shop.sandbox.control("groups"))["chat_id"]
    qr = await shop.run(lambda c, act: admin.add_join_way(c, act, code_id, NewJoinWay("一群", (chat_id,), 200)))
    assert isinstance(qr, GroupQr)
    await shop.drain()
    (made,) = await shop.groups(code_id)

    await shop.run(lambda c, act: admin.remove_group(c, act, code_id, qr.id))
    await shop.drain()

    assert (await shop.sandbox.refused("join", config_id=made.config_id))[0] == 409
    assert await shop.groups(code_id) == ()
    assert await shop.ledger.read(lambda c: group_codes.shown_picture(c, qr.id, shop.clock())) is None


async def test_a_join_way_deleted_by_hand_is_made_anew(shop: Shop) -> None:
    code_id = await shop.code("group")
    chat_id = (await shop.sandbox.control("groups"))["chat_id"]
    qr = await shop.run(lambda c, act: admin.add_join_way(c, act, code_id, NewJoinWay("一群", (chat_id,), 200)))
    assert isinstance(qr, GroupQr)
    await shop.drain()
    (before,) = await shop.groups(code_id)
    await shop.sandbox.post("externalcontact/groupchat/del_join_way", config_id=before.config_id)

    await shop.run(lambda c, act: admin.try_again(c, act, code_id, qr.id))
    await shop.drain()

    (after,) = await shop.groups(code_id)
    assert (after.group.status, after.config_id == before.config_id) == ("ready", False)


async def test_only_the_group_shown_gives_its_picture_away(shop: Shop) -> None:
    code_id = await shop.code("group")
    first, second = await _import(shop, code_id, "one"), await _import(shop, code_id, "two")

    def pictures(connection: Connection) -> list[bytes | None]:
        return [group_codes.shown_picture(connection, id, shop.clock()) for id in (first, second, 999)]

    before = await shop.ledger.read(pictures)
    await shop.run(lambda c, act: admin.move_group(c, act, code_id, first, +1))
    after = await shop.ledger.read(pictures)

    assert (before, after) == ([b"png", None, None], [None, b"png", None])


async def test_what_is_wrong_with_a_group_is_refused_with_a_reason(shop: Shop) -> None:
    code_id = await shop.code("group")
    group_id = await _import(shop, code_id, "one")
    hosted = await shop.run(lambda c, act: create_live_code(c, act, NewLiveCode("页", 1)))
    assert isinstance(hosted, LiveCode)

    twice = await shop.run(lambda c, act: admin.import_group(c, act, code_id, ImportedGroup("x", QR, 200, None)))
    past = await shop.run(
        lambda c, act: admin.import_group(c, act, code_id, _imported("x", "https://b", expires_at=act.now))
    )
    many = await shop.run(lambda c, act: admin.add_join_way(c, act, code_id, NewJoinWay("x", ("wr",) * 6, 200)))
    wrong = await shop.run(lambda c, act: admin.import_group(c, act, hosted.id, ImportedGroup("x", QR, 200, None)))
    other = await shop.run(lambda c, act: admin.remove_group(c, act, hosted.id, group_id))
    order = await shop.run(lambda c, act: admin.place_groups(c, act, code_id, [group_id, group_id]))

    assert isinstance(twice, Conflict)
    assert isinstance(past, Invalid)
    assert isinstance(many, Invalid)
    assert isinstance(wrong, Conflict)
    assert isinstance(other, Missing)
    assert isinstance(order, Conflict)


@pytest.mark.parametrize(
    ("content", "path"),
    [
        pytest.param(b"GIF89a", "picture", id="no picture"),
        pytest.param(b"\x89PNG" + bytes(3 << 20), "picture", id="too large"),
        pytest.param(picture("just words"), "picture", id="no link"),
    ],
)
async def test_an_upload_without_a_group_code_is_refused(content: bytes, path: str) -> None:
    outcome = read_group_picture(content)

    assert isinstance(outcome, Invalid)
    assert [problem.path for problem in outcome.problems] == [path]


async def test_an_uploaded_code_is_kept_as_a_plain_png_that_says_the_same() -> None:
    image = io.BytesIO()
    Image.open(io.BytesIO(picture("https://weixin.qq.com/g/one"))).convert("RGB").save(image, "JPEG")

    outcome = read_group_picture(image.getvalue())

    assert isinstance(outcome, GroupPicture)
    assert (outcome.link, outcome.png[:4]) == ("https://weixin.qq.com/g/one", b"\x89PNG")


async def test_a_scan_is_forwarded_to_the_link_that_names_its_code(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    waiting = await shop.scan()
    await shop.drain()

    told = await shop.scan()
    assert isinstance(told, Forwarded)
    added = await shop.sandbox.control("open_link", url=told.url)

    link = await shop.ledger.read(lambda c: acquisition_links.link_of(c, code_id))
    assert isinstance(waiting, Preparing)
    assert link is not None
    assert (added["state"], link.members) == (link.state, ("chenyu", "lihua"))
    channels = await shop.ledger.read(lambda c: channels_by_state(c, [link.state, "lq-x"]))
    assert {state: channel.code.id for state, channel in channels.items()} == {link.state: code_id}
    assert link.quota is not None
    assert link.quota.balance == 1_000


async def test_an_add_through_the_link_is_an_assignment_of_its_code(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.drain()
    told = await shop.scan()
    assert isinstance(told, Forwarded)
    added = await shop.sandbox.control("open_link", url=told.url)
    event = customer_added(added["userid"], added["external_userid"], state=added["state"], at=shop.clock())

    await shop.ledger.write(received(event, now=shop.clock()))
    await shop.ledger.write(lambda c: decide_open(c, situation(shop.clock())))

    rows = await shop.ledger.read(lambda c: c.exec_driver_sql("SELECT code_id, how FROM assignment").fetchall())
    assert [tuple(row) for row in rows] == [(code_id, "printed_code")]


async def test_somebody_off_duty_leaves_the_link_and_the_last_one_stays(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.drain()

    await shop.ledger.write(lambda c: c.exec_driver_sql("UPDATE agent SET on_duty = false WHERE userid = 'chenyu'"))
    await shop.ledger.write(lambda c: acquisition.due(c, code_id, shop.clock(), ZONE))
    await shop.drain()
    one = await shop.ledger.read(lambda c: acquisition_links.link_of(c, code_id))
    await shop.ledger.write(lambda c: c.exec_driver_sql("UPDATE agent SET on_duty = false"))
    await shop.ledger.write(lambda c: acquisition.due(c, code_id, shop.clock(), ZONE))
    await shop.drain()
    none = await shop.ledger.read(lambda c: acquisition_links.link_of(c, code_id))

    assert one is not None
    assert none is not None
    assert (one.members, none.members) == (("lihua",), ("lihua",))


async def _members_at_the_next_look(shop: Shop, code_id: int) -> tuple[str, ...]:
    await shop.ledger.write(lambda c: acquisition.due(c, code_id, shop.clock(), ZONE))
    await shop.drain()
    link = await shop.ledger.read(lambda c: acquisition_links.link_of(c, code_id))
    assert link is not None
    return link.members


async def test_a_backup_is_put_on_the_link_only_once_the_members_are_full(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.ledger.write(
        lambda c: c.exec_driver_sql("UPDATE pool_member SET role = 'backup' WHERE agent_id = 2").rowcount
    )

    with_room = await _members_at_the_next_look(shop, code_id)
    await shop.ledger.write(cap("agent:1", 0, now=shop.clock()))
    full = await _members_at_the_next_look(shop, code_id)
    await shop.ledger.write(cap("agent:1", 5, now=shop.clock()))

    assert (with_room, full) == (("chenyu",), ("lihua",))
    assert await _members_at_the_next_look(shop, code_id) == ("chenyu",)


async def test_backups_join_the_link_from_the_share_of_places_that_the_pool_says(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.ledger.write(cap("agent:1", 2, now=shop.clock()))
    await shop.ledger.write(
        lambda c: c.exec_driver_sql("UPDATE pool_member SET role = 'backup' WHERE agent_id = 2").rowcount
    )
    await shop.ledger.write(lambda c: c.exec_driver_sql("UPDATE pool SET backup_percent = 50").rowcount)

    before = await _members_at_the_next_look(shop, code_id)
    await shop.ledger.write(received(customer_added("chenyu", "wm-lin", at=shop.clock()), now=shop.clock()))
    await shop.ledger.write(lambda c: decide_open(c, situation(shop.clock())))

    assert before == ("chenyu",)
    assert await _members_at_the_next_look(shop, code_id) == ("chenyu", "lihua")


async def test_only_those_with_the_skill_and_of_the_department_that_the_code_asks_are_on_the_link(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.ledger.write(
        lambda c: c.exec_driver_sql("UPDATE agent SET skills = '[\"loans\"]', department = 'north'").rowcount
    )
    await shop.ledger.write(
        lambda c: c.exec_driver_sql("UPDATE agent SET skills = '[]' WHERE userid = 'chenyu'").rowcount
    )
    await shop.ledger.write(lambda c: c.exec_driver_sql("UPDATE live_code SET skill = 'loans'").rowcount)
    skilled = await _members_at_the_next_look(shop, code_id)
    await shop.ledger.write(
        lambda c: c.exec_driver_sql("UPDATE live_code SET skill = '', department = 'south'").rowcount
    )
    await shop.ledger.write(
        lambda c: c.exec_driver_sql("UPDATE agent SET department = 'south' WHERE userid = 'chenyu'").rowcount
    )

    assert skilled == ("lihua",)
    assert await _members_at_the_next_look(shop, code_id) == ("chenyu",)


async def test_a_link_that_found_nobody_is_made_when_somebody_comes_not_an_hour_later(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.ledger.write(lambda c: c.exec_driver_sql("UPDATE agent SET on_duty = false").rowcount)
    await shop.drain()
    nobody = await shop.ledger.read(lambda c: acquisition_links.link_of(c, code_id))
    await shop.ledger.write(lambda c: c.exec_driver_sql("UPDATE agent SET on_duty = true").rowcount)

    assert nobody is not None
    assert (nobody.error, nobody.members) == (acquisition.NOBODY, ())
    assert await _members_at_the_next_look(shop, code_id) == ("chenyu", "lihua")


async def test_a_round_that_is_over_begins_anew_for_the_link_too(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.drain()
    await shop.ledger.write(cap("pool:1", 1, "round", shop.clock()))
    told = await shop.scan()
    assert isinstance(told, Forwarded)
    for _ in range(2):
        added = await shop.sandbox.control("open_link", url=told.url)
        event = customer_added(added["userid"], added["external_userid"], state=added["state"], at=shop.clock())
        await shop.ledger.write(received(event, now=shop.clock()))
        await shop.ledger.write(lambda c: decide_open(c, situation(shop.clock())))

    members = await _members_at_the_next_look(shop, code_id)

    assert members == ("chenyu", "lihua")
    assert await shop.ledger.read(lambda c: c.exec_driver_sql("SELECT round FROM pool").scalar_one()) == 2


async def test_without_the_right_the_code_says_so_and_comes_back_when_it_is_given(shop: Shop) -> None:
    await shop.sandbox.control("acquisition", is_allowed=False)
    code_id = await shop.code("acquisition")
    await shop.drain()
    refused, raised = await shop.scan(), await shop.alerts()

    await shop.sandbox.control("acquisition", is_allowed=True)
    await shop.ledger.write(lambda c: acquisition.keep(c, code_id, shop.clock()))
    await shop.drain()

    assert refused == Full(acquisition.REFUSED)
    assert raised == [f"link_refused:code:{code_id}"]
    assert (isinstance(await shop.scan(), Forwarded), await shop.alerts()) == (True, [])


async def test_a_quota_that_the_platform_says_is_used_up_stops_the_code_at_once(shop: Shop) -> None:
    await shop.code("acquisition")
    await shop.drain()
    before = await shop.scan()

    await shop.sandbox.control("acquisition", balance=0)
    await shop.hear()
    await shop.drain()

    assert isinstance(before, Forwarded)
    assert await shop.scan() == Full(acquisition.USED_UP)


async def test_a_link_that_somebody_deleted_is_not_shown_any_more(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.drain()
    link = await shop.ledger.read(lambda c: acquisition_links.link_of(c, code_id))
    assert link is not None
    fields = {"Event": "customer_acquisition", "ChangeType": "delete_link", "LinkId": link.link_id}

    await shop.sandbox.control("event", callback="CONTACT", fields=fields)
    await shop.hear()

    assert await shop.scan() == Full(acquisition.REFUSED)
    assert await shop.alerts() == [f"link_refused:code:{code_id}"]


async def test_a_used_up_quota_stops_the_code_with_a_reason(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.sandbox.control("acquisition", balance=0)

    await shop.drain()

    assert await shop.scan() == Full(acquisition.USED_UP)
    assert await shop.alerts() == [f"link_used_up:code:{code_id}"]


async def test_looking_around_leaves_the_alert_of_a_link_open_until_it_is_mended(shop: Shop) -> None:
    await shop.sandbox.control("acquisition", is_allowed=False)
    code_id = await shop.code("acquisition")
    await shop.drain()
    refused = [await shop.look_around(), await shop.look_around()]
    told = await shop.ledger.read(lambda c: [(alert.times, alert.text) for alert in open_alerts(c)])

    await shop.sandbox.control("acquisition", is_allowed=True, balance=0)
    await shop.ledger.write(lambda c: acquisition.keep(c, code_id, shop.clock()))
    await shop.drain()
    used_up = await shop.look_around()
    await shop.sandbox.control("acquisition", balance=5)
    await shop.ledger.write(lambda c: acquisition.keep(c, code_id, shop.clock()))
    await shop.drain()

    assert refused == [[f"link_refused:code:{code_id}"]] * 2
    assert [(times, text["name"], "(48002)" in text["reason"]) for times, text in told] == [(1, "群", True)]
    assert used_up == [f"link_used_up:code:{code_id}"]
    assert await shop.look_around() == []


async def test_nothing_is_wrong_with_the_link_of_a_code_that_is_closed_or_archived(shop: Shop) -> None:
    await shop.sandbox.control("acquisition", balance=0)
    code_id = await shop.code("acquisition")
    await shop.drain()

    await shop.run(lambda c, act: close_live_code(c, act, code_id))
    closed = await shop.look_around()
    await shop.run(lambda c, act: reopen_live_code(c, act, code_id))
    reopened = await shop.look_around()
    await shop.run(lambda c, act: archive_live_code(c, act, code_id))

    assert (closed, reopened) == ([], [f"link_used_up:code:{code_id}"])
    assert await shop.alerts() == []


async def test_an_archived_code_takes_its_link_from_the_platform_and_a_restored_one_gets_another(shop: Shop) -> None:
    code_id = await shop.code("acquisition")
    await shop.drain()
    before = await shop.scan()
    assert isinstance(before, Forwarded)

    await shop.run(lambda c, act: archive_live_code(c, act, code_id))
    await shop.drain()
    gone = await shop.sandbox.refused("open_link", url=before.url)
    await shop.run(lambda c, act: restore_live_code(c, act, code_id))
    await shop.drain()

    after = await shop.scan()
    assert gone[0] == 409
    assert isinstance(after, Forwarded)
    assert after.url != before.url
