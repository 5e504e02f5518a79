"""What customers write is read as a class with slots; what is uncertain waits for a person, who has the last word."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from router.db import json
from router.db.ledger import Ledger
from router.db.queries import catalogue, meanings, message_classes
from router.db.queries.catalogue import Entry
from router.db.queries.conversations import not_taken
from router.db.queries.customers import waiting_conversations
from router.db.queries.meanings import SlotSeen, StoredMeaning
from router.db.queries.message_classes import EditedClass
from router.handlers.admin.act import Act
from router.handlers.admin.catalogue import (
    Imported,
    add_unknown_word,
    archive_item,
    create_item,
    dismiss_unknown_word,
    import_items,
    restore_item,
    update_item,
)
from router.handlers.admin.message_classes import ClassContent, archive_class, create_class, update_class
from router.handlers.admin.pools import archive_pool
from router.handlers.admin.refusal import Conflict, Invalid
from router.handlers.admin.reviews import dismiss_review, review_message
from router.handlers.decide import decide_open
from router.handlers.meaning import MeaningInForce
from router.handlers.received import Situation
from tagtree.meaning.catalogue import CatalogueItem
from tagtree.meaning.catalogue_file import read_rows
from tests.factories import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    ZONE,
    agent,
    contains,
    kf_session_changed,
    kf_text,
    pool,
    published_rules,
    pulled,
    situation,
    tag,
)
from tests.integration.ledger.looking import one, rows

pytestmark = pytest.mark.anyio

ACT = Act("mei", NOW, ZONE)
SHIRT = CatalogueItem("product", "衬衫", ("衬衣",))


async def decide(ledger: Ledger, *items: str, now: int = NOW) -> None:
    """Items as a pull stores them, decided with the classes and the catalogue in force."""
    await ledger.write(pulled(*items, now=now))
    while await ledger.write(lambda c: decide_open(c, _situation(now))):
        pass


def _situation(now: int) -> Callable[[Connection], Situation]:
    return lambda c: replace(situation(now)(c), meaning=MeaningInForce().current(c))


async def latest(ledger: Ledger) -> StoredMeaning:
    inbox_id = await ledger.read(one("SELECT max(inbox_id) FROM message_meaning"))
    found = await ledger.read(lambda c: meanings.get_meaning(c, inbox_id))
    assert found is not None
    return found


async def class_of(ledger: Ledger, name: str) -> EditedClass:
    return next(each for each in await ledger.read(message_classes.list_classes) if each.name == name)


async def test_a_message_is_kept_with_its_class_intent_and_slots(ledger: Ledger) -> None:
    await ledger.write(lambda c: create_item(c, ACT, SHIRT))

    await decide(ledger, kf_text("我想退换上个月买的黑色衬衫"))

    read = await latest(ledger)
    assert (read.class_name, read.read_as, read.intent, read.review) == ("咨询", "咨询", "退换货", "none")
    assert read.slots == (
        SlotSeen("when", "month-1", "上个月", 4, 7),
        SlotSeen("colour", "黑色", "黑色", 9, 11),
        SlotSeen("product", "衬衫", "衬衫", 11, 13),
    )
    decision = json.load(await ledger.read(one("SELECT decision FROM inbox")))
    assert [slot["value"] for slot in decision["meaning"]["slots"]] == ["month-1", "黑色", "衬衫"]


async def test_a_rule_may_ask_for_the_class_of_a_message(ledger: Ledger) -> None:
    angry = await ledger.write(tag("投诉过"))
    rule = {
        "id": "r",
        "name": "r",
        "priority": 0,
        "when": {"kind": "class", "names": ["投诉"]},
        "then": [{"do": "add_tag", "tag_id": angry}],
    }
    await ledger.write(published_rules(rule))

    await decide(ledger, kf_text("骗子，我要投诉"), kf_text("请问几点开门", message_id="2"))

    assert await ledger.read(rows("SELECT tag_id, hits FROM tag_edge")) == [(angry, 1)]


async def test_a_greeting_is_not_kept_and_what_no_word_speaks_for_waits_for_a_person(ledger: Ledger) -> None:
    await decide(ledger, kf_text("你好", message_id="1"), kf_text("月亮升起来了", message_id="2"))

    page = await ledger.read(meanings.open_reviews)
    assert [(each.text, each.class_name, each.review) for each in page.items] == [("月亮升起来了", "", "open")]


async def test_the_team_of_a_class_takes_who_is_handed_over_with_its_template_first(ledger: Ledger) -> None:
    team = await ledger.write(pool("complaints", [await ledger.write(agent("ann"))]))
    complaint = await class_of(ledger, "投诉")
    content = ClassContent(
        "投诉", lexicon="complaint", pool_id=team, template="非常抱歉，马上为您处理", target_minutes=5
    )
    await ledger.write(lambda c: update_class(c, ACT, complaint.id, content))

    await decide(ledger, kf_text("骗子，我要投诉"))

    sent = await ledger.read(rows("SELECT kind, payload FROM outbox ORDER BY id"))
    told = [(kind, json.load(payload).get("text", json.load(payload).get("userid"))) for kind, payload in sent]
    assert told == [("send_kf_text", "非常抱歉，马上为您处理"), ("hand_to_human", "ann")]
    assert await ledger.read(one("SELECT pool_id FROM conversation")) == team


async def test_a_correction_takes_who_waits_to_the_team_without_a_new_start(ledger: Ledger) -> None:
    await decide(ledger, kf_text("月亮升起来了"))
    team = await ledger.write(pool("complaints", [await ledger.write(agent("ann"))]))
    complaint = await class_of(ledger, "投诉")
    await ledger.write(
        lambda c: update_class(c, ACT, complaint.id, ClassContent("投诉", lexicon="complaint", pool_id=team))
    )
    waiting = "SELECT status, waiting_since_at FROM conversation"
    before = await ledger.read(rows(waiting))
    message = await latest(ledger)

    corrected = await ledger.write(
        lambda c: review_message(c, Act("mei", NOW + 60 * SECOND, ZONE), message.inbox_id, "投诉")
    )

    assert isinstance(corrected, StoredMeaning)
    assert (corrected.class_name, corrected.review, corrected.reviewed_by) == ("投诉", "corrected", "mei")
    assert await ledger.read(rows(waiting)) == before
    ann = await ledger.read(one("SELECT id FROM agent"))
    assert await ledger.read(rows("SELECT pool_id, agent_id FROM conversation")) == [(team, ann)]
    assert await ledger.read(one("SELECT payload FROM outbox ORDER BY id DESC LIMIT 1")) != ""


async def test_a_correction_leaves_who_is_on_the_way_to_somebody(ledger: Ledger) -> None:
    await decide(ledger, kf_text("月亮升起来了"))
    ann, bob = [await ledger.write(agent(name)) for name in ("ann", "bob")]
    team = await ledger.write(pool("complaints", [ann]))
    complaint = await class_of(ledger, "投诉")
    await ledger.write(
        lambda c: update_class(c, ACT, complaint.id, ClassContent("投诉", lexicon="complaint", pool_id=team))
    )
    await ledger.write(lambda c: c.exec_driver_sql(f"UPDATE conversation SET agent_id = {bob}"))
    message = await latest(ledger)

    await ledger.write(lambda c: review_message(c, ACT, message.inbox_id, "投诉"))

    assert await ledger.read(rows("SELECT pool_id, agent_id FROM conversation")) == [(None, bob)]
    assert await ledger.read(rows("SELECT agent_id FROM assignment")) == []


async def test_a_correction_of_an_old_message_leaves_the_wait_that_a_later_one_began(ledger: Ledger) -> None:
    await decide(ledger, kf_text("月亮升起来了", message_id="old"))
    old = await latest(ledger)
    team = await ledger.write(pool("complaints", [await ledger.write(agent("ann"))]))
    complaint = await class_of(ledger, "投诉")
    await ledger.write(
        lambda c: update_class(c, ACT, complaint.id, ClassContent("投诉", lexicon="complaint", pool_id=team))
    )
    await decide(ledger, kf_text("怎么退换货", message_id="new", at=NOW + SECOND), now=NOW + SECOND)
    before = await ledger.read(rows("SELECT status, pool_id, agent_id FROM conversation"))

    await ledger.write(lambda c: review_message(c, ACT, old.inbox_id, "投诉"))

    assert (await latest(ledger)).class_name == "咨询"
    assert before == [("waiting", None, None)]
    assert await ledger.read(rows("SELECT status, pool_id, agent_id FROM conversation")) == before
    assert await ledger.read(rows("SELECT agent_id FROM assignment")) == []


async def complaints_go_to_a_team(ledger: Ledger) -> int:
    """A team, which has nobody on duty, owns complaints; its id."""
    team = await ledger.write(pool("complaints", []))
    complaint = await class_of(ledger, "投诉")
    content = ClassContent("投诉", lexicon="complaint", pool_id=team, target_minutes=5)
    await ledger.write(lambda c: update_class(c, ACT, complaint.id, content))
    return team


async def said_of_the_wait(ledger: Ledger) -> list[tuple[str, int | None]]:
    """Of everybody who waits, the class and the pool that the queue shows."""
    found = await ledger.read(waiting_conversations)
    classes = await ledger.read(lambda c: meanings.latest_classes(c, [each.id for each in found]))
    return [(classes.get(each.id, ""), each.pool_id) for each in found]


@pytest.mark.parametrize("ago", [20 * DAY, 10 * MINUTE], ids=["weeks ago", "a moment ago"])
async def test_a_new_wait_has_neither_class_nor_pool_of_a_session_that_was_settled(ledger: Ledger, ago: int) -> None:
    team = await complaints_go_to_a_team(ledger)
    await decide(ledger, kf_text("骗子，我要投诉", message_id="c", at=NOW - ago), now=NOW - ago)
    complaining = await said_of_the_wait(ledger)
    taken = kf_session_changed("ann", message_id="t", at=NOW - ago + MINUTE)
    ended = kf_session_changed("ann", ended=True, message_id="e", at=NOW - ago + 2 * MINUTE)
    await decide(ledger, taken, ended, now=NOW - ago + 2 * MINUTE)

    await decide(ledger, kf_text("在吗", message_id="new"))

    assert complaining == [("投诉", team)]
    assert await said_of_the_wait(ledger) == [("", None)]


async def test_a_session_that_ended_as_nobody_could_take_it_is_of_no_pool_any_more(ledger: Ledger) -> None:
    await complaints_go_to_a_team(ledger)
    await decide(ledger, kf_text("骗子，我要投诉", message_id="c", at=NOW - 2 * DAY), now=NOW - 2 * DAY)
    message = await latest(ledger)
    await ledger.write(lambda c: not_taken(c, message.open_kfid, message.customer_id, None, "ended"))

    await decide(ledger, kf_text("在吗", message_id="new"))

    assert await said_of_the_wait(ledger) == [("", None)]


async def test_what_was_said_just_before_a_wait_is_what_it_is_about(ledger: Ledger) -> None:
    await ledger.write(published_rules(contains("投诉", then=[{"do": "reply", "text": "非常抱歉"}])))
    await decide(ledger, kf_text("骗子，我要投诉", message_id="1", at=NOW - 10 * MINUTE), now=NOW - 10 * MINUTE)

    await decide(ledger, kf_text("在吗", message_id="2"))

    assert await said_of_the_wait(ledger) == [("投诉", None)]


async def test_what_was_said_hours_before_a_wait_is_not_what_it_is_about(ledger: Ledger) -> None:
    await ledger.write(published_rules(contains("投诉", then=[{"do": "reply", "text": "非常抱歉"}])))
    await decide(ledger, kf_text("骗子，我要投诉", message_id="1", at=NOW - 2 * HOUR), now=NOW - 2 * HOUR)

    await decide(ledger, kf_text("在吗", message_id="2"))

    assert await said_of_the_wait(ledger) == [("", None)]


async def test_what_was_said_to_another_account_is_not_what_a_wait_is_about(ledger: Ledger) -> None:
    await decide(ledger, kf_text("在吗", message_id="1"))

    await decide(ledger, kf_text("骗子，我要投诉", message_id="2", open_kfid="wk-other", at=NOW + SECOND))

    assert await said_of_the_wait(ledger) == [("", None), ("投诉", None)]


async def test_a_correction_of_a_settled_message_leaves_the_wait_of_today(ledger: Ledger) -> None:
    await decide(ledger, kf_text("月亮升起来了", message_id="old", at=NOW - 20 * DAY), now=NOW - 20 * DAY)
    old = await latest(ledger)
    ended = kf_session_changed("ann", ended=True, at=NOW - 19 * DAY)
    await decide(ledger, ended, now=NOW - 19 * DAY)
    await complaints_go_to_a_team(ledger)
    await decide(ledger, kf_text("在吗", message_id="new"))

    await ledger.write(lambda c: review_message(c, ACT, old.inbox_id, "投诉"))

    assert await said_of_the_wait(ledger) == [("", None)]


async def test_a_second_correction_sends_somebody_else_when_nobody_came_after_the_first(ledger: Ledger) -> None:
    await decide(ledger, kf_text("月亮升起来了"))
    ann, bob = [await ledger.write(agent(name)) for name in ("ann", "bob")]
    for name, lexicon, member in (("投诉", "complaint", ann), ("技术", "technical", bob)):
        team, edited = await ledger.write(pool(lexicon, [member])), await class_of(ledger, name)
        content = ClassContent(name, lexicon=lexicon, pool_id=team)
        await ledger.write(lambda c, id=edited.id, content=content: update_class(c, ACT, id, content))  # type: ignore[misc]
    message = await latest(ledger)
    await ledger.write(lambda c: review_message(c, ACT, message.inbox_id, "投诉"))
    await ledger.write(lambda c: not_taken(c, message.open_kfid, message.customer_id, ann, "waiting"))

    await ledger.write(lambda c: review_message(c, Act("mei", NOW + SECOND, ZONE), message.inbox_id, "技术"))

    orders = "SELECT payload FROM outbox WHERE kind = 'hand_to_human' AND payload LIKE '%review%' ORDER BY id"
    sent = await ledger.read(rows(orders))
    assert [json.load(payload)["userid"] for (payload,) in sent] == ["ann", "bob"]


async def test_agreement_counts_what_people_decided(ledger: Ledger) -> None:
    texts = ["月亮升起来了", "太阳落下去了", "星星眨眼睛"]
    await decide(ledger, *(kf_text(text, message_id=str(place)) for place, text in enumerate(texts)))
    page = await ledger.read(meanings.open_reviews)
    first, second, third = (each.inbox_id for each in page.items)
    await ledger.write(lambda c: meanings.suggest(c, [(first, "咨询", 40), (second, "活动", 20)]))

    await ledger.write(lambda c: review_message(c, ACT, first, "咨询"))
    await ledger.write(lambda c: review_message(c, ACT, second, ""))
    await ledger.write(lambda c: dismiss_review(c, ACT, third))

    found = await ledger.read(lambda c: meanings.agreement(c, 0))
    assert (found.reviewed, found.lexicon_right, found.suggested, found.model_right) == (2, 1, 2, 1)
    assert found.confusion == {("", "咨询"): 1, ("", ""): 1}
    assert (await ledger.read(meanings.open_reviews)).items == ()


async def test_unknown_words_are_counted_and_taken_into_the_catalogue(ledger: Ledger) -> None:
    await ledger.write(lambda c: create_item(c, ACT, SHIRT))
    await decide(
        ledger,
        kf_text("昨天买的冲锋衣什么时候发货", message_id="1"),
        kf_text("想要一件冲锋衣，多少钱", message_id="2"),
        kf_text("想要一件衬杉，多少钱", message_id="3"),
    )

    reported = await ledger.read(catalogue.unknown_words)
    assert [(each.word, each.times) for each in reported.items] == [("冲锋衣", 2), ("衬杉", 1)]

    shirt = await ledger.read(lambda c: catalogue.entry_named(c, "product", "衬衫"))
    assert shirt is not None
    await ledger.write(lambda c: add_unknown_word(c, ACT, "冲锋衣", "product"))
    await ledger.write(lambda c: add_unknown_word(c, ACT, "衬杉", "synonym", shirt.id))
    assert [catalogue.item_of(row) for row in await ledger.read(catalogue.rows_in_force)] == [
        CatalogueItem("product", "衬衫", ("衬衣", "衬杉")),
        CatalogueItem("product", "冲锋衣"),
    ]
    assert (await ledger.read(catalogue.unknown_words)).items == ()


async def test_unknown_words_of_a_batch_are_counted_in_one_go_after_all_its_messages(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.write(lambda c: create_item(c, ACT, SHIRT))
    counted: list[list[str]] = []
    monkeypatch.setattr(catalogue, "tally_unknown", lambda _c, found, _now: counted.append([word for word, _ in found]))

    await decide(
        ledger,
        kf_text("昨天买的冲锋衣什么时候发货", message_id="1"),
        kf_text("想要一件衬杉，多少钱", message_id="2"),  # of the same customer: decided after the first
    )

    assert [each for each in counted if each] == [["冲锋衣", "衬杉"]]


async def test_a_dismissed_word_is_reported_no_more(ledger: Ledger) -> None:
    await decide(ledger, kf_text("昨天买的冲锋衣什么时候发货", message_id="1"))

    await ledger.write(lambda c: dismiss_unknown_word(c, ACT, "冲锋衣"))
    await decide(ledger, kf_text("昨天买的冲锋衣什么时候发货", message_id="2"))

    assert (await ledger.read(catalogue.unknown_words)).items == ()


async def test_an_import_is_all_or_nothing_unless_the_good_rows_are_wanted(ledger: Ledger) -> None:
    read = read_rows(
        [["类别", "名称", "同义词"], ["商品", "衬衫", "衬衣、襯衫"], ["商品", "", "x"], ["颜色", "雾蓝", ""]]
    )

    refused = await ledger.write(lambda c: import_items(c, ACT, read))
    done = await ledger.write(lambda c: import_items(c, ACT, read, good_rows_only=True))

    assert isinstance(refused, Invalid)
    assert [each.path for each in refused.problems] == ["rows[3].name"]
    assert isinstance(done, Imported)
    assert (len(done.comparison.added), done.bad_rows) == (2, 1)
    again = await ledger.write(lambda c: import_items(c, ACT, read, good_rows_only=True))
    assert isinstance(again, Imported)
    assert (len(again.comparison.added), len(again.comparison.changed), again.comparison.unchanged) == (0, 0, 2)


async def test_an_item_is_edited_archived_and_restored_unless_its_word_was_taken(ledger: Ledger) -> None:
    made = await ledger.write(lambda c: create_item(c, ACT, SHIRT))
    assert isinstance(made, Entry)
    await ledger.write(lambda c: update_item(c, ACT, made.id, CatalogueItem("product", "衬衫", ("衬衣", "恤衫"))))
    await ledger.write(lambda c: archive_item(c, ACT, made.id))
    await ledger.write(lambda c: create_item(c, ACT, CatalogueItem("product", "恤衫")))

    refused = await ledger.write(lambda c: restore_item(c, ACT, made.id))

    assert isinstance(refused, Invalid)


async def test_a_class_that_rules_name_is_neither_renamed_nor_archived(ledger: Ledger) -> None:
    rule = {
        "id": "r",
        "name": "urgent",
        "priority": 0,
        "when": {"kind": "all", "of": [{"kind": "class", "names": ["投诉"]}]},
        "then": [{"do": "hand_to_human"}],
    }
    await ledger.write(published_rules(rule))
    complaint = await class_of(ledger, "投诉")

    renamed = await ledger.write(lambda c: update_class(c, ACT, complaint.id, ClassContent("抱怨")))
    removed = await ledger.write(lambda c: archive_class(c, ACT, complaint.id))

    assert isinstance(renamed, Conflict)
    assert isinstance(removed, Conflict)


async def test_what_is_wrong_with_a_class_is_told_by_field_and_line(ledger: Ledger) -> None:
    wrong = ClassContent("好评", keywords="赞 2\n棒 9", lexicon="nothing", target_minutes=0)

    refused = await ledger.write(lambda c: create_class(c, ACT, wrong))

    assert isinstance(refused, Invalid)
    assert [each.path for each in refused.problems] == ["target_minutes", "lexicon", "keywords"]
    assert refused.problems[2].reason.zh.startswith("第 2 行")


async def test_a_pool_that_owns_a_class_is_not_archived(ledger: Ledger) -> None:
    team = await ledger.write(pool("complaints", [await ledger.write(agent("ann"))]))
    await ledger.write(lambda c: create_class(c, ACT, ClassContent("售后", keywords="售后 4", pool_id=team)))

    assert isinstance(await ledger.write(lambda c: archive_pool(c, ACT, team)), Conflict)
