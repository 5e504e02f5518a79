"""The tag tree on a platform: applied step by step over HTTP, kept so against whatever others do there."""

from dataclasses import asdict, replace

import pytest
from sqlalchemy import Connection, text

from router.db import json
from router.db.queries import alerts, projection, tagging
from router.db.queries.tagging import Edge, Removal
from router.domain.effects import MarkTags
from router.domain.tag_effects import RemarkTag, Target
from router.domain.taken_off import ByHand
from router.handlers.outbound.tag_steps import mark as remark
from router.handlers.outbound.tag_steps import note_step
from router.handlers.outbound.tags import mark
from router.handlers.projection import TagRules, every_night, mark_anew
from tagtree.projection.drift import Appeared, Gone, GroupRenamed, Renamed
from tagtree.projection.placement import Shape
from tagtree.projection.steps import Adopt, Delete, NameTaken
from tests.factories import ZONE, agent, customer, follow, tag
from tests.integration.projection.conftest import Deployment

pytestmark = pytest.mark.anyio


async def tree(deployment: Deployment) -> dict[str, int]:
    """产品 with 衬衫 (黑色) and 裤子, and an internal branch."""
    product = await deployment.write(tag("产品"))
    shirt = await deployment.write(tag("衬衫", product))
    black = await deployment.write(tag("黑色", shirt))
    trousers = await deployment.write(tag("裤子", product))
    await deployment.write(tag("内部", internal=True))
    return {"产品": product, "衬衫": shirt, "黑色": black, "裤子": trousers}


async def related(deployment: Deployment) -> tuple[int, str]:
    """A customer whom chenyu follows, here and there."""
    added = await deployment.control("add", config_id=await _way(deployment), customer="林晓")
    external_userid = added["external_userid"]
    agent_id = await deployment.write(agent("chenyu"))
    customer_id = await deployment.write(customer(external_userid))
    await deployment.write(follow(agent_id, customer_id))
    return customer_id, external_userid


async def test_applying_puts_the_tree_on_the_platform_and_applying_again_does_nothing(deployment: Deployment) -> None:
    await tree(deployment)

    first = await deployment.apply()
    again = await deployment.apply()

    assert deployment.tags() == {"liveqr": {"产品"}, "产品": {"衬衫", "衬衫/黑色", "裤子"}}
    assert (first.status, (await deployment.progress(first)).done) == ("done", 4)
    assert (again.status, (await deployment.progress(again)).total) == ("done", 0)


async def test_every_injected_difference_is_found_and_repaired_and_found_no_more(deployment: Deployment) -> None:
    await tree(deployment)
    await deployment.control("tag", action="create", group_name="别处", name="别人的")
    await deployment.check()
    await deployment.apply()
    shirt, trousers = deployment.id_of("产品", "衬衫"), deployment.id_of("产品", "裤子")
    foreign, group = deployment.id_of("别处", "别人的"), deployment.id_of("liveqr", "")
    await deployment.control("tag", action="update", id=shirt, name="衬衣")
    await deployment.control("tag", action="update", id=group, name="乱改")
    await deployment.control("tag", action="delete", id=trousers)
    await deployment.control("tag", action="update", id=foreign, name="别人改的")
    stranger = (await deployment.control("tag", action="create", group_name="产品", name="鞋"))["id"]

    found = await deployment.check()
    again = await deployment.check()

    assert set(found.differences) == {
        GroupRenamed(group, True, "liveqr", "乱改"),
        Renamed(shirt, True, "产品", "衬衫", "衬衣"),
        Renamed(foreign, False, "别处", "别人的", "别人改的"),
        Appeared(stranger, "产品", "鞋"),
        Gone(trousers, True, "产品", "裤子"),
    }
    assert deployment.tags() == {
        "liveqr": {"产品"},
        "产品": {"衬衫", "衬衫/黑色", "裤子", "鞋"},
        "别处": {"别人改的"},
    }
    assert (again.differences, (await deployment.preview()).plan.steps) == ((), ())


async def test_drift_that_is_only_reported_raises_an_alert_until_a_person_applies_the_plan(
    deployment: Deployment,
) -> None:
    deployment.rules = replace(deployment.rules, repairs=False)
    await tree(deployment)
    await deployment.apply()
    await deployment.check()
    await deployment.control("tag", action="delete", id=deployment.id_of("产品", "裤子"))

    reading = await deployment.check()

    raised = await deployment.ledger.read(alerts.open_alerts)
    assert (len(reading.differences), reading.run_id) == (1, None)
    assert [(alert.kind, alert.text) for alert in raised] == [("tags_drifted", {"target": "wecom", "count": 1})]
    assert deployment.tags()["产品"] == {"衬衫", "衬衫/黑色"}


async def test_drift_at_a_platform_that_is_switched_off_is_no_alert_after_the_next_night(
    deployment: Deployment,
) -> None:
    deployment.rules = replace(deployment.rules, repairs=False)
    await tree(deployment)
    await deployment.apply()
    await deployment.check()
    await deployment.control("tag", action="delete", id=deployment.id_of("产品", "裤子"))
    await deployment.check()

    async def kinds_after_a_night(targets: tuple[Target, ...]) -> list[str]:
        rules = replace(deployment.rules, targets=targets)
        await deployment.write(lambda c: every_night(c, rules, deployment.sandbox.now(), ZONE))
        return [alert.kind for alert in await deployment.ledger.read(alerts.open_alerts)]

    assert await kinds_after_a_night(("wecom",)) == ["tags_drifted"]
    assert await kinds_after_a_night(("official_account",)) == []


async def test_drift_that_somebody_undoes_raises_no_alert_and_ends_the_one_there_was(deployment: Deployment) -> None:
    deployment.rules = replace(deployment.rules, repairs=False)
    ids = await tree(deployment)
    await deployment.check()
    await deployment.apply()
    await deployment.write(tag("鞋", ids["产品"]))  # not on WeCom yet
    trousers = deployment.id_of("产品", "裤子")

    await deployment.control("tag", action="update", id=trousers, name="长裤")
    await deployment.check()
    raised = await deployment.ledger.read(alerts.open_alerts)
    await deployment.control("tag", action="update", id=trousers, name="裤子")
    reading = await deployment.check()

    left = await deployment.ledger.read(alerts.open_alerts)
    assert ([alert.kind for alert in raised], left) == (["tags_drifted"], ())
    assert reading.differences == (Renamed(trousers, True, "产品", "长裤", "裤子"),)


async def test_a_deleted_tag_is_made_again_and_put_back_on_its_customers(deployment: Deployment) -> None:
    ids = await tree(deployment)
    customer_id, external_userid = await related(deployment)
    await deployment.check()
    await _carry(deployment, customer_id, ids["裤子"])
    assert deployment.carried(external_userid) == {"裤子"}

    await deployment.control("tag", action="delete", id=deployment.id_of("产品", "裤子"))
    assert deployment.carried(external_userid) == set()
    await deployment.check()

    assert deployment.carried(external_userid) == {"裤子"}


async def test_a_tag_that_moves_stays_on_its_customers_all_the_time(deployment: Deployment) -> None:
    ids = await tree(deployment)
    customer_id, external_userid = await related(deployment)
    await deployment.apply()
    await _carry(deployment, customer_id, ids["黑色"])
    await deployment.write(lambda c: c.execute(text(f"UPDATE tag SET parent_id = NULL WHERE id = {ids['黑色']}")))

    run = await deployment.apply()

    journal = deployment.sandbox.journal
    assert (run.status, deployment.carried(external_userid)) == ("done", {"黑色"})
    assert deployment.tags() == {"liveqr": {"产品", "黑色"}, "产品": {"衬衫", "裤子"}}
    kinds = [effect.kind for effect in journal.effects if effect.kind in ("corp_tag_deleted", "tag_marked")]
    assert kinds == ["tag_marked", "tag_marked", "corp_tag_deleted"]


async def test_a_tag_that_moves_stays_on_its_customers_when_another_plan_comes_in_between(
    deployment: Deployment,
) -> None:
    ids = await tree(deployment)
    customer_id, external_userid = await related(deployment)
    await deployment.apply()
    await _carry(deployment, customer_id, ids["黑色"])
    await deployment.write(lambda c: c.execute(text(f"UPDATE tag SET parent_id = NULL WHERE id = {ids['黑色']}")))

    await deployment.order()
    await deployment.send_once()  # the tag is made anew; who carries the old one is not marked yet
    run = await deployment.apply()

    kinds = [effect.kind for effect in deployment.sandbox.journal.effects]
    assert (run.status, deployment.carried(external_userid)) == ("done", {"黑色"})
    assert deployment.tags() == {"liveqr": {"产品", "黑色"}, "产品": {"衬衫", "裤子"}}
    assert [kind for kind in kinds if kind in ("corp_tag_deleted", "tag_marked")] == [
        "tag_marked",
        "tag_marked",
        "corp_tag_deleted",
    ]


async def test_a_plan_goes_on_whatever_else_asks_for_the_reading_it_waits_for(deployment: Deployment) -> None:
    await tree(deployment)
    await deployment.check()
    await deployment.control("tag", action="create", group_name="产品", name="衬衫")
    await deployment.order()
    while (await deployment.latest_run()).status == "applying":
        await deployment.send_once()

    await deployment.check(cause="event")

    run = await deployment.latest_run()
    assert (run.cause, run.status) == ("replan", "done")
    assert deployment.tags() == {"liveqr": {"产品"}, "产品": {"衬衫", "衬衫/黑色", "裤子"}}


async def test_a_tag_taken_off_while_it_is_being_put_on_is_taken_off(deployment: Deployment) -> None:
    ids = await tree(deployment)
    customer_id, external_userid = await related(deployment)
    await deployment.apply()
    effect = await _wanted(deployment, customer_id, ids["裤子"])

    put_on = await mark(deployment.platform(), effect)
    await deployment.write(lambda c: _take_off(c, customer_id, ids["裤子"], deployment.sandbox.now()))
    await deployment.settle()
    await deployment.write(lambda c: put_on.record and put_on.record(c, deployment.sandbox.now()))
    await deployment.settle()

    assert deployment.carried(external_userid) == set()


async def test_a_mark_set_with_a_tag_that_was_replaced_meanwhile_is_set_anew(deployment: Deployment) -> None:
    ids = await tree(deployment)
    customer_id, _ = await related(deployment)
    await deployment.apply()
    effect = await _wanted(deployment, customer_id, ids["裤子"])

    put_on = await mark(deployment.platform(), effect)
    await deployment.write(lambda c: projection.unlink(c, "wecom", [ids["裤子"]]))
    await deployment.write(lambda c: put_on.record and put_on.record(c, deployment.sandbox.now()))

    marks = await deployment.ledger.read(lambda c: projection.list_open_marks(c, 0, 10))
    assert [(each.tag_id, each.desired, each.confirmed) for each in marks] == [(ids["裤子"], True, False)]


async def test_marking_everybody_begins_again_when_asked_for_in_the_middle(deployment: Deployment) -> None:
    ids = await tree(deployment)
    customer_id, _ = await related(deployment)
    await _wanted(deployment, customer_id, ids["裤子"])
    effect = RemarkTag(ids["裤子"])

    page = await remark(deployment.platform(), effect)
    await deployment.write(lambda c: mark_anew(c, [ids["裤子"]], deployment.sandbox.now()))
    await deployment.write(lambda c: page.record and page.record(c, deployment.sandbox.now()))

    payload = text("SELECT payload FROM outbox WHERE kind = 'remark_tag'")
    assert json.load(await deployment.ledger.read(lambda c: c.execute(payload).scalar_one())) == asdict(effect)


async def test_somebody_elses_tag_that_another_of_ours_used_is_taken_over(deployment: Deployment) -> None:
    ids = await tree(deployment)
    now = deployment.sandbox.now()

    def adopt(connection: Connection) -> None:
        for name in ("裤子", "衬衫"):
            note_step(connection, "wecom", Adopt(ids[name], "their-tag", "产品", name), None, now)

    await deployment.write(adopt)

    assert await deployment.ledger.read(lambda c: projection.links(c, "wecom")) == {ids["衬衫"]: "their-tag"}


async def test_a_tag_needed_by_a_customer_is_made_at_once_unless_plans_are_reviewed(deployment: Deployment) -> None:
    ids = await tree(deployment)
    customer_id, external_userid = await related(deployment)
    deployment.rules = replace(deployment.rules, at_once=False)

    await _carry(deployment, customer_id, ids["裤子"])
    waiting = await deployment.ledger.read(projection.open_marks)
    await deployment.apply()

    assert waiting == [("its tag is not on WeCom: apply the plan on the page “Tags on WeCom”", 1)]
    assert deployment.carried(external_userid) == {"裤子"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("archived_at = 1", "the archived tag of this name is still on WeCom"),
        ("name = '长裤'", "another tag of ours still has this name on WeCom"),
    ],
    ids=["archived", "renamed"],
)
async def test_a_tag_made_anew_under_the_name_of_one_of_ours_waits_for_the_plan_and_is_then_put_on(
    deployment: Deployment, change: str, told: str
) -> None:
    ids = await tree(deployment)
    await deployment.apply()
    customer_id, external_userid = await related(deployment)
    await deployment.write(lambda c: c.execute(text(f"UPDATE tag SET {change} WHERE id = {ids['裤子']}")))
    anew = await deployment.write(tag("裤子", ids["产品"]))

    await _carry(deployment, customer_id, anew)
    waiting = await deployment.ledger.read(projection.open_marks)
    before = deployment.carried(external_userid)
    await deployment.apply()

    assert waiting == [(f"{told}: apply the plan on the page “Tags on WeCom”", 1)]
    assert (before, deployment.carried(external_userid)) == (set(), {"裤子"})
    assert await deployment.ledger.read(projection.open_marks) == []


async def test_somebody_elses_tag_is_used_only_when_a_person_says_so_and_never_edited(deployment: Deployment) -> None:
    ids = await tree(deployment)
    customer_id, external_userid = await related(deployment)
    foreign = (await deployment.control("tag", action="create", group_name="产品", name="裤子"))["id"]

    await _carry(deployment, customer_id, ids["裤子"])
    refused = await deployment.preview()
    await deployment.write(lambda c: projection.choose(c, "wecom", ids["裤子"], "", uses_foreign=True))
    await deployment.apply()

    assert refused.plan.conflicts == (NameTaken(ids["裤子"], foreign, "产品", "裤子"),)
    assert deployment.carried(external_userid) == {"裤子"}
    assert deployment.id_of("产品", "裤子") == foreign


async def test_a_plan_met_by_a_change_is_made_anew_from_a_new_reading(deployment: Deployment) -> None:
    await tree(deployment)
    await deployment.check()
    foreign = (await deployment.control("tag", action="create", group_name="产品", name="衬衫"))["id"]

    run = await deployment.apply()

    assert (run.cause, run.status) == ("replan", "done")
    assert deployment.tags() == {"liveqr": {"产品"}, "产品": {"衬衫", "衬衫/黑色", "裤子"}}
    assert deployment.id_of("产品", "衬衫") == foreign


async def test_a_plan_made_anew_deletes_nothing_that_nobody_saw(deployment: Deployment) -> None:
    ids = await tree(deployment)
    await deployment.check()
    await deployment.apply()
    await deployment.write(tag("鞋", ids["产品"]))
    await deployment.control("tag", action="create", group_name="产品", name="鞋")
    trousers = deployment.id_of("产品", "裤子")

    await deployment.order()
    await deployment.write(lambda c: c.execute(text(f"UPDATE tag SET internal = true WHERE id = {ids['裤子']}")))
    await deployment.settle()

    run = await deployment.latest_run()
    assert (run.cause, run.status, deployment.id_of("产品", "裤子")) == ("replan", "done", trousers)
    assert (await deployment.preview()).plan.steps == (Delete(trousers, "产品", "裤子"),)


async def test_a_step_the_platform_refuses_says_why(deployment: Deployment) -> None:
    await tree(deployment)
    deployment.sandbox.world.config = replace(deployment.sandbox.world.config, corp_tag_quota=2)

    run = await deployment.apply()

    progress = await deployment.progress(run)
    assert (run.status, progress.done, progress.refused) == ("done", 2, 2)


async def test_fan_tags_of_chosen_branches_are_kept_on_the_official_account(deployment: Deployment) -> None:
    ids = await tree(deployment)
    deployment.rules = TagRules(fans=Shape(1, 100, 30, "bytes"), targets=("official_account",))
    await deployment.write(
        lambda c: projection.choose(c, "official_account", ids["衬衫"], "branch", uses_foreign=False)
    )
    theirs = (await deployment.control("fan_tag", action="create", name="老客"))["id"]

    await deployment.check("official_account")
    run = await deployment.apply("official_account")
    fan_tags = deployment.sandbox.world.fan_tags.tags
    made = next(each.id for each in fan_tags.values() if each.name == "产品/衬衫")
    await deployment.control("fan_tag", action="update", id=made, name="乱改")
    found = await deployment.check("official_account")

    assert run.status == "done"
    assert found.differences == (Renamed(str(made), True, "", "产品/衬衫", "乱改"),)
    assert {each.name for each in fan_tags.values()} == {"老客", "产品/衬衫", "产品/衬衫/黑色"}
    assert fan_tags[theirs].name == "老客"


async def test_fans_are_tagged_and_untagged_fifty_at_a_time(deployment: Deployment) -> None:
    tag = await deployment.fans.create_tag("展会")

    await deployment.fans.tag_fans(tag.id, ["o-1", "o-2"])
    await deployment.fans.untag_fans(tag.id, ["o-1"])

    assert [(each.name, each.fans) for each in await deployment.fans.get_tags()] == [("展会", 1)]


async def _carry(deployment: Deployment, customer_id: int, tag_id: int) -> None:
    now = deployment.sandbox.now()

    def put_on(connection: Connection) -> None:
        tagging.put_on(connection, [Edge(customer_id, tag_id, "manual:boss")], now)
        tagging.want_marks(connection, [customer_id], now)

    await deployment.write(put_on)
    await deployment.settle()


async def _wanted(deployment: Deployment, customer_id: int, tag_id: int) -> MarkTags:
    """A tag is put on a customer here, not on WeCom yet."""
    now = deployment.sandbox.now()

    def put_on(connection: Connection) -> None:
        tagging.put_on(connection, [Edge(customer_id, tag_id, "manual:boss")], now)
        tagging.want_marks(connection, [customer_id], now)

    await deployment.write(put_on)
    follow_id = text(f"SELECT id FROM follow WHERE customer_id = {customer_id}")
    return MarkTags(await deployment.ledger.read(lambda c: c.execute(follow_id).scalar_one()))


def _take_off(connection: Connection, customer_id: int, tag_id: int, now: int) -> None:
    tagging.take_off(connection, [Removal(customer_id, tag_id, ByHand("boss"))], now)
    tagging.want_marks(connection, [customer_id], now)
    connection.execute(text("UPDATE outbox SET status = 'done' WHERE kind = 'mark_tags'"))  # it is in a sender's hands


async def _way(deployment: Deployment) -> str:
    made = await deployment.client.add_contact_way(users=["chenyu"], state="lq-1")
    return made.config_id
