"""Tags, rules and customers over the API."""

from typing import Any

import pytest

from tests.integration.api.asking import paths, spring_fair
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


async def test_a_tag_in_use_by_a_rule_or_code_is_not_archived_and_says_by_what(api: Client) -> None:
    await api.post("/tags", {"name": "询价"}, 201)
    await spring_fair(api, slug="spring", tag_ids=[1])
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


async def test_a_reply_that_nothing_fills_is_refused_with_what_fills_one(api: Client) -> None:
    await api.post("/rule-sets", {"name": "sales"}, 201)
    rule = {**PRICE_RULE, "then": [{"do": "reply", "text": "Free, { custmer }: {材质} of {product} by {agent}."}]}

    refused = await api.put("/rule-sets/1/draft", {"rules": [rule]}, 409)
    await api.post("/catalogue", {"kind": "材质", "name": "棉"}, 201)
    corrected = {**rule, "then": [{"do": "reply", "text": "Free, {customer}: {材质} of {product} by {agent}."}]}
    await api.put("/rule-sets/1/draft", {"rules": [corrected]})

    assert [(each["path"], each["reason"]["en"]) for each in refused["problems"]] == [
        ("rules[0].then[0].text", "Nothing fills {custmer}."),
        ("rules[0].then[0].text", "Nothing fills {材质}."),
    ]
    assert refused["problems"][0]["hint"] == {
        "en": "Use {customer} or {agent}; from the message {colour}, {intent}, {product}, {size}, {when}.",
        "zh": "可用：{customer}、{agent}；来自消息的有 {colour}、{intent}、{product}、{size}、{when}。",
    }


async def test_a_placeholder_in_full_width_braces_is_refused_with_the_plain_one(api: Client) -> None:
    await api.post("/rule-sets", {"name": "sales"}, 201)
    reply, decorated = "｛customer｝您好", "｛重要｝请看 { customer }"

    refused = await api.put(
        "/rule-sets/1/draft", {"rules": [{**PRICE_RULE, "then": [{"do": "reply", "text": reply}]}]}, 409
    )
    await api.put("/rule-sets/1/draft", {"rules": [{**PRICE_RULE, "then": [{"do": "reply", "text": decorated}]}]})

    (problem,) = refused["problems"]
    assert problem["path"] == "rules[0].then[0].text"
    assert problem["reason"]["zh"] == "全角花括号的 ｛customer｝ 不会被替换。"
    assert problem["hint"] == {"en": "Write {customer}.", "zh": "请写成半角 {customer}。"}


async def test_a_reply_that_nothing_fills_any_more_is_not_published(api: Client) -> None:
    await api.post("/rule-sets", {"name": "sales"}, 201)
    await api.post("/catalogue", {"kind": "材质", "name": "棉"}, 201)
    rule = {**PRICE_RULE, "then": [{"do": "reply", "text": "{材质}"}]}
    await api.put("/rule-sets/1/draft", {"rules": [rule]})
    await api.post("/catalogue/1/archive")

    refused = await api.post("/rule-sets/1/publish", {}, 409)

    assert paths(refused) == ["rules[0].then[0].text"]


async def test_a_text_is_tried_against_rules_that_are_stored_nowhere(api: Client) -> None:
    await api.post("/tags", {"name": "询价"}, 201)

    answer = await api.post("/rules/test", {"text": "这件衬衫價格多少", "rules": [PRICE_RULE]}, 200)

    (result,) = answer["results"]
    fired = {"rule_id": "price", "name": "问价", "spans": [[4, 6]], "texts": ["價格"], "round": 1, "causes": []}
    assert result["fired"] == [fired]
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
    low, high = without["taken_off"]

    assert [carried["tag"]["path"] for carried in customer["tags"]] == ["意向 / 低"]
    assert customer["tags"][0]["reasons"][0]["source"] == "manual:api"
    assert without["tags"] == []
    assert [each["tag"]["path"] for each in (low, high)] == ["意向 / 低", "意向 / 高"]
    assert low["reason"] == dict.fromkeys(low["reason"]) | {"kind": "manual", "by": "api"}
    assert high["reason"] == dict.fromkeys(high["reason"]) | {"kind": "excluded", "tag": low["tag"], "by": "api"}
    assert high["put_on_at"] <= high["taken_off_at"] <= low["taken_off_at"]


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
