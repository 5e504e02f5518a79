"""A customer tells which tags were taken off them, when and why, with the names of today."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import rule_sets, tag_expiry, tagging, timers
from router.db.queries.customers import get_customer
from router.db.queries.tag_expiry import ExpiringTag
from router.db.queries.tag_names import TagName
from router.db.queries.tagging import Edge, Removal
from router.db.queries.tags import load_tree
from router.db.queries.taken_off import AT_MOST, TakenOffReason, TakenOffTag
from router.db.sql import Sql
from router.domain.taken_off import ByHand, Unknown
from router.handlers import withdrawing
from router.handlers.admin.act import Act
from router.handlers.admin.customers import put_tag_on, take_tag_off
from router.handlers.admin.tag_merges import merge_tags, undo_merge
from router.handlers.admin.withdrawals import withdraw_rule
from router.handlers.catalog import Catalog
from router.handlers.decide import decide_open
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    ZONE,
    contains,
    customer,
    kf_text,
    published_rules,
    pulled,
    situation,
    tag,
)

pytestmark = pytest.mark.anyio

LIN, SIZE, SMALL, LARGE, VIP = 1, 1, 2, 3, 4  # ids in `lin`
LATER = NOW + HOUR
MEI = Act("mei", LATER, ZONE)
L = TagName(LARGE, "L", "尺码 / L", "", 0)


@pytest.fixture
async def lin(ledger: Ledger) -> Ledger:
    """Lin, and the tags 尺码, an exclusive branch with S and L under it, and vip."""
    await ledger.write(customer())
    await ledger.write(tag("尺码", exclusive=True))
    for name, parent_id in (("S", SIZE), ("L", SIZE), ("vip", None)):
        await ledger.write(tag(name, parent_id))
    return ledger


def given(tag_id: int, source: str = "manual:mo", now: int = NOW) -> Callable[[Connection], None]:
    version_id = 1 if source.startswith("rule:") else None
    return lambda c: tagging.put_on(c, [Edge(LIN, tag_id, source, version_id)], now)


def gone(connection: Connection) -> tuple[TakenOffTag, ...]:
    found = get_customer(connection, "wm-lin")
    assert found is not None
    return found.taken_off


def reasons(connection: Connection) -> dict[str, TakenOffReason]:
    """By the path of the tag."""
    return {each.tag.path: each.reason for each in gone(connection)}


async def say(ledger: Ledger, *texts: str) -> None:
    for text in texts:
        await ledger.write(pulled(kf_text(text, message_id=text), now=LATER))
        await ledger.write(lambda c: decide_open(c, situation(LATER)))


# --- each kind of reason -------------------------------------------------------------------------------------------


async def test_a_tag_taken_off_by_hand_names_the_person_and_both_instants(lin: Ledger) -> None:
    await lin.write(given(SMALL))

    await lin.write(lambda c: take_tag_off(c, MEI, "wm-lin", SMALL))

    assert await lin.read(gone) == (
        TakenOffTag(TagName(SMALL, "S", "尺码 / S", "", 0), NOW, LATER, TakenOffReason("manual", by="mei")),
    )


async def test_a_tag_that_a_rule_takes_off_names_the_rule_as_its_version_called_it(lin: Ledger) -> None:
    await lin.write(given(VIP))
    await lin.write(published_rules(contains("退", then=[{"do": "remove_tag", "tag_id": VIP}])))

    await say(lin, "退货")
    await lin.write(lambda c: rule_sets.publish(c, 1, {"rules": [{"id": "r1", "name": "renamed"}]}, LATER, "mei"))

    assert await lin.read(reasons) == {"vip": TakenOffReason("rule", rule_name="rule 1", rule_set_id=1, version=1)}


async def test_a_tag_excluded_by_a_rule_names_the_other_tag_and_the_rule(lin: Ledger) -> None:
    then = [[{"do": "add_tag", "tag_id": each}] for each in (SMALL, LARGE)]
    await lin.write(published_rules(contains("小", then=then[0]), contains("大", then=then[1])))

    await say(lin, "小", "大")

    assert await lin.read(reasons) == {
        "尺码 / S": TakenOffReason("excluded", L, rule_name="rule 2", rule_set_id=1, version=1)
    }


async def test_a_tag_excluded_by_hand_names_the_other_tag_and_the_person(lin: Ledger) -> None:
    await lin.write(given(SMALL))

    await lin.write(lambda c: put_tag_on(c, MEI, "wm-lin", LARGE))

    assert await lin.read(reasons) == {"尺码 / S": TakenOffReason("excluded", L, by="mei")}


async def test_a_tag_excluded_through_a_live_code_names_the_other_tag_and_the_code(lin: Ledger) -> None:
    await lin.write(given(SMALL))

    await lin.write(lambda c: Catalog(tree=load_tree(c)).put_on(c, [Edge(LIN, LARGE, "code:7")], LATER))

    assert await lin.read(reasons) == {"尺码 / S": TakenOffReason("excluded", L, code_id=7)}


async def test_an_expired_tag_says_for_how_many_days_nothing_renewed_it(lin: Ledger) -> None:
    await lin.write(given(VIP))

    await lin.write(lambda c: tag_expiry.take_off_expired(c, ExpiringTag(VIP, 3), [LIN], NOW + 3 * DAY))

    assert await lin.read(reasons) == {"vip": TakenOffReason("expired", days=3)}


async def test_a_merged_tag_names_the_one_that_took_its_place_though_it_has_left_the_tree(lin: Ledger) -> None:
    await lin.write(given(SMALL))

    await lin.write(lambda c: merge_tags(c, MEI, SMALL, LARGE))

    assert await lin.read(reasons) == {"尺码 / S": TakenOffReason("merged", L)}


async def test_once_a_merge_is_taken_back_the_other_tag_goes_and_names_the_one_that_stands_again(lin: Ledger) -> None:
    await lin.write(given(SMALL))
    await lin.write(lambda c: merge_tags(c, MEI, SMALL, VIP))

    await lin.write(lambda c: undo_merge(c, MEI, SMALL))

    assert await lin.read(reasons) == {
        "vip": TakenOffReason("merge_undone", TagName(SMALL, "S", "尺码 / S", "", 0)),
    }


async def test_a_withdrawn_tag_names_the_rule_that_had_put_it_on_and_who_withdrew_it(lin: Ledger) -> None:
    await lin.write(published_rules(contains("价格", then=[{"do": "add_tag", "tag_id": VIP}])))
    await say(lin, "价格")
    await lin.write(lambda c: rule_sets.publish(c, 1, {"rules": []}, LATER, "mei"))

    await lin.write(lambda c: withdraw_rule(c, MEI, 1, "r1"))
    (due,) = await lin.write(lambda c: timers.take_due(c, LATER, 1))
    await lin.write(lambda c: withdrawing.due(c, due.payload["withdrawal_id"], LATER))

    assert await lin.read(reasons) == {
        "vip": TakenOffReason("withdrawn", by="mei", rule_name="rule 1", rule_set_id=1, version=1)
    }


async def test_a_reason_that_nobody_can_read_leaves_the_tag_among_those_taken_off(lin: Ledger) -> None:
    await lin.write(given(VIP))

    await lin.write(lambda c: tagging.take_off(c, [Removal(LIN, VIP, Unknown("of a later release"))], LATER))

    assert await lin.read(reasons) == {"vip": TakenOffReason("unknown")}


# --- which tags, and in which order --------------------------------------------------------------------------------


async def test_a_tag_that_another_reason_keeps_on_is_not_taken_off(lin: Ledger) -> None:
    await lin.write(given(VIP))
    await lin.write(lambda c: take_tag_off(c, MEI, "wm-lin", VIP))

    await lin.write(given(VIP, "code:7", LATER))

    assert await lin.read(gone) == ()


async def test_a_tag_stands_once_with_the_last_time_it_was_carried(lin: Ledger) -> None:
    await lin.write(given(VIP))
    await lin.write(lambda c: tagging.take_off(c, [Removal(LIN, VIP, ByHand("mo"))], NOW + 1))
    await lin.write(given(VIP, "code:7", NOW + 2))
    await lin.write(given(VIP, "manual:mo", NOW + 3))

    await lin.write(lambda c: tagging.take_off(c, [Removal(LIN, VIP, ByHand("mei"))], LATER))

    assert [(each.put_on_at, each.taken_off_at, each.reason.by) for each in await lin.read(gone)] == [
        (NOW + 2, LATER, "mei")
    ]


async def test_the_tag_taken_off_last_stands_first_and_older_ones_are_left_out_in_the_end(lin: Ledger) -> None:
    ids = [await lin.write(tag(f"tag {number}")) for number in range(AT_MOST + 2)]
    await lin.write(lambda c: tagging.put_on(c, [Edge(LIN, each, "manual:mo") for each in ids], NOW))

    for step, tag_id in enumerate(reversed(ids)):
        removal = Removal(LIN, tag_id, ByHand("mei"))
        await lin.write(lambda c, off=removal, at=NOW + step: tagging.take_off(c, [off], at))  # type: ignore[misc]

    assert [each.tag.id for each in await lin.read(gone)] == ids[:AT_MOST]


async def test_tags_of_other_customers_are_no_matter(lin: Ledger) -> None:
    await lin.write(customer("wm-mo"))
    await lin.write(given(VIP))
    await lin.write(lambda c: tagging.put_on(c, [Edge(2, VIP, "manual:mo"), Edge(2, SMALL, "manual:mo")], NOW))

    await lin.write(lambda c: tagging.take_off(c, [Removal(LIN, VIP, ByHand("mei"))], LATER))
    await lin.write(lambda c: tagging.take_off(c, [Removal(2, SMALL, ByHand("mei"))], LATER))

    assert list(await lin.read(reasons)) == ["vip"]


async def test_a_tag_under_one_that_was_moved_since_it_left_the_tree_has_the_path_of_today(lin: Ledger) -> None:
    await lin.write(given(SMALL))
    await lin.write(lambda c: take_tag_off(c, MEI, "wm-lin", SMALL))

    await lin.write(lambda c: Sql("UPDATE tag SET archived_at = :at WHERE id = :id").run(c, at=LATER, id=SMALL))
    await lin.write(lambda c: Sql("UPDATE tag SET parent_id = :to WHERE id = :id").run(c, to=VIP, id=SIZE))

    assert list(await lin.read(reasons)) == ["vip / 尺码 / S"]
