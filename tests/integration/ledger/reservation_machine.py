"""Everything that may befall a reservation, as rules that chance puts into any order.

The machine drives the product's own units of work over one connection, inside a transaction that nobody will commit.
After every step counters must say what the rows say, a visitor must have one live reservation per code at most, and no
hold may stand above a cap that was in force when it was made. Late adds are honoured above a cap: they make no hold.
"""

from collections.abc import Callable
from typing import get_args

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Connection, Engine

from router.db.queries import capacity, timers
from router.db.sql import Sql
from router.domain.capacity import WINDOWS_OF, Window, kind_of
from router.domain.policies import Policy
from router.domain.scan import Reserved
from router.domain.spill import WAITING_PAGE, FallbackPool
from router.handlers import lease
from router.handlers.admin.act import Act
from router.handlers.admin.agents import AgentEdit, archive_agent, restore_agent, update_agent
from router.handlers.admin.live_codes import close_live_code, reopen_live_code
from router.handlers.admin.pools import PoolEdit, update_pool
from router.handlers.admin.presence import set_presence
from router.handlers.decide import decide_open
from tests.factories import (
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    ZONE,
    customer_added,
    customer_lost,
    live_code,
    pool,
    ready_ways,
    received,
    scan,
    shop,
    situation,
)
from tests.integration.ledger.looking import counters_that_lie, rows
from tests.integration.rush import auditor

AGENTS = ("ann", "bo", "cy")
SLUGS = ("spring", "summer")
WAYS = 12

agents = st.sampled_from(AGENTS)
visitors = st.sampled_from(["lin", "wang", "zhao", "sun", "li"])
slugs = st.sampled_from(SLUGS)
customers = st.sampled_from(["wm-1", "wm-2", "wm-3"])
positions = st.integers(0, 9)
subjects = st.sampled_from(
    [
        "agent:{ann}",
        "agent:{bo}",
        "agent:{cy}",
        "pool:{sales}",
        "pool:{reserve}",
        "code:{spring}",
        "code:{summer}",
        "agent:{ann}@code:{spring}",
        "agent:{bo}@pool:{sales}",
    ]
)
windows: st.SearchStrategy[Window] = st.sampled_from(["hour", "day", "round", "total", "held"])

_ONE_LIVE = (
    "SELECT code_id, visitor FROM reservation WHERE status = 'held' GROUP BY code_id, visitor HAVING count(*) > 1"
)
_WAYS_SHARED = "SELECT way_id FROM reservation GROUP BY way_id HAVING count(*) > 1"
_REFUSED = Sql("UPDATE outbox SET status = 'failed' WHERE key = :key AND status IN ('pending', 'sending')")


def open_shop(connection: Connection) -> dict[str, int]:
    """Ann and Bo are behind both codes, Cy alone in a pool that may take over; returns ids by name."""
    auditor.install(connection)
    ann, bo = shop("ann", "bo", ways=WAYS)(connection)
    ((spring, sales),) = rows("SELECT id, pool_id FROM live_code")(connection)
    (cy,) = shop("cy", ways=WAYS, slug="elsewhere")(connection)
    reserve = pool("reserve", (cy,))(connection)
    summer = live_code(sales, "summer")(connection)
    return {"ann": ann, "bo": bo, "cy": cy, "sales": sales, "reserve": reserve, "spring": spring, "summer": summer}


class ReservationMachine(RuleBasedStateMachine):
    """One history; ``engine`` and the ``ids`` of an open shop are set by whoever runs it."""

    engine: Engine
    ids: dict[str, int]

    def __init__(self) -> None:
        super().__init__()
        self.connection: Connection = self.engine.connect()
        self._transaction = self.connection.begin()
        self.now = NOW
        self.messages = 0
        self.delivered: list[str] = []

    def teardown(self) -> None:
        self._transaction.rollback()
        self.connection.close()

    @initialize(capped=st.booleans())
    def opens(self, capped: bool) -> None:
        """With a cap on the agents of both codes, or with none."""
        for name in ("ann", "bo") if capped else ():
            self._set_cap(f"agent:{{{name}}}", "day", 2)

    # --- what must hold ---

    @invariant()
    def counters_say_what_the_rows_say(self) -> None:
        assert counters_that_lie(self.now)(self.connection) == []

    @invariant()
    def no_hold_stands_above_a_cap(self) -> None:
        assert auditor.overshot(self.connection) == []

    @invariant()
    def a_visitor_has_one_live_reservation_and_a_picture_one_visitor(self) -> None:
        assert rows(_ONE_LIVE)(self.connection) == []
        assert rows(_WAYS_SHARED)(self.connection) == []

    # --- visitors ---

    @rule(visitor=visitors, slug=slugs)
    def scans(self, visitor: str, slug: str) -> None:
        answer = scan(visitor, slug, now=self.now)(self.connection)
        if isinstance(answer, Reserved):
            assert answer.expires_at > self.now

    @rule(visitor=visitors, slug=slugs)
    def scans_twice(self, visitor: str, slug: str) -> None:
        first, second = (scan(visitor, slug, now=self.now)(self.connection) for _ in range(2))
        assert not isinstance(first, Reserved) or (isinstance(second, Reserved) and second.key == first.key)

    @rule(position=positions, customer=customers)
    def adds(self, position: int, customer: str) -> None:
        self._adds(position, customer)

    @rule(position=positions, customer=customers)
    def adds_by_halves(self, position: int, customer: str) -> None:
        self._adds(position, customer, half=True)

    @rule(position=positions, customer=customers)
    def adds_by_halves_and_in_full(self, position: int, customer: str) -> None:
        self._adds(position, customer, half=True)
        self._adds(position, customer)

    @rule(position=positions)
    def two_add_by_one_picture(self, position: int) -> None:
        self._adds(position, "wm-1")
        self._adds(position, "wm-2")

    @rule(position=positions, customer=customers)
    def adds_late_before_the_place_is_given_on(self, position: int, customer: str) -> None:
        self.hold_expires(position)
        self._adds(position, customer)

    @rule(position=positions, customer=customers)
    def adds_late_after_the_place_was_given_on(self, position: int, customer: str) -> None:
        self.hold_expires(position)
        self.deletion_is_acknowledged(position)
        self._adds(position, customer)

    @rule(agent=agents, customer=customers)
    def adds_through_an_unknown_channel(self, agent: str, customer: str) -> None:
        self._decide(customer_added(agent, customer, at=self._instant()))

    @rule(agent=agents, customer=customers, position=positions)
    def adds_with_the_state_of_somebody_elses_picture(self, agent: str, customer: str, position: int) -> None:
        if (found := self._reservation(position)) is not None:
            self._decide(customer_added(agent, customer, state=found[2], at=self._instant()))

    @rule(agent=agents, customer=customers, by_customer=st.booleans())
    def relation_ends(self, agent: str, customer: str, by_customer: bool) -> None:
        self._decide(customer_lost(agent, customer, by_customer=by_customer, at=self._instant()))

    @rule(position=positions, customer=customers)
    def loss_overtakes_its_add(self, position: int, customer: str) -> None:
        if (found := self._reservation(position)) is not None:
            added_at = self._instant()
            self._decide(customer_lost(found[3], customer, at=self._instant()))
            self._decide(customer_added(found[3], customer, state=found[2], at=added_at))

    @rule(position=positions, customer=customers)
    def leaves_and_comes_back(self, position: int, customer: str) -> None:
        if (found := self._reservation(position)) is not None:
            self._decide(customer_lost(found[3], customer, at=self._instant()))
            self._adds(position, customer)

    @precondition(lambda self: self.delivered)
    @rule(position=positions)
    def callback_is_delivered_again(self, position: int) -> None:
        self._decide(self.delivered[position % len(self.delivered)])

    # --- holds and pictures ---

    @rule(position=positions)
    def hold_expires(self, position: int) -> None:
        if (found := self._reservation(position)) is not None:
            lease.expire(self.connection, found[0], self.now)

    @rule(position=positions)
    def hold_is_released(self, position: int) -> None:
        if (found := self._reservation(position)) is not None:
            lease.release(self.connection, found[0], self.now)

    @rule()
    def timers_fire(self) -> None:
        for due in timers.take_due(self.connection, self.now, 100):
            if due.kind == "lease_ends":
                lease.expire(self.connection, due.payload["reservation_id"], self.now)

    @rule(position=positions)
    def deletion_is_acknowledged(self, position: int) -> None:
        if (found := self._reservation(position)) is not None:
            lease.deletion_acknowledged(self.connection, found[1], self.now, ZONE)

    @rule(position=positions)
    def deletion_is_refused(self, position: int) -> None:
        if (found := self._reservation(position)) is not None:
            _REFUSED.run(self.connection, key=f"delete_way:{found[1]}")

    @rule(agent=agents)
    def stock_is_filled(self, agent: str) -> None:
        ready_ways(self.ids[agent], 1)(self.connection)

    # --- caps ---

    @rule(subject=subjects, window=windows, places=st.integers(0, 4))
    def cap_is_set(self, subject: str, window: Window, places: int) -> None:
        self._set_cap(subject, window, places)

    @rule(position=positions)
    def cap_is_raised(self, position: int) -> None:
        self._edit_cap(position, lambda places: places + 1)

    @rule(position=positions)
    def cap_is_lowered(self, position: int) -> None:
        self._edit_cap(position, lambda places: max(0, places - 1))

    @rule(position=positions)
    def cap_is_removed(self, position: int) -> None:
        self._edit_cap(position, lambda _: None)

    @rule(position=positions)
    def counter_is_recounted(self, position: int) -> None:
        caps = rows("SELECT subject, \"window\" FROM cap WHERE \"window\" NOT IN ('round', 'open') ORDER BY 1, 2")
        if found := caps(self.connection):
            subject, window = found[position % len(found)]
            capacity.recount(self.connection, subject, window, self.now, ZONE)

    # --- people, pools and codes ---

    @rule(agent=agents, archived=st.booleans())
    def agent_is_archived_or_restored(self, agent: str, archived: bool) -> None:
        (archive_agent if archived else restore_agent)(self.connection, self._act(), self.ids[agent])

    @rule(agent=agents, on_duty=st.booleans(), weight=st.integers(1, 3))
    def agent_is_edited(self, agent: str, on_duty: bool, weight: int) -> None:
        update_agent(self.connection, self._act(), self.ids[agent], AgentEdit(on_duty=on_duty, weight=weight))

    @rule(agent=agents, presence=st.sampled_from(["online", "paused", "offline"]))
    def agent_says_whether_they_are_there(self, agent: str, presence: str) -> None:
        set_presence(self.connection, self._act(), self.ids[agent], presence, 30 if presence == "paused" else None)

    @rule(members=st.lists(agents, unique=True), backups=st.sets(agents))
    def pool_gets_other_members(self, members: list[str], backups: set[str]) -> None:
        ids = tuple(self.ids[name] for name in members)
        spare = tuple(self.ids[name] for name in members if name in backups)
        self._edit_pool(PoolEdit(agent_ids=ids, backup_ids=spare))

    @rule(policy=st.sampled_from(get_args(Policy)), backup_percent=st.sampled_from([50, 100]))
    def pool_gets_another_policy(self, policy: Policy, backup_percent: int) -> None:
        self._edit_pool(PoolEdit(policy=policy, backup_percent=backup_percent))

    @rule(falls_back=st.booleans())
    def pool_gets_a_fallback(self, falls_back: bool) -> None:
        self._edit_pool(PoolEdit(spill_policy=FallbackPool(self.ids["reserve"]) if falls_back else WAITING_PAGE))

    @rule()
    def round_is_over(self) -> None:
        round = capacity.round_of(self.connection, self.ids["sales"])
        capacity.next_round(self.connection, self.ids["sales"], round)

    @rule(slug=slugs, closed=st.booleans())
    def code_is_closed_or_opened(self, slug: str, closed: bool) -> None:
        (close_live_code if closed else reopen_live_code)(self.connection, self._act(), self.ids[slug])

    # --- time ---

    @rule(minutes=st.integers(1, 90))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule()
    def midnight_passes(self) -> None:
        self.now = capacity.bounds("day", self.now, ZONE)[1]

    @rule(hours=st.sampled_from([-25, -1, 1, 49]))
    def clock_jumps(self, hours: int) -> None:
        self.now += hours * HOUR

    # --- how ---

    def _reservation(self, position: int) -> tuple[int, int, str, str] | None:
        """Id, contact way, state token and agent of one of the reservations so far."""
        found = rows(
            "SELECT r.id, w.id, w.state, a.userid FROM reservation AS r JOIN contact_way AS w ON w.id = r.way_id"
            " JOIN agent AS a ON a.id = r.agent_id ORDER BY r.id DESC"
        )(self.connection)
        return found[position % len(found)] if found else None

    def _adds(self, position: int, customer: str, *, half: bool = False) -> None:
        if (found := self._reservation(position)) is not None:
            self._decide(customer_added(found[3], customer, state=found[2], half=half, at=self._instant()))

    def _instant(self) -> int:
        """When the next event happens: no two at once, as the platform's clock tells them in whole seconds."""
        self.messages += 1
        return self.now + self.messages * SECOND

    def _decide(self, plaintext: str) -> None:
        self.delivered.append(plaintext)
        received(plaintext, now=self.now)(self.connection)
        while decide_open(self.connection, situation(self.now)):
            pass
        assert rows("SELECT reason FROM inbox WHERE status = 'failed'")(self.connection) == []

    def _set_cap(self, subject: str, window: Window, places: int | None) -> None:
        named = subject.format(**self.ids)
        if window in WINDOWS_OF[kind_of(named)]:
            capacity.set_cap(self.connection, named, window, places, self.now, ZONE)

    def _edit_cap(self, position: int, edited: Callable[[int], int | None]) -> None:
        found = rows('SELECT subject, "window", places FROM cap ORDER BY 1, 2')(self.connection)
        if found:
            subject, window, places = found[position % len(found)]
            self._set_cap(subject, window, edited(places))

    def _edit_pool(self, edit: PoolEdit) -> None:
        update_pool(self.connection, self._act(), self.ids["sales"], edit)

    def _act(self) -> Act:
        return Act("admin", self.now, ZONE)
