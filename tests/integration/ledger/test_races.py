"""Two processes at the same rows on PostgreSQL: each test stops one of them between its reading and its writing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from router.db.engine import normal_url
from router.db.ledger import lost_a_race
from router.db.queries import arrivals, capacity, inbox, pools, rule_sets, tagging, tally, timers
from router.db.queries import scan as scan_queries
from router.db.queries.live_codes import LiveCode
from router.db.queries.pools import PoolTerms
from router.db.queries.scan import PoolsTakenError
from router.db.queries.schedules import SavedSchedule
from router.db.queries.tagging import Edge
from router.db.queries.tags import TagNode, load_tree
from router.db.queries.withdrawals import Withdrawal
from router.db.sql import Sql
from router.db.tables import ConversationRow
from router.domain.capacity import CUSTOMER, Place, agent_subject
from router.domain.scan import AlreadyAdded, Reserved
from router.domain.spill import WAITING_PAGE, FallbackPool
from router.handlers import lease, moved, withdrawing
from router.handlers.admin.act import Act
from router.handlers.admin.live_codes import NewLiveCode, create_live_code
from router.handlers.admin.pools import archive_pool
from router.handlers.admin.refusal import Conflict
from router.handlers.admin.schedules import NewSchedule, ScheduleEdit, create_schedule, update_schedule
from router.handlers.admin.tags import NewTag, archive_tag, create_tag
from router.handlers.admin.withdrawals import undo_withdrawal, withdraw_rule
from router.handlers.decide import decide_open
from tests.factories import (
    DAY,
    NOW,
    SECOND,
    ZONE,
    agent,
    cap,
    contains,
    customer,
    customer_added,
    customer_lost,
    pool,
    published_rules,
    received,
    scan,
    shop,
    situation,
    state_of,
    tag,
)
from tests.integration.ledger.looking import counters_that_lie, rows, taken
from tests.integration.rows import insert_rows

ADMIN = Act("admin", NOW, ZONE)

_IS_WAITING = Sql(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)

_POOL_LOCKS = Sql(
    "SELECT CAST(objid AS bigint) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7001 AND granted ORDER BY 1"
)


class Processes:
    """Transactions of several processes, without their ledgers."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(normal_url(url), poolclass=NullPool)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            yield connection

    def run(self, *works: Callable[[Connection], Any]) -> list[Any]:
        """Each in a transaction of its own, one after the other."""
        results = []
        for work in works:
            with self.transaction() as connection:
                results.append(work(connection))
        return results

    def start(self, work: Callable[[Connection], Any]) -> threading.Thread:
        """Another process begins ``work``; returns once that is done, or waits for a lock."""
        thread = threading.Thread(target=lambda: self.run(work))
        thread.start()
        while thread.is_alive() and not self.run(lambda c: _IS_WAITING.row(c))[0][0]:
            thread.join(0.01)
        return thread


def ends(thread: threading.Thread) -> None:
    """Wait for what `Processes.start` began."""
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def processes(postgresql_url: str) -> Processes:
    return Processes(postgresql_url)


def decide(connection: Connection) -> None:
    """Everything open, in one transaction."""
    while decide_open(connection, situation()):
        pass


def stopped_before_confirm(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], None]) -> None:
    """The first add that is decided stops between reading its reservation and confirming it."""
    confirm, stops = arrivals.confirm, iter([True])

    def stop_first(connection: Connection, rows: Any) -> None:
        if next(stops, False):
            meanwhile()
        confirm(connection, rows)

    monkeypatch.setattr(arrivals, "confirm", stop_first)


def reserve(processes: Processes, cap_each: int) -> tuple[int, str]:
    """An agent with one held reservation; the agent's id and the state token of the picture."""
    ((agent_id,), reserved) = processes.run(shop("ann", cap_each=cap_each), scan("lin"))
    assert isinstance(reserved, Reserved)
    return agent_id, processes.run(state_of(reserved.key))[0]


def test_one_picture_added_by_two_customers_in_two_processes_takes_two_places(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent_id, state = reserve(processes, cap_each=5)
    processes.run(received(*(customer_added(external_userid=name, state=state) for name in ("wm-1", "wm-2"))))
    other: list[threading.Thread] = []
    stopped_before_confirm(monkeypatch, lambda: other.append(processes.start(decide)))

    processes.run(decide)
    ends(other[0])
    processes.run(decide)

    assert sorted(processes.run(rows("SELECT how, own_place FROM assignment"))[0]) == [
        ("reserved", False),
        ("shared_picture", True),
    ]
    assert processes.run(taken(agent_subject(agent_id)), counters_that_lie()) == [2, []]


def test_a_late_add_in_one_process_and_the_deletion_in_another_agree_on_the_place(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent_id, state = reserve(processes, cap_each=1)
    ((reservation_id, way_id),) = processes.run(rows("SELECT id, way_id FROM reservation"))[0]
    processes.run(lambda c: lease.expire(c, reservation_id, NOW), received(customer_added(state=state)))
    other: list[threading.Thread] = []

    def acknowledge(connection: Connection) -> None:
        lease.deletion_acknowledged(connection, way_id, NOW, ZONE)

    stopped_before_confirm(monkeypatch, lambda: other.append(processes.start(acknowledge)))

    processes.run(decide)
    ends(other[0])

    assert processes.run(rows("SELECT how, own_place FROM assignment"))[0] == [("late", False)]
    assert processes.run(taken(agent_subject(agent_id)), counters_that_lie()) == [1, []]


def test_a_cap_edited_while_another_process_takes_a_place_counts_that_place(processes: Processes) -> None:
    ((agent_id,),) = processes.run(shop("ann", cap_each=5))
    processes.run(scan("lin"))

    with processes.transaction() as scanning:
        assert isinstance(scan("wang")(scanning), Reserved)
        edit = processes.start(cap(agent_subject(agent_id), 2))
    ends(edit)

    assert processes.run(taken(agent_subject(agent_id)), counters_that_lie()) == [2, []]
    assert not isinstance(processes.run(scan("zhao"))[0], Reserved)


def test_a_cap_added_while_another_process_takes_a_place_counts_that_place(processes: Processes) -> None:
    processes.run(shop("ann"))
    code_id = processes.run(rows("SELECT id FROM live_code"))[0][0][0]

    with processes.transaction() as scanning:
        assert isinstance(scan("lin")(scanning), Reserved)
        edit = processes.start(cap(f"code:{code_id}", 1))
    ends(edit)

    assert processes.run(taken(f"code:{code_id}"), counters_that_lie()) == [1, []]
    assert not isinstance(processes.run(scan("wang"))[0], Reserved)


def test_a_cap_added_while_another_process_decides_an_add_counts_that_customer(processes: Processes) -> None:
    ((agent_id,),) = processes.run(shop("ann"))
    processes.run(received(customer_added(external_userid="wm-1")))

    with processes.transaction() as adding:
        decide(adding)
        edit = processes.start(cap(agent_subject(agent_id), 5, "hour"))
    ends(edit)

    assert processes.run(taken(agent_subject(agent_id), "hour"), counters_that_lie()) == [1, []]


def test_a_cap_added_while_another_process_decides_a_loss_does_not_count_that_customer(processes: Processes) -> None:
    ((agent_id,),) = processes.run(shop("ann"))
    processes.run(received(customer_added(external_userid="wm-1"), customer_added(external_userid="wm-2")), decide)
    processes.run(received(customer_lost(external_userid="wm-1", at=NOW + SECOND)))

    with processes.transaction() as losing:
        decide(losing)
        edit = processes.start(cap(agent_subject(agent_id), 5, "held"))
    ends(edit)

    assert processes.run(counters_that_lie()) == [[]]
    assert processes.run(rows("SELECT taken FROM counter WHERE \"window\" = 'held'"))[0] == [(1,)]


def test_a_cap_added_while_another_process_gives_a_place_back_does_not_count_that_place(processes: Processes) -> None:
    agent_id, _ = reserve(processes, cap_each=5)
    ((reservation_id, way_id),) = processes.run(rows("SELECT id, way_id FROM reservation"))[0]
    processes.run(lambda c: lease.expire(c, reservation_id, NOW))

    with processes.transaction() as deleting:
        lease.deletion_acknowledged(deleting, way_id, NOW, ZONE)
        edit = processes.start(cap(agent_subject(agent_id), 5, "hour"))
    ends(edit)

    assert processes.run(taken(agent_subject(agent_id), "hour"), counters_that_lie()) == [0, []]


def test_a_cap_in_the_transaction_of_a_scan_does_not_wait_for_whoever_may_wait_for_that_scan(
    processes: Processes,
) -> None:
    ((agent_id,),) = processes.run(shop("ann"))
    processes.run(received(customer_added(external_userid="wm-1")))

    with processes.transaction() as adding, processes.transaction() as mine:
        decide(adding)
        scan_queries.lock_pools(mine, {1})
        with pytest.raises(PoolsTakenError) as refused:
            cap(agent_subject(agent_id), 5, "hour")(mine)

    assert lost_a_race(refused.value)


def test_two_processes_hold_one_place_for_one_visitor(processes: Processes) -> None:
    processes.run(shop("ann", "bo"))

    with processes.transaction() as scanning:
        first = scan("lin")(scanning)
        again = processes.start(scan("lin"))
    ends(again)

    assert isinstance(first, Reserved)
    assert processes.run(rows("SELECT key, status FROM reservation"))[0] == [(first.key, "held")]


def chain(*names: str) -> Callable[[Connection], list[int]]:
    """Pools of which each falls back to the one made before it; their ids, from the lowest."""

    def make(connection: Connection) -> list[int]:
        made: list[int] = []
        for name in names:
            policy = FallbackPool(made[-1]) if made else WAITING_PAGE
            pool_id = pools.insert_pool(connection, name, PoolTerms(spill_policy=policy), NOW)
            assert pool_id is not None
            made.append(pool_id)
        return made

    return make


def test_a_scan_locks_the_pools_it_may_fall_back_to_before_any_other(processes: Processes) -> None:
    ((lowest, middle, highest),) = processes.run(chain("low", "middle", "high"))

    with processes.transaction() as scanning:
        scan_queries.lock_pools(scanning, {highest})
        held = processes.run(lambda c: _POOL_LOCKS.rows(c))[0]

    assert held == [(lowest,), (middle,), (highest,)]


def test_adds_take_what_they_count_before_the_tally_also_of_a_customer_who_was_gone_already(
    processes: Processes,
) -> None:
    agent_id, state = reserve(processes, cap_each=5)
    processes.run(cap(agent_subject(agent_id), 5, "held"))
    processes.run(received(customer_lost(at=NOW + SECOND)), decide, received(customer_added(state=state)))
    ended: list[bool] = []

    def decide_to_the_end(connection: Connection) -> None:
        decide(connection)
        ended.append(True)

    with processes.transaction() as other:
        capacity.count_unasked(other, [(Place(agent_id), CUSTOMER)], NOW, ZONE)
        deciding = processes.start(decide_to_the_end)
        tally.count(other, NOW, ZONE, "add", 1, agent_id)
    ends(deciding)

    assert ended == [True]
    assert processes.run(rows("SELECT times FROM tally WHERE measure = 'add'"))[0] == [(2,)]


def test_whoever_counts_holds_up_the_decisions_of_no_customer(processes: Processes) -> None:
    subject = next(name for number in count() if inbox.shard_of(name := f"wm-{number}") == 0)
    processes.run(received(customer_added(external_userid=subject)))

    with processes.transaction() as counting:
        capacity.no_longer_held(counting, 1)
        taken_meanwhile = processes.run(lambda connection: inbox.take(connection, 10))[0]

    assert len(taken_meanwhile) == 1


def test_two_processes_that_want_each_others_pools_do_not_wait_for_each_other(processes: Processes) -> None:
    (low,), (high,) = processes.run(chain("low"), chain("high"))

    with processes.transaction() as mine, processes.transaction() as theirs:
        scan_queries.lock_pools(mine, {high})
        scan_queries.lock_pools(theirs, {low})
        with pytest.raises(PoolsTakenError) as refused:
            scan_queries.lock_pools(mine, {low})

    assert lost_a_race(refused.value)


def test_a_pool_below_those_held_is_taken_while_it_is_free(processes: Processes) -> None:
    (low,), (high,) = processes.run(chain("low"), chain("high"))

    with processes.transaction() as mine:
        scan_queries.lock_pools(mine, {high})
        scan_queries.lock_pools(mine, {low})
        held = processes.run(lambda c: _POOL_LOCKS.rows(c))[0]

    assert held == [(low,), (high,)]


def test_a_scan_that_finds_its_hold_over_sees_the_add_that_confirms_it_at_that_moment(processes: Processes) -> None:
    _, state = reserve(processes, cap_each=5)
    processes.run(received(customer_added(state=state)))
    answers: list[object] = []

    with processes.transaction() as adding:
        decide(adding)
        again = processes.start(lambda c: answers.append(scan("lin", now=NOW + DAY)(c)))
    ends(again)

    assert [type(answer) for answer in answers] == [AlreadyAdded]
    assert processes.run(rows("SELECT status FROM reservation"))[0] == [("confirmed",)]


def test_a_counter_never_falls_below_zero(processes: Processes) -> None:
    ((agent_id,),) = processes.run(shop("ann", cap_each=1))

    processes.run(lambda c: capacity.give_back(c, Place(agent_id), CUSTOMER, NOW, ZONE))

    assert processes.run(taken(agent_subject(agent_id))) == [0]


def test_a_tag_is_put_under_one_that_another_process_archives_or_archived_not_both(processes: Processes) -> None:
    (root,) = processes.run(tag("root"))
    put: list[object] = []

    with processes.transaction() as archiving:
        archived = archive_tag(archiving, ADMIN, root)
        other = processes.start(lambda c: put.append(create_tag(c, ADMIN, NewTag("child", root))))
    ends(other)

    assert isinstance(archived, TagNode)
    assert [type(each) for each in put] == [Conflict]
    assert processes.run(load_tree)[0].tags == ()


def test_a_pool_that_another_process_gives_a_code_is_not_archived(processes: Processes) -> None:
    (pool_id,) = processes.run(pool("sales"))
    outcome: list[object] = []

    with processes.transaction() as creating:
        created = create_live_code(creating, ADMIN, NewLiveCode("Spring", pool_id))
        other = processes.start(lambda c: outcome.append(archive_pool(c, ADMIN, pool_id)))
    ends(other)

    assert isinstance(created, LiveCode)
    assert [type(each) for each in outcome] == [Conflict]


def test_a_name_that_another_process_gives_a_new_schedule_is_taken(processes: Processes) -> None:
    (saved,) = processes.run(lambda c: create_schedule(c, ADMIN, NewSchedule("early", {"week": {}})))
    assert isinstance(saved, SavedSchedule)
    outcome: list[object] = []

    with processes.transaction() as creating:
        create_schedule(creating, ADMIN, NewSchedule("late", {"week": {}}))
        edit = ScheduleEdit(name="late")
        other = processes.start(lambda c: outcome.append(update_schedule(c, ADMIN, saved.id, edit)))
    ends(other)

    assert [type(each) for each in outcome] == [Conflict]


def test_a_withdrawal_undone_while_another_process_ends_it_is_undone(processes: Processes) -> None:
    lin, vip = processes.run(customer(), tag())
    processes.run(published_rules(contains("vip", then=[{"do": "add_tag", "tag_id": vip}])))
    processes.run(lambda c: tagging.put_on(c, [Edge(lin, vip, "rule:1:r1", 1)], NOW))
    processes.run(lambda c: rule_sets.publish(c, 1, {"rules": []}, NOW, "mei"))
    (withdrawal,) = processes.run(lambda c: withdraw_rule(c, ADMIN, 1, "r1"))
    assert isinstance(withdrawal, Withdrawal)

    with processes.transaction() as taking:
        fire_withdrawals(taking)
        undo = processes.start(lambda c: undo_withdrawal(c, ADMIN, withdrawal.id))
    ends(undo)
    processes.run(fire_withdrawals)

    assert processes.run(rows("SELECT status, taken, restored FROM withdrawal"))[0] == [("restored", 1, 1)]
    assert processes.run(rows("SELECT customer_id, tag_id, removed_at FROM tag_edge"))[0] == [(lin, vip, None)]


def fire_withdrawals(connection: Connection) -> None:
    while due := timers.take_due(connection, NOW, 1):
        withdrawing.due(connection, due[0].payload["withdrawal_id"], NOW)


def test_two_processes_do_not_both_give_an_agent_the_last_open_conversation(processes: Processes) -> None:
    ann, customer_id = processes.run(agent("ann"), customer())
    (pool_id,) = processes.run(pool("sales", (ann,)))
    processes.run(cap(agent_subject(ann), 1, "open"))
    row = {"customer_id": customer_id, "open_kfid": "wk", "status": "human", "agent_id": ann}
    takers: list[object] = []

    with processes.transaction() as first:
        taken_first = moved.take_agent(first, pool_id, situation()(first))
        again = processes.start(lambda c: takers.append(moved.take_agent(c, pool_id, situation()(c))))
        insert_rows(first, NOW, [(ConversationRow, row)])
    ends(again)

    assert taken_first is not None
    assert takers == [None]
