"""What an integrator does with the API, from an empty ledger to a tagged customer."""

from typing import Any

import pytest

from router.domain.capacity import WINDOWS, period
from router.secret_box import SecretBox
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio

PRICE_RULE: dict[str, Any] = {
    "id": "price",
    "name": "问价",
    "priority": 100,
    "when": {"kind": "contains", "words": ["价格", "报价"]},
    "then": [{"do": "add_tag", "tag_id": 1}, {"do": "reply", "text": "稍等"}],
    "stop": True,
}

UNCAPPED = dict.fromkeys(WINDOWS)


def paths(problem: dict[str, Any]) -> list[str]:
    return [each["path"] for each in problem["problems"]]


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


async def test_todays_use_stands_beside_the_cap(api: Client) -> None:
    await api.post("/agents", {"userid": "chenyu", "name": "陈雨", "caps": {"day": 20}}, 201)
    zone = api.services.settings.time_zone
    today = period("day", api.services.clock(), zone)
    await api.run(f"UPDATE counter SET taken = 7 WHERE subject = 'agent:1' AND period = {today}")

    agent = (await api.get("/agents"))["items"][0]

    assert (agent["taken_today"], agent["caps"]["day"]) == (7, 20)


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
    await _code(api, slug="spring")

    problem = await api.post("/pools/1/archive", status=409)

    assert problem["problems"][0]["reason"]["en"] == "Still used by: Spring fair."
    assert (await api.get("/pools/1"))["archived_at"] is None


async def test_a_live_code_carries_its_printed_address(api: Client) -> None:
    code = await _code(api, slug="spring")

    assert code["url"] == "https://go.example.com/q/spring"
    assert (code["hold_minutes"], code["active"]) == (20, True)
    assert code["today"] == {"scans": 0, "visitors": 0, "reservations": 0, "adds": 0}


async def test_a_slug_left_out_is_made_up_without_look_alikes(api: Client) -> None:
    code = await _code(api)

    assert len(code["slug"]) == 8
    assert not set(code["slug"]) & set("01ilo")


async def test_a_welcome_that_names_something_unknown_is_refused_at_its_field(api: Client) -> None:
    await _code(api, slug="spring")

    problem = await api.patch("/live-codes/1", {"welcome": "Hello {custmer}"}, 422)

    assert (problem["code"], paths(problem)) == ("invalid", ["welcome"])


async def test_a_closed_code_stays_in_the_list_and_an_archived_one_leaves_it(api: Client) -> None:
    await _code(api, slug="spring")

    closed = await api.patch("/live-codes/1", {"active": False})
    listed = await api.get("/live-codes")
    await api.post("/live-codes/1/archive")

    assert not closed["active"]
    assert [code["slug"] for code in listed["items"]] == ["spring"]
    assert (await api.get("/live-codes"))["items"] == []
    assert [code["slug"] for code in (await api.get("/live-codes", archived="true"))["items"]] == ["spring"]


async def test_a_tag_in_use_by_a_rule_or_code_is_not_archived_and_says_by_what(api: Client) -> None:
    await api.post("/tags", {"name": "询价"}, 201)
    await _code(api, slug="spring", tag_ids=[1])
    await api.post("/rule-sets", {"name": "sales"}, 201)
    await api.put("/rule-sets/1/draft", {"rules": [PRICE_RULE]})

    problem = await api.post("/tags/1/archive", status=409)

    assert problem["problems"][0]["reason"]["en"] == "Still used by: sales / 问价, Spring fair."


async def test_a_tag_moves_with_its_branch_but_not_under_itself(api: Client) -> None:
    for body in ({"name": "产品"}, {"name": "衬衫", "parent_id": 1}, {"name": "意向"}):
        await api.post("/tags", body, 201)

    circle = await api.post("/tags/1/move", {"parent_id": 2}, 409)
    moved = await api.post("/tags/2/move", {"parent_id": 3}, 200)

    assert paths(circle) == ["parent_id"]
    assert moved["parent_id"] == 3


async def test_a_rule_set_is_drafted_published_and_rolled_back(api: Client) -> None:
    await api.post("/tags", {"name": "询价"}, 201)
    await api.post("/rule-sets", {"name": "sales"}, 201)

    await api.put("/rule-sets/1/draft", {"rules": [PRICE_RULE]})
    first = await api.post("/rule-sets/1/publish", {}, 200)
    await api.put("/rule-sets/1/draft", {"rules": [{**PRICE_RULE, "priority": 1}]})
    second = await api.post("/rule-sets/1/publish", {}, 200)
    third = await api.post("/rule-sets/1/roll-back", {"number": 1}, 200)

    assert [answer["published"]["number"] for answer in (first, second, third)] == [1, 2, 3]
    assert third["published"]["rules"] == [PRICE_RULE]
    assert third["is_changed"]
    versions = await api.get("/rule-sets/1/versions", limit=2)
    assert [version["number"] for version in versions["items"]] == [3, 2]
    rest = await api.get("/rule-sets/1/versions", limit=2, cursor=versions["next"])
    assert [version["number"] for version in rest["items"]] == [1]


async def test_a_draft_with_problems_is_refused_with_the_path_of_each(api: Client) -> None:
    await api.post("/rule-sets", {"name": "sales"}, 201)

    bad = {**PRICE_RULE, "when": {"kind": "pattern", "pattern": "(a"}, "stopp": True}
    shape = await api.put("/rule-sets/1/draft", {"rules": [bad]}, 422)
    missing = await api.put("/rule-sets/1/draft", {"rules": [PRICE_RULE]}, 409)

    assert paths(shape) == ["rules[0].stopp"]
    assert paths(missing) == ["rules[0].then[0].tag_id"]
    assert (await api.get("/rule-sets/1"))["draft"] == []


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        pytest.param([], "rules", id="no rule at all"),
        pytest.param([{**PRICE_RULE, "when": {"kind": "pattern", "pattern": ".*"}}], "rules[0].when", id="everything"),
    ],
)
async def test_publishing_rules_that_match_nothing_or_everything_wants_a_word(
    api: Client, rules: list[dict[str, Any]], path: str
) -> None:
    await api.post("/tags", {"name": "询价"}, 201)
    await api.post("/rule-sets", {"name": "sales"}, 201)
    await api.put("/rule-sets/1/draft", {"rules": rules})

    problem = await api.post("/rule-sets/1/publish", {}, 409)
    published = await api.post("/rule-sets/1/publish", {"confirm": True}, 200)

    assert problem["code"] == "confirmation_needed"
    assert paths(problem)[0].startswith(path)
    assert published["published"]["number"] == 1


async def test_a_text_is_tried_against_rules_that_are_stored_nowhere(api: Client) -> None:
    await api.post("/tags", {"name": "询价"}, 201)

    answer = await api.post("/rules/test", {"text": "这件衬衫價格多少", "rules": [PRICE_RULE]}, 200)

    (result,) = answer["results"]
    assert result["fired"] == [{"rule_id": "price", "name": "问价", "spans": [[4, 6]], "texts": ["價格"]}]
    assert [tag["path"] for tag in result["tags"]] == ["询价"]
    assert result["replies"] == [{"rule_id": "price", "text": "稍等"}]


async def test_the_pattern_everybody_gets_wrong_is_shown_as_it_is(api: Client) -> None:
    rule = {**PRICE_RULE, "when": {"kind": "pattern", "pattern": "价.*格"}, "then": [{"do": "hand_to_human"}]}

    missed = await api.post("/rules/test", {"text": "价钱多少", "rules": [rule]}, 200)
    matched = await api.post("/rules/test", {"text": "价值观不合格", "rules": [rule]}, 200)

    assert missed["results"][0]["fired"] == []
    assert matched["results"][0]["fired"][0]["texts"] == ["价值观不合格"]


async def test_a_text_is_tried_against_what_is_in_force_and_against_a_draft(api: Client) -> None:
    await api.post("/tags", {"name": "询价"}, 201)
    await api.post("/rule-sets", {"name": "sales"}, 201)
    await api.put("/rule-sets/1/draft", {"rules": [PRICE_RULE]})

    before = await api.post("/rules/test", {"text": "价格"}, 200)
    draft = await api.post("/rules/test", {"text": "价格", "rule_set_id": 1}, 200)
    await api.post("/rule-sets/1/publish", {}, 200)
    after = await api.post("/rules/test", {"text": "价格"}, 200)

    assert before["results"] == []
    assert [each["version"] for each in draft["results"]] == [None]
    assert [(each["name"], each["version"]) for each in after["results"]] == [("sales", 1)]


async def test_a_customer_tells_why_each_tag_is_on(api: Client) -> None:
    await _tagged_customer(api)

    customer = await api.get("/customers/wmA")

    (carried,) = customer["tags"]
    (reason,) = carried["reasons"]
    assert carried["tag"] == {"id": 1, "name": "询价", "path": "询价", "colour": "", "weight": 0}
    assert (reason["origin"], reason["rule_name"], reason["version"]) == ("rule", "问价", 1)
    assert (reason["span_start"], reason["span_end"], reason["evidence"]) == (4, 6, "价格")
    assert reason["message_at"] == "2026-11-21T09:30:00.000Z"


async def test_a_tag_put_on_by_hand_takes_off_what_excludes_it(api: Client) -> None:
    for body in (
        {"name": "意向", "exclusive": True},
        {"name": "高", "parent_id": 1, "weight": 9},
        {"name": "低", "parent_id": 1},
    ):
        await api.post("/tags", body, 201)
    await api.run("INSERT INTO customer (external_userid, name, created_at) VALUES ('wmA', '小王', 1)")

    await api.put("/customers/wmA/tags/2")
    customer = await api.put("/customers/wmA/tags/3")
    without = await api.delete("/customers/wmA/tags/3")

    assert [carried["tag"]["path"] for carried in customer["tags"]] == ["意向 / 低"]
    assert customer["tags"][0]["reasons"][0]["source"] == "manual:api"
    assert without["tags"] == []


async def test_a_tag_put_on_by_hand_is_to_be_told_to_the_platform(api: Client) -> None:
    await _tagged_customer(api)
    await api.run(
        "INSERT INTO agent (userid, name, weight, on_duty, available, unavailable_reason, created_at)"
        " VALUES ('chenyu', '陈雨', 1, true, true, '', 1)",
        "INSERT INTO follow (agent_id, customer_id, status, state, since_at) VALUES (1, 1, 'full', '', 1)",
    )

    await api.put("/customers/wmA/tags/1")

    assert [effect["kind"] for effect in (await api.get("/outbox"))["items"]] == ["mark_tags"]
    assert (await api.get("/outbox/summary"))["counts"]["pending"] == 1


async def test_a_signed_link_leads_to_the_card(api: Client) -> None:
    await _tagged_customer(api)

    link = await api.post("/customers/wmA/card-link", status=200)

    assert link["url"].startswith("https://go.example.com/card/?t=")
    assert link["expires_at"].endswith("Z")


async def test_a_failed_event_is_traced_and_decided_again(api: Client) -> None:
    await api.run(
        "INSERT INTO inbox (identity, callback, shard, subject, plaintext, received_at, timings, deliveries, status,"
        " reason, event, attempts, decision) VALUES ('KF|1', 'KF', 0, 'wmA', '<xml/>', 1, '{\"decrypt\": 12}', 2,"
        " 'failed', 'broken', 'message_received', 5, '')",
    )

    trace = await api.get("/events/1")
    again = await api.post("/events/1/retry")
    refused = await api.post("/events/1/retry", status=409)

    assert (trace["event"]["deliveries"], trace["timings"], trace["effects"]) == (2, {"decrypt": 12}, [])
    assert again["status"] == "stored"
    assert refused["code"] == "conflict"
    assert (await api.get("/events/summary"))["counts"]["stored"] == 1


async def test_a_summary_counts_what_is_open_whenever_it_came_and_what_is_finished_for_a_day(api: Client) -> None:
    event = (
        "INSERT INTO inbox (identity, callback, shard, subject, plaintext, received_at, timings, deliveries, status,"
        " reason, event, attempts, decision) VALUES ('{0}', 'KF', 0, '', '', 1, '', 1, '{0}', '', '', 0, '')"
    )
    effect = (
        "INSERT INTO outbox (key, kind, payload, lane, stream, status, again, attempts, fence, not_before, lease_until,"
        " created_at, finished_at, error, result)"
        " VALUES ('{0}', 'mark_tags', '{{}}', 'platform', '', '{0}', false, 0, 0, 0, 0, 1, 1, '', '')"
    )
    await api.run(*(event.format(status) for status in ("stored", "done")))
    await api.run(*(effect.format(status) for status in ("pending", "failed", "late", "done")))

    of_a_day = [(await api.get(f"/{each}/summary"))["counts"] for each in ("events", "outbox")]
    of_all = [
        (await api.get(f"/{each}/summary", since="1970-01-01T00:00:00Z"))["counts"]["done"]
        for each in ("events", "outbox")
    ]

    assert of_a_day == [
        {"stored": 1, "done": 0, "ignored": 0, "failed": 0},
        {"pending": 1, "sending": 0, "done": 0, "failed": 1, "late": 1},
    ]
    assert of_all == [1, 1]


async def test_a_welcome_that_came_too_late_is_not_sent_again(api: Client) -> None:
    await api.run(
        "INSERT INTO outbox (key, kind, payload, lane, stream, status, again, attempts, fence, not_before, deadline_at,"
        " lease_until, created_at, error, result) VALUES ('welcome:hushhushhush', 'send_welcome',"
        " '{\"welcome_code\": \"hushhushhush\"}', 'welcome', '', 'late', false, 3, 3, 0, 20, 0, 1, 'too late', '')"
    )

    effect = await api.get("/outbox/1")
    problem = await api.post("/outbox/1/retry", status=409)

    assert "hushhushhush" not in str(effect)
    assert problem["problems"][0]["hint"]["en"] == "Greet the customer by hand."


async def test_a_stored_secret_is_never_shown(api: Client) -> None:
    await api.patch("/settings", {"values": {"APP_SECRET": "hush", "CORP_ID": "ww1"}})

    shown = await api.get("/settings")
    changes = await api.get("/changes")
    stored = await api.services.ledger.read(
        lambda connection: connection.exec_driver_sql("SELECT value FROM setting").scalars().all()
    )

    assert "hush" not in f"{shown}{changes}{stored}"
    assert "ww1" in f"{changes}{stored}"


async def test_what_the_environment_decides_is_not_stored(api: Client) -> None:
    problem = await api.patch("/settings", {"values": {"PUBLIC_URL": "https://other.example"}}, 409)

    assert paths(problem) == ["PUBLIC_URL"]


async def test_settings_are_stored_all_or_none(api: Client) -> None:
    problem = await api.patch("/settings", {"values": {"HOLD_MINUTES": "30", "STOCK_LOW": "many"}}, 422)

    assert paths(problem) == ["STOCK_LOW"]
    sources = {each["name"]: each["source"] for each in (await api.get("/settings"))["items"]}
    assert sources["HOLD_MINUTES"] == "default"


async def test_a_secret_stored_under_another_master_key_is_asked_for_again(api: Client) -> None:
    await api.patch("/settings", {"values": {"APP_SECRET": "hush"}})
    api.services.secret_box = SecretBox(bytes(range(32)))

    shown = {each["name"]: each for each in (await api.get("/settings"))["items"]}

    assert shown["APP_SECRET"]["is_lost"]
    assert not shown["CONTACT_SECRET"]["is_lost"]


async def test_a_setting_leads_only_to_a_pool_that_is_there(api: Client) -> None:
    refused = await api.patch("/settings", {"values": {"KF_POOL_ID": "1"}}, 409)
    await api.post("/pools", {"name": "sales"}, 201)
    stored = await api.patch("/settings", {"values": {"KF_POOL_ID": "1"}})
    forgotten = await api.patch("/settings", {"values": {"KF_POOL_ID": None}})

    sources = [
        next(each["source"] for each in answer["items"] if each["name"] == "KF_POOL_ID")
        for answer in (stored, forgotten)
    ]
    assert paths(refused) == ["KF_POOL_ID"]
    assert sources == ["stored", "absent"]


async def test_parts_say_why_they_are_off(api: Client) -> None:
    parts = {part["name"]: part for part in (await api.get("/parts"))["items"]}

    assert not parts["customer_contact"]["on"]
    assert "LIVEQR_CORP_ID" in parts["customer_contact"]["reason"]["zh"]


async def test_every_change_is_recorded_with_before_and_after(api: Client) -> None:
    await api.post("/agents", {"userid": "chenyu", "name": "陈雨"}, 201)
    await api.patch("/agents/1", {"weight": 3})

    changes = (await api.get("/changes", subject="agent:1"))["items"]

    assert [(change["actor"], change["what"]) for change in changes] == [
        ("api", "agent.update"),
        ("api", "agent.create"),
    ]
    assert (changes[0]["before"]["weight"], changes[0]["after"]["weight"]) == (1, 3)


async def test_pages_of_a_list_neither_repeat_nor_hide_anything(api: Client) -> None:
    for number in range(5):
        await api.post("/agents", {"userid": f"agent{number}", "name": f"Agent {number}"}, 201)

    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await api.get("/agents", limit=2, **cursor)
        found += [agent["userid"] for agent in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    assert found == [f"agent{number}" for number in range(5)]


async def _code(api: Client, **fields: Any) -> Any:
    await api.post("/pools", {"name": "sales"}, 201)
    return await api.post("/live-codes", {"name": "Spring fair", "pool_id": 1, **fields}, 201)


async def _tagged_customer(api: Client) -> None:
    await api.post("/tags", {"name": "询价"}, 201)
    await api.post("/rule-sets", {"name": "sales"}, 201)
    await api.put("/rule-sets/1/draft", {"rules": [PRICE_RULE]})
    await api.post("/rule-sets/1/publish", {}, 200)
    await api.run(
        "INSERT INTO customer (external_userid, name, created_at) VALUES ('wmA', '小王', 1)",
        "INSERT INTO inbox (identity, callback, shard, subject, plaintext, received_at, timings, deliveries, status,"
        " reason, event, attempts, decision) VALUES ('KF|1', 'KF', 0, 'wmA', '', 1795253400000, '', 1, 'done', '',"
        " 'message_received', 1, '')",
        "INSERT INTO tag_edge (customer_id, tag_id, source, rule_set_version_id, inbox_id, span_start, span_end,"
        " evidence, hits, created_at, last_at, removed_reason) VALUES (1, 1, 'rule:1:price', 1, 1, 4, 6, '价格', 1, 1,"
        " 1, '')",
    )
