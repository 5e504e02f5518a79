"""The plan for a platform's tags, asked for, chosen about and applied by programs."""

import pytest

from router.db.queries import projection
from tagtree.projection.steps import RemoteTag
from tests.factories import NOW, agent, customer, follow, tag
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio

WECOM = "/tag-projections/wecom"
FANS = "/tag-projections/official_account"


async def test_a_plan_is_shown_applied_by_its_digest_and_its_steps_are_listed(api: Client) -> None:
    tag_id = await api.services.ledger.write(tag("VIP"))

    planned = await api.get(WECOM)
    applied = await api.post(f"{WECOM}/apply", {"digest": planned["digest"]})
    steps = await api.get(f"/tag-projections/runs/{applied['run']['id']}/steps")

    step = {"kind": "create", "tag_id": tag_id, "remote_id": None, "group": "liveqr", "name": "VIP", "error": ""}
    assert planned["steps"] == [{**step, "status": "planned"}]
    assert planned["quota"] == {"used": 0, "after": 1, "limit": 10_000, "grown_in_30_days": 0, "days_left": None}
    assert (applied["run"]["status"], applied["run"]["open"], applied["run"]["ordered_by"]) == ("applying", 1, "api")
    assert steps == {"items": [{**step, "status": "waiting"}], "next": None}


async def test_a_plan_that_changed_since_it_was_looked_at_is_not_applied(api: Client) -> None:
    planned = await api.get(WECOM)
    await api.services.ledger.write(tag("VIP"))

    refused = await api.post(f"{WECOM}/apply", {"digest": planned["digest"]}, status=409)

    assert refused["problems"][0]["reason"]["en"] == "The plan has changed since you looked at it."


async def test_a_tag_of_others_is_a_conflict_that_says_what_to_do_until_it_is_used(api: Client) -> None:
    tag_id = await api.services.ledger.write(tag("VIP"))
    foreign = RemoteTag("et-1", "g-1", "liveqr", "VIP", ours=False)
    await api.services.ledger.write(lambda c: projection.put_remote(c, "wecom", [(foreign, NOW)], NOW))

    before = await api.get(WECOM)
    after = await api.post(f"{WECOM}/choices", {"tag_id": tag_id, "uses_foreign": True})
    listed = await api.get(f"{WECOM}/tags", limit=1)

    assert [(each["kind"], each["remote_id"]) for each in before["conflicts"]] == [("NameTaken", "et-1")]
    assert before["conflicts"][0]["hint"]["en"].startswith("Use that tag")
    assert (after["conflicts"], [each["kind"] for each in after["steps"]]) == ([], ["adopt"])
    assert listed == {
        "items": [{"remote_id": "et-1", "group": "liveqr", "name": "VIP", "ours": False, "tag_id": None}],
        "next": None,
    }


async def test_only_chosen_branches_go_to_the_official_account_and_none_while_it_is_off(api: Client) -> None:
    root = await api.services.ledger.write(tag("意向"))
    await api.services.ledger.write(tag("高", root))
    await api.services.ledger.write(tag("别的"))

    chosen = await api.post(f"{FANS}/choices", {"tag_id": root, "scope": "branch"})
    refused = await api.post(f"{FANS}/apply", {"digest": chosen["digest"]}, status=409)

    assert [each["name"] for each in chosen["steps"]] == ["意向", "意向/高"]
    assert chosen["switched_on"] is False
    assert "LIVEQR_OA_APP_ID" in refused["problems"][0]["hint"]["en"]


async def test_reading_again_and_trying_marks_again_are_ordered(api: Client) -> None:
    answered = await api.post(f"{WECOM}/read")
    retried = await api.post("/tag-projections/marks/retry")

    effects = await api.get("/outbox")
    assert (answered, retried) == ({"target": "wecom"}, {"tags": 0})
    assert [each["kind"] for each in effects["items"]] == ["read_tags"]


async def test_marks_that_wecom_lacks_are_listed_with_what_stands_against_them(api: Client) -> None:
    tag_id = await api.services.ledger.write(tag("VIP"))
    agent_id = await api.services.ledger.write(agent("ann"))
    for name in ("wm-1", "wm-2"):
        customer_id = await api.services.ledger.write(customer(name))
        follow_id = await api.services.ledger.write(follow(agent_id, customer_id))
        await api.run(
            "INSERT INTO tag_mark (follow_id, tag_id, desired, confirmed, changed_at, error)"
            f" VALUES ({follow_id}, {tag_id}, true, false, 0, 'its tag is not on WeCom')"
        )

    first = await api.get("/tag-projections/marks", limit=1)
    second = await api.get("/tag-projections/marks", cursor=first["next"])

    assert [(each["external_userid"], each["error"]) for each in first["items"] + second["items"]] == [
        ("wm-1", "its tag is not on WeCom"),
        ("wm-2", "its tag is not on WeCom"),
    ]
    assert second["next"] is None


@pytest.mark.parametrize("path", ["", "/tags"])
async def test_a_platform_that_has_no_tags_is_not_found(api: Client, path: str) -> None:
    answer = await api.http.get(f"/tag-projections/telegram{path}")

    assert answer.status_code == 404
