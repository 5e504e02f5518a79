"""Rules as forms: edited, tried, published and rolled back."""

import html
import re
from typing import Any
from unittest.mock import Mock

import httpx
import orjson
import pytest

from router.db.ledger import Ledger
from router.db.queries.rule_sets import get_rule_set
from router.db.queries.tags import load_tree
from router.handlers.admin import rule_test
from router.handlers.decide import decide_open
from tagtree.rules.matcher import compile_rule_set
from tests import factories
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio

FIRST, SECOND = (f"rule-t{at:011x}" for at in (factories.NOW, factories.NOW + 1))  # both added at one instant
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
    await admin.post(f"/rules/1/rules/{FIRST}", data={**rule, "when.words": "价钱"})
    await admin.post("/rules/1/publish")
    await admin.post("/rules/1/roll-back", data={"number": "1"})
    rule_set = await ledger.read(lambda c: get_rule_set(c, 1))

    assert shown.text.count('name="then[1].do"') == 1
    assert rule_set is not None
    assert rule_set.published is not None
    assert rule_set.published.number == 3
    assert _words(rule_set.published.content) == ["价格", "报价"]
    assert _words(rule_set.draft) == ["价钱"]


async def test_a_doubt_about_an_earlier_version_names_the_rule_of_that_version(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "询价"})
    meets_everything = {"when.kind": "pattern", "when.pattern": ".*", "then[0].do": "hand_to_human"}
    kept = {"name": "kept", "priority": "90", **meets_everything}
    await admin.post("/rules/1/new", data={"name": "removed", "priority": "100", **meets_everything})
    await admin.post("/rules/1/new", data=kept)
    await admin.post("/rules/1/publish", data={"confirm": "yes"})
    await admin.post(f"/rules/1/rules/{FIRST}/remove")
    await admin.post(f"/rules/1/rules/{SECOND}", data={**kept, "samples.must_not_match": "价格"})

    asked = await admin.post("/rules/1/roll-back", data={"number": "1"})
    named = re.findall(r'<li[^>]*>\s*<(a|span) class="strong"[^>]*>([^<]*)<', asked.text)

    assert asked.status_code == 422
    assert named == [("span", "removed"), ("a", "kept"), ("a", "kept")]  # two doubts, and the check of the draft


async def test_two_people_who_add_a_rule_at_once_both_find_theirs(ledger: Ledger, browsers: Browsers) -> None:
    admin, other = await browsers.signed_in("admin"), await browsers.signed_in("admin", language="zh")
    await admin.post("/rules", data={"name": "询价"})
    forms = [_hidden_fields(await each.get("/rules/1/new")) for each in (admin, other)]

    for browser, form, name in zip((admin, other), forms, ("AAA", "BBB"), strict=True):
        await browser.post("/rules/1/new", data={**form, "name": name, **HAND_OVER})
    rule_set = await ledger.read(lambda c: get_rule_set(c, 1))

    assert rule_set is not None
    assert [(rule["id"], rule["name"]) for rule in rule_set.draft["rules"]] == [(FIRST, "AAA"), (SECOND, "BBB")]


async def test_a_rule_is_saved_under_the_id_of_its_address(ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "询价"})
    for name in ("one", "two"):
        await admin.post("/rules/1/new", data={"name": name, **HAND_OVER})

    await admin.post(f"/rules/1/rules/{SECOND}", data={"id": FIRST, "name": "changed", **HAND_OVER})
    rule_set = await ledger.read(lambda c: get_rule_set(c, 1))

    assert rule_set is not None
    assert [(each["id"], each["name"]) for each in rule_set.draft["rules"]] == [
        (FIRST, "one"),
        (SECOND, "changed"),
    ]


async def test_a_rule_that_somebody_removed_meanwhile_is_kept_as_typed_and_can_be_added_anew(
    ledger: Ledger, browsers: Browsers
) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "询价"})
    await admin.post("/rules/1/new", data={"name": "one", **HAND_OVER})
    await admin.post(f"/rules/1/rules/{FIRST}/remove")

    answer = await admin.post(f"/rules/1/rules/{FIRST}", data={"name": "typed", **HAND_OVER})
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

    assert re.findall(r"<mark[^>]*>([^<]*)</mark>", page.text) == ["价格", "价值观不合格"]
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

    assert "rule 1 fired on 投诉" in page
    assert "rule 2 : Rule “rule 1” came first and stops the rest." in page
    assert "rule 2 fired on 价格" in page


async def test_the_tester_compiles_a_draft_once_for_all_its_messages(
    ledger: Ledger, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.write(factories.published_rules(factories.contains("价格", then=[{"do": "hand_to_human"}])))
    admin = await browsers.signed_in("admin")
    compile_once = Mock(wraps=compile_rule_set)
    monkeypatch.setattr(rule_test, "compile_rule_set", compile_once)

    page = text_of(await admin.get("/rules/test", params={"rules": "draft:1", "texts": "价格\n价钱\n报价"}))

    assert ("rule 1 fired on 价格" in page, compile_once.call_count) == (True, 1)


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


TAG_TO_COME = {
    **HAND_OVER,
    "name": "问价",
    "then[0].do": "add_tag",
    "then[0].tag_id": "new",
    "then[0].tag_name": "意向/问价",
}


async def test_a_tag_that_is_not_there_yet_is_created_where_the_rule_is_edited(
    ledger: Ledger, browsers: Browsers
) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "询价"})

    refused = await admin.post("/rules/1/new", data=TAG_TO_COME)
    nothing = await ledger.read(lambda c: load_tree(c).tags)
    await admin.post("/rules/1/new", data={**TAG_TO_COME, "act": "create_tags"})
    rule_set, tree = await ledger.read(lambda c: (get_rule_set(c, 1), load_tree(c)))

    assert (refused.status_code, "There is no tag “意向 / 问价” yet." in text_of(refused)) == (422, True)
    assert "Create “意向 / 问价” and save" in text_of(refused)
    assert nothing == ()
    assert rule_set is not None
    (action,) = rule_set.draft["rules"][0]["then"]
    assert (tree.path_name(action["tag_id"]), action["tag_name"]) == ("意向 / 问价", "意向 / 问价")


async def test_a_tag_that_is_named_by_its_path_though_it_is_there_is_found(ledger: Ledger, browsers: Browsers) -> None:
    price = await ledger.write(factories.tag("问价"))
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "询价"})

    await admin.post("/rules/1/new", data={**TAG_TO_COME, "then[0].tag_name": "问价"})
    rule_set = await ledger.read(lambda c: get_rule_set(c, 1))

    assert rule_set is not None
    assert rule_set.draft["rules"][0]["then"] == [{"do": "add_tag", "tag_id": price, "tag_name": "问价"}]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"then[0].do": "add_tag"}, "Nothing is chosen.", id="no tag"),
        pytest.param({"then[0].do": "move_to_pool"}, "Nothing is chosen.", id="no pool"),
        pytest.param({"then[0].do": "add_tag", "then[0].tag_id": "new"}, "The new tag has no name.", id="new tag"),
        pytest.param({"when.kind": "tagged"}, "There are no tags.", id="no tags asked about"),
        pytest.param({"when.kind": "near_miss", "when.errors": "9"}, "not a whole number in range", id="errors"),
        pytest.param({"when.kind": "counter", "when.rule_id": "x"}, "There is no rule x", id="unknown rule"),
        pytest.param({"when.kind": "time_window", "when.week.monday": "nine"}, "These are no hours.", id="hours"),
        pytest.param(
            {"then[0].do": "reply", "then[0].text": "{custmer}"}, "Nothing fills {custmer}.", id="placeholder"
        ),
        pytest.param({"cooldown_seconds": "99999", "cooldown_unit": "days"}, "not a whole number in range", id="rest"),
    ],
)
async def test_what_is_wrong_with_a_rule_stands_at_its_field(
    browsers: Browsers, fields: dict[str, str], said: str
) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "询价"})

    answer = await admin.post("/rules/1/new", data={"name": "问价", **HAND_OVER, **fields})

    assert answer.status_code == 422
    assert any(said in html.unescape(each) for each in answer.text.split('class="field-problem"')[1:])


async def test_a_pattern_is_judged_while_it_is_written_and_nothing_is_saved(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "询价"})

    said = [
        text_of(await admin.post("/rules/1/new", data={"act": "show", "when.kind": "pattern", "when.pattern": pattern}))
        for pattern in ("价.{0,2}格", ".*", "(价")
    ]
    draft = text_of(await admin.get("/rules/1"))

    assert "This pattern can be used." in said[0]
    assert "The pattern meets nearly every message." in said[1]
    assert "This pattern can be used." not in said[2]
    assert "No rules in this draft" in draft


async def test_samples_are_tried_in_the_form_shown_in_the_list_and_keep_a_version_from_being_published(
    ledger: Ledger, browsers: Browsers
) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "询价"})
    wrong = {
        "name": "问价",
        **HAND_OVER,
        "when.kind": "pattern",
        "when.pattern": "价.*格",
        "samples.must_match": "价格多少",
        "samples.must_not_match": "价值观不合格",
    }

    tried = await admin.post("/rules/1/new", data={**wrong, "act": "try"})
    await admin.post("/rules/1/new", data=wrong)
    listed = text_of(await admin.get("/rules/1"))
    refused = await admin.post("/rules/1/publish")
    right = await admin.post(f"/rules/1/rules/{FIRST}", data={**wrong, "when.pattern": "价.{0,2}格", "act": "try"})
    rule_set = await ledger.read(lambda c: get_rule_set(c, 1))

    assert "meets “价值观不合格”, which it must not" in text_of(tried)
    assert "1 sample fails" in listed
    assert (refused.status_code, "价值观不合格" in text_of(refused)) == (422, True)
    assert "Every sample is decided as it should be." in text_of(right)
    assert rule_set is not None
    assert rule_set.published is None


async def test_rules_move_by_one_place_and_what_gets_in_their_way_is_listed(ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "询价"})
    for name, stop in (("first", {"stop": "yes"}), ("second", {})):
        await admin.post("/rules/1/new", data={"name": name, **HAND_OVER, **stop})

    before = text_of(await admin.get("/rules/1"))
    await admin.post(f"/rules/1/rules/{SECOND}/move", data={"direction": "up"})
    after = text_of(await admin.get("/rules/1"))
    rule_set = await ledger.read(lambda c: get_rule_set(c, 1))

    assert "Rule “second” can never fire: rule “first” or one before it" in before
    assert "can never fire" not in after
    assert rule_set is not None
    assert {rule["id"]: rule["priority"] for rule in rule_set.draft["rules"]} == {FIRST: 100, SECOND: 101}


async def test_the_tester_takes_what_is_known_of_the_customer_and_any_version(
    ledger: Ledger, browsers: Browsers
) -> None:
    tag_id = await ledger.write(factories.tag("老客户"))
    reply = [{"do": "reply", "text": "欢迎回来"}]
    rule = {**factories.contains("价格", then=reply)}
    rule["when"] = {"kind": "all_of", "conditions": [rule["when"], {"kind": "tagged", "tag_ids": [tag_id]}]}
    await ledger.write(factories.published_rules(rule))
    admin = await browsers.signed_in("admin")
    await admin.post("/rules/1/json", data={"json": "[]"})
    fields = {"rules": "draft:1", "texts": "价格", "whole": "yes"}

    in_version, unknown, in_draft = [
        text_of(await admin.post("/rules/test", data={**fields, **more}))
        for more in ({"version": "1", "tag_ids": str(tag_id)}, {"version": "1"}, {"tag_ids": str(tag_id)})
    ]

    assert ["欢迎回来" in said for said in (in_version, unknown, in_draft)] == [True, False, False]


async def test_a_stored_message_is_picked_with_what_is_known_of_it(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(factories.pulled(factories.kf_text("这个价格多少")))
    await ledger.write(lambda c: decide_open(c, factories.situation()))
    admin = await browsers.signed_in("admin")

    listed = await admin.get("/rules/test", params={"search": "价格多少"})
    (link,) = re.findall(r'href="/console(/rules/test\?event=[^"]+)"', listed.text)
    picked = await admin.get(html.unescape(link))
    gone = await admin.get("/rules/test", params={"event": "99"})

    assert '<textarea class="textarea" id="texts" name="texts" rows="5">\n这个价格多少</textarea>' in picked.text
    assert gone.status_code == 404


async def test_a_time_that_is_none_is_refused_with_how_to_write_it(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    page = text_of(await admin.post("/rules/test", data={"texts": "价格", "at": "yesterday"}))

    assert "This is no date with a time." in page
