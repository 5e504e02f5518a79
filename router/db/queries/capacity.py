"""Caps and counters. A place is taken by a guarded update only: the database, not the ranking, keeps the cap.

A counter is a cache of the rows of ``reservation`` and ``assignment``; ``recount`` computes it from them, and that is
how a new cap starts with what was already used. Each agent is counted per day with or without a cap; every other
subject is counted while it has one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from sqlalchemy import Connection

from router.db.sql import Sql
from router.domain.capacity import UNLIMITED, WINDOWS, Limit, Window, agent_subject, period

# "window" is a reserved word of PostgreSQL.
_CAPS = Sql('SELECT subject, "window", places FROM cap WHERE subject {among:subjects}')
# All three windows are named, so that the key is sought by its three columns and not through a subject's whole history.
_COUNTERS = Sql(
    'SELECT subject, "window", period, taken FROM counter WHERE subject {among:subjects}'
    " AND \"window\" IN ('hour', 'day', 'total') AND period {among:periods}"
)
_TAKE = Sql(
    'INSERT INTO counter (subject, "window", period, taken) VALUES (:subject, :window, :period, 1)'
    ' ON CONFLICT (subject, "window", period) DO UPDATE SET taken = counter.taken + 1 WHERE counter.taken < :places'
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
_LOCK_COUNTER = Sql(
    'INSERT INTO counter (subject, "window", period, taken) VALUES (:subject, :window, :period, 0)'
    ' ON CONFLICT (subject, "window", period) DO UPDATE SET taken = counter.taken'
)
_SET_COUNTER = Sql(
    'INSERT INTO counter (subject, "window", period, taken) VALUES (:subject, :window, :period, :taken)'
    ' ON CONFLICT (subject, "window", period) DO UPDATE SET taken = :taken'
)
_PLACES_HELD = Sql(
    "SELECT count(*) FROM reservation WHERE place_taken AND held_at >= :since AND held_at < :until"
    " AND (:agent_id = 0 OR agent_id = :agent_id) AND (:pool_id = 0 OR pool_id = :pool_id)"
    " AND (:code_id = 0 OR code_id = :code_id)"
)
_OWN_PLACES = Sql(
    "SELECT count(*) FROM assignment WHERE own_place AND at >= :since AND at < :until"
    " AND (:agent_id = 0 OR agent_id = :agent_id) AND (:pool_id = 0 OR pool_id = :pool_id)"
    " AND (:code_id = 0 OR code_id = :code_id)"
)

Zone = tzinfo
Counted = tuple[str, Window]


def limits_of(
    connection: Connection, subjects: Iterable[str], now: int, zone: tzinfo
) -> tuple[dict[str, tuple[Limit, ...]], dict[str, int]]:
    """The caps of each subject with today's use, and each subject's load of the day, in two queries for all of them."""
    names = list(subjects)
    periods = {window: period(window, now, zone) for window in WINDOWS}
    taken: dict[Counted, int] = {
        (subject, window): count
        for subject, window, when, count in _COUNTERS.rows(connection, subjects=names, periods=list(periods.values()))
        if periods[window] == when
    }
    limits: dict[str, tuple[Limit, ...]] = {}
    for subject, window, places in _CAPS.rows(connection, subjects=names):
        limit = Limit(subject, window, places, taken.get((subject, window), 0))
        limits[subject] = (*limits.get(subject, ()), limit)
    return limits, {subject: count for (subject, window), count in taken.items() if window == "day"}


def try_take(connection: Connection, agent_id: int, limits: Sequence[Limit], now: int, zone: tzinfo) -> bool:
    """Take one place under every given cap, or none at all; False when a cap is reached, be it just now by another."""
    counted = _counted(agent_id, limits)
    for position, (subject, window) in enumerate(counted):
        places = counted[subject, window]
        if places <= 0 or not _TAKE.run(
            connection, subject=subject, window=window, period=period(window, now, zone), places=places
        ):
            _undo(connection, list(counted)[:position], now, zone)
            return False
    return True


def count_unasked(
    connection: Connection, arrived: Iterable[tuple[int, Sequence[Limit]]], now: int, zone: tzinfo
) -> None:
    """Count customers who came past the caps (a late add, an unknown channel): counted, never refused.

    One entry per customer: the agent and the caps that bind it.
    """
    places = Counter(counted for agent_id, limits in arrived for counted in _counted(agent_id, limits))
    periods = {window: period(window, now, zone) for window in WINDOWS}
    _COUNT.run_many(
        connection,
        [
            {"subject": subject, "window": window, "period": periods[window], "places": taken}
            for (subject, window), taken in sorted(places.items())
        ],
    )


def give_back(connection: Connection, agent_id: int, limits: Sequence[Limit], taken_at: int, zone: tzinfo) -> None:
    """Return a place to the periods it was taken from."""
    _undo(connection, list(_counted(agent_id, limits)), taken_at, zone)


def set_cap(connection: Connection, subject: str, window: Window, places: int | None, now: int, zone: tzinfo) -> None:
    """Set a cap, or remove it with None; effective at once, counting what the period has already used."""
    if places is None:
        _DROP_CAP.run(connection, subject=subject, window=window)
        return
    _SET_CAP.run(connection, subject=subject, window=window, places=places)
    recount(connection, subject, window, now, zone)


def recount(connection: Connection, subject: str, window: Window, now: int, zone: tzinfo) -> int:
    """Set a counter to what the rows say, and return it. This heals any counter.

    Whoever is changing the counter or its rows in another process is waited for: what is counted is what is committed.
    """
    if connection.dialect.name == "postgresql":
        _LOCK_POOLS.rows(connection)
    _LOCK_COUNTER.run(connection, subject=subject, window=window, period=period(window, now, zone))
    since, until = bounds(window, now, zone)
    scope = {"since": since, "until": until, **_scope(subject)}
    taken = _one(_PLACES_HELD.row(connection, **scope)) + _one(_OWN_PLACES.row(connection, **scope))
    _SET_COUNTER.run(connection, subject=subject, window=window, period=period(window, now, zone), taken=taken)
    return taken


def bounds(window: Window, now: int, zone: tzinfo) -> tuple[int, int]:
    """First instant of the present period and of the next one, in ms; summer time may make a day 23 or 25 hours.

    An hour that the clocks show twice is one hour of twice the length (``fold`` is which of the two, PEP 495).
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
        case "total":
            return 0, UNLIMITED


def _ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def _counted(agent_id: int, limits: Sequence[Limit]) -> dict[Counted, int]:
    """What to count and up to where, in a fixed order, so that no two transactions wait for each other in a circle."""
    counted: dict[Counted, int] = {(agent_subject(agent_id), "day"): UNLIMITED}
    counted.update({(limit.subject, limit.window): limit.places for limit in limits})
    return dict(sorted(counted.items()))


def _undo(connection: Connection, counted: list[Counted], taken_at: int, zone: tzinfo) -> None:
    for subject, window in counted:
        _GIVE_BACK.run(connection, subject=subject, window=window, period=period(window, taken_at, zone))


def _scope(subject: str) -> dict[str, int]:
    parts = dict(part.split(":") for part in subject.split("@"))
    return {f"{noun}_id": int(parts.get(noun, 0)) for noun in ("agent", "pool", "code")}


def _one(row: tuple[int, ...] | None) -> int:
    return row[0] if row else 0
