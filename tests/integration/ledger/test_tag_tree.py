"""What becomes of customers' tags when the tree changes: merges, archiving, internal branches, expiry."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from router.db.engine import open_writer
from router.db.ledger import Ledger
from router.db.queries import tagging, tags, timers
from router.db.queries.tagging import Edge, Removal
from router.db.queries.tags import TagNode
from router.db.sql import Sql
from router.domain.taken_off import ByHand
from router.handlers import tag_upkeep
from router.handlers.admin.act import Act
from router.handlers.admin.missing_tags import with_tags_created
from router.handlers.admin.refusal import Conflict, Refusal
from router.handlers.admin.rule_sets import roll_back
from router.handlers.admin.tag_merges import MergePreview, merge_tags, preview_merge, undo_merge
from router.handlers.admin.tags import TagEdit, archive_tag, move_tag, restore_tag, update_tag
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    SECOND,
    ZONE,
    agent,
    contains,
    customer,
    follow,
    live_code,
    pool,
    published_rules,
    tag,
)
from tests.integration.ledger.looking import column, one, rows

pytestmark = pytest.mark.anyio

LATER = NOW + HOUR
STANDING = "SELECT tag_id, source, hits, last_at FROM tag_edge WHERE removed_at IS NULL ORDER BY tag_id, source"
MARKS = "SELECT tag_id, desired FROM tag_mark ORDER BY follow_id, tag_id"


def act(now: int = LATER) -> Act:
    return Act("lihua", now, ZONE)


def edge(tag_id: int, source: str = "manual:lihua", customer_id: int = 1) -> Edge:
    return Edge(customer_id, tag_id, source)


def carrying(*edges: Edge, now: int = NOW) -> Callable[[Connection], None]:
    def write(connection: Connection) -> None:
        tagging.put_on(connection, edges, now)
        tagging.want_marks(connection, {each.customer_id for each in edges}, now)

    return write


def received_by(tag_id: int) -> Callable[[Connection], int]:
    """The pool receives the customers of this tag."""
    return lambda connection: Sql("UPDATE pool SET vip_tag_id = :tag_id").run(connection, tag_id=tag_id)


def expiring(connection: Connection, tag_id: int, days: int) -> None:
    done(update_tag(connection, act(NOW), tag_id, TagEdit(expires_after_days=days)))


def tick(now: int) -> Callable[[Connection], int]:
    """Fire the timers of the tag tree that are due; returns how many there were."""

    def fire(connection: Connection) -> int:
        due = timers.take_due(connection, now, 100)
        for each in due:
            match each.kind:
                case tag_upkeep.MARKS_TIMER:
                    tag_upkeep.mark_batch(connection, each.payload["tag_id"], each.payload["after"], now)
                case tag_upkeep.EXPIRY_TIMER:
                    tag_upkeep.sweep(connection, each.payload["tag_id"], each.payload["after"], now)
        return len(due)

    return fire


async def tick_until_rest(ledger: Ledger, now: int) -> None:
    while await ledger.write(tick(now)):
        pass


def done(outcome: TagNode | Refusal) -> TagNode:
    assert isinstance(outcome, TagNode), outcome
    return outcome


@pytest.fixture
async def shop(ledger: Ledger) -> Ledger:
    """Lin and Mo follow ann. Tags: 1 价格, under it 2 便宜; 3 费用, under it 4 便宜; 5 服务."""
    await ledger.write(agent("ann"))
    for number, name in enumerate(("wm-lin", "wm-mo"), start=1):
        await ledger.write(customer(name))
        await ledger.write(follow(1, number))
    for name, parent_id in (("价格", None), ("便宜", 1), ("费用", None), ("便宜", 3), ("服务", None)):
        await ledger.write(tag(name, parent_id))
    return ledger


async def test_a_merge_carries_every_reason_on_and_joins_those_of_one_source(shop: Ledger) -> None:
    await shop.write(carrying(edge(1), edge(1, "code:7"), edge(2), edge(1, customer_id=2)))
    await shop.write(carrying(edge(3), edge(4, "rule:1:a"), now=NOW + SECOND))

    into = done(await shop.write(lambda c: merge_tags(c, act(), 1, 3)))

    assert (into.tag.id, into.tag.aliases, into.customers) == (3, ("价格",), 2)
    assert await shop.read(rows(STANDING.replace("ORDER", "AND customer_id = 1 ORDER"))) == [
        (3, "code:7", 1, NOW),
        (3, "manual:lihua", 2, NOW + SECOND),
        (4, "manual:lihua", 1, NOW),
        (4, "rule:1:a", 1, NOW + SECOND),
    ]
    assert set(await shop.read(column("SELECT removed_reason FROM tag_edge WHERE removed_at IS NOT NULL"))) == {
        "merged:3",
        "merged:4",
    }


async def test_the_platform_is_told_of_a_merge_customer_by_customer(shop: Ledger) -> None:
    await shop.write(carrying(edge(1), edge(1, customer_id=2)))

    await shop.write(lambda c: merge_tags(c, act(), 1, 3))
    await tick_until_rest(shop, LATER)

    assert [(tag_id, bool(desired)) for tag_id, desired in await shop.read(rows(MARKS))] == [
        (1, False),
        (3, True),
        (1, False),
        (3, True),
    ]


async def test_a_tag_that_reaches_a_merged_one_late_goes_where_it_went(shop: Ledger) -> None:
    await shop.write(lambda c: merge_tags(c, act(), 1, 3))
    await shop.write(carrying(edge(1)))
    await shop.write(lambda c: tag_upkeep.keep_up(c, LATER))

    await tick_until_rest(shop, LATER)

    assert await shop.read(rows(STANDING)) == [(3, "manual:lihua", 1, NOW)]
    assert [(tag_id, bool(desired)) for tag_id, desired in await shop.read(rows(MARKS))] == [(3, True)]


async def test_rules_codes_and_pools_name_the_tag_in_its_place(shop: Ledger) -> None:
    await shop.write(published_rules(contains("贵", then=[{"do": "add_tag", "tag_id": 2}])))
    pool_id = await shop.write(pool(members=[1]))
    await shop.write(live_code(pool_id, tag_ids=[1, 3]))
    await shop.write(received_by(1))

    preview = await shop.read(lambda c: preview_merge(c, 1, 3))
    await shop.write(lambda c: merge_tags(c, act(), 1, 3))

    assert isinstance(preview, MergePreview)
    assert (preview.codes, preview.pools, len(preview.rules)) == (("spring",), ("sales",), 1)
    assert await shop.read(column("SELECT tag_id FROM live_code_tag")) == [3]
    assert await shop.read(one("SELECT vip_tag_id FROM pool")) == 3
    contents = await shop.read(column("SELECT content FROM rule_set_version ORDER BY number"))
    assert ['"tag_id":2' in each for each in contents] == [True, False]
    assert ['"tag_id":4' in each for each in contents] == [False, True]
    assert '"tag_id":4' in await shop.read(one("SELECT draft FROM rule_set"))


async def test_rolling_back_to_rules_from_before_a_merge_names_the_tag_in_its_place(shop: Ledger) -> None:
    await shop.write(published_rules(contains("贵", then=[{"do": "add_tag", "tag_id": 2}])))
    await shop.write(lambda c: merge_tags(c, act(), 1, 3))

    await shop.write(lambda c: roll_back(c, act(), 1, 1))

    contents = await shop.read(column("SELECT content FROM rule_set_version ORDER BY number"))
    assert ['"tag_id":4' in each for each in contents] == [False, True, True]


async def test_a_missing_tag_that_a_rule_knows_by_a_former_name_is_found_not_made(shop: Ledger) -> None:
    await shop.write(lambda c: merge_tags(c, act(), 1, 3))
    actions = [
        {"do": "add_tag", "tag_id": 99, "tag_name": "价格 / 实惠"},
        {"do": "add_tag", "tag_id": 98, "tag_name": "價格"},
    ]

    rules = await shop.write(lambda c: with_tags_created(c, act(), [{"then": actions}]))

    tree = await shop.read(tags.load_tree)
    assert isinstance(rules, list)
    assert [tree.path_name(action["tag_id"]) for action in rules[0]["then"]] == ["费用 / 实惠", "费用"]


async def test_a_merge_taken_back_leaves_everything_as_it_was(shop: Ledger) -> None:
    await shop.write(published_rules(contains("贵", then=[{"do": "add_tag", "tag_id": 2}])))
    pool_id = await shop.write(pool(members=[1]))
    await shop.write(live_code(pool_id, tag_ids=[1, 3]))
    await shop.write(carrying(edge(1), edge(2, "rule:1:a"), edge(3), edge(1, customer_id=2)))
    tree = await shop.read(tags.load_tree)
    standing = await shop.read(rows(STANDING))

    await shop.write(lambda c: merge_tags(c, act(), 1, 3))
    back = done(await shop.write(lambda c: undo_merge(c, act(LATER + SECOND), 1)))
    await tick_until_rest(shop, LATER + SECOND)

    assert (back.archived_at, back.merged_into_id) == (None, None)
    assert await shop.read(tags.load_tree) == tree
    assert await shop.read(rows(STANDING)) == standing
    assert await shop.read(column("SELECT tag_id FROM live_code_tag ORDER BY tag_id")) == [1, 3]
    contents = await shop.read(column("SELECT content FROM rule_set_version ORDER BY number"))
    assert contents[2] == contents[0] == await shop.read(one("SELECT draft FROM rule_set"))
    assert {(tag_id, bool(desired)) for tag_id, desired in await shop.read(rows(MARKS))} >= {(1, True), (2, True)}


async def test_what_was_taken_off_or_edited_since_a_merge_stays_so_when_it_is_taken_back(shop: Ledger) -> None:
    await shop.write(carrying(edge(1), edge(1, "code:7"), edge(1, customer_id=2)))
    await shop.write(lambda c: merge_tags(c, act(), 1, 3))
    await shop.write(lambda c: tagging.take_off(c, [Removal(2, 3, ByHand("mo"))], LATER))
    await shop.write(carrying(edge(3, "code:9"), edge(3, "code:7"), now=LATER + SECOND))
    await shop.write(lambda c: update_tag(c, act(), 3, TagEdit(name="开销")))
    await shop.write(lambda c: move_tag(c, act(), 2, 5))

    await shop.write(lambda c: undo_merge(c, act(LATER + 2 * SECOND), 1))

    assert await shop.read(rows(STANDING)) == [
        (1, "code:7", 2, LATER + SECOND),
        (1, "manual:lihua", 1, NOW),
        (3, "code:9", 1, LATER + SECOND),
    ]
    after = await shop.read(tags.load_tree)
    assert (after.get(3).name, after.get(3).aliases) == ("开销", ())


async def test_a_merge_is_not_taken_back_while_the_tag_in_its_place_is_gone(shop: Ledger) -> None:
    await shop.write(lambda c: merge_tags(c, act(), 1, 3))
    await shop.write(lambda c: merge_tags(c, act(), 3, 5))

    refused = await shop.write(lambda c: undo_merge(c, act(), 1))
    child = await shop.write(lambda c: undo_merge(c, act(), 2))
    restored = await shop.write(lambda c: restore_tag(c, act(), 1))

    assert [isinstance(each, Conflict) for each in (refused, child, restored)] == [True, True, True]
    done(await shop.write(lambda c: undo_merge(c, act(), 3)))
    done(await shop.write(lambda c: undo_merge(c, act(), 1)))


async def test_a_branch_leaves_the_tree_as_a_whole_and_comes_back_with_its_customers(shop: Ledger) -> None:
    await shop.write(carrying(edge(2)))
    await shop.write(lambda c: archive_tag(c, act(NOW + SECOND), 4))

    refused = await shop.write(lambda c: archive_tag(c, act(), 1))
    done(await shop.write(lambda c: archive_tag(c, act(), 1, whole_branch=True)))
    await tick_until_rest(shop, LATER)
    hidden = await shop.read(rows(MARKS))
    done(await shop.write(lambda c: restore_tag(c, act(LATER + SECOND), 1)))
    await tick_until_rest(shop, LATER + SECOND)

    assert isinstance(refused, Conflict)
    assert [bool(desired) for _, desired in hidden] == [False]
    assert [bool(desired) for _, desired in await shop.read(rows(MARKS))] == [True]
    assert {tag.id for tag in (await shop.read(tags.load_tree)).tags} == {1, 2, 3, 5}


async def test_a_tag_moved_under_an_internal_branch_leaves_the_platform_and_comes_back(shop: Ledger) -> None:
    await shop.write(carrying(edge(2)))
    await shop.write(lambda c: update_tag(c, act(), 5, TagEdit(internal=True)))

    await shop.write(lambda c: move_tag(c, act(), 1, 5))
    await tick_until_rest(shop, LATER)
    under = await shop.read(rows(MARKS))
    await shop.write(carrying(edge(1), edge(2), now=LATER))
    still = await shop.read(rows(MARKS))
    await shop.write(lambda c: move_tag(c, act(), 1, None))
    await tick_until_rest(shop, LATER)

    assert [(tag_id, bool(desired)) for tag_id, desired in under] == [(2, False)]
    assert still == under
    assert [(tag_id, bool(desired)) for tag_id, desired in await shop.read(rows(MARKS))] == [(1, True), (2, True)]


async def test_a_customer_loses_a_tag_that_nothing_renewed_in_time(shop: Ledger) -> None:
    await shop.write(lambda c: update_tag(c, act(NOW), 1, TagEdit(expires_after_days=3)))
    await shop.write(carrying(edge(1), edge(1, "code:7"), edge(5), edge(1, customer_id=2)))
    await shop.write(carrying(edge(1, "code:7"), now=NOW + 2 * DAY))
    await shop.write(lambda c: tag_upkeep.keep_up(c, NOW))

    await tick_until_rest(shop, NOW + 3 * DAY - 1)
    before = await shop.read(rows(STANDING))
    await tick_until_rest(shop, NOW + 3 * DAY + HOUR)

    assert len(before) == 4
    assert await shop.read(rows(STANDING)) == [(1, "code:7", 2, NOW + 2 * DAY), (5, "manual:lihua", 1, NOW)]
    assert await shop.read(column("SELECT DISTINCT removed_reason FROM tag_edge WHERE removed_at IS NOT NULL")) == [
        "expired:3"
    ]
    assert [(tag_id, bool(desired)) for tag_id, desired in await shop.read(rows(MARKS))] == [
        (1, True),
        (5, True),
        (1, False),
    ]


async def test_a_sweep_passes_over_all_customers_of_all_tags_that_expire_in_batches(
    shop: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tag_upkeep, "CUSTOMERS", 2)
    for number in range(3, 8):
        await shop.write(customer(f"wm-{number}"))
    for tag_id in (1, 5):
        await shop.write(partial(expiring, tag_id=tag_id, days=1))
        await shop.write(carrying(*(edge(tag_id, customer_id=number) for number in range(1, 8))))
    await shop.write(lambda c: tag_upkeep.keep_up(c, NOW))

    await tick_until_rest(shop, NOW + DAY)

    assert await shop.read(rows(STANDING)) == []
    assert await shop.read(one("SELECT due_at FROM timer WHERE kind = 'tag_expiry'")) == NOW + DAY + HOUR


async def test_a_tag_that_expires_no_longer_stays(shop: Ledger) -> None:
    await shop.write(lambda c: update_tag(c, act(NOW), 1, TagEdit(expires_after_days=1)))
    await shop.write(carrying(edge(1)))
    kept = done(await shop.write(lambda c: update_tag(c, act(NOW), 1, TagEdit(expires_after_days=0))))
    await shop.write(lambda c: tag_upkeep.keep_up(c, NOW))

    await tick_until_rest(shop, NOW + 9 * DAY)

    assert kept.tag.expires_after_days is None
    assert len(await shop.read(rows(STANDING))) == 1


async def test_a_tag_that_a_pool_receives_by_is_not_archived(shop: Ledger) -> None:
    await shop.write(pool(members=[1]))
    await shop.write(received_by(5))

    refused = await shop.write(lambda c: archive_tag(c, act(), 5))

    assert isinstance(refused, Conflict)
    assert "sales" in refused.problems[0].reason.en


# --- the law of a merge ----------------------------------------------------------------------------------------------

SOURCES = st.sampled_from(["manual:a", "code:1", "rule:1:x"])
EDGES = st.lists(st.builds(Edge, st.integers(1, 2), st.integers(1, 5), SOURCES), max_size=12)
CARRIED = Sql("SELECT customer_id, tag_id, source FROM tag_edge WHERE removed_at IS NULL")
EVERYTHING = Sql(
    "SELECT customer_id, tag_id, source, hits, last_at FROM tag_edge WHERE removed_at IS NULL"
    " ORDER BY customer_id, tag_id, source"
)


@pytest.fixture
def writer(sqlite_url: str) -> Iterator[Engine]:
    """The shop of Lin and Mo on SQLite, without a loop around it."""
    engine = open_writer(sqlite_url)
    with engine.begin() as connection:
        agent("ann")(connection)
        for number, name in enumerate(("wm-lin", "wm-mo"), start=1):
            customer(name)(connection)
            follow(1, number)(connection)
        for name, parent_id in (("价格", None), ("便宜", 1), ("费用", None), ("便宜", 3), ("服务", None)):
            tag(name, parent_id)(connection)
    yield engine
    engine.dispose()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(EDGES, st.permutations([1, 2, 3, 4, 5]))
def test_a_merge_loses_no_reason_of_any_customer_and_taking_it_back_restores_all(
    writer: Engine, edges: list[Edge], order: list[int]
) -> None:
    one, other = order[0], order[1]
    with writer.connect() as connection, connection.begin() as transaction:
        tagging.put_on(connection, edges, NOW)
        before, everything = CARRIED.rows(connection), EVERYTHING.rows(connection)

        merged = merge_tags(connection, act(), one, other)
        replaced, after = tags.heirs(connection), CARRIED.rows(connection)
        undo_merge(connection, act(LATER + SECOND), one)

        assert set(after) == {(who, replaced.get(tag_id, tag_id), source) for who, tag_id, source in before}
        assert isinstance(merged, TagNode) or after == before
        assert EVERYTHING.rows(connection) == everything
        transaction.rollback()
