"""Rules as forms: edited, tried, published and rolled back."""

import re
from typing import Any
from unittest.mock import Mock

import httpx
import orjson
import pytest

from router.db.ledger import Ledger
from router.db.queries.rule_sets import get_rule_set
from router.handlers.admin import rule_test
from tagtree.matcher import compile_rule_set
from tests import factories
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio

HAND_OVER = {"priority": "100", "when.kind": "contains", "when.words": "价格", "then[0].do": "hand_to_human"}


async def test_a_rule_is_edited_published_changed_and_rolled_back(ledger: Ledger, browsers: Browsers) -> None:
    tag_id = await ledger.write(factories.tag())
    admin = await browsers.signed_in("admin")
    rule = {
        "act": "save",
        "name": "问价",
        "priority": "100",
        "when.kind": "contains",
        "when.words": "价格\r\n报价",
        "then[0].do": "add_tag",
        "then[0].tag_id": str(tag_id),
    }

    await admin.post("/rules", data={"name": "询价"})
    shown = await admin.post("/rules/1/new", data={**rule, "act": "add:then"})
    await admin.post("/rules/1/new", data=rule)
    await admin.post("/rules/1/publish")
    await admin.post("/rules/1/rules/rule-1", data={**rule, "when.words": "价钱"})
    await admin.post("/rules/1/publish")
    await admin.post("/rules/1/roll-back", data={"number": "1"})
    rule_set = await ledger.read(lambda c: get_rule_set(c, 1))

    assert shown.text.count('name="then[1].do"') == 1
    assert rule_set is not None
    assert rule_set.published is not None
    assert rule_set.published.number == 3
    assert _words(rule_set.published.content) == ["价格", "报价"]
    assert _words(rule_set.draft) == ["价钱"]


async def test_two_people_who_add_a_rule_at_once_both_find_theirs(ledger: Ledger, browsers: Browsers) -> None:
    admin, other = await browsers.signed_in("admin"), await browsers.signed_in("admin", language="zh")
    await admin.post("/rules", data={"name": "询价"})
    forms = [_hidden_fields(await each.get("/rules/1/new")) for each in (admin, other)]

    for browser, form, name in zip((admin, other), forms, ("AAA", "BBB"), strict=True):
        await browser.post("/rules/1/new", data={**form, "name": name, **HAND_OVER})
    rule_set = await ledger.read(lambda c: get_rule_set(c, 1))

    assert rule_set is not None
    assert [(rule["id"], rule["name"]) for rule in rule_set.draft["rules"]] == [("rule-1", "AAA"), ("rule-2", "BBB")]


async def test_a_rule_is_saved_under_the_id_of_its_address(ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "询价"})
    for name in ("one", "two"):
        await admin.post("/rules/1/new", data={"name": name, **HAND_OVER})

    await admin.post("/rules/1/rules/rule-2", data={"id": "rule-1", "name": "changed", **HAND_OVER})
    rule_set = await ledger.read(lambda c: get_rule_set(c, 1))

    assert rule_set is not None
    assert [(each["id"], each["name"]) for each in rule_set.draft["rules"]] == [
        ("rule-1", "one"),
        ("rule-2", "changed"),
    ]


async def test_a_rule_that_somebody_removed_meanwhile_is_kept_as_typed_and_can_be_added_anew(
    ledger: Ledger, browsers: Browsers
) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "询价"})
    await admin.post("/rules/1/new", data={"name": "one", **HAND_OVER})
    await admin.post("/rules/1/rules/rule-1/remove")

    answer = await admin.post("/rules/1/rules/rule-1", data={"name": "typed", **HAND_OVER})
    rule_set = await ledger.read(lambda c: get_rule_set(c, 1))

    assert answer.status_code == 422
    assert "Save again to add it as a new rule, or cancel." in text_of(answer)
    assert ('action="/console/rules/1/new"' in answer.text, 'value="typed"' in answer.text) == (True, True)
    assert rule_set is not None
    assert rule_set.draft["rules"] == []


async def test_a_rule_that_leads_nowhere_is_refused_at_the_field_that_says_so(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "询价"})
    rule = {
        "name": "问价",
        "priority": "100",
        "when.kind": "pattern",
        "when.pattern": "(价",
        "then[0].do": "reply",
        "then[0].text": "",
    }

    answer = await admin.post("/rules/1/new", data=rule)

    assert answer.status_code == 422
    assert 'name="when.pattern" value="(价"' in answer.text
    assert answer.text.count('class="field-problem"') >= 1


async def test_rules_that_match_everything_are_published_only_after_a_second_word(
    ledger: Ledger, browsers: Browsers
) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "empty"})

    asked = await admin.post("/rules/1/publish")
    unpublished = await ledger.read(lambda c: get_rule_set(c, 1))
    await admin.post("/rules/1/json", data={"json": orjson.dumps([_everything()]).decode()})
    asked_again = await admin.post("/rules/1/publish")
    await admin.post("/rules/1/publish", data={"confirm": "yes"})
    published = await ledger.read(lambda c: get_rule_set(c, 1))

    assert ["Please confirm" in text_of(answer) for answer in (asked, asked_again)] == [True, True]
    assert unpublished is not None
    assert unpublished.published is None
    assert published is not None
    assert published.published is not None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("[{", "This is not JSON.", id="not JSON"),
        pytest.param('{"rules": 1}', "rules", id="not a list"),
        pytest.param('[{"id": "a"}]', "rules[0]", id="half a rule"),
    ],
)
async def test_a_draft_that_cannot_be_read_keeps_what_was_typed(browsers: Browsers, text: str, reason: str) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "询价"})

    answer = await admin.post("/rules/1/json", data={"json": text})

    assert answer.status_code == 422
    assert reason in text_of(answer)
    assert text in text_of(answer)


async def test_the_tester_opens_with_the_pattern_that_people_get_wrong(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    page = await admin.get("/rules/test")

    assert [part.split("</mark>")[0] for part in page.text.split("<mark>")[1:]] == ["价格", "价值观不合格"]
    assert [page.text.count(f"badge{tone}") for tone in (' badge-good">met', '">not met')] == [2, 1]


async def test_the_tester_tells_what_a_draft_would_do_and_why_the_rest_is_blocked(
    ledger: Ledger, browsers: Browsers
) -> None:
    tag_id = await ledger.write(factories.tag("问价"))
    await ledger.write(
        factories.published_rules(
            factories.contains("投诉", then=[{"do": "hand_to_human"}], stop=True),
            factories.contains("价格", then=[{"do": "add_tag", "tag_id": tag_id}]),
        )
    )
    admin = await browsers.signed_in("admin")

    page = text_of(await admin.get("/rules/test", params={"rules": "draft:1", "texts": "我要投诉价格\n价格"}))

    assert "Rule “rule 1” fired on 投诉." in page
    assert "Rule r2 was blocked: Rule r1 came first and stops the rest." in page
    assert "Rule “rule 2” fired on 价格." in page


async def test_the_tester_compiles_a_draft_once_for_all_its_messages(
    ledger: Ledger, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.write(factories.published_rules(factories.contains("价格", then=[{"do": "hand_to_human"}])))
    admin = await browsers.signed_in("admin")
    compile_once = Mock(wraps=compile_rule_set)
    monkeypatch.setattr(rule_test, "compile_rule_set", compile_once)

    page = text_of(await admin.get("/rules/test", params={"rules": "draft:1", "texts": "价格\n价钱\n报价"}))

    assert ("Rule “rule 1” fired on 价格." in page, compile_once.call_count) == (True, 1)


async def test_a_rule_of_an_archived_rule_set_is_not_removed_and_says_why(ledger: Ledger, browsers: Browsers) -> None:
    rule_set = factories.published_rules(factories.contains("价格", then=[{"do": "hand_to_human"}]))
    await ledger.write(rule_set)
    admin = await browsers.signed_in("admin")
    await admin.post("/rules/1/archive")

    answer = await admin.post("/rules/1/rules/r1/remove")

    assert (answer.status_code, "Restore it first." in text_of(answer)) == (422, True)


def _hidden_fields(page: httpx.Response) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))


def _words(content: dict[str, Any]) -> list[str]:
    words: list[str] = content["rules"][0]["when"]["words"]
    return words


def _everything() -> dict[str, Any]:
    return {
        "id": "all",
        "name": "all",
        "priority": 1,
        "when": {"kind": "pattern", "pattern": ".*"},
        "then": [{"do": "hand_to_human"}],
    }
