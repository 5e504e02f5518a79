"""The hot queries cost what is open, not what has ever been: none of them reads the history."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from router.db.engine import normal_url
from router.db.migrate import migrate
from router.db.queries import (
    arrivals,
    capacity,
    catalogue,
    conversations,
    duty,
    events,
    inbox,
    native_changes,
    numbers,
    outbox,
    outbox_view,
    printed_adds,
    questions,
    reservations,
    retention,
    rule_memory,
    scan,
    stock,
    tagging,
    taken_off,
    tasks,
    timers,
    waiting,
)
from router.db.sql import Sql
from router.handlers import lease
from router.web import health, metrics
from router.web.console import today
from tests.conftest import fresh_database
from tests.factories import DAY, NOW, shop, tag

HISTORY = 3_000  # rows of each table; enough for a planner to prefer an index

_NUMBERS = (
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows) INSERT INTO {columns} FROM n"
)

PAST = (
    "inbox (identity, callback, shard, subject, plaintext, received_at, timings, deliveries, status, reason, event,"
    " attempts, decision) SELECT 'old-' || i, 'CONTACT', i % 16, '', '', i, '{}', 1, 'done', '', '', 0, ''",
    "outbox (key, kind, payload, lane, stream, status, again, attempts, fence, not_before, lease_until, created_at,"
    " finished_at, error, result)"
    " SELECT 'old-' || i, 'mark_tags', '{}', 'platform', '', 'done', false, 1, 1, 0, 0, i, i, '', ''",
    "timer (key, kind, payload, due_at) SELECT 'timer-' || i, 'lease_ends', '{}', 4102444800000 + i",
    "contact_way (agent_id, state, status, link, reason, created_at) SELECT 1, 'old-' || i, 'deleted', '', '', i",
    "reservation (key, code_id, pool_id, agent_id, way_id, visitor, status, place_taken, held_at, expires_at, test,"
    " round)"
    " SELECT 'old-' || i, 1, 1, 1, i + 10, 'old-' || i, 'expired', false, i, i, false, 1",
    "customer (external_userid, name, created_at) SELECT 'old-' || i, '', i",
    "follow (agent_id, customer_id, status, state, since_at) SELECT 1, i, 'full', '', i",
    "tag_mark (follow_id, tag_id, desired, confirmed, changed_at, error) SELECT i, 1, true, true, i, ''",
    "tag_edge (customer_id, tag_id, source, evidence, hits, created_at, last_at, removed_reason)"
    " SELECT i, 1, 'a code', '', 1, i, i, ''",
    "conversation (customer_id, open_kfid, status, last_message_at, replies) SELECT i, 'wk', 'ended', i, 0",
    "visit (code_id, visitor, first_at, last_at, scans, outcome) SELECT 1, 'old-' || i, i, i, 1, 'reserved'",
    "assignment (customer_id, agent_id, how, own_place, round, at, reason) SELECT i, 1, 'reserved', false, 1, i, ''",
    "assignment (customer_id, agent_id, code_id, how, own_place, round, at, reason)"
    " SELECT i, 1, 1, 'printed_code', true, 1, i, ''",
    "decision (at, code_id, visitor, outcome, test, content) SELECT i, 1, 'old-' || i, 'reserved', false, '{}'",
    "counter (subject, \"window\", period, taken) SELECT 'agent:' || i, 'day', i, 1",
    "task (kind, code_id, visitor, content, created_at, done_at, done_by)"
    " SELECT 'call_back', 1, 'old-' || i, '{}', i, i, 'ann'",
    "native_change (code_id, at, version, listed, came, went) SELECT 1, i, i, '[]', '{}', '{}'",
    "unknown_word (word, times, example, first_at, last_at) SELECT 'word-' || i, i, '', i, i",
    "waiting (code_id, pool_id, visitor, since_at, seen_at, outcome) SELECT 1, 1, 'old-' || i, i, i, ''",
    "tally (hour, measure, code_id, agent_id, test, times) SELECT 2020010100 + i, 'scan', 1, 0, false, 1",
)

ONE_AGENTS_PAST = "counter (subject, \"window\", period, taken) SELECT 'agent:' || 1, 'hour', i, 1"

NUMBERS: dict[str, Any] = {
    "first": 2026112100,
    "after": 2026112200,
    "code_id": 0,
    "agent_id": 0,
    "with_test": False,
}

HOT: dict[str, tuple[Sql, dict[str, Any]]] = {
    "claim an effect": (
        outbox._CLAIM,
        {"lane": "platform", "now": NOW, "lease_until": NOW, "at_most": 8, "switched_off": [], "full": []},
    ),
    "when the next effect is due": (
        outbox._NEXT,
        {"lane": "platform", "now": NOW, "switched_off": ["make_tag"], "full": []},
    ),
    "decide what came in": (inbox._OPEN, {"at_most": 200}),
    "decide what came in for shards": (inbox._OPEN_IN_SHARDS, {"shards": [3, 5], "at_most": 200}),
    "which shards are open": (inbox._OPEN_SHARDS, {"shards": inbox.SHARDS, "at_most": 200}),
    "fire what is due": (timers._TAKE_DUE, {"now": NOW, "at_most": 500, "besides": ["withdrawal"]}),
    "fire what is due of many rows": (timers._TAKE_DUE_OF, {"now": NOW, "at_most": 2, "kinds": ["withdrawal"]}),
    "when the next timer is due": (timers._NEXT, {}),
    "the oldest contact ways to lease": (stock._OLDEST, {"agent_id": 1, "at_most": 20}),
    "lease a contact way": (stock._LEASE, {"id": 1}),
    "count the stock": (stock._READY, {"agents": [1, 2], "enough": 20}),
    "count the stock of one agent": (stock._IN_STOCK, {"agent_id": 1}),
    "whether the platform refused lately": (stock._REFUSED, {"agent_id": 1, "since": NOW}),
    "return a place": (lease._RETURN_PLACE, {"way_id": 1}),
    "tags a customer should carry": (tagging._WANT, {"customers": [1], "now": NOW}),
    "tags a customer should lose": (tagging._UNWANT, {"customers": [1], "now": NOW}),
    "tags taken off a customer": (taken_off._TAKEN_OFF, {"customer_id": 1, "at_most": taken_off.AT_MOST}),
    "relations with tags to send": (tagging._OPEN, {"customers": [1]}),
    "a customer's sessions": (conversations._LOAD, {"customers": [1]}),
    "a visitor's reservation": (scan._LATEST, {"code_id": 1, "visitor": "lin"}),
    "the reservations behind states": (arrivals._RESERVATIONS, {"states": ["lq-1", "lq-2"]}),
    "customers by name": (arrivals._CUSTOMERS, {"names": ["old-1", "old-2"]}),
    "relations of customers": (arrivals._FOLLOWS, {"customers": [1, 2]}),
    "the figures of today": (today._FIGURES, {"since": NOW, "first_hour": 2026112100}),
    "the numbers of a day by hour": (numbers._BY_HOUR, NUMBERS),
    "the numbers of a day by code": (numbers._BY_CODE, NUMBERS),
    "numbers left on a code": (tasks._LEFT_SINCE, {"code_id": 1, "since": NOW}),
    "numbers a visitor left on a code": (tasks._LEFT_BY_VISITOR_SINCE, {"code_id": 1, "visitor": "lin", "since": NOW}),
    "whom the platform gave in a day": (numbers._GIVEN_BY_ANY, NUMBERS | {"since": NOW, "until": NOW + DAY}),
    "whom the platform gave in a day through a code": (
        numbers._GIVEN_BY_CODE,
        NUMBERS | {"since": NOW, "until": NOW + DAY, "code_id": 1},
    ),
    "who came through a native code": (printed_adds._FIRST, {"code_id": 1, "rows": 21}),
    "who came through a native code until then": (printed_adds._UNTIL, {"code_id": 1, "rows": 21, "until": NOW}),
    "how many came beyond a cap": (printed_adds._BEYOND, {"code_id": 1}),
    "the reservations held in a day": (numbers._HELD, NUMBERS | {"since": NOW, "until": NOW + DAY}),
    "the list of reservations of a day": (
        reservations._PAGE_OF_DAY,
        {"key": "", "status": "", "code_id": 0, "agent_id": 0}
        | {"before": 2**62, "rows": 51, "since": NOW, "until": NOW + DAY},
    ),
    "what one look at a code counts as": (scan._VISITS, {"code_id": 1, "visitors": ["lin"]}),
    "events by status since yesterday": (events._COUNTS, {"since": NOW}),
    "the oldest undecided event": (events._OLDEST, {}),
    "effects by status": (outbox_view._COUNTS, {"since": NOW}),
    "the oldest unfinished effect": (outbox_view._OLDEST, {}),
    "the last finished effect": (health._LAST, {}),
    "how many events are open": (metrics._INBOX, {}),
    "how many effects are open": (metrics._OUTBOX, {}),
    "how many customers wait": (metrics._WAITING, {}),
    "conversations that agents are in": (capacity._OPEN, {"agents": [1, 2]}),
    "who is on duty": (duty._DUTY, {"agents": [1, 2]}),
    "what agents took since they returned": (duty._TAKEN_SINCE, {"agents": [1], "since": NOW}),
    "what employees wrote to customers": (questions._BY_PEOPLE, {"userids": ["old-1", "old-2"], "first": HISTORY - 9}),
    "what was sent to customers": (questions._BY_US, {"userids": ["old-1", "old-2"], "first": HISTORY - 9}),
    "unknown words, the most frequent": (catalogue._UNKNOWN, {"rows": 50, "passed": 0}),
    "unknown words not seen for long": (retention._DROP_UNKNOWN, {"before": 5, "rows": 500}),
    "changes of lists before the last of old": (retention._DROP_CHANGES, {"before": 5, "rows": 500}),
    "who was on a native code": (native_changes._UNTIL, {"code_id": 1, "until": NOW, "rows": 21}),
    "who was on a native code before that": (native_changes._FURTHER, {"code_id": 1, "before": 5, "rows": 21}),
    "hits that nothing counts any more": (rule_memory._FORGET_HITS, {"before": 5, "rows": 500}),
    "turns of a batch of customers": (rule_memory._FORGET_TURNS_OF, {"customers": [1, 2]}),
    "turns that nothing asks about": (rule_memory._FORGET_TURNS, {"rows": 500}),
    "counters": (capacity._COUNTERS, {"subjects": ["agent:1"], "window": "day", "period": 1}),
}

ALIASES = {
    "i": "inbox",
    "w": "contact_way",
    "r": "reservation",
    "f": "follow",
    "e": "tag_edge",
    "m": "tag_mark",
    "o": "outbox",
    "earlier": "outbox",
    "later": "outbox",
    "given": "assignment",
    "n": "native_change",
    "l": "native_change",
}  # in plans

SHORT = {
    "ix_inbox_open",
    "ix_inbox_stored",
    "ix_outbox_open",
    "ix_contact_way_stock",
    "uq_reservation_visitor",
    "ix_conversation_waiting",
    "ix_conversation_of_agent",
    "ix_timer_due_at",
    "ix_unknown_word_times",
    "ix_outbox_finished",
}
"""Indexes that hold only what is open, and those of timers and of finished effects: there the first row is enough."""

HISTORIES = (
    "inbox",
    "outbox",
    "timer",
    "contact_way",
    "reservation",
    "customer",
    "follow",
    "counter",
    "tag_mark",
    "tag_edge",
    "conversation",
    "visit",
    "assignment",
    "decision",
    "tally",
    "task",
    "unknown_word",
    "native_change",
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def grown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A ledger with a past, in a transaction that is rolled back."""
    with _database(request, tmp_path_factory) as url, create_engine(url, poolclass=NullPool).connect() as connection:
        shop("ann")(connection)
        tag("vip")(connection)
        for columns in PAST:
            Sql(_NUMBERS.replace("{columns}", columns)).run(connection, rows=HISTORY)
        if connection.dialect.name == "postgresql":  # as its autovacuum does; nothing does so on SQLite
            connection.exec_driver_sql("ANALYZE")
        yield connection
        connection.rollback()


@contextmanager
def _database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A new one: what other tests left for the server to vacuum would change its statistics in between."""
    if request.param == "postgresql":
        with fresh_database(request.getfixturevalue("postgresql_server")) as url:
            migrate(url)
            yield normal_url(url)
    else:
        path = tmp_path_factory.mktemp("plans") / "liveqr.db"
        path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        yield f"sqlite:///{path}"


@pytest.mark.parametrize("name", HOT)
def test_a_hot_query_does_not_read_the_history(grown: Connection, name: str) -> None:
    sql, parameters = HOT[name]
    if name in ("decide what came in for shards", "which shards are open") and grown.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer and asks for no shard")

    plan = plan_of(grown, sql, parameters)

    assert [line for line in plan if reads_a_history(line)] == [], "\n".join(plan)


def test_a_counter_is_sought_by_its_whole_key_not_through_the_past_of_its_subject(grown: Connection) -> None:
    sql, parameters = HOT["counters"]
    Sql(_NUMBERS.replace("{columns}", ONE_AGENTS_PAST)).run(grown, rows=HISTORY)
    if grown.dialect.name == "postgresql":
        grown.exec_driver_sql("ANALYZE counter")

    plan = "\n".join(plan_of(grown, sql, parameters))

    assert "period=?" in plan or ("Index Cond" in plan and "period = " in plan), plan


def test_what_answered_a_customer_is_sought_from_the_question_on_and_by_its_cause(grown: Connection) -> None:
    sql, parameters = HOT["what was sent to customers"]

    plan = "\n".join(plan_of(grown, sql, parameters))

    assert "ix_outbox_inbox_id" in plan, plan
    assert "subject=? AND id>?" in plan or "id >= " in plan, plan


@pytest.mark.parametrize("sql", [waiting._AHEAD, waiting._AHEAD_BY_AGENT], ids=["by code", "by agent"])
def test_who_stands_before_somebody_is_sought_among_those_who_still_ask(grown: Connection, sql: Sql) -> None:
    in_line = {"pools": [1], "id": waiting.LAST, "since": NOW, "most": waiting.COUNTED}

    plan = "\n".join(plan_of(grown, sql, in_line))

    assert "pool_id=? AND seen_at>?" in plan or ("ix_waiting_present" in plan and "seen_at >= " in plan), plan


def plan_of(connection: Connection, sql: Sql, parameters: dict[str, Any]) -> list[str]:
    if connection.dialect.name == "sqlite":
        return [row[3] for row in _explained(sql, "EXPLAIN QUERY PLAN").rows(connection, **parameters)]
    return [row[0].strip() for row in _explained(sql, "EXPLAIN").rows(connection, **parameters)]


def _explained(sql: Sql, prefix: str) -> Sql:
    explained = Sql("")
    explained._lists, explained._in_order = sql._lists, sql._in_order
    explained._sqlite, explained._postgres = f"{prefix} {sql._sqlite}", f"{prefix} {sql._postgres}"
    return explained


def reads_a_history(line: str) -> bool:
    """A line of a plan that walks through a whole table, or through an index that is neither partial nor left early."""
    match line.replace("->", " ").split():
        case ["Seq", "Scan", "on", table, *_]:
            return table in HISTORIES
        case ["SCAN", table, *how]:
            return ALIASES.get(table, table) in HISTORIES and not SHORT.intersection(how)
        case _:
            return False


def test_a_query_without_an_index_is_noticed(grown: Connection) -> None:
    sql = Sql("SELECT id FROM inbox WHERE plaintext = 'x'")

    assert any(reads_a_history(line) for line in plan_of(grown, sql, {}))
