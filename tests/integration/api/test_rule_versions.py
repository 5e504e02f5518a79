"""Rule sets over the API: samples, missing tags, notes, changes, withdrawals, comparisons, webhooks."""

from typing import Any

import pytest

from router.db.queries import tagging, timers
from router.db.queries.tagging import Edge
from router.handlers import withdrawing
from router.workers.comparer import Comparer
from tests.factories import NOW, contains, customer, tag
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio

PERSON = [{"do": "hand_to_human"}]


def rule(rule_id: str = "r1", *words: str, **fields: Any) -> dict[str, Any]:
    when = contains(*(words or ("价格",)), then=PERSON)
    return {"id": rule_id, "name": f"rule {rule_id}", "priority": 1, **when, **fields}


async def a_draft(api: Client, *rules: dict[str, Any]) -> str:
    made = await api.post("/rule-sets", {"name": "shop"})
    path = f"/rule-sets/{made['id']}"
    await api.put(f"{path}/draft", {"rules": list(rules)})
    return path


async def test_a_version_says_who_published_it_and_why(api: Client) -> None:
    path = await a_draft(api, rule())

    published = await api.post(f"{path}/publish", {"note": "prices, before the sale"})

    assert published["published"]["note"] == "prices, before the sale"
    assert (published["published"]["number"], published["published"]["published_by"]) == (1, "api")


async def test_a_failing_sample_keeps_the_draft_from_being_published_and_is_named(api: Client) -> None:
    samples = {"must_match": ["价格多少", "什么价钱"], "must_not_match": ["价格不合理吗"]}
    path = await a_draft(api, rule(samples=samples))

    refused = await api.post(f"{path}/publish", {"confirm": True}, status=409)

    assert [each["path"] for each in refused["problems"]] == [
        "rules[0].samples.must_match[1]",
        "rules[0].samples.must_not_match[0]",
    ]
    assert (await api.get(path))["published"] is None


async def test_what_is_in_force_stays_so_when_a_publishing_is_refused(api: Client) -> None:
    path = await a_draft(api, rule())
    await api.post(f"{path}/publish", {})
    await api.put(f"{path}/draft", {"rules": [rule("r2", samples={"must_match": ["你好"]})]})

    await api.post(f"{path}/publish", {}, status=409)

    in_force = (await api.get(path))["published"]
    assert (in_force["number"], [each["id"] for each in in_force["rules"]]) == (1, ["r1"])


async def test_a_rule_set_over_its_memory_is_refused(api: Client) -> None:
    path = await a_draft(
        api, *(rule(f"r{number}", *(f"词{number}-{word}" for word in range(400))) for number in range(12))
    )
    settings = api.services.settings
    object.__setattr__(settings, "rule_memory_mib", 1)

    refused = await api.post(f"{path}/publish", {}, status=409)

    assert "MiB" in refused["problems"][0]["reason"]["en"]


async def test_a_missing_tag_that_the_rule_names_is_created_when_asked(api: Client) -> None:
    made = await api.post("/rule-sets", {"name": "shop"})
    path = f"/rule-sets/{made['id']}"
    rules = [rule(then=[{"do": "add_tag", "tag_id": 77, "tag_name": "产品 / 衬衫"}])]

    refused = await api.put(f"{path}/draft", {"rules": rules}, status=409)
    saved = await api.put(f"{path}/draft", {"rules": rules, "create_tags": True})
    published = await api.post(f"{path}/publish", {})

    assert "产品 / 衬衫" in refused["problems"][0]["reason"]["en"]
    tags = {each["id"]: each["name"] for each in (await api.get("/tags"))["items"]}
    assert sorted(tags.values()) == ["产品", "衬衫"]
    assert tags[saved["draft"][0]["then"][0]["tag_id"]] == "衬衫"
    assert published["published"]["number"] == 1


async def test_a_tag_that_is_there_under_the_same_path_is_used(api: Client) -> None:
    vip = await api.services.ledger.write(tag("vip"))
    made = await api.post("/rule-sets", {"name": "shop"})
    rules = [rule(then=[{"do": "add_tag", "tag_id": 77, "tag_name": "vip"}])]

    saved = await api.put(f"/rule-sets/{made['id']}/draft", {"rules": rules, "create_tags": True})

    assert saved["draft"][0]["then"][0]["tag_id"] == vip


async def test_rolling_back_puts_an_old_version_in_force_as_a_new_one(api: Client) -> None:
    path = await a_draft(api, rule())
    await api.post(f"{path}/publish", {})
    await api.put(f"{path}/draft", {"rules": [rule("r2", "报价")]})
    await api.post(f"{path}/publish", {})

    back = await api.post(f"{path}/roll-back", {"number": 1, "note": "the sale is over"})

    in_force = back["published"]
    assert (in_force["number"], in_force["copy_of"], in_force["note"]) == (3, 1, "the sale is over")
    assert [each["id"] for each in in_force["rules"]] == ["r1"]
    assert [each["id"] for each in back["draft"]] == ["r2"]


async def test_changes_name_what_was_added_removed_and_changed(api: Client) -> None:
    path = await a_draft(api, rule("a"), rule("b", "报价"))
    await api.post(f"{path}/publish", {})
    await api.put(f"{path}/draft", {"rules": [rule("b", "报价", priority=9), rule("c")]})

    found = await api.get(f"{path}/changes")

    assert [(each["kind"], each["rule_id"], each["fields"]) for each in found["items"]] == [
        ("removed", "a", []),
        ("changed", "b", ["priority"]),
        ("added", "c", []),
    ]


async def test_a_rule_is_withdrawn_and_the_withdrawal_undone(api: Client) -> None:
    path = await a_draft(api, rule())
    await api.post(f"{path}/publish", {})
    ledger = api.services.ledger
    vip, lin = await ledger.write(tag("vip")), await ledger.write(customer(name="Lin"))
    await ledger.write(lambda c: tagging.put_on(c, [Edge(lin, vip, "rule:1:r1", 1, 7, (0, 2), "价格")], NOW))
    refused = await api.post(f"{path}/withdrawals", {"rule_id": "r1"}, status=409)
    await api.put(f"{path}/draft", {"rules": [rule("r2")]})
    await api.post(f"{path}/publish", {})

    (preview,) = (await api.get(f"{path}/rules/r1/tags"))["items"]
    asked = await api.post(f"{path}/withdrawals", {"rule_id": "r1"}, status=202)
    await fire(api)
    taken = await api.get(f"/withdrawals/{asked['id']}")
    await api.post(f"/withdrawals/{asked['id']}/undo", status=202)
    await fire(api)
    (listed,) = (await api.get(f"{path}/withdrawals"))["items"]

    assert refused["problems"][0]["path"] == "rule_id"
    assert (preview["customer_name"], preview["evidence"], preview["is_shared"]) == ("Lin", "价格", False)
    assert (taken["status"], taken["taken"]) == ("taken", 1)
    assert (listed["status"], listed["restored"]) == ("restored", 1)
    assert (await api.get(f"{path}/hits"))["items"][0] == {
        "rule_id": "r1", "times": 0, "last_day": None, "standing_tags": 1, "in_force": False
    }  # fmt: skip


async def fire(api: Client) -> None:
    now = api.services.clock()

    def due(connection: Any) -> None:
        for each in timers.take_due(connection, now, 100):
            if each.kind == withdrawing.TIMER:
                withdrawing.due(connection, each.payload["withdrawal_id"], now)

    await api.services.ledger.write(due)


async def test_two_versions_are_compared_over_stored_messages(api: Client) -> None:
    path = await a_draft(api, rule())

    asked = await api.post(f"{path}/diffs", {"messages": 10}, status=202)
    await Comparer(api.services).work()
    done = await api.get(f"{path}/diffs/{asked['id']}")

    assert (asked["status"], done["status"], done["compared"]) == ("waiting", "done", 0)
    assert [each["id"] for each in (await api.get(f"{path}/diffs"))["items"]] == [asked["id"]]


async def test_a_webhook_goes_to_https_or_to_this_machine_and_tells_its_secret_once(api: Client) -> None:
    for url in ("http://example.com/", "https://mei:pw@example.com/", "ftp://example.com/", "http://10.0.0.5/"):
        refused = await api.post("/webhooks", {"name": "crm", "url": url}, status=422)
        assert refused["problems"][0]["path"] == "url"

    made = await api.post("/webhooks", {"name": "crm", "url": "https://crm.example.com/hook"})
    shown = await api.get(f"/webhooks/{made['webhook']['id']}")

    assert len(made["secret"]) >= 16
    assert set(shown) == {"id", "name", "url", "created_at", "archived_at"}


async def test_a_rule_calls_only_a_webhook_that_is_there_and_keeps_it_from_being_archived(api: Client) -> None:
    made = await api.post("/rule-sets", {"name": "shop"})
    rules = [rule(then=[{"do": "call_webhook", "name": "crm"}])]
    refused = await api.put(f"/rule-sets/{made['id']}/draft", {"rules": rules}, status=409)
    hook = await api.post("/webhooks", {"name": "crm", "url": "http://127.0.0.1:9/hook"})
    await api.put(f"/rule-sets/{made['id']}/draft", {"rules": rules})

    in_use = await api.post(f"/webhooks/{hook['webhook']['id']}/archive", status=409)

    assert refused["problems"][0]["path"] == "rules[0].then[0].name"
    assert "shop / rule r1" in in_use["problems"][0]["reason"]["en"]


async def test_rules_that_contradict_one_another_want_a_confirmation(api: Client) -> None:
    vip = await api.services.ledger.write(tag("vip"))
    put_on, take_off = ([{"do": do, "tag_id": vip}] for do in ("add_tag", "remove_tag"))
    path = await a_draft(api, rule("r1", then=put_on), rule("r2", then=take_off))

    asked = await api.post(f"{path}/publish", {}, status=409)
    published = await api.post(f"{path}/publish", {"confirm": True})

    assert asked["code"] == "confirmation_needed"
    assert asked["problems"][0]["reason"]["en"] == (
        "Rules “rule r1” and “rule r2” decide tag “vip” differently on “价格”; “rule r1” wins."
    )
    assert published["published"]["number"] == 1


async def test_a_rule_that_asks_for_a_tag_that_is_gone_is_not_published(api: Client) -> None:
    made = await api.post("/rule-sets", {"name": "shop"})
    rules = [{**rule(), "when": {"kind": "tagged", "tag_ids": [9]}}]

    refused = await api.put(f"/rule-sets/{made['id']}/draft", {"rules": rules}, status=409)

    assert refused["problems"][0]["path"] == "rules[0].when.tag_ids[0]"


async def test_no_tag_is_created_when_the_draft_is_refused_all_the_same(api: Client) -> None:
    made = await api.post("/rule-sets", {"name": "shop"})
    path = f"/rule-sets/{made['id']}/draft"
    named, too_long = ({"do": "add_tag", "tag_id": 76 + len(name), "tag_name": name} for name in ("vip", "长" * 31))

    no_pool = {"rules": [rule(then=[named, {"do": "move_to_pool", "pool_id": 9}])], "create_tags": True}
    await api.put(path, no_pool, status=409)
    await api.put(path, {"rules": [rule(then=[named, too_long])], "create_tags": True}, status=422)

    assert (await api.get("/tags"))["items"] == []


async def test_a_draft_is_checked_without_publishing_it(api: Client) -> None:
    samples = {"must_match": ["你好"]}
    path = await a_draft(api, rule("r1"), rule("r2"), rule("r3", "价格单", samples=samples))

    found = (await api.get(f"{path}/check"))["items"]

    assert [(each["severity"], each["path"], each["rule_ids"]) for each in found] == [
        ("problem", "rules[2].samples.must_match[0]", []),
        ("caution", "rules", ["r1", "r2"]),
        ("information", "rules", ["r1", "r3"]),
    ]
    assert (await api.get(path))["published"] is None
