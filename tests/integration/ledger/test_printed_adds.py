"""Customers who came through a native code or an acquisition link, where nothing was ever reserved."""

from datetime import date

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries.numbers import Scope, numbers_of
from router.db.queries.printed_adds import beyond_caps, list_printed_adds
from router.domain.capacity import Limit
from router.domain.code_kinds import CodeKind
from router.domain.numbers import Range
from router.handlers.admin.act import Act
from router.handlers.admin.live_codes import NewLiveCode, create_live_code
from router.handlers.decide import decide_open
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    ZONE,
    agent,
    cap,
    customer_added,
    customer_lost,
    pool,
    received,
    scan,
    shop,
    situation,
    state_of,
)
from tests.integration.ledger.looking import one

pytestmark = pytest.mark.anyio

TODAY = Range(date(2026, 11, 21), date(2026, 11, 21))
STATE = (
    "SELECT state FROM (SELECT code_id, state FROM native_way UNION ALL SELECT code_id, state FROM acquisition_link)"
)


async def printed_code(ledger: Ledger, kind: CodeKind, name: str = "fair", userid: str = "chenyu") -> int:
    """A code on which the platform chooses, over a pool of one agent."""

    def write(connection: Connection) -> int:
        pool_id = pool(name, [agent(userid)(connection)])(connection)
        code = create_live_code(connection, Act("ann", NOW, ZONE), NewLiveCode(name, pool_id, name, kind))
        return code.id  # type: ignore[union-attr]

    return await ledger.write(write)


async def add(ledger: Ledger, code_id: int, *customers: str, at: int = NOW, userid: str = "chenyu") -> None:
    """These customers add the agent whom the platform showed them."""
    state = await ledger.read(one(f"{STATE} AS s WHERE code_id = :code_id", code_id=code_id))
    events = [customer_added(userid, each, state=state, at=at) for each in customers]
    await ledger.write(received(*events, now=at))
    await ledger.write(lambda c: decide_open(c, situation(at)))


@pytest.mark.parametrize("kind", ["native", "acquisition"])
async def test_those_who_came_are_listed_latest_first_with_agent_and_reason(ledger: Ledger, kind: CodeKind) -> None:
    code_id = await printed_code(ledger, kind)
    other_id = await printed_code(ledger, kind, "other", "lihua")
    await add(ledger, code_id, "wm-1")
    await add(ledger, code_id, "wm-2", at=NOW + HOUR)
    await add(ledger, other_id, "wm-3", userid="lihua")

    found = await ledger.read(lambda c: list_printed_adds(c, code_id))

    assert [(each.external_userid, each.at, each.agent_name) for each in found.items] == [
        ("wm-2", NOW + HOUR, "Chenyu"),
        ("wm-1", NOW, "Chenyu"),
    ]
    assert {(each.follow, each.reason) for each in found.items} == {("full", "the platform chose the agent")}


async def test_a_customer_whom_the_platform_gives_past_a_cap_is_told_from_the_others(ledger: Ledger) -> None:
    code_id = await printed_code(ledger, "native")
    await ledger.write(cap(f"code:{code_id}", 1, now=NOW))
    await add(ledger, code_id, "wm-within")
    await add(ledger, code_id, "wm-beyond", at=NOW + HOUR)

    found = await ledger.read(lambda c: list_printed_adds(c, code_id))

    assert [(each.external_userid, each.beyond) for each in found.items] == [
        ("wm-beyond", Limit(f"code:{code_id}", "day", 1, 2, f"code:{code_id}")),
        ("wm-within", None),
    ]
    assert await ledger.read(lambda c: beyond_caps(c, code_id)) == 1


async def test_the_turns_of_a_round_are_no_cap_that_a_customer_passes(ledger: Ledger) -> None:
    code_id = await printed_code(ledger, "native")
    await ledger.write(cap("pool:1", 1, "round"))
    await add(ledger, code_id, "wm-1", "wm-2")

    assert await ledger.read(lambda c: beyond_caps(c, code_id)) == 0

    await ledger.write(cap("pool:1", 0, "round"))
    await add(ledger, code_id, "wm-3")

    assert await ledger.read(lambda c: beyond_caps(c, code_id)) == 1


async def test_pages_of_those_who_came_in_one_instant_neither_repeat_nor_hide_any(ledger: Ledger) -> None:
    code_id = await printed_code(ledger, "native")
    await add(ledger, code_id, *(f"wm-{number}" for number in range(5)))
    await add(ledger, code_id, "wm-late", at=NOW + HOUR)

    pages, before = [], 0
    while True:
        page = await ledger.read(lambda c, b=before: list_printed_adds(c, code_id, before=b, limit=2))  # type: ignore[misc]
        pages.append([each.external_userid for each in page.items])
        if page.next is None:
            break
        before = page.next

    assert [len(page) for page in pages] == [2, 2, 2]
    assert pages[0][0] == "wm-late"
    assert sorted(each for page in pages for each in page) == [*(f"wm-{number}" for number in range(5)), "wm-late"]


@pytest.mark.parametrize(
    ("kind", "looked"), [("native", (None, None)), ("acquisition", (0, 0))], ids=["native", "acquisition"]
)
async def test_the_funnel_of_a_code_without_reservations_follows_those_whom_the_platform_gave(
    ledger: Ledger, kind: CodeKind, looked: tuple[int | None, int | None]
) -> None:
    code_id = await printed_code(ledger, kind)
    other_id = await printed_code(ledger, kind, "other", "lihua")
    await add(ledger, code_id, "wm-stays", "wm-leaves")
    await add(ledger, code_id, "wm-next-day", at=NOW + DAY)
    await add(ledger, other_id, "wm-other", userid="lihua")
    await ledger.write(received(customer_lost("chenyu", "wm-leaves", at=NOW + HOUR), now=NOW + HOUR))
    await ledger.write(lambda c: decide_open(c, situation(NOW + HOUR)))

    scope = Scope(TODAY, code_id=code_id)
    soon = (await ledger.read(lambda c: numbers_of(c, scope, NOW + HOUR, ZONE))).funnel
    later = (await ledger.read(lambda c: numbers_of(c, scope, NOW + 8 * DAY, ZONE))).funnel

    assert (soon.scans, soon.visitors) == looked
    assert (soon.reserved, soon.added, soon.stayed, soon.undecided) == (None, 2, 0, 1)
    assert (later.reserved, later.added, later.stayed, later.undecided) == (None, 2, 1, 0)


async def test_the_funnel_of_a_group_code_ends_with_those_who_saw_its_page(ledger: Ledger) -> None:
    code_id = await printed_code(ledger, "group")
    await ledger.write(scan(slug="fair", visitor="lin"))

    funnel = (await ledger.read(lambda c: numbers_of(c, Scope(TODAY, code_id=code_id), NOW, ZONE))).funnel

    assert list(funnel.steps) == [("scans", 1), ("visitors", 1)]


async def test_the_funnel_of_our_own_page_still_follows_its_reservations(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    reserved = await ledger.write(scan())
    state = await ledger.read(state_of(reserved.key))  # type: ignore[union-attr]
    await ledger.write(received(customer_added("ann", "wm-1", state=state, at=NOW), now=NOW))
    await ledger.write(lambda c: decide_open(c, situation(NOW)))

    funnel = (await ledger.read(lambda c: numbers_of(c, Scope(TODAY, code_id=1), NOW, ZONE))).funnel

    assert list(funnel.steps) == [("scans", 1), ("visitors", 1), ("reserved", 1), ("added", 1), ("stayed", 0)]


async def test_the_funnel_over_all_codes_follows_those_whom_the_platform_gave_as_well(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    reserved = await ledger.write(scan())
    state = await ledger.read(state_of(reserved.key))  # type: ignore[union-attr]
    await ledger.write(received(customer_added("ann", "wm-1", state=state, at=NOW), now=NOW))
    await ledger.write(lambda c: decide_open(c, situation(NOW)))
    kinds: tuple[CodeKind, ...] = ("native", "acquisition")
    for kind in kinds:
        code_id = await printed_code(ledger, kind, f"printed-{kind}", f"of {kind}")
        await add(ledger, code_id, f"wm-{kind}", userid=f"of {kind}")

    numbers = await ledger.read(lambda c: numbers_of(c, Scope(TODAY), NOW + 8 * DAY, ZONE))

    funnel = numbers.funnel
    assert (funnel.reserved, funnel.added, funnel.given, funnel.stayed) == (1, 3, 2, 3)
    assert funnel.added == numbers.total.adds
