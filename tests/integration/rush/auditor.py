"""An auditor who trusts no counter: at each new hold the rows themselves are counted against the caps in force.

A trigger does it, in the transaction of the hold, so that it sees exactly what the hold saw. Late adds and unknown
channels are honoured above a cap; they write no hold, so they are counted apart by nature.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.sql import Sql
from router.domain.capacity import Window, period
from tests.factories import DAY, HOUR, ZONE

FLOWS: tuple[Window, ...] = ("hour", "day", "total")
ZONE_OFFSET = 8 * HOUR  # of Asia/Shanghai, which keeps no summer time

Counted = tuple[str, str, int]  # subject, window, period

_FINDINGS = (
    "CREATE TABLE rush_hold (subject VARCHAR(64), cap_window VARCHAR(8), places BIGINT, counted BIGINT)",
    "CREATE INDEX rush_held_code ON reservation (code_id, held_at) WHERE place_taken",
    "CREATE INDEX rush_held_pool ON reservation (pool_id, held_at) WHERE place_taken",
    "CREATE INDEX rush_own_place ON assignment (agent_id, at) WHERE own_place",
)

# Every cap that binds the new hold, with the places of its period that are taken by now, this one included.
_COUNT = """
INSERT INTO rush_hold (subject, cap_window, places, counted)
SELECT b.subject, b.cap_window, b.places,
 (SELECT count(*) FROM reservation AS r WHERE r.place_taken AND r.held_at >= b.since AND r.held_at < b.until
  AND {reservation})
 + (SELECT count(*) FROM assignment AS r WHERE r.own_place AND r.at >= b.since AND r.at < b.until AND {assignment})
FROM (SELECT c.subject, c."window" AS cap_window, c.places,
 CASE c."window" WHEN 'hour' THEN NEW.held_at - NEW.held_at % {hour}
  WHEN 'day' THEN NEW.held_at - (NEW.held_at + {zone}) % {day} ELSE 0 END AS since,
 CASE c."window" WHEN 'hour' THEN NEW.held_at - NEW.held_at % {hour} + {hour}
  WHEN 'day' THEN NEW.held_at - (NEW.held_at + {zone}) % {day} + {day} ELSE 9007199254740992 END AS until
 FROM cap AS c WHERE c.subject = {subject} AND c."window" IN ('hour', 'day', 'total')) AS b;
"""

_SUBJECTS = {
    "'agent:' || NEW.agent_id": ("agent_id",),
    "'agent:' || NEW.agent_id || '@code:' || NEW.code_id": ("agent_id", "code_id"),
    "'agent:' || NEW.agent_id || '@pool:' || NEW.pool_id": ("agent_id", "pool_id"),
    "'code:' || NEW.code_id": ("code_id",),
    "'pool:' || NEW.pool_id": ("pool_id",),
}

_OVERSHOT = Sql("SELECT subject, cap_window, places, counted FROM rush_hold WHERE counted > places")
_FILLED = Sql("SELECT DISTINCT subject, cap_window FROM rush_hold WHERE counted = places")
_LATE = Sql("SELECT how, count(*) FROM assignment WHERE own_place GROUP BY how ORDER BY how")
_CAPS = Sql('SELECT subject, "window", places FROM cap')
_PLACES = Sql("SELECT agent_id, pool_id, code_id, held_at FROM reservation WHERE place_taken")
_OWN = Sql("SELECT agent_id, coalesce(pool_id, 0), coalesce(code_id, 0), at FROM assignment WHERE own_place")
_COUNTERS = Sql("SELECT subject, \"window\", period, taken FROM counter WHERE \"window\" IN ('hour', 'day', 'total')")
_READY = Sql(
    "SELECT l.slug, l.id, l.pool_id, m.agent_id FROM live_code AS l JOIN pool_member AS m ON m.pool_id = l.pool_id"
    " WHERE EXISTS (SELECT 1 FROM contact_way AS w WHERE w.agent_id = m.agent_id AND w.status = 'ready')"
)


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold that a cap bound: the places of the cap, and those taken with it."""

    subject: str
    window: str
    places: int
    counted: int


def install(connection: Connection) -> None:
    """Watch every hold from now on."""
    for statement in _FINDINGS:
        connection.exec_driver_sql(statement)
    body = "".join(_counting(subject, columns) for subject, columns in _SUBJECTS.items())
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"CREATE TRIGGER rush_audit AFTER INSERT ON reservation BEGIN {body} END")
        return
    function = f"CREATE FUNCTION rush_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"
    connection.exec_driver_sql(function.replace("%", "%%"))
    connection.exec_driver_sql(
        "CREATE TRIGGER rush_audit AFTER INSERT ON reservation FOR EACH ROW EXECUTE FUNCTION rush_audit()"
    )


def dismiss(connection: Connection) -> None:
    """Leave the tables as they were."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP FUNCTION rush_audit CASCADE")
    else:
        connection.exec_driver_sql("DROP TRIGGER rush_audit")
    connection.exec_driver_sql("DROP TABLE rush_hold")
    for statement in _FINDINGS[1:]:
        connection.exec_driver_sql(f"DROP INDEX {statement.split()[2]}")


def overshot(connection: Connection) -> list[Hold]:
    """Holds that a cap in force did not allow."""
    return [Hold(*row) for row in _OVERSHOT.rows(connection)]


def kinds_filled(connection: Connection) -> set[tuple[str, str]]:
    """Which kinds of cap were used to the last place: a cap that nothing reaches proves nothing."""
    return {(_kind(subject), window) for subject, window in _FILLED.rows(connection)}


def late_adds(connection: Connection) -> Counter[str]:
    """Customers who were counted beside the caps, by how they came."""
    return Counter(dict(_LATE.rows(connection)))


def idle_places(connection: Connection, slugs: Iterable[str], now: int) -> list[tuple[str, int]]:
    """Agents who could receive somebody from a code on which somebody waits: slug and agent; counted from the rows."""
    wanted = set(slugs)
    reached = _reached(connection, now)
    return [
        (slug, agent_id)
        for slug, code_id, pool_id, agent_id in _READY.rows(connection)
        if slug in wanted and not reached & _binding(agent_id, pool_id, code_id)
    ]


def lying_counters(connection: Connection) -> list[tuple[Counted, int, int]]:
    """Counters of any period that differ from what the rows say: counter, its value, theirs."""
    rows = _taken(connection)
    counters = {(subject, window, when): taken for subject, window, when, taken in _COUNTERS.rows(connection)}
    capped = {(subject, window) for subject, window, _ in _CAPS.rows(connection)}
    kept = counters.keys() | {each for each in rows if each[:2] in capped}
    return sorted((each, counters.get(each, 0), rows[each]) for each in kept if counters.get(each, 0) != rows[each])


def _taken(connection: Connection) -> Counter[Counted]:
    """Places taken of every subject in every period."""
    return Counter(
        (subject, window, period(window, at, ZONE))
        for agent_id, pool_id, code_id, at in (*_PLACES.rows(connection), *_OWN.rows(connection))
        for subject in _binding(agent_id, pool_id, code_id)
        for window in FLOWS
    )


def _reached(connection: Connection, now: int) -> set[str]:
    """Subjects with a cap that is used up at the instant ``now``."""
    taken = _taken(connection)
    return {
        subject
        for subject, window, places in _CAPS.rows(connection)
        if taken[subject, window, period(window, now, ZONE)] >= places
    }


def _binding(agent_id: int, pool_id: int, code_id: int) -> set[str]:
    agent = f"agent:{agent_id}"
    return {agent, f"{agent}@code:{code_id}", f"{agent}@pool:{pool_id}", f"code:{code_id}", f"pool:{pool_id}"}


def _counting(subject: str, columns: tuple[str, ...]) -> str:
    same = " AND ".join(f"r.{column} = NEW.{column}" for column in columns)
    return _COUNT.format(reservation=same, assignment=same, subject=subject, hour=HOUR, day=DAY, zone=ZONE_OFFSET)


def _kind(subject: str) -> str:
    return "@".join(part.partition(":")[0] for part in subject.split("@"))
