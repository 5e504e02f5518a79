"""A text, or a stored message, is tried against rules with whatever facts one chooses."""

from collections.abc import Sequence
from typing import Any

import pytest

from router.handlers.decide import decide_open
from tagtree.meaning.catalogue import CatalogueItem
from tagtree.meaning.classes import MessageClass
from tagtree.meaning.reading import Meaning, compile_meaning
from tests.factories import NOW, contains, kf_text, published_rules, pulled, situation, tag
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio

REPLY = [{"do": "reply", "text": "ok"}]


def rule(*conditions: dict[str, Any], rule_id: str = "r1", **fields: Any) -> dict[str, Any]:
    when = {"kind": "all_of", "conditions": list(conditions)}
    return {"id": rule_id, "name": rule_id, "priority": 1, "when": when, "then": REPLY, **fields}


WORDS = {"kind": "contains", "words": ["价格"]}


async def fired(api: Client, rules: list[dict[str, Any]], **facts: Any) -> list[str]:
    answer = await api.post("/rules/test", {"text": "价格", "rules": rules, **facts})
    return [each["rule_id"] for each in answer["results"][0]["fired"]]


@pytest.mark.parametrize(
    ("condition", "facts"),
    [
        ({"kind": "live_code", "codes": ["spring"]}, {"live_code": "spring"}),
        ({"kind": "new_customer", "is_new": True}, {"is_new": True}),
        ({"kind": "sent_by", "sender": "employee"}, {"sender": "employee"}),
        ({"kind": "region", "names": ["上海"]}, {"region": "上海市"}),
        ({"kind": "class", "names": ["投诉"]}, {"classes": ["投诉"]}),
        ({"kind": "previous_contains", "words": ["衬衫"]}, {"previous": {"text": "有衬衫吗"}}),
        ({"kind": "previous_fired", "rule_ids": ["r1"]}, {"previous": {"fired": ["r1"]}}),
        (
            {"kind": "counter", "rule_id": "r1", "times": 2, "days": 7},
            {"at": "2026-11-22T02:00:00Z", "hits": {"r1": ["2026-11-21T02:00:00Z", "2026-11-20T02:00:00Z"]}},
        ),
    ],
)
async def test_facts_are_chosen_and_left_out_ones_meet_nothing(
    api: Client, condition: dict[str, Any], facts: dict[str, Any]
) -> None:
    rules = [rule(WORDS, condition)]

    assert await fired(api, rules, **facts) == ["r1"]
    assert await fired(api, rules) == []


async def test_a_blocked_rule_and_the_one_before_it_are_told_by_name(api: Client) -> None:
    vip = await api.services.ledger.write(tag("vip"))
    put_on, take_off = ([{"do": do, "tag_id": vip}] for do in ("add_tag", "remove_tag"))
    rules = [rule(WORDS, name="问价", then=put_on), rule(WORDS, rule_id="r2", name="砍价", then=take_off)]

    answer = await api.post("/rules/test", {"text": "价格", "rules": rules})

    assert answer["results"][0]["blocked"] == [
        {
            "rule_id": "r2",
            "name": "砍价",
            "reason": {
                "en": "Rule “问价” came first and decides tag “vip” otherwise.",
                "zh": "规则“问价”在前，已对标签“vip”作出不同决定。",
            },
        }
    ]


async def test_classes_and_catalogue_are_compiled_once_for_any_number_of_tries(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[int] = []

    def noted(classes: Sequence[MessageClass], items: Sequence[CatalogueItem]) -> Meaning:
        compiled.append(1)
        return compile_meaning(classes, items)

    monkeypatch.setattr("router.handlers.meaning.compile_meaning", noted)

    understood = [(await api.post("/rules/test", {"text": "怎么退换货", "rules": []}))["understood"] for _ in range(3)]

    assert [each["class"] for each in understood] == ["咨询"] * 3
    assert len(compiled) == 1


async def test_an_earlier_version_is_tried_beside_the_draft(api: Client) -> None:
    await api.services.ledger.write(published_rules(contains("价格", then=REPLY)))
    await api.put("/rule-sets/1/draft", {"rules": []})

    draft = await api.post("/rules/test", {"text": "价格", "rule_set_id": 1})
    first = await api.post("/rules/test", {"text": "价格", "rule_set_id": 1, "version": 1})
    await api.post("/rules/test", {"text": "价格", "rule_set_id": 1, "version": 2}, status=404)
    await api.post("/rules/test", {"text": "价格", "version": 1}, status=422)

    assert draft["results"][0]["fired"] == []
    assert [each["spans"] for each in first["results"][0]["fired"]] == [[[0, 2]]]


async def test_a_chain_tells_its_passes_and_causes(api: Client) -> None:
    vip = await api.services.ledger.write(tag("vip"))
    first = {**rule(WORDS), "then": [{"do": "add_tag", "tag_id": vip}]}
    second = rule({"kind": "tagged", "tag_ids": [vip]}, rule_id="r2")

    answer = await api.post("/rules/test", {"text": "价格", "rules": [first, second]})

    told = [(each["rule_id"], each["round"], each["causes"]) for each in answer["results"][0]["fired"]]
    assert told == [("r1", 1, []), ("r2", 2, ["r1"])]
    assert answer["asks_for"] == ["tags", "text"]


async def test_a_stored_message_is_found_and_tried(api: Client) -> None:
    ledger = api.services.ledger
    await ledger.write(pulled(kf_text("你好", message_id="a"), kf_text("Price 价格?", message_id="b", at=NOW)))
    await ledger.write(lambda c: decide_open(c, situation()))

    (found,) = (await api.get("/messages", search="price"))["items"]
    answer = await api.post("/rules/test", {"event_id": found["event_id"], "rules": [rule(WORDS)]})
    await api.post("/rules/test", {"event_id": 999, "rules": []}, status=404)

    assert (found["who"], found["sender"], found["text"]) == ("wm-lin", "customer", "Price 价格?")
    assert answer["text"] == "Price 价格?"
    assert [each["texts"] for each in answer["results"][0]["fired"]] == [["价格"]]


async def test_what_a_text_is_read_as_is_told_beside_the_rules(api: Client) -> None:
    answer = await api.post("/rules/test", {"text": "我想退换上个月买的黑色衬衫", "rules": [rule(WORDS)]})

    assert {"class", "slots", "intent", "confidence"} <= set(answer["understood"])
