"""Group codes: the next group in time, people counted or estimated, and what the platform is asked for."""

import io

import pytest
from PIL import Image
from sqlalchemy import Connection

from router.db.queries.alerts import open_alerts
from router.db.queries.group_qrs import GroupQr
from router.db.queries.live_codes import LiveCode
from router.domain.scan import Full, GroupShown, Preparing
from router.handlers import group_codes
from router.handlers.admin import group_codes as admin
from router.handlers.admin.group_codes import GroupEdit, ImportedGroup, NewJoinWay
from router.handlers.admin.group_pictures import GroupPicture, read_group_picture
from router.handlers.admin.live_codes import (
    NewLiveCode,
    close_live_code,
    create_live_code,
    reopen_live_code,
)
from router.handlers.admin.refusal import Conflict, Invalid, Missing
from router.sandbox.qr import picture
from tests.factories import DAY
from tests.integration.ledger.platform_shop import Shop

pytestmark = pytest.mark.anyio

WEEK = 7 * DAY
QR = GroupPicture("https://weixin.qq.com/g/one", b"png")


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
