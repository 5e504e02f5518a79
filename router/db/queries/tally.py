"""计数 (the tally): how often something happened per hour of the corporation's zone, code and agent.

What is tallied is written in the transaction of the use case it counts, so it is exact at every moment. An hour that
the clocks show twice is one hour; one that they skip stays empty. Test traffic is tallied apart.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from sqlalchemy import Connection

from router.db import json
from router.db.queries.scan import SAME_SCAN
from router.db.sql import Sql
from router.domain.capacity import period
from router.domain.numbers import Measure

_COUNT = Sql(
    "INSERT INTO tally (hour, measure, code_id, agent_id, test, times)"
    " VALUES (:hour, :measure, :code_id, :agent_id, :test, :times)"
    " ON CONFLICT (hour, measure, code_id, agent_id, test) DO UPDATE SET times = tally.times + excluded.times"
)
_TESTS = Sql("SELECT id FROM reservation WHERE test AND id {among:reservations}")
_BROUGHT_BY = Sql(
    "SELECT coalesce(a.code_id, 0), a.agent_id, coalesce(r.test, false) FROM assignment AS a"
    " LEFT JOIN reservation AS r ON r.id = a.reservation_id"
    " WHERE a.customer_id = :customer_id AND (:agent_id = 0 OR a.agent_id = :agent_id) AND a.how <> 'moved'"
    " AND a.at <= :at ORDER BY a.id DESC LIMIT 1"
)
_CUSTOMER = Sql("SELECT id FROM customer WHERE external_userid = :external_userid")
_LOCK = Sql("LOCK TABLE tally IN EXCLUSIVE MODE")
_FORGET = Sql("DELETE FROM tally WHERE hour >= :first AND hour < :after AND measure {among:measures}")
_ADDS = Sql(
    "SELECT a.at, coalesce(a.code_id, 0), a.agent_id, coalesce(r.test, false), a.beyond, a.customer_id, i.decision"
    " FROM assignment AS a LEFT JOIN reservation AS r ON r.id = a.reservation_id"
    " LEFT JOIN inbox AS i ON i.id = a.inbox_id WHERE a.how <> 'moved' AND a.at >= :since AND a.at < :until"
)
# An event is decided at the earliest when it was received.
_LOSSES = Sql(
    "SELECT i.decided_at, i.decision, c.id FROM inbox AS i JOIN customer AS c ON c.external_userid = i.subject"
    " WHERE i.event = 'customer_lost' AND i.status = 'done' AND i.received_at < :until"
    " AND i.decided_at >= :since AND i.decided_at < :until"
)

RECOUNTED: tuple[Measure, ...] = ("add", "beyond", "lost", "removed")  # of which every single one is a row of its own
ENDED = frozenset({"lost", "removed"})  # how a relation stands that is over


@dataclass(frozen=True, slots=True)
class Count:
    """Something that happened ``times`` times; 0 where no code, or no agent, is concerned."""

    measure: Measure
    code_id: int = 0
    agent_id: int = 0
    test: bool = False
    times: int = 1


@dataclass(frozen=True, slots=True)
class Loss:
    """The relation between a customer and an agent that has just ended."""

    customer_id: int
    agent_id: int
    by_customer: bool


def count(
    connection: Connection,
    now: int,
    zone: tzinfo,
    measure: Measure,
    code_id: int = 0,
    agent_id: int = 0,
    test: bool = False,
    times: int = 1,
) -> None:
    """Count one thing in the hour of ``now`` (ms)."""
    count_all(connection, now, zone, [Count(measure, code_id, agent_id, test, times)])


def count_all(connection: Connection, now: int, zone: tzinfo, counts: Iterable[Count]) -> None:
    """Count many things at once: one statement per line of the tally, in an order that no two transactions cross."""
    sums: Counter[_Line] = Counter()
    hour = period("hour", now, zone)
    for each in counts:
        sums[hour, each.measure, each.code_id, each.agent_id, each.test] += each.times
    _add(connection, sums)


def of_scan(code_id: int, last_at: int | None, now: int, zone: tzinfo, *, test: bool = False) -> tuple[Count, ...]:
    """What a visitor's look at a code counts as, who looked at it before at ``last_at`` (ms; None: never).

    The first look of a day is a scan and a visitor. Another is a scan, unless the page was seen within the last minute:
    then it was only reloaded.
    """
    if last_at is None or period("day", last_at, zone) < period("day", now, zone):
        return Count("scan", code_id, test=test), Count("visitor", code_id, test=test)
    return (Count("scan", code_id, test=test),) if now - last_at > SAME_SCAN else ()


def of_adds(connection: Connection, assignments: Collection[Mapping[str, Any]]) -> list[Count]:
    """One add per row of ``assignment`` (as `arrivals.assign` takes them), each for its code and agent.

    One that passed a cap counts as that too.
    """
    held = [row["reservation_id"] for row in assignments if row["reservation_id"] is not None]
    tests = {row[0] for row in _TESTS.rows(connection, reservations=held)} if held else set()
    return [
        Count(measure, row["code_id"] or 0, row["agent_id"], row["reservation_id"] in tests)
        for row in assignments
        if row["how"] != "moved"
        for measure in _measures_of_add(row["beyond"])
    ]


def _measures_of_add(beyond: str) -> tuple[Measure, ...]:
    return ("add", "beyond") if beyond else ("add",)


def of_losses(connection: Connection, losses: Sequence[Loss], now: int) -> list[Count]:
    """Each loss for its agent and for the code that had brought the customer to that agent."""
    return [_of_loss(connection, loss, now) for loss in losses]


def of_reply(connection: Connection, external_userid: str, now: int, *, by_agent: bool) -> Count:
    """A reply to a customer, for the code that brought them; for the agent too when it was sent in their name."""
    row = _CUSTOMER.row(connection, external_userid=external_userid)
    code_id, agent_id, test = _brought_by(connection, row[0], 0, now) if row else _NOBODY
    return Count("reply", code_id, agent_id if by_agent else 0, test)


def recount(connection: Connection, since: int, until: int, zone: tzinfo) -> None:
    """Count adds and losses between two instants (ms, on the hour in ``zone``) again from their own rows."""
    if connection.dialect.name == "postgresql":
        _LOCK.run(connection)  # whoever counts waits, and whoever was counting has committed the rows too
    first, after = period("hour", since, zone), period("hour", until, zone)
    _FORGET.run(connection, first=first, after=after, measures=list(RECOUNTED))
    sums: Counter[_Line] = Counter()
    for at, each in _rows(connection, since, until):
        sums[period("hour", at, zone), each.measure, each.code_id, each.agent_id, each.test] += 1
    _add(connection, sums)


_Line = tuple[int, str, int, int, bool]  # the key of the table
_NOBODY = (0, 0, False)


def _rows(connection: Connection, since: int, until: int) -> Iterator[tuple[int, Count]]:
    for at, code_id, agent_id, test, beyond, customer_id, decision in _ADDS.rows(connection, since=since, until=until):
        for measure in _measures_of_add(beyond):
            yield at, Count(measure, code_id, agent_id, bool(test))
        if (follow := json.load(decision or "{}").get("follow")) in ENDED:  # the loss came before the add
            yield at, _of_loss(connection, Loss(customer_id, agent_id, follow == "lost"), at)
    for at, decision, customer_id in _LOSSES.rows(connection, since=since, until=until):
        said = json.load(decision)
        yield at, _of_loss(connection, Loss(customer_id, said["agent_id"], said["follow"] == "lost"), at)


def _of_loss(connection: Connection, loss: Loss, at: int) -> Count:
    code_id, _, test = _brought_by(connection, loss.customer_id, loss.agent_id, at)
    return Count("lost" if loss.by_customer else "removed", code_id, loss.agent_id, test)


def _brought_by(connection: Connection, customer_id: int, agent_id: int, at: int) -> tuple[int, int, bool]:
    """Code, agent and whether it was a test, of the customer's last arrival; with ``agent_id`` at that agent."""
    row = _BROUGHT_BY.row(connection, customer_id=customer_id, agent_id=agent_id, at=at)
    return _NOBODY if row is None else (row[0], row[1], bool(row[2]))


def _add(connection: Connection, sums: Mapping[_Line, int]) -> None:
    _COUNT.run_many(
        connection,
        [
            {"hour": hour, "measure": measure, "code_id": code_id, "agent_id": agent_id, "test": test, "times": times}
            for (hour, measure, code_id, agent_id, test), times in sorted(sums.items())
        ],
    )
