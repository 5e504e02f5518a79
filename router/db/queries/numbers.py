"""数字 (numbers) of a range of days: sums of the tally, and what became of the reservations held in it.

The tally has its hour first in its key, and reservations are found by the instant they were held, adds through native
codes and links by their instant, and their code where one is asked about: what a question costs grows with the range
asked for, not with what happened before it.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, tzinfo

from sqlalchemy import Connection

from router.db.sql import Row, Sql
from router.domain.code_kinds import STEPS_OF, CodeKind
from router.domain.fairness import Fairness, Share, Taken, fairness
from router.domain.numbers import Counts, Funnel, Range, counts_of, day_of_hour, stay

_SCOPE = (
    " FROM tally WHERE hour >= :first AND hour < :after AND (:with_test OR NOT test)"
    " AND (:code_id = 0 OR code_id = :code_id) AND (:agent_id = 0 OR agent_id = :agent_id)"
)
_BY_HOUR = Sql(f"SELECT hour, measure, sum(times){_SCOPE} GROUP BY hour, measure")
_BY_CODE = Sql(f"SELECT code_id, measure, sum(times){_SCOPE} GROUP BY code_id, measure")
_BY_AGENT = Sql(f"SELECT agent_id, measure, sum(times){_SCOPE} GROUP BY agent_id, measure")
CODE_NAMES = Sql("SELECT id, name FROM live_code")
AGENT_NAMES = Sql("SELECT id, name FROM agent")
_AGENTS = Sql("SELECT id, name, weight FROM agent")
# Who is asked when there is room; backups and agents of other pools took nothing by right.
_MEMBERS = Sql(
    "SELECT DISTINCT m.agent_id FROM pool_member AS m JOIN pool AS p ON p.id = m.pool_id"
    " JOIN agent AS a ON a.id = m.agent_id"
    " WHERE m.role = 'member' AND p.archived_at IS NULL AND a.archived_at IS NULL"
    " AND (:code_id = 0 OR p.id = (SELECT pool_id FROM live_code WHERE id = :code_id))"
)
_HELD = Sql(
    "SELECT r.status, f.since_at, f.ended_at, r.ended_at FROM reservation AS r"
    " LEFT JOIN follow AS f ON f.customer_id = r.customer_id AND f.agent_id = r.agent_id"
    " WHERE r.held_at >= :since AND r.held_at < :until AND (:with_test OR NOT r.test)"
    " AND (:code_id = 0 OR r.code_id = :code_id) AND (:agent_id = 0 OR r.agent_id = :agent_id)"
)
_GIVEN = (
    "SELECT f.since_at, f.ended_at, s.at FROM assignment AS s"
    " LEFT JOIN follow AS f ON f.customer_id = s.customer_id AND f.agent_id = s.agent_id"
    " WHERE s.how = 'printed_code' AND s.at >= :since AND s.at < :until AND (:agent_id = 0 OR s.agent_id = :agent_id)"
)
_GIVEN_BY_CODE = Sql(f"{_GIVEN} AND s.code_id = :code_id")
_GIVEN_BY_ANY = Sql(_GIVEN)
_KIND = Sql("SELECT kind FROM live_code WHERE id = :code_id")


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked about: days, one code or agent (0: all), and whether test traffic is among it."""

    days: Range
    code_id: int = 0
    agent_id: int = 0
    with_test: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """The counts of one code; ``id`` 0 and no name stand for what concerns none."""

    id: int
    name: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class AgentCounts:
    """The counts of one agent, with the weight as it is now and the share that it gives of the adds.

    ``id`` 0 and no name stand for what concerns no agent; ``share`` is None for who is not compared with others.
    """

    id: int
    name: str
    counts: Counts
    weight: int | None
    share: Share | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """``hours`` are those in which anything happened, as they are tallied (2026112114).

    ``fairness`` compares the adds of ``agents`` with their weights; None where there is nothing to compare.
    """

    scope: Scope
    total: Counts
    hours: dict[int, Counts]
    codes: tuple[Named, ...]
    agents: tuple[AgentCounts, ...]
    fairness: Fairness | None
    funnel: Funnel

    @property
    def days(self) -> dict[date, Counts]:
        """Every day of the range, those on which nothing happened included."""
        found = dict.fromkeys(self.scope.days.days, Counts())
        for hour, counts in self.hours.items():
            found[day_of_hour(hour)] += counts
        return found

    @property
    def week(self) -> dict[tuple[int, int], Counts]:
        """The hours of a week: by weekday (0 is Monday) and hour of the day."""
        found: defaultdict[tuple[int, int], Counts] = defaultdict(Counts)
        for hour, counts in self.hours.items():
            found[day_of_hour(hour).weekday(), hour % 100] += counts
        return dict(found)


def numbers_of(connection: Connection, scope: Scope, now: int, zone: tzinfo) -> Numbers:
    """Everything about a range, in eight queries."""
    hours = counts_by_hour(connection, scope)
    total = sum(hours.values(), Counts())
    agents, compared = agents_of(connection, scope)
    return Numbers(
        scope=scope,
        total=total,
        hours=hours,
        codes=_codes(connection, scope),
        agents=agents,
        fairness=compared,
        funnel=_funnel(connection, scope, total, now, zone),
    )


def counts_by_hour(connection: Connection, scope: Scope) -> dict[int, Counts]:
    """The hours in which anything happened, in order."""
    return dict(sorted(_grouped(_BY_HOUR.rows(connection, **_parameters(scope))).items()))


def counts_by_code(connection: Connection, scope: Scope) -> dict[int, Counts]:
    """The codes of which anything is tallied; 0 is what came through none."""
    return _grouped(_BY_CODE.rows(connection, **_parameters(scope)))


def names_of(names: Sql, connection: Connection) -> dict[int, str]:
    """What all codes (`CODE_NAMES`) or agents (`AGENT_NAMES`) are called, archived ones included."""
    return {id: name for id, name in names.rows(connection)}  # noqa: C416 -- rows are untyped tuples


def agents_of(connection: Connection, scope: Scope) -> tuple[tuple[AgentCounts, ...], Fairness | None]:
    """The agents, those with most adds first, and how their adds compare with their weights.

    Compared are all who have adds and, unless one agent is asked about, the members of the code's pool (of any pool,
    without a code) who have none: whoever was never given a customer must not be missing.
    """
    found = _grouped(_BY_AGENT.rows(connection, **_parameters(scope)))
    rows = _AGENTS.rows(connection)
    names, weights = {id: name for id, name, _ in rows}, {id: weight for id, _, weight in rows}
    comparable = {id for id, counts in found.items() if counts.adds and id in weights}
    if comparable and not scope.agent_id:
        comparable |= {agent_id for (agent_id,) in _MEMBERS.rows(connection, code_id=scope.code_id)}
    for agent_id in comparable - found.keys():
        found[agent_id] = Counts()
    compared = fairness({id: Taken(found[id].adds, max(1, weights[id])) for id in comparable})
    shares = {} if compared is None else compared.shares
    agents = [
        AgentCounts(id, names.get(id, ""), counts, weights.get(id), shares.get(id)) for id, counts in found.items()
    ]
    return tuple(sorted(agents, key=_most_adds)), compared


def _codes(connection: Connection, scope: Scope) -> tuple[Named, ...]:
    """Those with most adds first."""
    known = names_of(CODE_NAMES, connection)
    named = [Named(id, known.get(id, ""), counts) for id, counts in counts_by_code(connection, scope).items()]
    return tuple(sorted(named, key=_most_adds))


def _most_adds(each: Named | AgentCounts) -> tuple[int, int, int]:
    return -each.counts.adds, -each.counts.scans, each.id


def _funnel(connection: Connection, scope: Scope, total: Counts, now: int, zone: tzinfo) -> Funnel:
    steps = STEPS_OF[_kind(connection, scope.code_id)]
    since, until = scope.days.bounds(zone)
    asked = {"since": since, "until": until, "agent_id": scope.agent_id}
    held = (
        _HELD.rows(connection, **asked, code_id=scope.code_id, with_test=scope.with_test) if "reserved" in steps else []
    )
    given = _given(connection, scope.code_id, asked) if "added" in steps else []
    added = [*(row[1:] for row in held if row[0] == "confirmed"), *given]
    stays = [stay(added_at, since_at, ended_at, now) for since_at, ended_at, added_at in added]
    figures = {
        "scans": total.scans,
        "visitors": total.visitors,
        "reserved": len(held),
        "added": len(added),
        "stayed": stays.count("stayed"),
    }
    there = {step: figure if step in steps else None for step, figure in figures.items()}
    return Funnel(**there, given=len(given), undecided=stays.count("undecided"))


def _given(connection: Connection, code_id: int, asked: dict[str, int]) -> list[Row]:
    """Whom the platform gave to agents without a reservation; 0: through whatever native code or link."""
    return (
        _GIVEN_BY_CODE.rows(connection, **asked, code_id=code_id)
        if code_id
        else _GIVEN_BY_ANY.rows(connection, **asked)
    )


def _kind(connection: Connection, code_id: int) -> CodeKind:
    """What stands behind the code; all codes together, and one that is not there, are told like our own page's."""
    row = _KIND.row(connection, code_id=code_id)
    return row[0] if row else "hosted"


def _grouped(rows: list[Row]) -> dict[int, Counts]:
    found: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    for key, measure, times in rows:
        found[key].append((measure, int(times)))
    return {key: counts_of(times) for key, times in found.items()}


def _parameters(scope: Scope) -> dict[str, object]:
    first, after = scope.days.hours
    return {
        "first": first,
        "after": after,
        "code_id": scope.code_id,
        "agent_id": scope.agent_id,
        "with_test": scope.with_test,
    }
