"""What people fill in is done, or comes back with the reason at its field; what they archive can be restored."""

import re
from typing import Any
from unittest.mock import AsyncMock, Mock

import httpx
import orjson
import pytest

from router.db.ledger import Ledger, LedgerClosedError
from router.db.queries import rule_sets
from router.db.queries.agents import get_agent
from router.db.queries.caps import Caps
from router.db.queries.live_codes import get_live_code
from router.db.queries.pools import get_pool, set_pool_archived
from router.db.queries.rule_sets import get_rule_set
from router.db.queries.tags import load_tree
from router.domain.spill import FallbackPool
from router.handlers.admin import rule_test
from router.services import Services
from tagtree.matcher import compile_rule_set
from tests import factories
from tests.factories import NOW, ZONE
from tests.integration.console.browsing import Browsers, text_of
from tests.integration.console.filled import Filled, fill

pytestmark = pytest.mark.anyio

HAND_OVER = {"priority": "100", "when.kind": "contains", "when.words": "价格", "then[0].do": "hand_to_human"}


async def test_an_agent_is_added_with_caps_and_edited_on_the_board(ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")
    form = {"userid": "zhangsan", "name": "张三", "weight": "2", "caps.day": "20", "on_duty": "yes"}

    created = await admin.post("/agents", data=form)
    await admin.post("/agents/1/day-cap", data={"caps.day": "35"})
    await admin.post("/agents/1/duty", data={"on_duty": "no"})
    agent = await ledger.read(lambda c: get_agent(c, 1, NOW, ZONE))

    assert created.headers["location"] == "/console/agents/1?said=created"
    assert agent is not None
    assert (agent.name, agent.weight, agent.on_duty, agent.caps) == ("张三", 2, False, Caps(day=35))


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        pytest.param("userid", "zhang san", "Not a userid of the platform.", id="userid with a space"),
        pytest.param("name", "", "Not 1-64 visible characters.", id="no name"),
        pytest.param("weight", "999", "999 is not between 1 and 100.", id="weight out of bounds"),
        pytest.param("weight", "two", "0 is not between 1 and 100.", id="weight that is no number"),
        pytest.param("caps.hour", "-3", "-3 is not between 0 and 1000000.", id="negative cap"),
        pytest.param("caps.hour", "9" * 40, "-1 is not between 0 and 1000000.", id="cap larger than any number"),
    ],
)
async def test_a_refused_agent_comes_back_with_the_reason_at_its_field(
    browsers: Browsers, field: str, value: str, reason: str
) -> None:
    admin = await browsers.signed_in("admin")
    form = {"userid": "zhangsan", "name": "张三", "weight": "1", field: value}

    answer = await admin.post("/agents", data=form)

    assert answer.status_code == 422
    assert reason in text_of(answer)
    assert f'name="{field}"' in answer.text.split('aria-invalid="true"')[0].rsplit("<input", 1)[1]


async def test_a_live_code_goes_from_open_to_closed_to_archived_and_back(ledger: Ledger, browsers: Browsers) -> None:
    tag_id = await ledger.write(factories.tag())
    agent_id = await ledger.write(factories.agent())
    pool_id = await ledger.write(factories.pool(members=[agent_id]))
    marketer = await browsers.signed_in("marketer")
    form = {
        "name": "Fair",
        "pool_id": str(pool_id),
        "slug": "fair",
        "hold_minutes": "30",
        "welcome": "Hi {customer}",
        "tag_ids": str(tag_id),
    }

    made = await marketer.post("/live-codes", data=form)
    said = [
        (await marketer.post(f"/live-codes/1/{act}")).headers["location"].partition("said=")[2]
        for act in ("close", "reopen", "archive", "restore")
    ]
    page = text_of(await marketer.get("/live-codes/1"))
    code = await ledger.read(lambda c: get_live_code(c, 1, NOW, ZONE))

    assert made.headers["location"] == "/console/live-codes/1?said=created"
    assert said == ["closed", "reopened", "archived", "restored"]
    assert "https://go.example.com/q/fair" in page
    assert "Hi Ms Li" in page
    assert code is not None
    assert (code.slug, code.hold_minutes, code.tag_ids, code.active, code.archived_at) == ("fair", 30, (1,), True, None)


async def test_a_welcome_with_an_unknown_placeholder_is_refused(ledger: Ledger, browsers: Browsers) -> None:
    pool_id = await ledger.write(factories.pool())
    marketer = await browsers.signed_in("marketer")

    answer = await marketer.post(
        "/live-codes", data={"name": "Fair", "pool_id": str(pool_id), "hold_minutes": "20", "welcome": "Hi {boss}"}
    )

    assert (answer.status_code, "Nothing fills {boss}." in text_of(answer)) == (422, True)
    assert "Hi {boss}" in answer.text


async def test_a_pool_keeps_its_members_and_what_happens_when_it_is_full(ledger: Ledger, browsers: Browsers) -> None:
    ann, ben = [await ledger.write(factories.agent(userid)) for userid in ("ann", "ben")]
    fallback = await ledger.write(factories.pool("fallback"))
    admin = await browsers.signed_in("admin")
    form: dict[str, Any] = {
        "name": "sales",
        "agent_ids": [str(ben), str(ann)],
        "spill_policy.kind": "fallback_pool",
        "spill_policy.pool_id": str(fallback),
    }

    answer = await admin.post("/pools", data=form)
    pool = await ledger.read(lambda c: get_pool(c, fallback + 1))

    assert answer.status_code == 303
    assert pool is not None
    assert ([member.agent_id for member in pool.members], pool.spill_policy) == ([ben, ann], FallbackPool(fallback))


async def test_a_form_offers_every_pool_and_every_page_of_them_can_be_reached(
    ledger: Ledger, browsers: Browsers
) -> None:
    await ledger.write(lambda connection: [factories.pool(f"pool {number}")(connection) for number in range(1, 208)])
    await ledger.write(factories.live_code(207, "fair"))
    admin = await browsers.signed_in("admin")

    forms = [(await admin.get(address)).text for address in ("/live-codes/1/edit", "/pools/1")]
    pages = [text_of(await admin.get(f"/pools?after={after}")) for after in (0, 100, 200)]

    assert ['<option value="207" selected>pool 207</option>' in forms[0], ">pool 207</option>" in forms[1]] == [
        True
    ] * 2
    assert [[f"pool {number} " in page for number in (100, 200, 207)] for page in pages] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


async def test_a_form_keeps_a_choice_that_is_no_longer_offered(ledger: Ledger, browsers: Browsers) -> None:
    used, _ = [await ledger.write(factories.pool(name)) for name in ("old", "new")]
    await ledger.write(factories.live_code(used, "fair"))
    await ledger.write(lambda c: set_pool_archived(c, used, NOW))
    admin = await browsers.signed_in("admin")

    form = (await admin.get("/live-codes/1/edit")).text

    assert f'<option value="{used}" selected>no longer offered: {used}</option>' in form


async def test_a_pool_in_use_is_not_archived_and_says_by_what(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(factories.shop())
    admin = await browsers.signed_in("admin")

    answer = await admin.post("/pools/1/archive")

    assert (answer.status_code, "Still used by: spring." in text_of(answer)) == (422, True)


async def test_a_member_who_is_archived_while_the_pool_is_saved_comes_back_with_the_restore(
    ledger: Ledger, browsers: Browsers
) -> None:
    ann, ben = [await ledger.write(factories.agent(userid)) for userid in ("ann", "ben")]
    await ledger.write(factories.pool("sales", members=[ann, ben]))
    admin = await browsers.signed_in("admin")

    await admin.post(f"/agents/{ben}/archive")
    await admin.post("/pools/1", data={"name": "sales", "agent_ids": str(ann), "spill_policy.kind": "waiting_page"})
    without = await ledger.read(lambda c: get_pool(c, 1))
    await admin.post(f"/agents/{ben}/restore")
    pool = await ledger.read(lambda c: get_pool(c, 1))

    assert without is not None
    assert pool is not None
    assert [[member.agent_id for member in each.members] for each in (without, pool)] == [[ann], [ann, ben]]


async def test_the_tag_tree_grows_moves_and_is_pruned(ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    await admin.post("/tags", data={"name": "意向", "weight": "5", "colour": "#0b6b5c", "exclusive": "yes"})
    await admin.post("/tags", data={"name": "问价", "parent_id": "", "weight": "0"})
    await admin.post("/tags/2/move", data={"parent_id": "1"})
    into_itself = await admin.post("/tags/1/move", data={"parent_id": "2"})
    with_children = await admin.post("/tags/1/archive")
    tree = await ledger.read(load_tree)
    await admin.post("/tags/2/archive")
    without = await ledger.read(load_tree)
    await admin.post("/tags/2/restore")

    assert (tree.path_name(2), tree.get(1).exclusive, tree.get(1).colour) == ("意向 / 问价", True, "#0b6b5c")
    assert "Choose a parent outside its own branch." in text_of(into_itself)
    assert (with_children.status_code, 2 in without) == (422, False)
    assert (await ledger.read(load_tree)).path_name(2) == "意向 / 问价"


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


async def test_a_tag_is_put_on_and_taken_off_by_hand_with_the_name_of_who_did_it(
    ledger: Ledger, browsers: Browsers
) -> None:
    tag_id = await ledger.write(factories.tag("vip"))
    await ledger.write(factories.customer())
    admin = await browsers.signed_in("admin")

    await admin.post("/customers/wm-lin/tag", data={"tag_id": str(tag_id)})
    tagged = text_of(await admin.get("/customers/wm-lin"))
    await admin.post("/customers/wm-lin/untag", data={"tag_id": str(tag_id)})
    untagged = text_of(await admin.get("/customers/wm-lin"))

    assert ("By hand: admin-en" in tagged, "By hand: admin-en" in untagged) == (True, False)


async def test_a_rule_of_an_archived_rule_set_is_not_removed_and_says_why(ledger: Ledger, browsers: Browsers) -> None:
    rule_set = factories.published_rules(factories.contains("价格", then=[{"do": "hand_to_human"}]))
    await ledger.write(rule_set)
    admin = await browsers.signed_in("admin")
    await admin.post("/rules/1/archive")

    answer = await admin.post("/rules/1/rules/r1/remove")

    assert (answer.status_code, "Restore it first." in text_of(answer)) == (422, True)


async def test_a_change_that_another_process_overtook_says_what_to_do(
    browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "询价"})
    monkeypatch.setattr(rule_sets, "rule_set_named", lambda *_: None)  # as if the name was free a moment ago
    await admin.post("/rules", data={"name": "taken"})

    answer = await admin.post("/rules/1/rename", data={"name": "taken"})

    assert (answer.status_code, "Somebody changed it at the same moment." in text_of(answer)) == (409, True)


async def test_a_change_while_the_service_stops_says_to_try_again(
    services: Services, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await browsers.signed_in("admin")
    monkeypatch.setattr(services.ledger, "write", AsyncMock(side_effect=LedgerClosedError))

    answer = await admin.post("/rules", data={"name": "询价"})

    assert (answer.status_code, "Try again after a moment." in text_of(answer)) == (503, True)


async def test_the_contact_card_is_opened_by_a_signed_link(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(factories.customer())
    admin = await browsers.signed_in("admin")

    answer = await admin.get("/customers/wm-lin/card")

    assert (answer.status_code, answer.headers["location"][:9]) == (303, "/card/?t=")


@pytest.fixture
async def filled(ledger: Ledger) -> Filled:
    return await ledger.write(fill)


async def test_what_failed_is_tried_again_once(browsers: Browsers, filled: Filled) -> None:
    admin = await browsers.signed_in("admin")
    addresses = [f"/events/{filled.failed_event_id}/retry", f"/outbox/{filled.failed_effect_id}/retry"]

    first = [(await admin.post(address)).status_code for address in addresses]
    second = [await admin.post(address) for address in addresses]

    assert first == [303, 303]
    assert [(each.status_code, "Only what failed is tried again." in text_of(each)) for each in second] == [
        (422, True),
        (422, True),
    ]


async def test_a_trace_tells_steps_decision_and_effects(browsers: Browsers, filled: Filled) -> None:
    admin = await browsers.signed_in("admin")

    page = text_of(await admin.get(f"/events/{filled.added_event_id}"))

    assert "stored and decided 0 ms" in page
    assert "Ann has a new customer, from a reservation." in page
    assert "Welcome: ordered." in page
    assert "Send the welcome waits not tried yet" in page


async def test_a_secret_goes_in_and_never_comes_out(services: Services, ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    saved = await admin.post("/settings", data={"APP_SECRET": "s3cret-of-the-app", "HOLD_MINUTES": "45"})
    stored = await ledger.read(lambda c: c.exec_driver_sql("SELECT name, value FROM setting ORDER BY name").all())
    page = await admin.get("/settings")
    log = await admin.get("/changes")

    assert saved.status_code == 303
    assert [name for name, _ in stored] == ["APP_SECRET", "HOLD_MINUTES"]
    assert services.secret_box.open("APP_SECRET", stored[0][1]) == "s3cret-of-the-app"
    assert ["s3cret-of-the-app" in each.text for each in (saved, page, log)] == [False] * 3


async def test_a_setting_that_the_environment_decides_is_not_written(ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    await admin.post("/settings", data={"PUBLIC_URL": "https://elsewhere.example"})
    refused = await admin.post("/settings", data={"HOLD_MINUTES": "1000"})
    stored = await ledger.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM setting").scalar_one())

    assert (refused.status_code, stored) == (422, 0)
    assert "Nothing was saved." in text_of(refused)


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        pytest.param({"username": "a b"}, "This is not a user name.", id="name with a space"),
        pytest.param({"username": "ADMIN-EN"}, "is taken.", id="name in use, other case"),
        pytest.param({"role": "god"}, "This is not a role.", id="no such role"),
        pytest.param({"role": "agent"}, "No agent is chosen.", id="agent without agent"),
        pytest.param({"password": "short"}, "The password has fewer than 10 characters.", id="short password"),
    ],
)
async def test_a_refused_user_says_why(browsers: Browsers, form: dict[str, str], reason: str) -> None:
    admin = await browsers.signed_in("admin")
    good = {"username": "mei", "role": "marketer", "password": "long enough it is"}

    answer = await admin.post("/users", data={**good, **form})

    assert (answer.status_code, reason in text_of(answer)) == (422, True)


async def test_a_nul_character_in_a_form_is_refused_before_anything_is_stored(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    answer = await admin.post("/agents", data={"userid": "ann", "name": "A\x00nn", "weight": "1"})

    assert (answer.status_code, "NUL character" in text_of(answer)) == (400, True)


async def test_a_form_larger_than_any_rule_set_is_refused(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    answer: httpx.Response = await admin.post("/rules/1/json", data={"json": "x" * 2_200_000})

    assert answer.status_code == 413


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
