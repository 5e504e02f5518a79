"""Messages in 微信客服: tags by rule with their reason, answers in order, and a person whenever no rule answers."""

import pytest

from router.db import json
from router.db.ledger import Ledger
from router.db.queries import outbox
from router.db.queries.customers import get_customer
from router.db.sql import Sql
from router.domain.capacity import agent_subject
from router.domain.explanation import explain
from router.handlers.catalog import CatalogInForce
from router.handlers.decide import decide_open
from router.handlers.kf_notified import keep_up
from router.handlers.received import Situation
from router.handlers.why import replay
from tagtree.rules.facts import Facts
from tests.factories import (
    ACCOUNT,
    HOUR,
    NOW,
    SECOND,
    ZONE,
    agent,
    app_text,
    cap,
    contains,
    customer,
    follow,
    kf_notified,
    kf_send_failed,
    kf_session_changed,
    kf_text,
    pool,
    published_rules,
    pulled,
    received,
    situation,
    tag,
)
from tests.integration.ledger.looking import column, counters_that_lie, one, rows, taken

pytestmark = pytest.mark.anyio

EFFECTS = "SELECT kind, payload FROM outbox ORDER BY id"


async def decide(ledger: Ledger, *items: str, now: int = NOW) -> None:
    """Items as a pull stores them, decided until nothing is open."""
    await ledger.write(pulled(*items, now=now))
    while await ledger.write(lambda c: decide_open(c, situation(now))):
        pass


async def effects(ledger: Ledger) -> list[tuple[str, str]]:
    """What must go out: the kind and the word that tells it from others of its kind."""
    found = [(kind, json.load(payload)) for kind, payload in await ledger.read(rows(EFFECTS))]
    return [(kind, payload.get("text", payload.get("userid", ""))) for kind, payload in found]


async def test_a_rule_tags_the_customer_with_the_words_that_were_said(ledger: Ledger) -> None:
    price = await ledger.write(tag("问价"))
    version = await ledger.write(
        published_rules(contains("价格", then=[{"do": "add_tag", "tag_id": price}, {"do": "reply", "text": "88 元"}]))
    )

    await decide(ledger, kf_text("请问价格?"))

    assert await ledger.read(
        rows("SELECT tag_id, source, rule_set_version_id, span_start, span_end, evidence, hits FROM tag_edge")
    ) == [(price, "rule:1:r1", version, 2, 4, "价格", 1)]
    assert await effects(ledger) == [("send_kf_text", "88 元")]


async def test_the_same_rule_again_counts_on_the_same_edge(ledger: Ledger) -> None:
    price = await ledger.write(tag("问价"))
    await ledger.write(published_rules(contains("价格", then=[{"do": "add_tag", "tag_id": price}])))

    await decide(ledger, kf_text("价格", message_id="1"), kf_text("价格?", message_id="2"))

    assert await ledger.read(rows("SELECT tag_id, hits FROM tag_edge")) == [(price, 2)]


async def test_tags_are_sent_for_each_agent_the_customer_has_added(ledger: Ledger) -> None:
    price = await ledger.write(tag("问价"))
    await ledger.write(published_rules(contains("价格", then=[{"do": "add_tag", "tag_id": price}])))
    lin = await ledger.write(customer("wm-lin"))
    full = await ledger.write(follow(await ledger.write(agent("ann")), lin))
    await ledger.write(follow(await ledger.write(agent("bo")), lin, "half"))

    await decide(ledger, kf_text("价格"))

    assert await ledger.read(rows("SELECT follow_id, tag_id, desired, confirmed FROM tag_mark")) == [
        (full, price, True, False)
    ]
    assert ("mark_tags", "") in await effects(ledger)


async def test_an_exclusive_branch_keeps_only_the_newest_of_its_tags(ledger: Ledger) -> None:
    size = await ledger.write(tag("尺码", exclusive=True))
    small, large = await ledger.write(tag("S", size)), await ledger.write(tag("L", size))
    await ledger.write(
        published_rules(
            contains("小", then=[{"do": "add_tag", "tag_id": small}]),
            contains("大", then=[{"do": "add_tag", "tag_id": large}]),
        )
    )

    await decide(ledger, kf_text("小", message_id="1"), kf_text("大", message_id="2"))

    assert await ledger.read(column("SELECT tag_id FROM tag_edge WHERE removed_at IS NULL")) == [large]
    assert await ledger.read(column("SELECT removed_reason FROM tag_edge WHERE tag_id = :id", id=small)) == [
        f"excluded:{large}:rule:1:1:r2"
    ]


async def test_answers_of_one_message_go_out_in_the_order_of_the_rules(ledger: Ledger) -> None:
    await ledger.write(
        published_rules(contains("在", then=[{"do": "reply", "text": "一"}, {"do": "reply", "text": "二"}]))
    )

    await decide(ledger, kf_text("在吗"))

    assert await effects(ledger) == [("send_kf_text", "一"), ("send_kf_text", "二")]
    assert len(set(await ledger.read(column("SELECT stream FROM outbox")))) == 1


async def test_a_message_no_rule_answers_is_handed_to_a_person(ledger: Ledger) -> None:
    await decide(ledger, kf_text("在吗"))

    assert await effects(ledger) == [("hand_to_human", "")]
    assert await ledger.read(rows("SELECT status, waiting_since_at FROM conversation")) == [("waiting", NOW)]


async def test_a_customer_whom_the_bot_answered_first_waits_since_the_message_it_could_not_answer(
    ledger: Ledger,
) -> None:
    await ledger.write(published_rules(contains("价格", then=[{"do": "reply", "text": "88 元"}])))
    await decide(ledger, kf_text("价格", message_id="1"))

    await decide(ledger, kf_text("在吗", message_id="2", at=NOW + HOUR), now=NOW + HOUR)

    assert await ledger.read(rows("SELECT status, waiting_since_at FROM conversation")) == [("waiting", NOW + HOUR)]


async def test_while_a_customer_waits_for_a_person_the_bot_keeps_silent(ledger: Ledger) -> None:
    await ledger.write(published_rules(contains("价格", then=[{"do": "reply", "text": "88 元"}])))

    await decide(ledger, kf_text("人工", message_id="1"), kf_text("价格", message_id="2", at=NOW + SECOND))

    assert await effects(ledger) == [("hand_to_human", "")]
    assert await ledger.read(rows("SELECT status, waiting_since_at FROM conversation")) == [("waiting", NOW)]


async def test_the_bot_answers_again_after_a_session_ended(ledger: Ledger) -> None:
    await ledger.write(agent("ann"))
    await ledger.write(published_rules(contains("价格", then=[{"do": "reply", "text": "88 元"}])))
    await decide(ledger, kf_text("人工", message_id="1"), kf_session_changed("ann", message_id="2"))
    with_ann = await ledger.read(column("SELECT status FROM conversation"))

    await decide(ledger, kf_session_changed("ann", ended=True, message_id="3"), kf_text("价格", message_id="4"))

    assert with_ann == ["human"]
    assert (await effects(ledger))[-1] == ("send_kf_text", "88 元")


async def test_a_message_to_a_person_leaves_the_session_with_that_person(ledger: Ledger) -> None:
    ann = await ledger.write(agent("ann"))
    await decide(ledger, kf_text("人工", message_id="1"), kf_session_changed("ann", message_id="2"))

    await decide(ledger, kf_text("在吗", message_id="3"))

    assert await ledger.read(rows("SELECT status, agent_id FROM conversation")) == [("human", ann)]


async def test_a_rule_that_moves_a_customer_takes_a_place_of_the_idlest_agent_of_the_pool(ledger: Ledger) -> None:
    ann, bo = await ledger.write(agent("ann")), await ledger.write(agent("bo"))
    pool_id = await ledger.write(pool("vip", (ann, bo)))
    await ledger.write(cap(agent_subject(ann), 0))
    await ledger.write(published_rules(contains("批发", then=[{"do": "move_to_pool", "pool_id": pool_id}])))

    await decide(ledger, kf_text("批发"))

    assert await effects(ledger) == [("hand_to_human", "bo")]
    assert await ledger.read(rows("SELECT agent_id, pool_id, how, own_place FROM assignment")) == [
        (bo, pool_id, "moved", True)
    ]
    assert await ledger.read(taken(agent_subject(bo))) == 1
    assert await ledger.write(counters_that_lie()) == []


async def test_a_move_tells_who_else_stood_by_and_why_each_was_left_out(ledger: Ledger) -> None:
    ann, bo = await ledger.write(agent("ann")), await ledger.write(agent("bo"))
    pool_id = await ledger.write(pool("vip", (ann, bo)))
    await ledger.write(cap(agent_subject(ann), 0))
    await ledger.write(published_rules(contains("批发", then=[{"do": "move_to_pool", "pool_id": pool_id}])))

    await decide(ledger, kf_text("批发"))

    customer = await ledger.read(lambda c: get_customer(c, "wm-lin"))
    assert customer is not None
    (assignment,) = customer.assignments
    assert {each.agent_id: each.why for each in explain(assignment.decision)} == {bo: "chosen", ann: "at_cap"}
    assert replay(json.load(await ledger.read(one("SELECT decision FROM assignment"))))


async def test_a_customer_who_repeats_what_moved_them_takes_one_place(ledger: Ledger) -> None:
    ann = await ledger.write(agent("ann"))
    pool_id = await ledger.write(pool("vip", (ann,)))
    await ledger.write(published_rules(contains("批发", then=[{"do": "move_to_pool", "pool_id": pool_id}])))

    await decide(ledger, *(kf_text("批发", message_id=str(number)) for number in range(3)))

    assert await ledger.read(taken(agent_subject(ann))) == 1
    assert await ledger.read(one("SELECT count(*) FROM assignment")) == 1
    assert await effects(ledger) == [("hand_to_human", "ann")]


async def test_a_move_to_a_full_pool_leaves_the_customer_in_the_queue(ledger: Ledger) -> None:
    ann = await ledger.write(agent("ann"))
    pool_id = await ledger.write(pool("vip", (ann,)))
    await ledger.write(cap(agent_subject(ann), 0))
    await ledger.write(published_rules(contains("批发", then=[{"do": "move_to_pool", "pool_id": pool_id}])))

    await decide(ledger, kf_text("批发"))

    assert await effects(ledger) == [("hand_to_human", "")]
    assert await ledger.read(one("SELECT count(*) FROM assignment")) == 0


async def test_a_message_of_ours_that_did_not_arrive_brings_a_person(ledger: Ledger) -> None:
    await ledger.write(published_rules(contains("价格", then=[{"do": "reply", "text": "88 元"}])))
    await decide(ledger, kf_text("价格", message_id="1"))

    await decide(ledger, kf_send_failed("out-1"))

    assert await effects(ledger) == [("send_kf_text", "88 元"), ("hand_to_human", "")]
    assert await ledger.read(column("SELECT status FROM conversation")) == ["waiting"]


async def test_notices_of_one_account_become_one_pull_with_the_newest_token(ledger: Ledger) -> None:
    await ledger.write(received(kf_notified("T1"), kf_notified("T2", at=NOW + SECOND), callback="KF"))

    await ledger.write(lambda c: decide_open(c, situation()))

    ((kind, payload),) = await ledger.read(rows(EFFECTS))
    assert (kind, json.load(payload)) == ("sync_kf", {"open_kfid": ACCOUNT, "token": "T2"})
    assert await ledger.read(column("SELECT open_kfid FROM kf_account")) == [ACCOUNT]


async def test_an_account_is_pulled_at_start_because_its_notices_may_have_come_while_nobody_listened(
    ledger: Ledger,
) -> None:
    await ledger.write(received(kf_notified("T1"), callback="KF"))
    await ledger.write(lambda c: decide_open(c, situation()))
    await ledger.write(
        lambda c: [outbox.finish(c, each, "done", NOW, sent=True) for each in outbox.claim(c, "chat", 9, NOW)]
    )

    await ledger.write(lambda c: keep_up(c, NOW + SECOND))

    assert await ledger.read(rows("SELECT status, payload FROM outbox")) == [
        ("pending", json.dump({"open_kfid": ACCOUNT, "token": ""}))
    ]


async def test_an_employee_is_answered_in_the_app_and_nobody_is_tagged(ledger: Ledger) -> None:
    price = await ledger.write(tag("问价"))
    await ledger.write(
        published_rules(contains("价格", then=[{"do": "add_tag", "tag_id": price}, {"do": "reply", "text": "88 元"}]))
    )

    await ledger.write(received(app_text("价格"), callback="APP"))
    await ledger.write(lambda c: decide_open(c, situation()))

    assert await effects(ledger) == [("send_app_text", "88 元")]
    assert await ledger.read(one("SELECT count(*) FROM tag_edge")) == 0


async def test_a_message_with_a_null_character_is_decided_like_any_other(ledger: Ledger) -> None:
    odd = await ledger.write(tag("odd"))
    rule = {"when": {"kind": "pattern", "pattern": "价.*格"}, "then": [{"do": "add_tag", "tag_id": odd}]}
    await ledger.write(published_rules(rule))

    await decide(ledger, kf_text("价\x00格"))

    assert await ledger.read(rows("SELECT status, reason FROM inbox")) == [("done", "")]


async def test_of_two_tags_that_exclude_one_another_the_first_rule_set_puts_its_own_on(ledger: Ledger) -> None:
    level = await ledger.write(tag("等级", exclusive=True))
    gold, silver = await ledger.write(tag("金", level)), await ledger.write(tag("银", level))
    for name, tag_id in (("first", gold), ("second", silver)):
        await ledger.write(published_rules(contains("会员", then=[{"do": "add_tag", "tag_id": tag_id}]), name=name))

    await decide(ledger, kf_text("会员"))

    assert await ledger.read(column("SELECT tag_id FROM tag_edge WHERE removed_at IS NULL")) == [gold]


# --- rules and tags in force ---------------------------------------------------------------------------------------


async def test_a_catalog_is_read_anew_after_it_was_outdated_and_not_before(ledger: Ledger) -> None:
    rules = CatalogInForce()
    before = await ledger.read(rules.current)
    await ledger.write(published_rules(contains("价格", then=[{"do": "hand_to_human"}])))

    unaware = await ledger.read(rules.current)
    rules.outdate()
    aware = await ledger.read(rules.current)

    assert (len(before.rule_sets), len(unaware.rule_sets), len(aware.rule_sets)) == (0, 0, 1)


async def test_what_has_not_changed_is_not_compiled_again(ledger: Ledger) -> None:
    rules = CatalogInForce()
    await ledger.write(published_rules(contains("价格", then=[{"do": "hand_to_human"}])))
    first = await ledger.read(rules.current)

    rules.outdate()
    second = await ledger.read(rules.current)

    assert second.rule_sets[0] is first.rule_sets[0]


async def test_a_published_set_that_cannot_be_read_does_not_stop_the_others(ledger: Ledger) -> None:
    await ledger.write(published_rules(contains("价格", then=[{"do": "hand_to_human"}]), name="good"))
    broken = await ledger.write(published_rules(name="broken"))
    await ledger.write(lambda c: c.exec_driver_sql(f"UPDATE rule_set_version SET content = '{{}}' WHERE id = {broken}"))

    catalog = await ledger.read(CatalogInForce().current)

    assert [each.name for each in catalog.rule_sets] == ["good"]


async def test_a_catalog_that_could_not_be_read_is_tried_again_rather_than_taken_as_empty(ledger: Ledger) -> None:
    rules = CatalogInForce()
    root = await ledger.write(tag("root"))
    child = await ledger.write(tag("child", root))
    await ledger.write(published_rules(contains("价格", then=[{"do": "hand_to_human"}])))
    await ledger.write(lambda c: c.exec_driver_sql(f"UPDATE tag SET parent_id = {child} WHERE id = {root}"))
    with pytest.raises(Exception):  # noqa: B017  whatever the tag tree says of a circle
        await ledger.read(rules.current)

    await ledger.write(lambda c: c.exec_driver_sql(f"UPDATE tag SET parent_id = NULL WHERE id = {root}"))
    catalog = await ledger.read(rules.current)

    assert len(catalog.rule_sets) == 1


async def test_tags_that_form_no_tree_leave_the_last_good_catalog_in_force(ledger: Ledger) -> None:
    rules = CatalogInForce()
    root = await ledger.write(tag("root"))
    child = await ledger.write(tag("child", root))
    await ledger.write(published_rules(contains("价格", then=[{"do": "hand_to_human"}])))
    good = await ledger.read(rules.current)
    await ledger.write(lambda c: c.exec_driver_sql(f"UPDATE tag SET archived_at = 1 WHERE id = {root}"))

    rules.outdate()
    meanwhile = await ledger.read(rules.current)
    await ledger.write(lambda c: c.exec_driver_sql(f"UPDATE tag SET parent_id = NULL WHERE id = {child}"))
    rules.outdate()
    repaired = await ledger.read(rules.current)

    assert meanwhile is good
    assert [each.id for each in repaired.tree.tags] == [child]


async def test_another_version_under_a_number_used_before_is_compiled_and_decides(ledger: Ledger) -> None:
    rules = CatalogInForce()
    version = await ledger.write(published_rules(contains("价格", then=[{"do": "hand_to_human"}])))
    before = await ledger.read(rules.current)
    other = json.dump({"rules": []})
    await ledger.write(lambda c: Sql("UPDATE rule_set_version SET content = :other").run(c, other=other))

    rules.outdate()
    after = await ledger.read(rules.current)

    found = [len(each.decide(Facts("价格", "kf", "text"))) for each in (before, after)]
    assert (found, [each.version_id for each in after.rule_sets]) == ([1, 0], [version])


async def test_the_situation_names_the_zone_and_the_words_it_was_given(ledger: Ledger) -> None:
    now: Situation = await ledger.read(situation())

    assert (now.now, now.zone, now.human_words) == (NOW, ZONE, ("人工",))
