"""Each change of a native code's list is kept as the platform read it back, with who came, who went and why."""

import pytest

from router.db.queries import native_ways
from router.db.queries.native_changes import NativeChange, list_native_changes
from router.db.sql import Sql
from router.domain.capacity import Limit
from router.domain.events import AgentRenamed
from router.domain.native_reasons import Reason
from router.domain.spill import FallbackPool
from router.handlers import directory_changed
from router.handlers.outbound import native as sending
from router.handlers.received import Received
from tests.factories import agent, cap, pool, situation
from tests.integration.ledger.lines import spills
from tests.integration.native.conftest import Deployment
from tests.integration.native.test_in_step import OFF_DUTY, TAKEN, native_code

pytestmark = pytest.mark.anyio

ON_DUTY = Sql("UPDATE agent SET on_duty = true WHERE userid = :userid")
LEFT = Sql("UPDATE agent SET available = false, unavailable_reason = 'left the corporation' WHERE userid = :userid")
ARCHIVE = Sql("UPDATE agent SET archived_at = 1 WHERE userid = :userid")


async def changes(deployment: Deployment, code_id: int) -> tuple[NativeChange, ...]:
    """Oldest first."""
    page = await deployment.ledger.read(lambda c: list_native_changes(c, code_id))
    return page.items[::-1]


async def test_the_first_list_is_the_first_change(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    before = deployment.now()
    await deployment.settle()

    [first] = await changes(deployment, code_id)

    assert (first.version, first.listed, first.went) == (1, ("chenyu", "lihua"), {})
    assert first.came == {"chenyu": Reason("joined"), "lihua": Reason("joined")}
    assert before <= first.at <= deployment.now()


async def test_whoever_goes_off_duty_and_comes_back_is_told_with_the_reasons(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.settle()
    await deployment.ledger.write(lambda c: OFF_DUTY.run(c, userid="lihua"))
    await deployment.later(60)
    await deployment.ledger.write(lambda c: ON_DUTY.run(c, userid="lihua"))
    await deployment.later(60)

    _, went, came = await changes(deployment, code_id)

    assert (went.version, went.listed, went.came, went.went) == (2, ("chenyu",), {}, {"lihua": Reason("off_duty")})
    assert (came.version, came.listed, came.went) == (3, ("chenyu", "lihua"), {})
    assert came.came == {"lihua": Reason("back", was="off_duty")}


async def test_whoever_comes_back_is_told_by_what_kept_them_off_last(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.ledger.write(cap("agent:2", 20, now=deployment.now()))
    await deployment.settle()
    await deployment.ledger.write(lambda c: OFF_DUTY.run(c, userid="lihua"))
    await deployment.later(60)
    await deployment.ledger.write(lambda c: TAKEN.run(c, subject="agent:2", taken=20))
    await deployment.ledger.write(lambda c: ON_DUTY.run(c, userid="lihua"))
    await deployment.later(60)  # the same list: on duty again, but without room
    await deployment.ledger.write(lambda c: TAKEN.run(c, subject="agent:2", taken=2))
    await deployment.later(60)

    assert (await changes(deployment, code_id))[-1].came == {"lihua": Reason("back", was="at_cap")}


@pytest.mark.parametrize(("taken", "why", "margin"), [(16, "leaving", 4), (20, "at_cap", 0)])
async def test_a_cap_is_told_with_its_numbers_as_they_were_decided(
    deployment: Deployment, taken: int, why: str, margin: int
) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.ledger.write(cap("agent:1", 20, now=deployment.now()))
    await deployment.settle()
    await deployment.ledger.write(lambda c: TAKEN.run(c, subject="agent:1", taken=taken))
    await deployment.later(60)
    await deployment.ledger.write(lambda c: TAKEN.run(c, subject="agent:1", taken=2))
    await deployment.later(60)

    _, went, came = await changes(deployment, code_id)

    reason = went.went["chenyu"]
    assert (reason.why, reason.margin) == (why, margin)
    assert isinstance(reason.limit, Limit)
    assert (reason.limit.subject, reason.limit.taken, reason.limit.places) == ("agent:1", taken, 20)
    assert came.came == {"chenyu": Reason("back", was=why)}


async def test_whom_the_platform_refuses_is_told_with_its_words(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.settle()
    await deployment.sandbox.control("members", userid="lihua", receives_customers=False)
    await deployment.ledger.write(lambda c: native_ways.want_again(c, code_id))
    await deployment.later(60)
    await deployment.sandbox.control("members", userid="lihua", receives_customers=True)
    await deployment.later(3_700)

    _, went, came = await changes(deployment, code_id)

    assert went.went["lihua"].why == "refused"
    assert "84074" in went.went["lihua"].said
    assert came.came == {"lihua": Reason("accepted")}


async def test_whoever_left_the_corporation_is_told_so(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.settle()
    await deployment.ledger.write(lambda c: LEFT.run(c, userid="lihua"))
    await deployment.later(60)

    assert (await changes(deployment, code_id))[-1].went == {
        "lihua": Reason("unavailable", said="left the corporation")
    }


async def test_whoever_is_in_the_pool_no_more_is_told_so(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.settle()
    await deployment.ledger.write(lambda c: ARCHIVE.run(c, userid="lihua"))
    await deployment.later(60)

    assert (await changes(deployment, code_id))[-1].went == {"lihua": Reason("not_of_pool")}


async def test_a_backup_stands_by_while_nobody_can_and_stands_down_afterwards(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", backup="zhaomin"))
    await deployment.settle()
    await deployment.ledger.write(lambda c: OFF_DUTY.run(c, userid="chenyu"))
    await deployment.later(60)
    await deployment.ledger.write(lambda c: ON_DUTY.run(c, userid="chenyu"))
    await deployment.later(60)

    _, stood_by, stood_down = await changes(deployment, code_id)

    assert (stood_by.came, stood_by.went) == ({"zhaomin": Reason("stands_by")}, {"chenyu": Reason("off_duty")})
    assert stood_down.came == {"chenyu": Reason("back", was="off_duty")}
    assert stood_down.went == {"zhaomin": Reason("stood_down")}


async def test_the_pool_that_takes_over_is_told_and_so_is_its_going(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu"))
    lihua = await deployment.ledger.write(agent("lihua"))
    other = await deployment.ledger.write(pool("other", [lihua]))
    await deployment.ledger.write(spills(1, FallbackPool(other)))
    await deployment.settle()
    await deployment.ledger.write(lambda c: OFF_DUTY.run(c, userid="chenyu"))
    await deployment.later(60)
    await deployment.ledger.write(lambda c: ON_DUTY.run(c, userid="chenyu"))
    await deployment.later(60)

    _, taken_over, back = await changes(deployment, code_id)

    assert (taken_over.came, taken_over.went) == ({"lihua": Reason("takes_over")}, {"chenyu": Reason("off_duty")})
    assert back.went == {"lihua": Reason("stood_down")}


async def test_the_last_one_who_stayed_for_want_of_others_goes_later_for_a_reason_of_their_own(
    deployment: Deployment,
) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.settle()
    for userid in ("chenyu", "lihua"):
        await deployment.ledger.write(lambda c, gone=userid: OFF_DUTY.run(c, userid=gone))  # type: ignore[misc]
    await deployment.later(60)
    await deployment.ledger.write(lambda c: ON_DUTY.run(c, userid="chenyu"))
    await deployment.later(60)  # the same list, but no longer for want of others
    await deployment.ledger.write(lambda c: ON_DUTY.run(c, userid="lihua"))
    await deployment.later(60)
    await deployment.ledger.write(lambda c: OFF_DUTY.run(c, userid="chenyu"))
    await deployment.later(60)

    assert [(each.listed, each.went) for each in await changes(deployment, code_id)][1:] == [
        (("chenyu",), {"lihua": Reason("off_duty")}),
        (("chenyu", "lihua"), {}),
        (("lihua",), {"chenyu": Reason("off_duty")}),
    ]


async def test_whoever_was_kept_for_want_of_others_goes_when_somebody_else_does_less_harm(
    deployment: Deployment,
) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.ledger.write(cap("agent:1", 20, now=deployment.now()))
    await deployment.ledger.write(cap("agent:2", 20, now=deployment.now()))
    await deployment.settle()
    for userid in ("chenyu", "lihua"):
        await deployment.ledger.write(lambda c, gone=userid: OFF_DUTY.run(c, userid=gone))  # type: ignore[misc]
    await deployment.later(60)
    await deployment.ledger.write(lambda c: TAKEN.run(c, subject="agent:1", taken=5))
    await deployment.later(60)

    last = (await changes(deployment, code_id))[-1]

    assert (last.came, last.went) == ({"lihua": Reason("least_harm")}, {"chenyu": Reason("replaced")})


async def test_what_was_wanted_and_never_sent_is_no_change(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua", "sunyue"))
    await deployment.settle()
    config_id = (await deployment.way(code_id)).config_id
    fault = {"path": "externalcontact/update_contact_way", "http_status": 500, "times": 1}
    await deployment.sandbox.control("faults", errors=[fault])
    await deployment.ledger.write(lambda c: OFF_DUTY.run(c, userid="lihua"))
    await deployment.later(60)
    await deployment.ledger.write(lambda c: OFF_DUTY.run(c, userid="sunyue"))
    await deployment.later(120)

    last = (await changes(deployment, code_id))[-1]

    assert config_id is not None
    assert last.listed == ("chenyu",)
    assert [reason for each in await changes(deployment, code_id) for reason in each.went.values()] == [
        Reason("off_duty"),
        Reason("off_duty"),
    ]


@pytest.mark.parametrize("userid", ["zhaomin", "LiHua"])
async def test_that_somebody_on_the_list_is_renamed_is_no_change(deployment: Deployment, userid: str) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.settle()
    renamed: Received[AgentRenamed] = Received(1, AgentRenamed("lihua", userid, None, 1))
    await deployment.ledger.write(
        lambda c: directory_changed.handle(c, [renamed], situation(deployment.now())(c))  # type: ignore[list-item]
    )
    await deployment.later(60)
    await deployment.ledger.write(lambda c: OFF_DUTY.run(c, userid=userid))
    await deployment.later(60)

    first, second = await changes(deployment, code_id)

    assert (await deployment.way(code_id)).applied_version == 3
    assert (first.listed, second.listed, second.went) == (
        ("chenyu", "lihua"),
        ("chenyu",),
        {userid: Reason("off_duty")},
    )


async def test_a_list_sent_again_as_it_is_is_no_change(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu"))
    await deployment.settle()
    await deployment.ledger.write(lambda c: native_ways.want_again(c, code_id))
    await deployment.later(60)

    assert (await deployment.way(code_id)).applied_version == 2
    assert len(await changes(deployment, code_id)) == 1


async def test_who_could_not_be_asked_about_yet_comes_on_later(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_CALLS", 4)
    await deployment.sandbox.control("members", userid="lihua", receives_customers=False)
    code_id = await deployment.ledger.write(native_code("chenyu", "wangqi", "lihua", "zhaomin"))
    await deployment.settle()

    first, second = await changes(deployment, code_id)

    assert (first.listed, second.came) == (("chenyu",), dict.fromkeys(("wangqi", "zhaomin"), Reason("joined")))
    assert second.listed == ("chenyu", "wangqi", "zhaomin")


async def test_who_was_listed_at_an_instant_is_the_last_change_until_then(deployment: Deployment) -> None:
    code_id = await deployment.ledger.write(native_code("chenyu", "lihua"))
    await deployment.settle()
    await deployment.later(600)
    asked = deployment.now()
    await deployment.ledger.write(lambda c: OFF_DUTY.run(c, userid="lihua"))
    await deployment.later(60)

    then = await deployment.ledger.read(lambda c: list_native_changes(c, code_id, until=asked))
    now = await deployment.ledger.read(lambda c: list_native_changes(c, code_id, until=deployment.now()))
    ever = await deployment.ledger.read(lambda c: list_native_changes(c, code_id, until=1))
    other = await deployment.ledger.read(lambda c: list_native_changes(c, code_id + 1))

    assert (then.items[0].listed, now.items[0].listed, ever.items) == (("chenyu", "lihua"), ("chenyu",), ())
    assert other.items == ()
    first = await deployment.ledger.read(lambda c: list_native_changes(c, code_id, limit=1))
    further = await deployment.ledger.read(lambda c: list_native_changes(c, code_id, before=first.next or 0, limit=1))
    assert [each.version for each in (*first.items, *further.items)] == [2, 1]
    assert further.next is None
