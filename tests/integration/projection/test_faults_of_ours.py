"""A fault of ours leaves nothing of a plan waiting for ever, and nobody without a reason."""

import pytest
from sqlalchemy import text

from router.db.queries import projection, tag_runs, tagging
from router.db.queries.tagging import Edge
from router.handlers.outbound import tag_steps, tags
from router.handlers.projection import every_night
from tests.factories import ZONE, agent, customer, follow, tag
from tests.integration.projection.conftest import Deployment

pytestmark = pytest.mark.anyio

FAULT = "a fault in liveqr (ZeroDivisionError)"


async def breaks(*_: object) -> None:
    raise ZeroDivisionError


async def carried_and_moved(deployment: Deployment) -> str:
    """A tag that a customer carries gets another place in the tree; returns the customer."""
    way = await deployment.client.add_contact_way(users=["chenyu"], state="lq-1")
    external_userid: str = (await deployment.control("add", config_id=way.config_id, customer="林晓"))[
        "external_userid"
    ]
    agent_id, customer_id = await deployment.write(agent("chenyu")), await deployment.write(customer(external_userid))
    await deployment.write(follow(agent_id, customer_id))
    product = await deployment.write(tag("产品"))
    black = await deployment.write(tag("黑色", product))
    now = deployment.sandbox.now()
    await deployment.apply()
    await deployment.write(lambda c: tagging.put_on(c, [Edge(customer_id, black, "manual:boss")], now))
    await deployment.write(lambda c: tagging.want_marks(c, [customer_id], now))
    await deployment.settle()
    await deployment.write(lambda c: c.execute(text(f"UPDATE tag SET parent_id = NULL WHERE id = {black}")))
    return external_userid


async def test_a_step_held_for_marks_that_broke_off_says_why_and_is_taken_after_the_next_night(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    external_userid = await carried_and_moved(deployment)
    with monkeypatch.context() as broken:
        broken.setattr(tag_steps, "mark", breaks)
        stuck = await deployment.apply()
    held = (await deployment.ledger.read(lambda c: tag_runs.steps(c, stuck.id)))[-1]

    await deployment.write(lambda c: every_night(c, deployment.rules, deployment.sandbox.now(), ZONE))
    await deployment.settle()

    run = await deployment.latest_run()
    assert (stuck.status, held.kind, held.status, held.error) == ("applying", "delete", "held", FAULT)
    assert (run.id, run.status) == (stuck.id, "done")
    assert (deployment.carried(external_userid), deployment.tags()["liveqr"]) == ({"黑色"}, {"产品", "黑色"})


async def test_a_step_that_breaks_off_each_time_ends_with_the_reason(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    await deployment.write(tag("产品"))
    monkeypatch.setattr(tag_steps, "take", breaks)

    run = await deployment.apply()

    (step,) = await deployment.ledger.read(lambda c: tag_runs.steps(c, run.id))
    assert (run.status, step.status, step.error) == ("done", "refused", FAULT)


async def test_a_mark_that_breaks_off_each_time_says_why(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "mark", breaks)

    await carried_and_moved(deployment)

    assert await deployment.ledger.read(projection.open_marks) == [(FAULT, 1)]
