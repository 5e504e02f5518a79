"""The contact way of a native code follows whom its pool can receive."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import native_ways
from router.db.queries.alerts import open_alerts
from router.db.sql import Sql
from router.domain.spill import FallbackPool
from router.handlers import native
from router.handlers.attention import look_around
from router.handlers.decide import decide_open
from router.handlers.outbound.native import NOBODY_TAKEN
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.contact_ways import ContactWay
from tests.factories import ZONE, agent, cap, customer, customer_added, live_code, pool, received, situation
from tests.integration.ledger.lines import spills
from tests.integration.ledger.looking import column, taken
from tests.integration.native.conftest import RULES, Deployment, deployed

pytestmark = pytest.mark.anyio

OFF_DUTY = Sql("UPDATE agent SET on_duty = false WHERE userid = :userid")
TAKEN = Sql("UPDATE counter SET taken = :taken WHERE subject = :subject")
ADD = Sql(
    "INSERT INTO assignment (customer_id, agent_id, code_id, how, own_place, round, at, reason)"
    " VALUES (:customer_id, 1, :code_id, 'printed_code', true, 0, :at, '{}')"
)


def native_code(*userids: str, backup: str = "") -> Callable[[Connection], int]:
    """A native code over a pool of these agents; returns the code's id."""

    def write(connection: Connection) -> int:
        members = [agent(userid)(connection) for userid in userids]
        code_id = live_code(pool(members=members)(connection), "fair")(connection)
        backup_id = agent(backup)(connection) if backup else None
        native_ways.insert(connection, code_id, native.new_state_token(), 1, backup_agent_id=backup_id)
        native_ways.look_at(connection, code_id, 1)
        return code_id

    return write


async def test_a_new_code_gets_a_way_to_all_who_can_receive(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))

    await deployment.settle()

    way = await deployment.way(code_id)
    assert (way.status, way.wanted, way.applied, way.in_step) == ("ready", ("chenyu", "lihua"), way.wanted, True)
    assert await deployment.listed(code_id) == ["chenyu", "lihua"]
    assert way.link == f"http://sandbox/u/{way.config_id}"


async def test_whoever_goes_off_duty_leaves_the_list_and_comes_back(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.settle()
    picture = (await deployment.way(code_id)).link

    await deployment.ledger.write(lambda c: OFF_DUTY.run(c, userid="lihua"))
    await deployment.later(60)
    without = await deployment.listed(code_id)
    await deployment.ledger.write(lambda c: Sql("UPDATE agent SET on_duty = true").run(c))
    await deployment.later(60)

    way = await deployment.way(code_id)
    assert (without, await deployment.listed(code_id)) == (["chenyu"], ["chenyu", "lihua"])
    assert (way.wanted_version, way.applied_version, way.link) == (3, 3, picture)


async def test_an_agent_is_taken_off_before_the_cap_is_reached(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.ledger.write(cap("agent:1", 20, now=deployment.now()))
    await deployment.settle()

    await deployment.ledger.write(lambda c: TAKEN.run(c, subject="agent:1", taken=16))
    await deployment.ledger.write(lambda c: native_ways.look_at_those_of(c, ["chenyu"], deployment.now()))
    await deployment.settle()

    way = await deployment.way(code_id)
    found = await deployment.ledger.write(lambda c: native.roster_of(c, way, RULES, deployment.now()))
    assert await deployment.listed(code_id) == ["lihua"]
    assert [(each.agent_id, each.limit.headroom, each.margin) for each in found.leaving] == [(1, 4, 4)]


@pytest.mark.parametrize("our_spelling", ["chenyu", "ChenYu"])
async def test_an_add_through_the_print_takes_its_agent_off_in_time(deployment: Deployment, our_spelling: str) -> None:
    code_id = await deployment.ledger.write(native_code(our_spelling, "lihua"))
    await deployment.ledger.write(cap("agent:1", 4, now=deployment.now()))
    await deployment.settle()
    state, now = (await deployment.way(code_id)).state, deployment.now()

    added = [customer_added("chenyu", f"wm-{number}", state=state, at=now) for number in range(2)]
    await deployment.ledger.write(received(*added, now=now))
    await deployment.ledger.write(lambda c: decide_open(c, situation(now)))
    await deployment.settle()

    assert await deployment.listed(code_id) == ["lihua"]
    assert await deployment.ledger.read(column("SELECT code_id FROM assignment")) == [code_id, code_id]


async def test_who_is_listed_keeps_our_spelling_when_the_platform_spells_them_otherwise(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_back = WeComClient.get_contact_way

    async def spelled_otherwise(client: WeComClient, config_id: str) -> ContactWay:
        way = await read_back(client, config_id)
        return replace(way, users=tuple(userid.upper() for userid in way.users))

    monkeypatch.setattr(WeComClient, "get_contact_way", spelled_otherwise)
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))

    await deployment.settle()

    way = await deployment.way(code_id)
    assert (way.status, way.in_step, way.applied) == ("ready", True, ("chenyu", "lihua"))


async def test_while_no_member_may_the_backup_stays(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", backup="zhaomin"))
    await deployment.ledger.write(lambda c: OFF_DUTY.run(c, userid="chenyu"))

    await deployment.settle()

    assert await deployment.listed(code_id) == ["zhaomin"]


async def test_while_everybody_in_the_pool_is_out_the_pool_that_takes_over_is_on_the_print(
    deployment: Deployment,
) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", backup="zhaomin"))
    lihua = await deployment.ledger.write(agent("lihua"))
    other = await deployment.ledger.write(pool("other", [lihua]))
    await deployment.ledger.write(spills(1, FallbackPool(other)))
    await deployment.ledger.write(cap(f"pool:{other}", 4, now=deployment.now()))
    await deployment.settle()
    usual = await deployment.listed(code_id)

    await deployment.ledger.write(lambda c: OFF_DUTY.run(c, userid="chenyu"))
    await deployment.later(60)
    taken_over = await deployment.listed(code_id)
    state, now = (await deployment.way(code_id)).state, deployment.now()
    added = [customer_added("lihua", f"wm-{number}", state=state, at=now) for number in range(2)]
    await deployment.ledger.write(received(*added, now=now))
    await deployment.ledger.write(lambda c: decide_open(c, situation(now)))
    await deployment.settle()

    assert (usual, taken_over, await deployment.listed(code_id)) == (["chenyu"], ["lihua"], ["zhaomin"])
    assert await deployment.ledger.read(taken(f"pool:{other}", now=now)) == 2


async def test_an_archived_code_is_left_as_it_is(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.settle()
    await deployment.ledger.write(lambda c: Sql("UPDATE live_code SET archived_at = 1").run(c))

    await deployment.ledger.write(lambda c: OFF_DUTY.run(c, userid="lihua"))
    await deployment.later(120)

    assert await deployment.listed(code_id) == ["chenyu", "lihua"]


async def test_members_whom_the_platform_refuses_are_named_and_the_others_stay(deployment: Deployment) -> None:
    for userid, fault in (("lihua", {"receives_customers": False}), ("sunyue", {"status": 4})):
        await deployment.sandbox.control("members", userid=userid, **fault)
    members = ("chenyu", "lihua", "wangqi", "zhaomin", "sunyue")

    code_id = await deployment.ledger.write(native_code(*members))
    await deployment.settle()

    way = await deployment.way(code_id)
    assert await deployment.listed(code_id) == ["chenyu", "wangqi", "zhaomin"]
    assert sorted(way.refused) == ["lihua", "sunyue"]
    assert "84074" in way.refused["lihua"]["reason"]
    assert (way.wanted, way.in_step) == (("chenyu", "wangqi", "zhaomin"), True)


async def test_a_refused_member_is_offered_again_after_an_hour(deployment: Deployment) -> None:
    await deployment.sandbox.control("members", userid="lihua", receives_customers=False)
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.settle()

    await deployment.sandbox.control("members", userid="lihua", receives_customers=True)
    await deployment.later(3_700)

    way = await deployment.way(code_id)
    assert (await deployment.listed(code_id), way.refused) == (["chenyu", "lihua"], {})


async def test_when_everybody_is_refused_the_code_says_so_and_nothing_is_made(deployment: Deployment) -> None:
    await deployment.sandbox.control("members", userid="chenyu", receives_customers=False)
    code_id = await deployment.ledger.write(native_code("chenyu"))

    await deployment.settle()

    way = await deployment.way(code_id)
    assert (way.config_id, list(way.refused), way.error) == (
        None,
        ["chenyu"],
        "the platform refuses every member of the list",
    )
    assert deployment.sandbox.platform.world.contact_ways == {}


async def test_a_way_that_was_made_unheard_is_found_again(ledger: Ledger) -> None:
    async with deployed(ledger) as deployment:
        fault = {"path": "externalcontact/add_contact_way", "http_status": 500, "times": 1, "executes": True}
        await deployment.sandbox.control("faults", errors=[fault])
        code_id = await ledger.write(native_code("chenyu"))

        await deployment.settle()
        await deployment.later(30)

        assert len(deployment.sandbox.platform.world.contact_ways) == 1
        assert await deployment.listed(code_id) == ["chenyu"]


async def test_a_list_changed_by_somebody_else_is_put_right(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.settle()
    config_id = (await deployment.way(code_id)).config_id

    await deployment.sandbox.post("externalcontact/update_contact_way", config_id=config_id, user=["sunyue"])
    await deployment.ledger.write(lambda c: native_ways.want_again(c, code_id))
    await deployment.later(60)

    assert await deployment.listed(code_id) == ["chenyu", "lihua"]


async def test_a_deleted_way_is_said_to_be_dead_and_is_not_made_anew(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.settle()
    config_id = (await deployment.way(code_id)).config_id
    await deployment.sandbox.post("externalcontact/del_contact_way", config_id=config_id)

    await deployment.ledger.write(lambda c: OFF_DUTY.run(c, userid="lihua"))
    await deployment.later(60)

    way = await deployment.way(code_id)
    assert (way.status, way.config_id) == ("failed", config_id)
    assert "41044" in way.error


async def test_a_list_that_could_not_be_sent_is_an_alert_until_it_is_sent(deployment: Deployment) -> None:
    async def wrong() -> list[tuple[str, str, str]]:
        await deployment.ledger.write(lambda c: look_around(c, deployment.now(), ZONE))
        alerts = await deployment.ledger.read(open_alerts)
        return [(each.kind, each.subject, each.text["reason"]) for each in alerts if "reason" in each.text]

    await deployment.sandbox.control("members", userid="chenyu", receives_customers=False)
    code_id = await deployment.ledger.write(native_code("chenyu"))
    await deployment.settle()
    refused = await wrong()
    await deployment.sandbox.control("members", userid="chenyu", receives_customers=True)
    await deployment.later(3_700)

    assert refused == [("native_out_of_step", f"code:{code_id}", NOBODY_TAKEN)]
    assert await wrong() == []


async def test_the_rate_is_that_of_the_busiest_minute_of_the_last_hour(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu"))
    now = deployment.now()
    ago = [10_000, 20_000, 59_000, 61_000, 3_599_000, 3_601_000, 3_602_000, 3_603_000, 3_604_000]

    def adds(connection: Connection) -> int:
        customer_id = customer()(connection)
        for each in ago:
            ADD.run(connection, customer_id=customer_id, code_id=code_id, at=now - each)
        return native_ways.adds_in_busiest_minute(connection, code_id, now, 3_600_000)

    assert await deployment.ledger.write(adds) == 3
