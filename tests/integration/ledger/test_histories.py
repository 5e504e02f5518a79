"""Whatever happens in whatever order, counters say what the rows say, and no reservation stands above a cap."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import NullPool

from router.db.engine import normal_url, open_writer
from router.db.queries import capacity
from router.domain.capacity import CUSTOMER, WINDOWS_OF, Place, Window, kind_of
from router.domain.scan import Reserved
from router.handlers import lease
from router.handlers.decide import decide_open
from tests.factories import MINUTE, NOW, ZONE, customer_added, customer_lost, received, scan, shop, situation
from tests.integration.ledger.looking import counters_that_lie, rows

Step = Callable[["History"], None]

SUBJECTS = (
    "agent:{ann}",
    "agent:{bo}",
    "pool:{pool}",
    "code:{code}",
    "agent:{ann}@code:{code}",
    "agent:{bo}@pool:{pool}",
)
CAPS = [(subject, window) for subject in SUBJECTS for window in WINDOWS_OF[kind_of(subject)]]


class History:
    """One ledger on its way through time, inside a transaction that nobody will commit."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.now = NOW
        self.step = 0
        ann, bo = shop("ann", "bo", ways=40)(connection)
        ((code, pool),) = rows("SELECT id, pool_id FROM live_code")(connection)
        self.ids = {"ann": ann, "bo": bo, "code": code, "pool": pool}

    def reservation(self, position: int) -> tuple[int, int, str] | None:
        """Id, contact way and state token of one of the reservations so far."""
        found = rows(
            "SELECT r.id, w.id, w.state FROM reservation AS r JOIN contact_way AS w ON w.id = r.way_id ORDER BY r.id"
        )(self.connection)
        return found[position % len(found)] if found else None

    def decide(self, plaintext: str) -> None:
        received(plaintext, now=self.now)(self.connection)
        while decide_open(self.connection, situation(self.now)):
            pass

    def check(self) -> None:
        assert counters_that_lie(self.now)(self.connection) == []


def scans(visitor: str) -> Step:
    def step(history: History) -> None:
        answer = scan(visitor, now=history.now)(history.connection)
        if isinstance(answer, Reserved) and answer.reason == "reserved for you":
            ((pool_id, code_id, round),) = rows(
                "SELECT pool_id, code_id, round FROM reservation WHERE key = :key", key=answer.key
            )(history.connection)
            place = Place(answer.agent.id, pool_id, code_id, round)
            books = capacity.books(history.connection, [place], history.now, ZONE, CUSTOMER)
            assert [each for each in books.limits(place, CUSTOMER) if each.taken > each.places] == []

    return step


def ends(position: int, how: Callable[[Connection, int, int], bool]) -> Step:
    def step(history: History) -> None:
        if (found := history.reservation(position)) is not None:
            how(history.connection, found[0], history.now)

    return step


def is_deleted(position: int) -> Step:
    def step(history: History) -> None:
        if (found := history.reservation(position)) is not None:
            lease.deletion_acknowledged(history.connection, found[1], history.now, ZONE)

    return step


def adds(position: int | None, customer: str, half: bool, late: int) -> Step:
    """An add that is delivered ``late`` minutes after it happened: its loss may have overtaken it."""

    def step(history: History) -> None:
        found = None if position is None else history.reservation(position)
        history.step += 1
        history.decide(
            customer_added(
                ("ann", "bo")[history.step % 2],
                customer,
                state=found[2] if found else "",
                welcome_code=f"WC-{history.step}",
                half=half,
                at=history.now - late * MINUTE,
            )
        )

    return step


def leaves(customer: str, userid: str, late: int) -> Step:
    return lambda history: history.decide(customer_lost(userid, customer, at=history.now - late * MINUTE))


def is_capped(cap: tuple[str, Window], places: int | None) -> Step:
    def step(history: History) -> None:
        subject, window = cap
        capacity.set_cap(history.connection, subject.format(**history.ids), window, places, history.now, ZONE)

    return step


def time_passes(minutes: int) -> Step:
    def step(history: History) -> None:
        history.now += minutes * MINUTE

    return step


positions = st.integers(0, 9)
visitors = st.sampled_from(["lin", "wang", "zhao", "sun", "li", "zhou"])
customers = st.sampled_from(["wm-1", "wm-2", "wm-3", "wm-4"])
lateness = st.sampled_from([0, 0, 1, 30])
steps: st.SearchStrategy[Step] = st.one_of(
    visitors.map(scans),
    visitors.map(scans),
    st.builds(ends, positions, st.sampled_from([lease.expire, lease.release])),
    positions.map(is_deleted),
    st.builds(adds, st.one_of(positions, st.none()), customers, st.booleans(), lateness),
    st.builds(leaves, customers, st.sampled_from(["ann", "bo"]), lateness),
    st.builds(is_capped, st.sampled_from(CAPS), st.one_of(st.integers(0, 4), st.none())),
    st.integers(1, 700).map(time_passes),
)
histories = st.lists(steps, max_size=25)


def live(engine: Engine, history: list[Step]) -> None:
    with engine.connect() as connection:
        transaction = connection.begin()
        told = History(connection)
        for step in history:
            step(told)
            told.check()
        transaction.rollback()


@pytest.fixture(scope="module")
def sqlite_engine(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    path = tmp_path_factory.mktemp("histories") / "liveqr.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = open_writer(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def postgresql_engine(migrated_postgresql_url: str) -> Iterator[Engine]:
    engine = create_engine(normal_url(migrated_postgresql_url), poolclass=NullPool)
    yield engine
    engine.dispose()


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(histories)
def test_counters_equal_the_rows_after_any_history(sqlite_engine: Engine, history: list[Step]) -> None:
    live(sqlite_engine, history)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(histories)
def test_counters_equal_the_rows_after_any_history_on_postgresql(
    postgresql_engine: Engine, history: list[Step]
) -> None:
    live(postgresql_engine, history)
