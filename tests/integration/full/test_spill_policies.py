"""Everyone is full: each spill policy as a phone sees it, chains and circles of pools, and who is told."""

import pytest

from router.db.queries.alerts import open_alerts
from router.db.queries.waiting import ASK_AFTER
from router.domain.spill import WAITING_PAGE, ClosedPage, FallbackPool, GroupCode, KfAccount
from router.handlers.full import BUSY
from router.handlers.scan import ScanRequest, scan_each
from tests.factories import NOW, RULES, agent, cap, live_code, ready_ways
from tests.integration.full.conftest import ASKS, CONSENT, PUBLIC_URL, Full, another_pool

pytestmark = pytest.mark.anyio

# --- each policy -----------------------------------------------------------------------------------------------------


async def test_a_waiting_page_shows_the_place_in_line(full: Full) -> None:
    answers = [await full.asks(visitor) for visitor in ("first", "second", "first")]
    page = await full.page()

    assert [(each["outcome"], each["waiting"]) for each in answers] == [
        ("full", {"position": 1, "of": 1, "ask_after_ms": ASK_AFTER}),
        ("full", {"position": 2, "of": 2, "ask_after_ms": ASK_AFTER}),
        ("waiting", {"position": 1, "of": 2, "ask_after_ms": ASK_AFTER}),
    ]
    assert f'data-ask-after="{ASK_AFTER}"' in page.text
    assert 'data-outcome="waiting"' in page.text
    assert "前面还有 2 人" in page.text
    assert '<noscript><meta http-equiv="refresh"' in page.text


async def test_a_closed_page_says_what_the_pool_says(full: Full) -> None:
    await full.spills(ClosedPage("明天 9 点再来"))

    answer, page = await full.asks(), await full.page()

    assert (answer["outcome"], answer["reason"]) == ("full", "明天 9 点再来")
    assert "明天 9 点再来" in page.text


async def test_customer_service_is_one_button_away(full: Full) -> None:
    await full.spills(KfAccount("wk1", "https://work.weixin.qq.com/kfid/kfc1?a=1&b=2"))

    answer, page = await full.asks(), await full.page()

    assert (answer["outcome"], answer["url"]) == ("full", "https://work.weixin.qq.com/kfid/kfc1?a=1&b=2")
    assert 'href="https://work.weixin.qq.com/kfid/kfc1?a=1&amp;b=2"' in page.text


async def test_a_group_code_is_where_visitors_are_sent(full: Full) -> None:
    group_id = await full.ledger.write(live_code(1, "group"))
    await full.ledger.write(lambda c: c.exec_driver_sql("UPDATE live_code SET kind = 'group' WHERE slug = 'group'"))
    await full.spills(GroupCode(group_id))

    answer, page = await full.asks(), await full.page()

    assert (answer["outcome"], answer["url"]) == ("full", f"{PUBLIC_URL}/q/group")
    assert 'href="./group"' in page.text


async def test_a_group_code_that_was_closed_leaves_the_line(full: Full) -> None:
    group_id = await full.ledger.write(live_code(1, "group", active=False))
    await full.spills(GroupCode(group_id))

    assert (await full.asks())["waiting"] == {"position": 1, "of": 1, "ask_after_ms": ASK_AFTER}


async def test_a_number_may_be_left(full: Full) -> None:
    await full.spills(ASKS)

    answer, page = await full.asks(), await full.page()

    assert (answer["outcome"], answer["number"]) == ("full", {"title": "留下号码", "consent": CONSENT})
    assert 'action="./spring/number"' in page.text


# --- chains ----------------------------------------------------------------------------------------------------------


async def test_a_chain_of_pools_is_walked_to_whoever_has_a_place(full: Full) -> None:
    last = await another_pool(full, "cleo", places=1)
    middle = await another_pool(full, "bo", places=0)
    await full.spills(FallbackPool(middle))
    await full.spills(FallbackPool(last), middle)

    answers = [await full.asks("first"), await full.asks("second")]

    assert [(each["outcome"], each["agent"] and each["agent"]["name"]) for each in answers] == [
        ("reserved", "Cleo"),
        ("full", None),
    ]


async def test_the_end_of_a_chain_says_what_becomes_of_the_visitor(full: Full) -> None:
    last = await another_pool(full, "bo", places=0)
    await full.spills(FallbackPool(last))

    told = {}
    for policy in (WAITING_PAGE, ClosedPage("tomorrow"), ASKS):
        await full.spills(policy, last)
        answer = await full.asks()
        told[policy.kind] = (answer["outcome"], answer["reason"], "waiting" in answer, "number" in answer)

    assert told == {
        "waiting_page": ("full", BUSY, True, False),
        "closed_page": ("full", "tomorrow", False, False),
        "leave_number": ("full", BUSY, False, True),
    }


async def test_pools_in_a_circle_wait_instead_of_turning_for_ever(full: Full) -> None:
    other = await another_pool(full, "bo", places=0)
    await full.spills(FallbackPool(other))
    await full.spills(FallbackPool(1), other)

    assert (await full.asks())["waiting"] == {"position": 1, "of": 1, "ask_after_ms": ASK_AFTER}


async def test_a_backup_joins_when_the_members_are_full_and_is_capped_as_well(full: Full) -> None:
    await full.ledger.write(
        lambda c: [
            agent("backup")(c),
            ready_ways(2)(c),
            cap("agent:2", 1)(c),
            c.exec_driver_sql("INSERT INTO pool_member (pool_id, agent_id, position, role) VALUES (1, 2, 1, 'backup')"),
        ]
    )

    answers = [await full.asks("first"), await full.asks("second")]

    assert [each["outcome"] for each in answers] == ["reserved", "full"]
    assert answers[0]["agent"]["name"] == "Backup"


# --- alerts ----------------------------------------------------------------------------------------------------------


async def test_a_full_pool_is_an_alert_with_the_time_it_began(full: Full) -> None:
    await full.asks("first")
    full.clock.now = NOW + 1_000
    await full.asks("second")
    await full.asks("first")

    alerts = await full.ledger.read(open_alerts)

    assert [(each.kind, each.subject, each.since_at, each.times) for each in alerts] == [
        ("pool_full", "pool:1", NOW, 2)
    ]


async def test_a_code_whose_own_cap_is_used_up_is_an_alert_of_that_code_and_not_of_its_pool(full: Full) -> None:
    await full.ledger.write(lambda c: cap("agent:1", 9)(c))
    await full.ledger.write(lambda c: live_code(1, "small")(c))
    await full.ledger.write(lambda c: cap("code:2", 1)(c))

    answers = [await full.asks(visitor, "small") for visitor in ("first", "second")]

    assert [each["outcome"] for each in answers] == ["reserved", "full"]
    assert await full.alerts() == [("code_full", "code:2", 1)]
    await full.ledger.write(lambda c: cap("agent:1", 1)(c))
    await full.asks("third", "small")
    assert await full.alerts() == [("code_full", "code:2", 1), ("pool_full", "pool:1", 1)]


async def test_a_code_for_which_nobody_has_the_skill_is_an_alert_of_that_code_and_not_of_its_pool(full: Full) -> None:
    await full.ledger.write(lambda c: cap("agent:1", 9)(c))
    await full.ledger.write(lambda c: c.exec_driver_sql("UPDATE live_code SET skill = 'loans'").rowcount)

    answer = await full.asks("first")

    assert answer["outcome"] == "full"
    assert await full.alerts() == [("code_full", "code:1", 1)]


async def test_whose_own_agent_is_full_is_no_alert_of_a_pool_with_room_for_others(full: Full) -> None:
    await full.ledger.write(lambda c: cap("agent:1", 1)(c))
    await full.ledger.write(lambda c: c.exec_driver_sql("UPDATE pool SET policy = 'exclusive'").rowcount)
    await another_pool(full, "bo", places=9)
    reserved = await full.asks("first")
    await full.ledger.write(lambda c: c.exec_driver_sql("UPDATE pool_member SET pool_id = 1").rowcount)
    await full.ledger.write(lambda c: c.exec_driver_sql("UPDATE reservation SET status = 'released'").rowcount)

    again = await full.asks("first")

    assert (reserved["outcome"], again["outcome"]) == ("reserved", "full")
    assert await full.alerts() == []


async def test_a_burst_that_finds_a_pool_full_counts_each_visitor_once(full: Full) -> None:
    burst = [ScanRequest("spring", visitor) for visitor in ("first", "second", "first", "third")]

    await full.ledger.write(lambda connection: scan_each(connection, burst, NOW, RULES))

    alerts = await full.ledger.read(open_alerts)
    assert [(each.subject, each.text["name"], each.times) for each in alerts] == [("pool:1", "pool of spring", 3)]
