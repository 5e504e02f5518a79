"""The contact book changes: agents are renamed, leave, are disabled and come back, and keep their history."""

from typing import Any

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import arrivals
from router.db.queries.inbox import Verdict
from router.domain.events import AgentActivated, AgentDeactivated, AgentLeft, AgentRenamed
from router.handlers import directory_changed
from router.handlers.admin.act import Act
from router.handlers.admin.agents import archive_agent
from router.handlers.decide import decide_open
from router.handlers.directory_changed import DirectoryEvent
from router.handlers.received import Received
from tests.factories import (
    NOW,
    SECOND,
    ZONE,
    agent,
    customer_added,
    customer_lost,
    kf_session_changed,
    pulled,
    received,
    scan,
    shop,
    situation,
)
from tests.integration.ledger.looking import column, rows

pytestmark = pytest.mark.anyio

AGENTS = rows("SELECT userid, available, unavailable_reason FROM agent ORDER BY id")


def told(*events: DirectoryEvent) -> Any:
    """The verdicts about these events, which arrive one after the other."""

    def decide(connection: Connection) -> list[Verdict]:
        now = situation()(connection)
        return [directory_changed.handle(connection, [Received(7, event)], now)[0] for event in events]

    return decide


async def standing(ledger: Ledger) -> list[tuple[str, bool, str]]:
    return [(userid, bool(available), reason) for userid, available, reason in await ledger.read(AGENTS)]


async def test_a_renamed_agent_keeps_everything_that_hangs_on_the_row(ledger: Ledger) -> None:
    ann, _ = await ledger.write(shop("ann", "bo"))
    await ledger.write(scan())

    (verdict,) = await ledger.write(told(AgentRenamed("ann", "ann.lee", None, NOW)))

    assert verdict.status == "done"
    assert await standing(ledger) == [("ann.lee", True, ""), ("bo", True, "")]
    assert await ledger.read(column("SELECT agent_id FROM reservation")) == [ann]
    assert await ledger.read(rows("SELECT what, actor, before, after FROM change")) == [
        ("agent.renamed", "wecom", '{"userid":"ann"}', '{"userid":"ann.lee"}')
    ]


async def test_events_that_still_say_the_former_userid_are_about_the_renamed_agent(ledger: Ledger) -> None:
    (ann,) = await ledger.write(shop("ann"))
    await ledger.write(told(AgentRenamed("ann", "ann.lee", None, NOW)))

    await ledger.write(received(customer_added("ann", "wm-1"), customer_added("ann.lee", "wm-2")))
    await ledger.write(lambda c: decide_open(c, situation()))
    await ledger.write(received(customer_lost("ann", "wm-1", at=NOW + SECOND)))
    await ledger.write(lambda c: decide_open(c, situation()))

    assert await ledger.read(rows("SELECT agent_id, status FROM follow ORDER BY id")) == [(ann, "lost"), (ann, "full")]


async def test_a_userid_given_on_means_whoever_has_it_and_then_whoever_had_it_last(ledger: Ledger) -> None:
    ann, bo = await ledger.write(shop("ann", "bo"))

    await ledger.write(told(AgentRenamed("ann", "ann.lee", None, NOW), AgentRenamed("bo", "ann", None, NOW)))
    has_it = await ledger.read(lambda c: arrivals.agents(c, ["ann", "ann.lee"]))
    await ledger.write(told(AgentRenamed("ann", "bo.wu", None, NOW)))
    had_it_last = await ledger.read(lambda c: arrivals.agents(c, ["ann", "ann.lee", "bo.wu", ""]))

    assert {userid: known.id for userid, known in has_it.items()} == {"ann": bo, "ann.lee": ann}
    assert {userid: known.id for userid, known in had_it_last.items()} == {"ann": bo, "ann.lee": ann, "bo.wu": bo}


async def test_a_userid_that_another_agent_has_is_refused_and_said(ledger: Ledger) -> None:
    await ledger.write(shop("ann", "bo"))

    (verdict,) = await ledger.write(told(AgentRenamed("ann", "bo", None, NOW)))

    assert verdict.status == "failed"
    assert "belongs to another agent of liveqr (Bo, number 2)" in verdict.reason
    assert await standing(ledger) == [("ann", True, ""), ("bo", True, "")]


async def test_a_userid_that_an_archived_agent_has_in_another_case_is_refused_and_said(ledger: Ledger) -> None:
    _, other = await ledger.write(shop("zhangsan", "ZhangSan"))
    await ledger.write(lambda c: archive_agent(c, Act("admin", NOW, ZONE), other))

    (verdict,) = await ledger.write(told(AgentRenamed("zhangsan", "ZhangSan", None, NOW)))

    assert verdict.status == "failed"
    assert "belongs to another agent of liveqr (Zhangsan, number 2)" in verdict.reason


async def test_the_same_rename_twice_is_passed_over_the_second_time(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))

    first, second = await ledger.write(told(*[AgentRenamed("ann", "ann.lee", None, NOW)] * 2))

    assert (first.status, second.status) == ("done", "ignored")
    assert second.reason == "no agent 'ann' in liveqr"


async def test_an_agent_who_left_gets_no_more_customers_and_is_named(ledger: Ledger) -> None:
    _, bo = await ledger.write(shop("ann", "bo"))

    verdicts = await ledger.write(told(AgentLeft("ann", NOW), AgentLeft("ann", NOW)))
    await ledger.write(scan())

    assert [verdict.status for verdict in verdicts] == ["done", "ignored"]
    assert await standing(ledger) == [("ann", False, "left the corporation"), ("bo", True, "")]
    assert await ledger.read(column("SELECT agent_id FROM reservation")) == [bo]


async def test_a_disabled_agent_comes_back_with_the_return_ramp(ledger: Ledger) -> None:
    await ledger.write(agent("ann"))

    await ledger.write(told(AgentDeactivated("ann", "disabled in WeCom", NOW)))
    out = await standing(ledger)
    again = await ledger.write(told(AgentActivated("ann", NOW), AgentActivated("ann", NOW)))

    assert out == [("ann", False, "disabled in WeCom")]
    assert [verdict.status for verdict in again] == ["done", "ignored"]
    assert await standing(ledger) == [("ann", True, "")]
    assert await ledger.read(column("SELECT returned_at FROM agent")) == [NOW]


async def test_a_rename_may_say_in_the_same_breath_that_the_member_is_disabled(ledger: Ledger) -> None:
    await ledger.write(agent("ann"))
    then = AgentDeactivated("ann.lee", "disabled in WeCom", NOW)

    (verdict,) = await ledger.write(told(AgentRenamed("ann", "ann.lee", then, NOW)))

    assert verdict.status == "done"
    assert await standing(ledger) == [("ann.lee", False, "disabled in WeCom")]


async def test_an_agent_is_known_however_the_platform_spells_the_userid(ledger: Ledger) -> None:
    """WeCom tells no two members apart by case, but spells a userid as it was made there."""
    (ann,) = await ledger.write(shop("zhangsan"))

    await ledger.write(received(customer_added("ZhangSan", "wm-1"), customer_added("zhangsan", "wm-2")))
    await ledger.write(lambda c: decide_open(c, situation()))
    await ledger.write(received(customer_lost("ZHANGSAN", "wm-1", at=NOW + SECOND)))
    await ledger.write(lambda c: decide_open(c, situation()))
    (verdict,) = await ledger.write(told(AgentLeft("ZhangSan", NOW)))

    assert await ledger.read(rows("SELECT agent_id, status FROM follow ORDER BY id")) == [(ann, "lost"), (ann, "full")]
    assert verdict.status == "done"
    assert await standing(ledger) == [("zhangsan", False, "left the corporation")]


async def test_a_session_belongs_to_the_agent_however_the_userid_is_spelled(ledger: Ledger) -> None:
    ann = await ledger.write(agent("zhangsan"))

    await ledger.write(pulled(kf_session_changed("ZhangSan")))
    await ledger.write(lambda c: decide_open(c, situation()))

    assert await ledger.read(rows("SELECT status, agent_id FROM conversation")) == [("human", ann)]


async def test_a_rename_finds_the_agent_in_any_case_also_by_the_former_userid(ledger: Ledger) -> None:
    ann = await ledger.write(agent("zhangsan"))

    await ledger.write(told(AgentRenamed("ZhangSan", "ZhangSan.Lee", None, NOW)))
    known = await ledger.read(lambda c: arrivals.agents(c, ["ZHANGSAN", "zhangsan.lee"]))

    assert {userid: each.id for userid, each in known.items()} == {"ZHANGSAN": ann, "zhangsan.lee": ann}
    assert await ledger.read(rows("SELECT what, before, after FROM change")) == [
        ("agent.renamed", '{"userid":"zhangsan"}', '{"userid":"ZhangSan.Lee"}')
    ]


async def test_a_rename_that_changes_the_case_only_happens_once_and_forgets_no_former_userid(ledger: Ledger) -> None:
    ann = await ledger.write(agent("ann"))
    await ledger.write(told(AgentRenamed("ann", "ann.lee", None, NOW)))

    first, second = await ledger.write(told(*[AgentRenamed("ann.lee", "Ann.Lee", None, NOW)] * 2))
    known = await ledger.read(lambda c: arrivals.agents(c, ["ann"]))

    assert (first.status, second.status) == ("done", "ignored")
    assert await standing(ledger) == [("Ann.Lee", True, "")]
    assert known["ann"].id == ann


async def test_of_two_agents_who_differ_in_case_only_the_one_not_archived_is_meant_then_the_one_spelled_so(
    ledger: Ledger,
) -> None:
    """Two such agents were possible once; to archive one of them settles who has the customers."""
    small, large = await ledger.write(shop("zhangsan", "ZhangSan"))

    both = await ledger.read(lambda c: arrivals.agents(c, ["zhangsan", "ZhangSan", "ZHANGSAN"]))
    await ledger.write(lambda c: archive_agent(c, Act("admin", NOW, ZONE), large))
    one = await ledger.read(lambda c: arrivals.agents(c, ["zhangsan", "ZhangSan", "ZHANGSAN"]))
    await ledger.write(told(AgentLeft("ZhangSan", NOW)))

    assert [both[each].id for each in ("zhangsan", "ZhangSan", "ZHANGSAN")] == [small, large, small]
    assert {each.id for each in one.values()} == {small}
    assert await standing(ledger) == [("zhangsan", False, "left the corporation"), ("ZhangSan", True, "")]


async def test_members_who_are_no_agents_are_passed_over(ledger: Ledger) -> None:
    (verdict,) = await ledger.write(told(AgentLeft("somebody", NOW)))

    assert (verdict.status, verdict.reason) == ("ignored", "no agent 'somebody' in liveqr")
