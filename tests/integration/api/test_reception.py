"""Agents, pools and live codes over the API."""

import pytest

from router.domain.capacity import WINDOWS, period
from tests.factories import ready_ways
from tests.integration.api.asking import paths, spring_fair
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio

UNCAPPED = dict.fromkeys(WINDOWS)


async def test_an_agent_is_created_edited_archived_and_restored(api: Client) -> None:
    created = await api.post("/agents", {"userid": "chenyu", "name": "陈雨", "caps": {"day": 20}}, 201)
    edited = await api.patch("/agents/1", {"on_duty": False, "caps": {"day": 5, "hour": 2}})
    archived = await api.post("/agents/1/archive")
    gone = await api.get("/agents")
    restored = await api.post("/agents/1/restore")

    assert created["caps"] == {**UNCAPPED, "day": 20}
    assert created["created_at"].endswith("Z")
    assert (edited["name"], edited["on_duty"], edited["caps"]) == (
        "陈雨",
        False,
        {**UNCAPPED, "hour": 2, "day": 5},
    )
    assert archived["archived_at"] is not None
    assert gone == {"items": [], "next": None}
    assert restored["archived_at"] is None


async def test_a_userid_is_given_once(api: Client) -> None:
    await api.post("/agents", {"userid": "chenyu", "name": "陈雨"}, 201)

    problem = await api.post("/agents", {"userid": "chenyu", "name": "Another"}, 409)

    assert (problem["code"], paths(problem)) == ("conflict", ["userid"])


@pytest.mark.parametrize("is_archived", [False, True], ids=["in use", "archived"])
async def test_a_userid_that_differs_in_case_only_is_refused_and_says_whose_it_is(
    api: Client, is_archived: bool
) -> None:
    await api.post("/agents", {"userid": "zhangsan", "name": "张三"}, 201)
    if is_archived:
        await api.post("/agents/1/archive")

    problem = await api.post("/agents", {"userid": "ZhangSan", "name": "Another"}, 409)

    assert (problem["code"], paths(problem)) == ("conflict", ["userid"])
    assert "“zhangsan” is the userid of 张三, number 1" in str(problem)
    assert ("restore" in str(problem)) == is_archived


async def test_todays_use_stands_beside_the_cap(api: Client) -> None:
    await api.post("/agents", {"userid": "chenyu", "name": "陈雨", "caps": {"day": 20}}, 201)
    zone = api.services.settings.time_zone
    today = period("day", api.services.clock(), zone)
    await api.run(f"UPDATE counter SET taken = 7 WHERE subject = 'agent:1' AND period = {today}")

    agent = (await api.get("/agents"))["items"][0]

    assert (agent["taken_today"], agent["caps"]["day"]) == (7, 20)


async def test_an_agent_is_listed_with_the_cap_that_decides_and_where_it_was_set(api: Client) -> None:
    await api.post("/agents", {"userid": "chenyu", "name": "陈雨", "caps": {"day": 50}}, 201)
    await api.post("/pools", {"name": "full", "agent_ids": [1], "caps": {"total": 0}}, 201)
    await api.post("/pools", {"name": "roomy", "agent_ids": [1]}, 201)
    await api.services.ledger.write(ready_ways(1, 1))

    agent = (await api.get("/agents"))["items"][0]

    none_left = {"subject": "pool:1", "source": "pool:1", "window": "total", "places": 0, "taken": 0}
    own = {"subject": "agent:1", "source": "agent:1", "window": "day", "places": 50, "taken": 0}
    assert (agent["state"], agent["limit"], agent["conversations"]) == ("partly", none_left, None)
    assert agent["rooms"] == [
        {"pool_id": 1, "code_id": None, "limit": none_left, "room": "full"},
        {"pool_id": 2, "code_id": None, "limit": own, "room": "free"},
    ]
    assert await api.get("/agents/1") == agent


async def test_an_agent_with_one_cap_everywhere_has_one_room_and_an_archived_one_says_so(api: Client) -> None:
    created = await api.post("/agents", {"userid": "chenyu", "name": "陈雨", "caps": {"open": 3}}, 201)
    archived = await api.post("/agents/1/archive")

    assert (created["state"], archived["state"]) == ("no_pool", "archived")
    assert created["rooms"] == [{"pool_id": None, "code_id": None, "limit": None, "room": "free"}]
    assert (created["conversations"]["window"], created["conversations"]["places"]) == ("open", 3)


async def test_a_pool_keeps_the_order_of_its_members_and_its_spill_policy(api: Client) -> None:
    for userid in ("chenyu", "lihua"):
        await api.post("/agents", {"userid": userid, "name": userid}, 201)

    await api.post("/pools", {"name": "reserve"}, 201)
    policy = {"kind": "fallback_pool", "pool_id": 1}
    pool = await api.post("/pools", {"name": "sales", "agent_ids": [2, 1], "spill_policy": policy}, 201)

    assert [member["userid"] for member in pool["members"]] == ["lihua", "chenyu"]
    assert {name: value for name, value in pool["spill_policy"].items() if value is not None} == policy


async def test_pools_may_not_fall_back_to_one_another_in_a_circle(api: Client) -> None:
    await api.post("/pools", {"name": "one"}, 201)
    await api.post("/pools", {"name": "two", "spill_policy": {"kind": "fallback_pool", "pool_id": 1}}, 201)

    problem = await api.patch("/pools/1", {"spill_policy": {"kind": "fallback_pool", "pool_id": 2}}, 409)

    assert paths(problem) == ["spill_policy.pool_id"]


async def test_a_pool_in_use_is_not_archived_and_says_by_what(api: Client) -> None:
    await spring_fair(api, slug="spring")

    problem = await api.post("/pools/1/archive", status=409)

    assert problem["problems"][0]["reason"]["en"] == "Still used by: Spring fair."
    assert (await api.get("/pools/1"))["archived_at"] is None


async def test_a_live_code_carries_its_printed_address(api: Client) -> None:
    code = await spring_fair(api, slug="spring")

    assert code["url"] == "https://go.example.com/q/spring"
    assert (code["hold_minutes"], code["active"]) == (20, True)
    assert code["today"] == {"scans": 0, "visitors": 0, "reservations": 0, "adds": 0}


@pytest.mark.parametrize("kind", ["native", "group", "acquisition"])
async def test_minutes_of_a_hold_are_refused_for_a_code_that_holds_no_place(api: Client, kind: str) -> None:
    await spring_fair(api, slug="spring")
    new = {"name": "Autumn", "pool_id": 1, "kind": kind}

    refused = await api.post("/live-codes", {**new, "hold_minutes": 30}, 409)
    code = await api.post("/live-codes", new, 201)
    edited = await api.patch(f"/live-codes/{code['id']}", {"hold_minutes": 30, "name": "Winter"}, 409)

    assert [paths(refused), paths(edited)] == [["hold_minutes"]] * 2
    assert (await api.get(f"/live-codes/{code['id']}"))["name"] == "Autumn"
    assert code["hold_minutes"] is None
    assert (await api.patch("/live-codes/1", {"hold_minutes": 30}))["hold_minutes"] == 30


async def test_what_concerns_adds_is_refused_for_a_group_code_and_to_ask_for_nothing_never_is(api: Client) -> None:
    await spring_fair(api, slug="spring")
    await api.post("/tags", {"name": "VIP"}, 201)
    await api.post("/agents", {"userid": "ann", "name": "Ann"}, 201)
    new = {"name": "Autumn", "pool_id": 1, "kind": "group"}
    asked = {"welcome": "Hello", "tag_ids": [1], "caps": {"day": 5}}

    refused = await api.post("/live-codes", {**new, **asked}, 409)
    code = await api.post("/live-codes", {**new, "welcome": "", "tag_ids": [], "caps": {}}, 201)
    edited = [await api.patch(f"/live-codes/{code['id']}", {name: asked[name]}, 409) for name in asked]
    of_agent = await api.put(f"/live-codes/{code['id']}/agent-caps/1", {"day": 5}, 409)

    assert paths(refused) == [*asked]
    assert [paths(each) for each in (*edited, of_agent)] == [["welcome"], ["tag_ids"], ["caps"], ["caps"]]
    assert await api.get(f"/live-codes/{code['id']}") == code
    await api.put(f"/live-codes/{code['id']}/agent-caps/1", {"day": None})
    for kind in ("native", "acquisition"):
        assert (await api.post("/live-codes", {**new, **asked, "kind": kind}, 201))["welcome"] == "Hello"


async def test_a_slug_left_out_is_made_up_without_look_alikes(api: Client) -> None:
    code = await spring_fair(api)

    assert len(code["slug"]) == 8
    assert not set(code["slug"]) & set("01ilo")


async def test_a_welcome_that_names_something_unknown_is_refused_at_its_field(api: Client) -> None:
    await spring_fair(api, slug="spring")

    for welcome in ("Hello {custmer}", "Hello { custmer }", "您好 ｛customer｝"):
        problem = await api.patch("/live-codes/1", {"welcome": welcome}, 422)

        assert (problem["code"], paths(problem)) == ("invalid", ["welcome"])
    await api.patch("/live-codes/1", {"welcome": "Hello { customer }"})


async def test_a_closed_code_stays_in_the_list_and_an_archived_one_leaves_it(api: Client) -> None:
    await spring_fair(api, slug="spring")

    closed = await api.patch("/live-codes/1", {"active": False})
    listed = await api.get("/live-codes")
    await api.post("/live-codes/1/archive")

    assert not closed["active"]
    assert [code["slug"] for code in listed["items"]] == ["spring"]
    assert (await api.get("/live-codes"))["items"] == []
    assert [code["slug"] for code in (await api.get("/live-codes", archived="true"))["items"]] == ["spring"]
