"""Whoever opens the address of a native code is shown what its print shows, and never holds a place."""

from datetime import datetime

import pytest
from sqlalchemy import Connection

from router.db.queries import native_ways
from router.db.queries.numbers import Scope, numbers_of
from router.domain.numbers import Range
from router.domain.scan import Closed, Full, NativeShown, Preparing, Reserved
from router.handlers import native, standing
from router.handlers.admin.live_codes import archive_live_code, close_live_code
from router.handlers.native import NativeRules
from tests.factories import SECOND, ZONE, ready_ways, scan
from tests.integration.ledger.looking import one
from tests.integration.ledger.platform_shop import Shop

pytestmark = pytest.mark.anyio

RULES = NativeRules(ZONE, window=30 * SECOND)
LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7001 AND pid = pg_backend_pid()"
CARD = "https://work.weixin.qq.com/ca/card1"


async def made(shop: Shop) -> int:
    """A native code that the platform has made; both agents have contact ways of their own in stock."""
    code_id = await shop.code("native")
    for agent_id in (1, 2):
        await shop.ledger.write(ready_ways(agent_id))
    await shop.ledger.write(lambda c: native.look(c, code_id, RULES, shop.clock()))
    await shop.drain()
    return code_id


async def test_a_scan_is_shown_the_platforms_own_picture_and_holds_nothing(shop: Shop) -> None:
    code_id = await made(shop)

    told = [await shop.scan(visitor) for visitor in ("a", "b", "a")]

    way = await shop.ledger.read(lambda c: native_ways.get(c, code_id))
    assert way is not None
    assert told == [NativeShown("spring", way.link, "the platform chooses who answers")] * 3
    assert way.link == f"http://sandbox/u/{way.config_id}"
    for table in (
        "reservation",
        "decision",
        "waiting",
        "counter WHERE taken > 0",
        "contact_way WHERE status <> 'ready'",
    ):
        assert await shop.ledger.read(one(f"SELECT count(*) FROM {table}")) == 0, table


async def test_a_scan_neither_locks_nor_reads_the_pool_behind_the_print(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await made(shop)
    read: list[object] = []

    def asked_pools(*asked: object) -> dict[object, object]:
        read.append(asked)
        return {}

    monkeypatch.setattr(standing, "asked_pools", asked_pools)

    def locked(connection: Connection) -> int:
        scan("a", now=shop.clock())(connection)
        return int(one(LOCKS)(connection)) if connection.dialect.name == "postgresql" else 0

    assert await shop.ledger.write(locked) == 0
    assert read == []


async def test_whoever_held_a_place_before_the_code_was_native_is_shown_the_picture(shop: Shop) -> None:
    code_id = await shop.code("hosted")
    await shop.ledger.write(ready_ways(1))
    held = await shop.scan("a")
    await shop.ledger.write(lambda c: native_ways.insert(c, code_id, native.new_state_token(), shop.clock()))
    await shop.ledger.write(lambda c: native_ways.set_picture(c, code_id, CARD, b"PNG"))

    assert isinstance(held, Reserved)
    assert await shop.scan("a") == NativeShown("spring", CARD, "the platform chooses who answers")


async def test_until_the_platform_has_made_the_picture_it_is_being_prepared(shop: Shop) -> None:
    code_id = await shop.code("native")
    await shop.ledger.write(ready_ways(1))

    waiting = await shop.scan()
    await shop.ledger.write(lambda c: native_ways.blame(c, code_id, "failed", "48002", {}))

    assert isinstance(waiting, Preparing)
    assert await shop.scan() == Full(native.NOT_MADE)


async def test_a_picture_that_is_there_is_shown_whatever_became_of_the_list_since(shop: Shop) -> None:
    code_id = await made(shop)
    await shop.ledger.write(lambda c: native_ways.blame(c, code_id, "failed", "48002", {}))

    assert isinstance(await shop.scan(), NativeShown)


async def test_a_limit_of_visitors_that_a_print_cannot_keep_is_not_asked_of_its_address_either(shop: Shop) -> None:
    await made(shop)
    await shop.ledger.write(
        lambda c: c.exec_driver_sql("UPDATE live_code SET scan_limit = 0, visitor_limit = 0").rowcount
    )

    assert isinstance(await shop.scan(), NativeShown)
    assert await shop.ledger.read(one("SELECT count(*) FROM entry")) == 0


async def test_a_closed_native_code_says_so_and_an_archived_one_is_no_live_code(shop: Shop) -> None:
    code_id = await made(shop)

    await shop.run(lambda c, act: close_live_code(c, act, code_id))
    closed = await shop.scan()
    await shop.run(lambda c, act: archive_live_code(c, act, code_id))

    assert closed == Closed("this code is closed")
    assert await shop.scan() is None


async def test_a_visit_of_its_address_is_counted_as_a_scan_but_is_no_step_to_a_customer(shop: Shop) -> None:
    code_id = await made(shop)
    await shop.scan("a")
    await shop.scan("a")
    await shop.scan("b")

    today = datetime.fromtimestamp(shop.clock() / 1000, ZONE).date()
    numbers = await shop.ledger.read(
        lambda c: numbers_of(c, Scope(Range(today, today), code_id=code_id), shop.clock(), ZONE)
    )

    assert (numbers.total.scans, numbers.total.visitors) == (2, 2)
    assert (numbers.funnel.scans, numbers.funnel.visitors, numbers.funnel.reserved) == (None, None, None)
