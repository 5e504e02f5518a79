"""What leads to something archived is not restored, and nothing archived is led to."""

import pytest

from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio

MOVES = {
    "id": "r1",
    "name": "wholesale",
    "priority": 1,
    "stop": False,
    "when": {"kind": "contains", "words": ["批发"]},
    "then": [{"do": "move_to_pool", "pool_id": 1}],
}


async def test_a_code_whose_pool_was_archived_is_not_restored(api: Client) -> None:
    await api.post("/pools", {"name": "sales"}, 201)
    await api.post("/live-codes", {"name": "Spring", "pool_id": 1}, 201)
    await api.post("/live-codes/1/archive")
    await api.post("/pools/1/archive")

    problem = await api.post("/live-codes/1/restore", status=409)

    assert [each["path"] for each in problem["problems"]] == ["pool_id"]
    assert (await api.get("/live-codes"))["items"] == []


async def test_a_pool_whose_fallback_was_archived_is_not_restored(api: Client) -> None:
    await api.post("/pools", {"name": "fallback"}, 201)
    await api.post("/pools", {"name": "sales", "spill_policy": {"kind": "fallback_pool", "pool_id": 1}}, 201)
    await api.post("/pools/2/archive")
    await api.post("/pools/1/archive")

    problem = await api.post("/pools/2/restore", status=409)

    assert [each["path"] for each in problem["problems"]] == ["spill_policy.pool_id"]


async def test_a_rule_set_that_moves_to_an_archived_pool_is_not_restored(api: Client) -> None:
    await api.post("/pools", {"name": "sales"}, 201)
    await api.post("/rule-sets", {"name": "shop"}, 201)
    await api.put("/rule-sets/1/draft", {"rules": [MOVES]})
    await api.post("/rule-sets/1/publish", {}, 200)
    await api.post("/rule-sets/1/archive")
    await api.post("/pools/1/archive")

    problem = await api.post("/rule-sets/1/restore", status=409)

    assert [each["path"] for each in problem["problems"]] == ["rules[0].then[0].pool_id"]


async def test_the_pool_that_a_setting_names_is_not_archived(api: Client) -> None:
    await api.post("/pools", {"name": "sales"}, 201)
    await api.patch("/settings", {"values": {"KF_POOL_ID": "1"}})

    problem = await api.post("/pools/1/archive", status=409)

    assert problem["problems"][0]["reason"]["en"] == "Still used by: KF_POOL_ID."


async def test_two_tags_that_exclude_one_another_are_not_put_on_by_one_code(api: Client) -> None:
    for body in ({"name": "等级", "exclusive": True}, {"name": "金", "parent_id": 1}, {"name": "银", "parent_id": 1}):
        await api.post("/tags", body, 201)
    await api.post("/pools", {"name": "sales"}, 201)

    problem = await api.post("/live-codes", {"name": "Spring", "pool_id": 1, "tag_ids": [2, 3]}, 409)

    assert [each["path"] for each in problem["problems"]] == ["tag_ids[1]"]
