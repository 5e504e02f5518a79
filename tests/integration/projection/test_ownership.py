"""Which of a platform's tags are ours, whatever happens between our asking for one and our learning of it."""

import pytest

from router.db import json
from router.db.queries import alerts, outbox, projection
from router.db.queries.outbox import Order
from router.domain.effects import MakeTag
from tests.factories import tag
from tests.integration.projection.conftest import Deployment

pytestmark = pytest.mark.anyio

NO_ANSWER = {"path": "externalcontact/add_corp_tag", "http_status": 502, "body": "", "executes": True, "times": 1}


async def ours(deployment: Deployment) -> set[tuple[str, str]]:
    """Group and name of the tags that we know as made by us."""
    tags = await deployment.ledger.read(lambda c: projection.remote_tags(c, "wecom"))
    return {(tag.group, tag.name) for tag in tags if tag.ours}


async def made_without_our_learning_of_it(deployment: Deployment, effect: MakeTag) -> None:
    await deployment.control("faults", errors=[NO_ANSWER])
    await deployment.write(lambda c: outbox.add_all(c, [Order(effect)], deployment.sandbox.now()))
    await deployment.send_once()


async def test_a_tag_made_without_an_answer_is_ours_though_it_was_asked_for_anew(deployment: Deployment) -> None:
    product = await deployment.write(tag("产品"))
    effect = MakeTag(await deployment.write(tag("裤子", product)))

    await made_without_our_learning_of_it(deployment, effect)
    await deployment.write(lambda c: outbox.add_all(c, [Order(effect)], deployment.sandbox.now()))
    await deployment.settle()

    links = await deployment.ledger.read(lambda c: projection.links(c, "wecom"))
    assert await ours(deployment) == {("产品", "裤子")}
    assert links == {effect.tag_id: deployment.id_of("产品", "裤子")}


async def test_a_tag_made_by_a_step_without_an_answer_is_ours_though_another_plan_took_its_place(
    deployment: Deployment,
) -> None:
    await deployment.write(tag("产品"))
    await deployment.control("faults", errors=[NO_ANSWER])

    await deployment.order()
    await deployment.send_once()
    run = await deployment.apply()

    assert (run.cause, run.status) == ("person", "done")
    assert await ours(deployment) == {("liveqr", "产品")}


async def test_a_reading_knows_a_tag_made_without_an_answer_as_ours(deployment: Deployment) -> None:
    product = await deployment.write(tag("产品"))
    effect = MakeTag(await deployment.write(tag("裤子", product)))
    await deployment.check()

    await made_without_our_learning_of_it(deployment, effect)
    await deployment.check()

    assert await ours(deployment) == {("产品", "裤子")}


async def test_a_tag_that_somebody_else_made_before_us_stays_theirs(deployment: Deployment) -> None:
    product = await deployment.write(tag("产品"))
    effect = MakeTag(await deployment.write(tag("裤子", product)))
    await deployment.control("tag", action="create", group_name="产品", name="裤子")

    await deployment.write(lambda c: outbox.add_all(c, [Order(effect)], deployment.sandbox.now()))
    await deployment.settle()
    await deployment.check()

    assert await ours(deployment) == set()


async def many_tags(deployment: Deployment) -> dict[int, str]:
    """Twelve tags on WeCom; returns what stands for each."""
    for number in range(12):
        await deployment.write(tag(f"标签{number}"))
    await deployment.check()
    await deployment.apply()
    return await deployment.ledger.read(lambda c: projection.links(c, "wecom"))


async def open_alerts(deployment: Deployment) -> list[str]:
    return [alert.kind for alert in await deployment.ledger.read(alerts.open_alerts)]


async def test_a_list_that_is_empty_by_mistake_changes_nothing_and_what_comes_back_is_ours(
    deployment: Deployment,
) -> None:
    before = await many_tags(deployment)
    there = deployment.tags()
    empty = json.dump({"errcode": 0, "errmsg": "ok", "tag_group": []})
    listing = {"path": "externalcontact/get_corp_tag_list", "body": empty, "times": 1}

    await deployment.control("faults", errors=[listing])
    mistaken = await deployment.check()
    raised = await open_alerts(deployment)
    healthy = await deployment.check()

    links = await deployment.ledger.read(lambda c: projection.links(c, "wecom"))
    assert (len(mistaken.differences), mistaken.run_id, raised) == (12, None, ["tags_drifted"])
    assert (healthy.run_id, (await deployment.preview()).plan.steps, deployment.tags()) == (None, (), there)
    assert await open_alerts(deployment) == []
    assert (links, await ours(deployment)) == (before, {("liveqr", f"标签{number}") for number in range(12)})


async def test_many_tags_that_vanish_together_are_made_anew_when_a_person_says_so(deployment: Deployment) -> None:
    for remote_id in (await many_tags(deployment)).values():
        await deployment.control("tag", action="delete", id=remote_id)

    reading = await deployment.check()
    again = await deployment.check()
    waiting = deployment.tags()
    run = await deployment.apply()

    assert (reading.run_id, again.run_id, waiting.get("liveqr", set())) == (None, None, set())
    assert (run.status, deployment.tags()["liveqr"]) == ("done", {f"标签{number}" for number in range(12)})
