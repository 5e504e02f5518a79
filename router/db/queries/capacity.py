"""Caps and counters. A place is taken by a guarded update only: the database, not the ranking, keeps the cap.

A counter is a cache of the rows of ``reservation``, ``assignment`` and ``follow``; ``recount`` computes it from them,
and that is how a new cap starts with what was already used. Each agent is counted per day, across all codes and within
each pool, with or without a cap; everything else is counted while it has one.

Open conversations have no counter: they begin and end on the platform's word as much as on ours, so they are counted
from their rows, while the row of the agent is locked.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from sqlalchemy import Connection

from router.db.queries.scan import PoolsTakenError
from router.db.sql import Sql
from router.domain.capacity import UNLIMITED, WINDOWS, Limit, Place, Window, agent_subject, effective, period

# "window" is a reserved word of PostgreSQL.
_CAPS = Sql('SELECT subject, "window", places FROM cap WHERE subject {among:subjects}')
# One window and period at a time: the key is sought by its three columns, not through a subject's whole history.
_COUNTERS = Sql(
    'SELECT subject, taken FROM counter WHERE subject {among:subjects} AND "window" = :window AND period = :period'
)
_OPEN = Sql(
    "SELECT agent_id, count(*) FROM conversation WHERE agent_id {among:agents} AND status IN ('waiting', 'human')"
    " GROUP BY agent_id"
)
_LOCK_AGENT = Sql("SELECT a.id FROM agent AS a WHERE a.id = :agent_id {for_update:a}")
_TAKE = Sql(
    'INSERT INTO counter (subject, "window", period, taken) VALUES (:subject, :window, :period, :many)'
    ' ON CONFLICT (subject, "window", period) DO UPDATE SET taken = counter.taken + excluded.taken'
    " WHERE counter.taken + excluded.taken <= :places"
)
_COUNT = Sql(
    'INSERT INTO counter (subject, "window", period, taken) VALUES (:subject, :window, :period, :places)'
    ' ON CONFLICT (subject, "window", period) DO UPDATE SET taken = counter.taken + excluded.taken'
)
_GIVE_BACK = Sql(
    "UPDATE counter SET taken = taken - 1"
    ' WHERE subject = :subject AND "window" = :window AND period = :period AND taken > 0'
)
_SET_CAP = Sql(
    'INSERT INTO cap (subject, "window", places) VALUES (:subject, :window, :places)'
    ' ON CONFLICT (subject, "window") DO UPDATE SET places = :places'
)
_DROP_CAP = Sql('DELETE FROM cap WHERE subject = :subject AND "window" = :window')
# Only one scan at a time assigns from a pool, and holds this lock until its commit (`scan.lock_pools`).
_LOCK_POOLS = Sql("SELECT pg_advisory_xact_lock(7001, CAST(id AS INTEGER)) FROM (SELECT id FROM pool ORDER BY id) AS p")
# What scans do not do (adds, losses, deletions) holds the one until its commit, a recount the other: a place counted by
# caps that were read before the recount is never missing from it.
_COUNTING = Sql("SELECT pg_advisory_xact_lock_shared(7006, 0)")
_RECOUNTING = Sql("SELECT pg_advisory_xact_lock(7006, 0)")
_HAS_COUNTED = Sql(
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid IN (7001, 7006)"
    " AND pid = pg_backend_pid() AND granted)"
)
_TRY_RECOUNTING = Sql(
    "SELECT coalesce(bool_and(pg_try_advisory_xact_lock(7001, CAST(id AS INTEGER))), true)"
    " AND pg_try_advisory_xact_lock(7006, 0) FROM pool"
)
_LOCK_COUNTER = Sql(
    'INSERT INTO counter (subject, "window", period, taken) VALUES (:subject, :window, :period, 0)'
    ' ON CONFLICT (subject, "window", period) DO UPDATE SET taken = counter.taken'
)
_SET_COUNTER = Sql(
    'INSERT INTO counter (subject, "window", period, taken) VALUES (:subject, :window, :period, :taken)'
    ' ON CONFLICT (subject, "window", period) DO UPDATE SET taken = :taken'
)
_IN_SCOPE = (
    " AND (:agent_id = 0 OR agent_id = :agent_id) AND (:pool_id = 0 OR pool_id = :pool_id)"
    " AND (:code_id = 0 OR code_id = :code_id) AND (:round = 0 OR round = :round)"
)
_PLACES_HELD = Sql(
    "SELECT count(*) FROM reservation WHERE place_taken AND held_at >= :since AND held_at < :until" + _IN_SCOPE
)
_OWN_PLACES = Sql("SELECT count(*) FROM assignment WHERE own_place AND at >= :since AND at < :until" + _IN_SCOPE)
_CUSTOMERS_HELD = Sql(
    "SELECT (SELECT count(*) FROM follow WHERE agent_id = :agent_id AND status IN ('half', 'full'))"
    " + (SELECT count(*) FROM reservation WHERE agent_id = :agent_id AND place_taken AND status <> 'confirmed')"
)
_ROUND = Sql("SELECT round FROM pool WHERE id = :id")
_NEXT_ROUND = Sql("UPDATE pool SET round = round + 1 WHERE id = :id AND round = :round")
# Those with a counter of an earlier time too: they may come back to the pool within the round.
_MEMBERS = Sql(
    "SELECT agent_id FROM pool_member WHERE pool_id = :pool_id"
    " UNION SELECT agent_id FROM reservation WHERE pool_id = :pool_id AND round = :round ORDER BY agent_id"
)

Zone = tzinfo
Windows = AbstractSet[Window]
Counted = tuple[str, Window]
CounterKey = tuple[str, Window, int]  # with the period


@dataclass(frozen=True, slots=True)
class Books:
    """Caps and use of some subjects at one moment."""

    caps: dict[str, dict[Window, int]]
    taken: dict[Counted, int]

    def used(self, subject: str, window: Window) -> int:
        """Places taken in the present period."""
        return self.taken.get((subject, window), 0)

    def limits(self, place: Place, windows: Windows) -> tuple[Limit, ...]:
        """Every cap that binds this place in these windows."""
        found = [
            self._limit(subject, window, subject)
            for subject in place.subjects
            for window in self.caps.get(subject, ())
            if window in windows and window != "round"
        ]
        return tuple(found) + (self._turns(place) if "round" in windows else ())

    def _turns(self, place: Place) -> tuple[Limit, ...]:
        source = _source_of_turns(place, self.caps)
        return () if source is None else (self._limit(_in_pool(place), "round", source),)

    def _limit(self, subject: str, window: Window, source: str) -> Limit:
        return Limit(subject, window, self.caps[source][window], self.used(subject, window), source)


def books(connection: Connection, places: Iterable[Place], now: int, zone: tzinfo, windows: Windows) -> Books:
    """The caps and the use of everything that binds these places; a query for each window and round in use."""
    bound = list(places)
    subjects = {subject for place in bound for subject in place.subjects}
    caps: dict[str, dict[Window, int]] = {}
    asked: dict[Window, set[str]] = {"day": {subject for place in bound for subject, _ in place.counted}}
    for subject, window, most in sorted(_CAPS.rows(connection, subjects=sorted(subjects)), key=_as_told):
        caps.setdefault(subject, {})[window] = most
        if window not in ("open", "round"):
            asked.setdefault(window, set()).add(subject)
    periods = _periods(now, zone, 0)
    counted: dict[tuple[Window, int], set[str]] = {(window, periods[window]): asked[window] for window in asked}
    for place in bound:
        if _source_of_turns(place, caps):
            counted.setdefault(("round", place.round), set()).add(_in_pool(place))
    taken: dict[Counted, int] = {
        (subject, window): count
        for (window, when), of_period in counted.items()
        for subject, count in _COUNTERS.rows(connection, subjects=sorted(of_period), window=window, period=when)
    }
    if "open" in windows and any("open" in each for each in caps.values()):
        taken |= _conversations(connection, {place.agent_id for place in bound})
    return Books(caps, taken)


def _source_of_turns(place: Place, caps: Mapping[str, Mapping[Window, int]]) -> str | None:
    """Who says how many turns the agent has in a round of the pool: its own number, or else that of every member."""
    return next((each for each in (_in_pool(place), f"pool:{place.pool_id}") if "round" in caps.get(each, ())), None)


def _in_pool(place: Place) -> str:
    return f"{agent_subject(place.agent_id)}@pool:{place.pool_id}"


class TakenMeanwhileError(RuntimeError):
    """Another process took what was seen free; the ledger runs the unit again, which then sees that it is not."""

    sqlstate = "40001"


def counters_of(place: Place, limits: Sequence[Limit], now: int, zone: tzinfo) -> dict[CounterKey, int]:
    """The counters that one place adds to, and how high each may rise."""
    periods = _periods(now, zone, place.round)
    return {(subject, window, periods[window]): places for (subject, window), places in _counted(place, limits).items()}


def take_all(connection: Connection, taken: Mapping[CounterKey, tuple[int, int]]) -> None:
    """Add to each counter the places of the first number, up to the second; all of them, or `TakenMeanwhileError`."""
    takes = [
        {"subject": subject, "window": window, "period": when, "many": many, "places": places}
        for (subject, window, when), (many, places) in sorted(taken.items())
    ]
    # A counter without a row has nothing to compare with: the first places of a period are looked at here.
    if any(many > places for many, places in taken.values()) or _TAKE.run_many(connection, takes) < len(takes):
        raise TakenMeanwhileError("a cap was reached meanwhile")


def try_take(connection: Connection, place: Place, limits: Sequence[Limit], now: int, zone: tzinfo) -> bool:
    """Take one place under every given cap, or none at all; False when a cap is reached, be it just now by another."""
    if not all(_has_room(connection, place.agent_id, limit) for limit in limits if limit.window == "open"):
        return False
    counted = _counted(place, limits)
    periods = _periods(now, zone, place.round)
    for position, ((subject, window), places) in enumerate(counted.items()):
        if places <= 0 or not _TAKE.run(
            connection, subject=subject, window=window, period=periods[window], many=1, places=places
        ):
            _undo(connection, list(counted)[:position], periods)
            return False
    return True


def count_unasked(
    connection: Connection, arrived: Sequence[tuple[Place, Windows]], now: int, zone: tzinfo
) -> list[Limit | None]:
    """Count customers who came past the caps (a late add, an unknown channel): counted, never refused.

    Returns for each the cap it stands beyond, with what was taken once it was counted; None for one within all caps.
    """
    if not arrived:
        return []
    _hold_off_recounts(connection)
    bound = _limits_of(connection, arrived, now, zone)
    counters = [counters_of(place, limits, now, zone) for (place, _), limits in zip(arrived, bound, strict=True)]
    counted = Counter(key for each in counters for key in each)
    _COUNT.run_many(
        connection,
        [
            {"subject": subject, "window": window, "period": when, "places": taken}
            for (subject, window, when), taken in sorted(counted.items())
        ],
    )
    if not any(bound):
        return [None] * len(arrived)
    # Read again: nobody else changes these counters before the commit, somebody may have since the caps were read.
    after = _limits_of(connection, arrived, now, zone)
    return [_beyond(limits, keys, counted) for limits, keys in zip(after, counters, strict=True)]


def _limits_of(
    connection: Connection, arrived: Sequence[tuple[Place, Windows]], now: int, zone: tzinfo
) -> list[tuple[Limit, ...]]:
    """The caps that bind each place, read together for those of one round."""
    limits: dict[tuple[Place, Windows], tuple[Limit, ...]] = {}
    for round, windows in sorted({(place.round, frozenset(bound)) for place, bound in arrived}, key=repr):
        places = {place for place, bound in arrived if (place.round, frozenset(bound)) == (round, windows)}
        found = books(connection, places, now, zone, windows)
        limits |= {(place, windows): found.limits(place, windows) for place in places}
    return [limits[place, frozenset(bound)] for place, bound in arrived]


def _beyond(limits: Sequence[Limit], keys: Iterable[CounterKey], counted: Counter[CounterKey]) -> Limit | None:
    """The cap passed by the next of those who were counted together; ``counted`` says how many come after each.

    The turns of a round are none: where all are used up the next round begins.
    """
    passed = []
    for subject, window, when in keys:
        counted[subject, window, when] -= 1
        later = counted[subject, window, when]
        passed += [
            replace(limit, taken=limit.taken - later)
            for limit in limits
            if (limit.subject, limit.window) == (subject, window) and limit.taken - later > limit.places
            if window != "round" or limit.places == 0
        ]
    return effective(passed)


def give_back(connection: Connection, place: Place, windows: Windows, taken_at: int, zone: tzinfo) -> None:
    """Return a place to the periods it was taken from."""
    _hold_off_recounts(connection)
    limits = books(connection, [place], taken_at, zone, windows).limits(place, windows)
    _undo(connection, list(_counted(place, limits)), _periods(taken_at, zone, place.round))


def no_longer_held(connection: Connection, agent_id: int) -> None:
    """A customer whom the agent had is gone."""
    _hold_off_recounts(connection)
    _undo(connection, [(agent_subject(agent_id), "held")], {"held": 0})


def round_of(connection: Connection, pool_id: int) -> int:
    """The round that a pool is in."""
    row = _ROUND.row(connection, id=pool_id)
    return row[0] if row else 0


def next_round(connection: Connection, pool_id: int, round: int) -> None:
    """Begin the round after ``round``, unless somebody else has."""
    _NEXT_ROUND.run(connection, id=pool_id, round=round)


def set_cap(connection: Connection, subject: str, window: Window, places: int | None, now: int, zone: tzinfo) -> None:
    """Set a cap, or remove it with None; effective at once, counting what the period has already used."""
    if places is None:
        _DROP_CAP.run(connection, subject=subject, window=window)
        return
    _SET_CAP.run(connection, subject=subject, window=window, places=places)
    if window == "round" and "@" not in subject:
        pool_id = _scope(subject)["pool_id"]
        for (agent_id,) in _MEMBERS.rows(connection, pool_id=pool_id, round=round_of(connection, pool_id)):
            recount(connection, f"{agent_subject(agent_id)}@{subject}", window, now, zone)
    elif window != "open":
        recount(connection, subject, window, now, zone)


def recount(connection: Connection, subject: str, window: Window, now: int, zone: tzinfo) -> int:
    """Set a counter to what the rows say, and return it. This heals any counter.

    Whoever is changing the counter or its rows in another process is waited for: what is counted is what is committed.
    """
    if connection.dialect.name == "postgresql":
        _be_alone(connection)
    scope = _scope(subject)
    when = period(window, now, zone, round_of(connection, scope["pool_id"]))
    key = {"subject": subject, "window": window, "period": when}
    _LOCK_COUNTER.run(connection, **key)
    taken = _counted_from_rows(connection, scope, window, now, zone)
    _SET_COUNTER.run(connection, **key, taken=taken)
    return taken


def bounds(window: Window, now: int, zone: tzinfo) -> tuple[int, int]:
    """First instant of the present period and of the next one, in ms; summer time may make a day 23 or 25 hours.

    An hour that the clocks show twice is one hour of twice the length (``fold`` is which of the two, PEP 495). What has
    no periods goes on for ever.
    """
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
    match window:
        case "hour":
            start = local.replace(minute=0, second=0, microsecond=0, fold=0)
            last = local.replace(minute=59, second=59, microsecond=999_000, fold=1)
            return _ms(start), _ms(last) + 1
        case "day":
            start = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
            noon_tomorrow = start.replace(hour=12) + timedelta(days=1)
            return _ms(start), _ms(noon_tomorrow.replace(hour=0))
        case _:
            return 0, UNLIMITED


def _counted_from_rows(connection: Connection, scope: dict[str, int], window: Window, now: int, zone: tzinfo) -> int:
    if window == "held":
        return _one(_CUSTOMERS_HELD.row(connection, agent_id=scope["agent_id"]))
    since, until = bounds(window, now, zone)
    round = round_of(connection, scope["pool_id"]) if window == "round" else 0
    parameters = {**scope, "since": since, "until": until, "round": round}
    return _one(_PLACES_HELD.row(connection, **parameters)) + _one(_OWN_PLACES.row(connection, **parameters))


def _conversations(connection: Connection, agent_ids: set[int]) -> dict[Counted, int]:
    rows = _OPEN.rows(connection, agents=sorted(agent_ids))
    return {(agent_subject(agent_id), "open"): count for agent_id, count in rows}


def _has_room(connection: Connection, agent_id: int, limit: Limit) -> bool:
    """Whether one more conversation may begin, as nobody else can begin one before this transaction ends."""
    _LOCK_AGENT.row(connection, agent_id=agent_id)
    return _conversations(connection, {agent_id}).get((limit.subject, "open"), 0) < limit.places


def _ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def _counted(place: Place, limits: Sequence[Limit]) -> dict[Counted, int]:
    """What to count and up to where, in a fixed order, so that no two transactions wait for each other in a circle."""
    counted = dict.fromkeys(place.counted, UNLIMITED)
    counted.update({(limit.subject, limit.window): limit.places for limit in limits if limit.window != "open"})
    return dict(sorted(counted.items()))


def _be_alone(connection: Connection) -> None:
    """Wait for whoever counts, unless this transaction counted before: they may wait for its counters in turn."""
    if _HAS_COUNTED.row(connection) != (True,):
        _LOCK_POOLS.rows(connection)
        _RECOUNTING.row(connection)
    elif _TRY_RECOUNTING.row(connection) != (True,):
        raise PoolsTakenError("another process counts; the recount must be alone in its transaction")


def _hold_off_recounts(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        _COUNTING.row(connection)


@lru_cache(maxsize=16)  # the scans of a transaction all ask for the same
def _periods(at: int, zone: tzinfo, round: int) -> Mapping[Window, int]:
    return {window: period(window, at, zone, round) for window in WINDOWS}


def _undo(connection: Connection, counted: list[Counted], periods: Mapping[Window, int]) -> None:
    for subject, window in counted:
        _GIVE_BACK.run(connection, subject=subject, window=window, period=periods[window])


def _scope(subject: str) -> dict[str, int]:
    parts = dict(part.split(":") for part in subject.split("@"))
    return {f"{noun}_id": int(parts.get(noun, 0)) for noun in ("agent", "pool", "code")}


def _as_told(cap: tuple[str, Window, int]) -> int:
    """Limits are listed from the shortest window to the longest."""
    return WINDOWS.index(cap[1])


def _one(row: tuple[int, ...] | None) -> int:
    return row[0] if row else 0
