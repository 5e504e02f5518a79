"""Withdrawing a rule takes off exactly the tag edges that it gave, and undoing puts exactly those back."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from router.db.engine import open_writer
from router.db.ledger import Ledger
from router.db.queries import rule_sets, tagging, timers, withdrawals
from router.db.queries.customers import get_customer
from router.db.queries.tagging import Edge
from router.db.queries.withdrawals import Withdrawal
from router.db.sql import Sql
from router.handlers import withdrawing
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import Conflict, Refusal
from router.handlers.admin.withdrawals import undo_withdrawal, withdraw_rule
from router.handlers.compilation import CompilationState, Compiling, Refused
from tests.factories import NOW, SECOND, ZONE, agent, contains, customer, follow, published_rules, tag

pytestmark = pytest.mark.anyio

ADMIN = Act("mei", NOW + SECOND, ZONE)
Standing = list[tuple[int, int, str]]

_STANDING = Sql("SELECT customer_id, tag_id, source FROM tag_edge WHERE removed_at IS NULL ORDER BY 1, 2, 3")
_SET_OF = Sql("SELECT id, rule_set_id FROM rule_set_version WHERE id {among:ids} ORDER BY id")


def standing(connection: Connection) -> Standing:
    return [(row[0], row[1], row[2]) for row in _STANDING.rows(connection)]


def fire_timers(connection: Connection, now: int) -> None:
    while due := timers.take_due(connection, now, 100):
        for each in due:
            withdrawing.due(connection, each.payload["withdrawal_id"], now)


def rules_taken_out(connection: Connection, rule_set_id: int = 1) -> None:
    """A version without any rule is in force."""
    rule_sets.publish(connection, rule_set_id, {"rules": []}, NOW, "mei")


def a_shop(connection: Connection) -> tuple[int, int, int]:
    """Two tags, a customer whom ann follows, rules r1 and r2 in force; returns both tags and the customer."""
    vip, price = tag("vip")(connection), tag("price")(connection)
    lin = customer()(connection)
    follow(agent()(connection), lin)(connection)
    then = [{"do": "add_tag", "tag_id": price}]
    published_rules(contains("价格", then=then), contains("报价", then=then))(connection)
    return vip, price, lin


def given_by(connection: Connection, customer_id: int, tag_id: int, *sources: str) -> None:
    edges = [Edge(customer_id, tag_id, each, 1 if each.startswith("rule:1:") else None, 7) for each in sources]
    tagging.put_on(connection, edges, NOW)


def withdrawn(connection: Connection, rule_id: str = "r1") -> Withdrawal | Refusal:
    """The rule is out of force, and everything of its withdrawal has been done."""
    rules_taken_out(connection)
    asked = withdraw_rule(connection, ADMIN, 1, rule_id)
    fire_timers(connection, ADMIN.now)
    return withdrawals.get_withdrawal(connection, asked.id) or asked if isinstance(asked, Withdrawal) else asked


async def test_a_tag_that_somebody_else_gave_as_well_stays_on(ledger: Ledger) -> None:
    vip, price, lin = await ledger.write(a_shop)
    await ledger.write(lambda c: given_by(c, lin, price, "rule:1:r1", "rule:1:r2", "manual:mei"))
    await ledger.write(lambda c: given_by(c, lin, vip, "rule:1:r1", "code:1"))

    done = await ledger.write(withdrawn)

    assert isinstance(done, Withdrawal)
    assert (done.status, done.edges, done.taken) == ("taken", 2, 2)
    assert await ledger.read(standing) == [
        (lin, vip, "code:1"),
        (lin, price, "manual:mei"),
        (lin, price, "rule:1:r2"),
    ]


async def test_a_rule_in_force_is_not_withdrawn(ledger: Ledger) -> None:
    _vip, price, lin = await ledger.write(a_shop)
    await ledger.write(lambda c: given_by(c, lin, price, "rule:1:r1"))

    refused = await ledger.write(lambda c: withdraw_rule(c, ADMIN, 1, "r1"))

    assert isinstance(refused, Conflict)
    assert "in force" in refused.problems[0].reason.en
    assert await ledger.read(standing) == [(lin, price, "rule:1:r1")]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        pytest.param(Compiling(), "still being compiled", id="while it is compiled"),
        pytest.param(Refused(()), "could not be compiled", id="after it was refused"),
    ],
)
async def test_no_rule_is_withdrawn_while_the_version_before_still_decides(
    ledger: Ledger, state: CompilationState, told: str
) -> None:
    _vip, price, lin = await ledger.write(a_shop)
    await ledger.write(lambda c: given_by(c, lin, price, "rule:1:r1"))
    await ledger.write(rules_taken_out)

    refused = await ledger.write(lambda c: withdraw_rule(c, ADMIN, 1, "r1", lambda _version_id: state))

    assert isinstance(refused, Conflict)
    assert told in refused.problems[0].reason.en
    assert await ledger.read(standing) == [(lin, price, "rule:1:r1")]


async def test_a_rule_that_gave_nothing_has_nothing_to_withdraw(ledger: Ledger) -> None:
    await ledger.write(a_shop)

    refused = await ledger.write(withdrawn)

    assert isinstance(refused, Conflict)


async def test_what_the_rule_gives_after_it_was_asked_for_stays(ledger: Ledger) -> None:
    vip, price, lin = await ledger.write(a_shop)
    await ledger.write(lambda c: given_by(c, lin, price, "rule:1:r1"))
    await ledger.write(rules_taken_out)
    await ledger.write(lambda c: withdraw_rule(c, ADMIN, 1, "r1"))

    later = Edge(lin, vip, "rule:1:r1", 1, 9)
    await ledger.write(lambda c: tagging.put_on(c, [later], ADMIN.now + SECOND))
    await ledger.write(lambda c: fire_timers(c, ADMIN.now + 2 * SECOND))

    assert await ledger.read(standing) == [(lin, vip, "rule:1:r1")]


async def test_undoing_leaves_off_what_a_tag_put_on_meanwhile_excludes(ledger: Ledger) -> None:
    await ledger.write(a_shop)
    stage = await ledger.write(tag("stage", exclusive=True))
    new, old = await ledger.write(tag("new", stage)), await ledger.write(tag("old", stage))
    lin = 1
    await ledger.write(lambda c: given_by(c, lin, new, "rule:1:r1"))
    done = await ledger.write(withdrawn)
    assert isinstance(done, Withdrawal)

    await ledger.write(lambda c: given_by(c, lin, old, "manual:mei"))
    await ledger.write(lambda c: undo_withdrawal(c, ADMIN, done.id))
    await ledger.write(lambda c: fire_timers(c, ADMIN.now))

    undone = await ledger.read(lambda c: withdrawals.get_withdrawal(c, done.id))
    assert undone is not None
    assert (undone.status, undone.restored, undone.kept_off) == ("restored", 0, 1)
    assert await ledger.read(standing) == [(lin, old, "manual:mei")]


async def test_of_an_edge_that_was_taken_off_twice_one_is_put_back(ledger: Ledger) -> None:
    _vip, price, lin = await ledger.write(a_shop)
    await ledger.write(lambda c: given_by(c, lin, price, "rule:1:r1"))
    done = await ledger.write(withdrawn)
    assert isinstance(done, Withdrawal)
    await ledger.write(lambda c: given_by(c, lin, price, "rule:1:r1"))  # by a decision that had begun before
    await ledger.write(lambda c: withdrawals.take_edges(c, done, 1, ADMIN.now))

    await ledger.write(lambda c: undo_withdrawal(c, ADMIN, done.id))
    await ledger.write(lambda c: fire_timers(c, ADMIN.now))

    assert await ledger.read(standing) == [(lin, price, "rule:1:r1")]


async def test_a_withdrawal_is_not_undone_while_another_of_the_same_rule_is_under_way(ledger: Ledger) -> None:
    vip, price, lin = await ledger.write(a_shop)
    await ledger.write(lambda c: given_by(c, lin, price, "rule:1:r1"))
    first = await ledger.write(withdrawn)
    await ledger.write(lambda c: given_by(c, lin, vip, "rule:1:r1"))
    second = await ledger.write(lambda c: withdraw_rule(c, ADMIN, 1, "r1"))
    assert isinstance(first, Withdrawal)
    assert isinstance(second, Withdrawal)

    refused = await ledger.write(lambda c: undo_withdrawal(c, ADMIN, first.id))
    undone = await ledger.write(lambda c: undo_withdrawal(c, ADMIN, second.id))

    assert isinstance(refused, Conflict)
    assert isinstance(undone, Withdrawal)
    assert undone.status == "restoring"


SOURCES = ("rule:{one}:r1", "rule:{one}:r2", "rule:{one}:r10", "rule:{two}:r1", "manual:mei", "code:1", "faq:1")
EDGES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from(SOURCES)), max_size=30)


@pytest.fixture
def writer(database_url: str) -> Iterator[Engine]:
    engine = open_writer(database_url)
    yield engine
    engine.dispose()


def two_rule_sets(connection: Connection) -> dict[int, int]:
    """Rule set → its version in force."""
    versions = [published_rules(name=name)(connection) for name in ("one", "two")]
    return {row[1]: row[0] for row in _SET_OF.rows(connection, ids=versions)}


def retraction_and_its_undoing(
    connection: Connection, edges: Sequence[tuple[int, int, str]]
) -> tuple[Standing, Standing, Standing, int]:
    """What stood before, what stands after rule r1 of set one is withdrawn and after that is undone, and the set."""
    customers = [customer(f"wm-{number}")(connection) for number in range(4)]
    tags = [tag(f"tag {number}")(connection) for number in range(3)]
    versions = two_rule_sets(connection)
    one, two = versions
    for who, what, source in edges:
        by = source.format(one=one, two=two)
        version_id = versions.get(int(by.split(":")[1])) if by.startswith("rule:") else None
        tagging.put_on(connection, [Edge(customers[who], tags[what], by, version_id, 7)], NOW)
    before = standing(connection)
    rules_taken_out(connection, one)
    asked = withdraw_rule(connection, ADMIN, one, "r1")
    fire_timers(connection, ADMIN.now)
    after = standing(connection)
    if isinstance(asked, Withdrawal):
        undo_withdrawal(connection, ADMIN, asked.id)
        fire_timers(connection, ADMIN.now)
    return before, after, standing(connection), one


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edges=EDGES, batch=st.integers(1, 7))
def test_retraction_removes_exactly_its_own_and_undoing_restores_them(
    writer: Engine, edges: Sequence[tuple[int, int, str]], batch: int
) -> None:
    with pytest.MonkeyPatch.context() as patch, writer.connect() as connection, connection.begin() as transaction:
        patch.setattr(withdrawing, "BATCH", batch)

        before, after, undone, one = retraction_and_its_undoing(connection, edges)

        assert after == [each for each in before if each[2] != f"rule:{one}:r1"]
        assert undone == before
        transaction.rollback()


async def test_a_reason_says_which_version_gave_it_first_and_which_gave_it_again(ledger: Ledger) -> None:
    _vip, price, lin = await ledger.write(a_shop)
    await ledger.write(lambda c: given_by(c, lin, price, "rule:1:r1"))
    await ledger.write(rules_taken_out)

    await ledger.write(lambda c: tagging.put_on(c, [Edge(lin, price, "rule:1:r1", 2, 8)], NOW + SECOND))

    found = await ledger.read(lambda c: get_customer(c, "wm-lin"))
    assert found is not None
    (reason,) = found.tags[0].reasons
    assert (reason.version, reason.event_id, reason.renewed_version, reason.renewed_event_id) == (1, 7, 2, 8)
