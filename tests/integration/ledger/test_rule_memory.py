"""What rules in force ask about a customer is known, and only that; what rules ask for besides tags is done."""

from typing import Any

import orjson
import pytest

from router.db.ledger import Ledger
from router.db.queries import rule_memory, timers
from router.handlers import forgetting
from router.handlers.admin.act import Act
from router.handlers.admin.rule_sets import archive_rule_set, restore_rule_set
from router.handlers.decide import decide_open
from tests.factories import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    ZONE,
    app_text,
    contains,
    customer_added,
    kf_text,
    published_rules,
    pulled,
    received,
    scan,
    shop,
    situation,
    state_of,
    tag,
)
from tests.integration.ledger.looking import column, one, rows

pytestmark = pytest.mark.anyio

ADMIN = Act("mei", NOW, ZONE)
REPLY = [{"do": "reply", "text": "ok"}]


def asking(*conditions: dict[str, Any], then: Any = REPLY, **fields: Any) -> dict[str, Any]:
    """A rule that asks for all of these."""
    return {"when": {"kind": "all_of", "conditions": list(conditions)}, "then": then, **fields}


def words(*given: str) -> dict[str, Any]:
    return {"kind": "contains", "words": list(given)}


async def writes(ledger: Ledger, *texts: str, at: int = NOW, by: str = "wm-lin") -> list[list[str]]:
    """The customer writes these, one after the other; the names of the rules that fired on each."""
    before = await ledger.read(one("SELECT coalesce(max(id), 0) FROM inbox"))
    for number, text in enumerate(texts):
        item = kf_text(text, by, message_id=f"m{before}-{number}", at=at)
        await ledger.write(pulled(item, now=at))
        while await ledger.write(lambda c: decide_open(c, situation(at))):
            pass
    decisions = await ledger.read(column("SELECT decision FROM inbox WHERE id > :before ORDER BY id", before=before))
    return [fired_names(decision) for decision in decisions]


async def sweeps(ledger: Ledger, now: int) -> tuple[int, int | None]:
    """One sweep; how many hits are left, and when the next sweep is due."""
    await ledger.write(lambda c: forgetting.sweep(c, situation(now)(c).catalog, now))
    return await ledger.read(one("SELECT count(*) FROM rule_hit")), await ledger.read(timers.next_due)


def fired_names(decision: str) -> list[str]:
    sets = orjson.loads(decision).get("rule_sets", [])
    return [fired["name"] for each in sets for fired in each["fired"]]


async def test_a_counter_is_met_by_the_third_hit_within_its_days(ledger: Ledger) -> None:
    often = asking({"kind": "counter", "rule_id": "r1", "times": 3, "days": 7}, name="often")
    await ledger.write(published_rules(contains("退款", then=REPLY), often))

    first = await writes(ledger, "退款", "退款", at=NOW)
    late = await writes(ledger, "退款", at=NOW + 8 * DAY)
    third = await writes(ledger, "退款", "退款", at=NOW + 9 * DAY)

    assert first == [["rule 1"], ["rule 1"]]
    assert late == [["rule 1"]]
    assert third == [["rule 1"], ["rule 1", "often"]]


async def test_hits_are_kept_only_of_rules_that_are_counted_and_only_for_as_long(ledger: Ledger) -> None:
    often = asking({"kind": "counter", "rule_id": "r1", "times": 3, "days": 7})
    await ledger.write(published_rules(contains("退款", then=REPLY), often, contains("退款", then=REPLY)))

    await writes(ledger, "退款", at=NOW)
    await writes(ledger, "退款", at=NOW + 8 * DAY)
    await sweeps(ledger, NOW + 8 * DAY)

    assert await ledger.read(rows("SELECT rule_id, at FROM rule_hit")) == [("r1", NOW + 8 * DAY)]


async def test_hits_that_nothing_counts_any_more_are_forgotten_in_portions(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "PORTION", 2)
    often = asking({"kind": "counter", "rule_id": "r1", "times": 3, "days": 7})
    await ledger.write(published_rules(contains("退款", then=REPLY), often))
    await writes(ledger, *["退款"] * 3)

    left = [await sweeps(ledger, NOW + 8 * DAY) for _ in range(3)]

    assert left == [(1, NOW + 8 * DAY), (0, NOW + 8 * DAY), (0, NOW + 8 * DAY + HOUR)]


async def test_a_message_that_passed_while_no_rule_asked_leaves_no_older_one_before_it(ledger: Ledger) -> None:
    after_shirt = asking(words("多少"), {"kind": "previous_contains", "words": ["衬衫"]}, name="after shirt")
    await ledger.write(published_rules(after_shirt))
    await writes(ledger, "衬衫")

    await ledger.write(lambda c: archive_rule_set(c, ADMIN, 1))
    await writes(ledger, "裤子")
    await ledger.write(lambda c: restore_rule_set(c, ADMIN, 1))

    assert await writes(ledger, "多少") == [[]]
    assert await writes(ledger, "衬衫", "多少") == [[], ["after shirt"]]


async def test_turns_are_forgotten_when_the_last_rule_that_asks_goes_out_of_force(ledger: Ledger) -> None:
    after_shirt = asking(words("多少"), {"kind": "previous_contains", "words": ["衬衫"]})
    await ledger.write(published_rules(after_shirt))
    await writes(ledger, "衬衫")
    await sweeps(ledger, NOW)
    kept = await ledger.read(one("SELECT count(*) FROM customer_turn"))

    await ledger.write(lambda c: archive_rule_set(c, ADMIN, 1))
    await sweeps(ledger, NOW)

    assert (kept, await ledger.read(one("SELECT count(*) FROM customer_turn"))) == (1, 0)


async def test_a_rule_rests_for_each_customer_by_itself(ledger: Ledger) -> None:
    await ledger.write(published_rules({**contains("你好", then=REPLY), "cooldown_seconds": 3600}))

    first = await writes(ledger, "你好", "你好")
    other = await writes(ledger, "你好", by="wm-chen")
    later = await writes(ledger, "你好", at=NOW + 61 * MINUTE)

    assert (first, other, later) == ([["rule 1"], []], [["rule 1"]], [["rule 1"]])


async def test_a_rule_asks_about_the_message_before(ledger: Ledger) -> None:
    after_price = asking(words("多少"), {"kind": "previous_contains", "words": ["衬衫"]}, name="after shirt")
    after_rule = asking(words("多少"), {"kind": "previous_fired", "rule_ids": ["r3"]}, name="after rule")
    await ledger.write(published_rules(after_price, after_rule, contains("衬衫", then=REPLY)))

    fired = await writes(ledger, "多少", "衬衫", "多少", "多少")

    assert fired == [[], ["rule 3"], ["after shirt", "after rule"], []]


async def test_a_customer_is_new_with_the_first_message_and_not_with_the_second(ledger: Ledger) -> None:
    await ledger.write(published_rules(asking(words("你好"), {"kind": "new_customer", "is_new": True})))

    assert await writes(ledger, "你好", "你好") == [["rule 1"], []]


async def test_the_code_by_which_a_customer_came_last_is_known(ledger: Ledger) -> None:
    await ledger.write(shop("ann", slug="spring"))
    held: Any = await ledger.write(scan("lin"))
    state = await ledger.read(state_of(held.key))
    await ledger.write(received(customer_added(state=state)))
    while await ledger.write(lambda c: decide_open(c, situation())):
        pass
    await ledger.write(published_rules(asking(words("你好"), {"kind": "live_code", "codes": ["spring"]})))

    assert await writes(ledger, "你好") == [["rule 1"]]
    assert await writes(ledger, "你好", by="wm-chen") == [[]]


async def test_every_firing_counts_in_the_tally_of_its_day(ledger: Ledger) -> None:
    await ledger.write(published_rules(contains("价格", then=REPLY), contains("报价", then=REPLY)))

    await writes(ledger, "价格", "价格和报价")
    await writes(ledger, "价格", at=NOW + DAY)

    found = await ledger.read(lambda c: rule_memory.fired_since(c, 1, 20261122))
    assert await ledger.read(rows("SELECT day, rule_id, times FROM rule_tally ORDER BY 1, 2")) == [
        (20261121, "r1", 2),
        (20261121, "r2", 1),
        (20261122, "r1", 1),
    ]
    assert {rule_id: count.times for rule_id, count in found.items()} == {"r1": 1}


async def test_a_batch_is_counted_in_one_go_after_all_its_messages(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.write(published_rules(contains("价格", then=REPLY), contains("报价", then=REPLY)))
    texts = ("报价", "价格", "价格")
    await ledger.write(pulled(*(kf_text(text, message_id=f"m{number}") for number, text in enumerate(texts))))
    await ledger.write(received(app_text("价格")))
    counted: list[dict[tuple[int, str], int]] = []
    monkeypatch.setattr(rule_memory, "count_fired", lambda _c, _day, times: counted.append(dict(times)))

    decided = await ledger.write(lambda c: decide_open(c, situation()))

    assert decided == 4
    assert counted == [{(1, "r1"): 3, (1, "r2"): 1}]


async def test_a_rule_opens_a_task_a_ladder_once_and_calls_a_webhook(ledger: Ledger) -> None:
    then = [
        {"do": "open_task", "title": "Call Lin"},
        {"do": "start_ladder", "ladder": "complaints"},
        {"do": "call_webhook", "name": "crm"},
    ]
    await ledger.write(published_rules(contains("投诉", then=then)))

    await writes(ledger, "我要投诉", "投诉投诉")

    tasks = [(kind, orjson.loads(content)) for kind, content in await ledger.read(_TASKS)]
    assert [kind for kind, _ in tasks] == ["rule", "ladder", "rule"]
    assert (tasks[0][1]["title"], tasks[0][1]["texts"]) == ("Call Lin", ["投诉"])
    assert (tasks[1][1]["ladder"], tasks[1][1]["due_at"]) == ("complaints", NOW + 2 * MINUTE)
    calls = [orjson.loads(orjson.loads(payload)["body"]) for payload in await ledger.read(_CALLS)]
    assert [(call["webhook"], call["rule_id"], call["text"]) for call in calls] == [
        ("crm", "r1", "我要投诉"),
        ("crm", "r1", "投诉投诉"),
    ]


async def test_what_an_employee_writes_meets_rules_for_employees_and_none_about_customers(ledger: Ledger) -> None:
    vip = await ledger.write(tag("vip"))
    for_employees = asking(words("库存"), {"kind": "sent_by", "sender": "employee"}, name="stock")
    about_tags = asking(words("库存"), {"kind": "none_of", "conditions": [{"kind": "tagged", "tag_ids": [vip]}]})
    await ledger.write(published_rules(for_employees, about_tags))

    await ledger.write(received(app_text("库存"), callback="APP"))
    while await ledger.write(lambda c: decide_open(c, situation())):
        pass
    (decision,) = await ledger.read(column("SELECT decision FROM inbox"))

    assert [fired["name"] for fired in orjson.loads(decision)["fired"]] == ["stock"]
    assert await writes(ledger, "库存") == [["rule 2"]]


_TASKS = rows("SELECT kind, content FROM task ORDER BY id")


_CALLS = column("SELECT payload FROM outbox WHERE kind = 'call_webhook' ORDER BY id")
